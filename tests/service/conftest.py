"""The fake GPU and the tiny models of tests/runtime, importable here too."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "runtime"))
sys.path.insert(0, str(Path(__file__).parents[1] / "vision"))
sys.path.insert(0, str(Path(__file__).parent))

from fake_world import board, gpu, models

__all__ = ["board", "gpu", "models"]
