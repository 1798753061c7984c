"""Thread limits, seen from a fresh interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from mirror.domain import UsageError
from mirror.runtime.threads import THREAD_VARIABLES, ThreadBudget, hold_opencv, limit_threads, task_threads
from mirror.vision.suite import Vision

ROOT = Path(__file__).parents[2]

SCRIPT = """
import os, sys
from mirror.runtime.threads import limit_threads
assert "numpy" not in sys.modules, "numpy came in before the limit"
limit_threads({count})
print(os.environ["OMP_NUM_THREADS"], os.environ["OPENBLAS_NUM_THREADS"], sys.getswitchinterval())
"""


def _run(count: str, **own: str) -> list[str]:
    environment = {k: v for k, v in os.environ.items() if k not in THREAD_VARIABLES} | own
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(count=count)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_limits_are_set_before_numpy_is_there_and_threads_hand_over_quickly() -> None:
    omp, blas, interval = _run("2")
    assert (omp, blas) == ("2", "2")
    assert float(interval) == pytest.approx(0.0005)


def test_what_the_user_has_set_stays() -> None:
    assert _run("1", OMP_NUM_THREADS="3")[:2] == ["3", "1"]


def test_no_threads_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        limit_threads(0)


OWNERS = ("setNumThreads", "num_threads", "NUM_THREADS", "setswitchinterval", "allow_spinning", "set_num_threads")


def test_nobody_but_one_file_sets_how_many_threads_a_library_uses() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{number}"
        for room in ("mirror", "catalog") for path in (ROOT / room).rglob("*.py") if path.name != "threads.py"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if any(f"{word}(" in line or f"{word} =" in line or f'{word}"' in line for word in OWNERS)
    }
    assert found == set()


def test_a_budget_by_task_reaches_the_sessions_and_opencv() -> None:
    budget = ThreadBudget(1, task_threads("pose=2, garments = 3"), opencv=1)
    assert [budget.of(task) for task in ("pose", "garments", "mask")] == [2, 3, 1]
    vision = Vision.load(threads=budget)
    assert vision.pose.session.threads == 2
    assert vision.garments.session.threads == 3
    assert vision.mask.session.threads == 1
    before = cv2.getNumThreads()
    try:
        hold_opencv(cv2, 1)
        assert cv2.getNumThreads() == 1
    finally:
        hold_opencv(cv2, before)
    for word in ("models 1 each, pose 2, garments 3", "OpenCV 1", "dlib 1"):
        assert word in budget.told()


@pytest.mark.parametrize("text", ["poes=2", "pose", "pose=0", "pose=2.5", "pose=900"])
def test_a_budget_that_cannot_be_read_is_one_line_that_names_the_tasks(text: str) -> None:
    with pytest.raises(UsageError, match=r"\[threads\] tasks: .*garments"):
        task_threads(text)
