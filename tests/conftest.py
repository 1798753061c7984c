"""What every test is held to."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Iterator

import pytest

PATIENCE_S = 2.0
"""How long a thread that was told to stop may take before it counts as left behind."""

FOREIGN_THREADS = ("pytest_timeout", "Dummy-", "pydevd", "ThreadPoolExecutor", "QThread", "tqdm")
"""Threads of tools and libraries that live as long as the process, by the start of their names."""


def _ours() -> set[threading.Thread]:
    return {
        thread for thread in threading.enumerate()
        if thread is not threading.main_thread() and not thread.name.startswith(FOREIGN_THREADS)
    }


@pytest.fixture(autouse=True)
def no_thread_is_left_running() -> Iterator[None]:
    """Fail a test that leaves a thread running, and name the thread and the line it stands at."""
    before = _ours()
    yield
    left = _ours() - before
    for thread in left:
        thread.join(PATIENCE_S)
    left = {thread for thread in left if thread.is_alive()}
    if left:
        frames = sys._current_frames()
        where = []
        for thread in left:
            stack = traceback.extract_stack(frames[thread.ident]) if thread.ident in frames else []
            line = f" at {stack[-1].filename}:{stack[-1].lineno}" if stack else ""
            where.append(f"{thread.name}{line}")
        pytest.fail(f"left running: {', '.join(sorted(where))}; stop and join it", pytrace=False)
