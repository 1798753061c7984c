"""Thread limits, seen from a fresh interpreter."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mirror.runtime.threads import THREAD_VARIABLES, limit_threads

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
