"""A run as a Chrome trace: who did what when. Names, times and frame numbers; nothing of anybody."""

from __future__ import annotations

import itertools
import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mirror.domain import MirrorError

KEPT = 200_000
"""Events kept, the newest: ten minutes of the whole mirror, in 40 MB."""


class Trace:
    """A ring of events, filled from any thread without a lock (appending to a deque is one step of the interpreter).

    Times are seconds of ``now`` (the clock of the telemetry). The file is trace event format JSON, as
    chrome://tracing and Perfetto load it: "X" events by thread, and one asynchronous event ("b", "e") for each
    frame from its capture to its paint.
    """

    def __init__(self, kept: int = KEPT, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self._events: deque[tuple[str, str, float, float, int, int]] = deque(maxlen=kept)
        self._numbers = itertools.count()
        self._began = now()
        self._threads: dict[int, str] = {}

    def span(self, name: str, start: float, end: float, frame: int = -1) -> None:
        """This thread did ``name`` from ``start`` to ``end``, on the frame of that number (-1: on none)."""
        self._add("X", name, start, end, frame)

    def stage(self, name: str, start: float, end: float, graphs: Sequence[tuple[float, float]], frame: int) -> None:
        """A stage and, nested in it, what came before its graphs, each graph's run, and what came after."""
        self.span(name, start, end, frame)
        if graphs:
            self.span(f"{name} pre", start, graphs[0][0], frame)
            for begun, done in graphs:
                self.span(f"{name} run", begun, done, frame)
            self.span(f"{name} post", graphs[-1][1], end, frame)

    def frame(self, number: int, captured_at: float, painted_at: float) -> None:
        """A frame's way through every thread, told once when it is painted."""
        self._add("frame", "capture to paint", captured_at, painted_at, number)

    def _add(self, kind: str, name: str, start: float, end: float, frame: int) -> None:
        thread = threading.get_native_id()
        if thread not in self._threads:
            self._threads[thread] = threading.current_thread().name
        next(self._numbers)
        self._events.append((kind, name, start, end, thread, frame))

    def document(self) -> dict[str, Any]:
        """The trace as it is written: times in microseconds since the trace began, events by their start."""
        process = os.getpid()
        kept = sorted(self._events, key=lambda event: (event[2], -event[3]))
        told = int(repr(self._numbers)[len("count("):-1])
        rows: list[dict[str, Any]] = [
            {"ph": "M", "name": "process_name", "pid": process, "tid": 0, "args": {"name": "mirror"}}]
        for thread, name in sorted(dict(self._threads).items()):
            rows.append({"ph": "M", "name": "thread_name", "pid": process, "tid": thread, "args": {"name": name}})
        for kind, name, start, end, thread, frame in kept:
            at, until = self._micro(start), self._micro(end)
            row = {"name": name, "pid": process, "tid": thread, "ts": at}
            if frame >= 0:
                row["args"] = {"frame": frame}
            if kind == "X":
                rows.append({**row, "ph": "X", "cat": "mirror", "dur": round(max(0.0, until - at), 3)})
            else:
                rows.append({**row, "ph": "b", "cat": "frame", "id": frame})
                rows.append({"name": name, "pid": process, "tid": thread, "ts": max(at, until), "ph": "e",
                             "cat": "frame", "id": frame})
        return {
            "traceEvents": rows, "displayTimeUnit": "ms",
            "otherData": {"kept": len(kept), "dropped": max(0, told - len(kept)),
                          "note": "the oldest events are dropped when there are more than are kept"},
        }

    def write(self, path: Path) -> None:
        """Write the file whole or not at all.

        Raises:
            MirrorError: it cannot be written.
        """
        draft = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            draft.write_text(json.dumps(self.document(), separators=(",", ":")), "utf-8")
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise MirrorError(f"{path}: the trace cannot be written ({error.strerror})") from None

    def _micro(self, seconds: float) -> float:
        return round((seconds - self._began) * 1e6, 3)


def check_writable(path: Path) -> None:
    """Refuse a path before anything starts.

    Raises:
        MirrorError: a folder, or in no folder that may be written to.
    """
    if path.is_dir():
        raise MirrorError(f"{path}: is a folder; give a file name for the trace")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise MirrorError(f"{path}: its folder does not exist; make it first")
    if not os.access(folder, os.W_OK):
        raise MirrorError(f"{path}: its folder may not be written to")
