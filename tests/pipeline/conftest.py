"""The fake shop, importable by the tests of this folder as ``pipeline_world``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from pipeline_world import World, figure


@pytest.fixture
def alone() -> World:
    """One person who stands still in the middle."""
    return World(lambda number: [figure(640)])
