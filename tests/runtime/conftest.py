"""The fake GPU and the tiny models for this folder, importable as ``fake_gpu`` and ``fake_models``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fake_world import board, gpu, models

__all__ = ["board", "gpu", "models"]
