"""How many threads every library that computes may use: the one place in which that is set.

The mirror has its own threads, one for the pose, one for the slow stages, one for the camera; a pool under each of
their calls only fights with them for the cores (two ONNX Runtime threads that spin took 181 % of a core for the 71 %
that one a session took, and were later: docs/design.md).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

THREAD_VARIABLES: tuple[str, ...] = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
"""Environment variables by which OpenMP, OpenBLAS, MKL, numexpr and Accelerate size their pools at import."""

SWITCH_INTERVAL_S = 0.0005
"""Longest time one Python thread keeps the interpreter while others wait. CPython's default of 5 ms is a
third of a 60 Hz frame, long enough for the window to miss a paint while another thread runs Python code."""

TASKS: tuple[str, ...] = ("people", "pose", "mask", "attributes", "garments", "embedding", "body")
"""Who may have a number of its own: the tasks that models do."""
MOST = 64


@dataclass(frozen=True)
class ThreadBudget:
    """Threads by library. ``graphs``: of one model's session, inside an operator (ONNX Runtime's intra-op; between
    operators it is always one); ``tasks``: of single tasks instead; ``opencv``: of cv2's pool. NumPy's libraries take
    theirs from the environment at import (:func:`limit_threads`); dlib's detector has no pool."""

    graphs: int = 1
    tasks: Mapping[str, int] = field(default_factory=dict)
    opencv: int = 1

    def of(self, task: str) -> int:
        """Threads of the session that does ``task``."""
        return self.tasks.get(task, self.graphs)

    def told(self) -> str:
        """One line for `mirror doctor`."""
        own = "".join(f", {task} {count}" for task, count in self.tasks.items())
        blas = {os.environ.get(name, "all cores") for name in THREAD_VARIABLES[:3]}
        return (
            f"models {self.graphs} each{own} (no spinning, 1 between operators); OpenCV {self.opencv}; "
            f"BLAS {'/'.join(sorted(blas))}; dlib 1"
        )


def task_threads(text: str) -> dict[str, int]:
    """``pose=2, garments=1`` as a mapping. Raises UsageError for an unknown task or a number outside 1..64."""
    # not above: the domain imports numpy, and the pools must be limited before that
    from mirror.domain import UsageError

    found: dict[str, int] = {}
    for part in filter(None, (word.strip() for word in text.split(","))):
        task, _, count = (piece.strip() for piece in part.partition("="))
        if task not in TASKS or not count.isdigit() or not 1 <= int(count) <= MOST:
            raise UsageError(
                f"config: [threads] tasks: {part!r} must be like pose=2, with 1..{MOST} threads for one of "
                f"{', '.join(TASKS)}"
            )
        found[task] = int(count)
    return found


def limit_threads(count: int = 1) -> None:
    """Keep library thread pools at ``count`` threads and hand the interpreter over often.

    Call it before numpy is imported: the pools are sized then. A variable that the user has set stays.
    """
    if count < 1:
        raise ValueError(f"thread count must be at least 1, not {count}")
    for name in THREAD_VARIABLES:
        os.environ.setdefault(name, str(count))
    sys.setswitchinterval(SWITCH_INTERVAL_S)


@contextmanager
def interpreter_kept(seconds: float) -> Iterator[None]:
    """This thread keeps the interpreter for up to ``seconds`` although others wait: handed over in the middle of some
    short work, it comes back after half a millisecond or more, several times. One thread at a time may ask for this."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def hold_session(options: Any, count: int) -> None:
    """Keep a session of ONNX Runtime (its ``SessionOptions``) to ``count`` threads that sleep when they wait."""
    options.intra_op_num_threads = count
    options.inter_op_num_threads = 1
    # Spinning threads take the cores from other stages: two sessions under load ran twice slower.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")


def hold_opencv(cv2: Any, count: int) -> None:
    """Keep the pool of cv2 (the module, which this room may not import) at ``count`` threads."""
    cv2.setNumThreads(count)
