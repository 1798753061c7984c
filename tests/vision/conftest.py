"""Tiny graphs with cards, importable by the tests of this folder as ``tiny_models``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
