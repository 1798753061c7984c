"""Fixtures: a machine with a fake GPU, an engine cache of its own and a folder of tiny models."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_gpu import Board, FakeCudart, install
from fake_models import write_models

from mirror.runtime import cudart, tensorrt
from mirror.runtime.manifest import Manifest


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Board]:
    """What the fake machine is like; nothing of it is installed yet, and the engine cache is empty."""
    monkeypatch.setenv("MIRROR_ENGINES", str(tmp_path / "engines"))
    monkeypatch.setattr(cudart, "load_libraries", lambda: iter(()))
    monkeypatch.setattr(cudart, "BOARD_FILE", tmp_path / "no-board")
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    yield Board()
    cudart.open_cudart.cache_clear()
    tensorrt.open_tensorrt.cache_clear()


@pytest.fixture
def gpu(board: Board) -> FakeCudart:
    """The same machine with CUDA and TensorRT installed."""
    return install(board)


@pytest.fixture
def models(tmp_path: Path) -> Manifest:
    return Manifest.load(write_models(tmp_path / "models"))
