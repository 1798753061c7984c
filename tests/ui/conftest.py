from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(scope="session")
def app() -> Any:
    """The one QApplication of this process, on the offscreen platform."""
    from PyQt5.QtWidgets import QApplication

    return QApplication.instance() or QApplication(["tests"])
