"""The trace of a run: loadable, nested, bounded, and nothing of anybody in it."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from mirror.domain import MirrorError
from mirror.pipeline.frames import AnalysisFrame
from mirror.pipeline.memory import ShopperMemory
from mirror.pipeline.pose_loop import PoseLoop
from mirror.pipeline.slot import LatestSlot
from mirror.pipeline.telemetry import TelemetryRecord
from mirror.pipeline.trace import Trace, check_writable


def test_the_parts_of_a_stage_lie_inside_it_and_frames_begin_and_end(tmp_path: Path) -> None:
    telemetry = TelemetryRecord()
    telemetry.trace = Trace()
    captured = telemetry.now()
    telemetry.working_on(7, captured)
    with telemetry.stage("pose"):
        begun = telemetry.now()
        telemetry.graph_ran(begun, telemetry.now())
    telemetry.painted(7, captured, 7, captured, True)
    telemetry.trace.write(tmp_path / "t.json")
    document = json.loads((tmp_path / "t.json").read_text("utf-8"))
    assert [p.name for p in tmp_path.iterdir()] == ["t.json"]
    spans = {e["name"]: e for e in document["traceEvents"] if e["ph"] == "X"}
    assert set(spans) == {"pose", "pose pre", "pose run", "pose post"}
    whole = spans["pose"]
    for part in spans.values():
        assert part["args"] == {"frame": 7}
        assert part["tid"] == whole["tid"]
        assert part["ts"] >= whole["ts"] - 0.01
        assert part["ts"] + part["dur"] <= whole["ts"] + whole["dur"] + 0.01
    assert [e["ph"] for e in document["traceEvents"] if e.get("cat") == "frame"] == ["b", "e"]
    assert {e["args"]["name"] for e in document["traceEvents"] if e["name"] == "thread_name"} == {"MainThread"}
    assert telemetry.snapshot().stages["pose"].wait >= 0


def test_old_events_are_dropped_and_the_file_says_so() -> None:
    trace = Trace(kept=10)
    for number in range(25):
        trace.span("paint", number, number + 0.5, number)
    document = trace.document()
    assert [e["args"]["frame"] for e in document["traceEvents"] if e["ph"] == "X"] == list(range(15, 25))
    assert document["otherData"]["kept"] == 10
    assert document["otherData"]["dropped"] == 15


def test_one_frames_way_adds_up_to_its_whole() -> None:
    clock = [0.0]
    telemetry = TelemetryRecord(now=lambda: clock[0])
    for number in range(5):
        for step, point in enumerate(("shrunk", "pose_begun", "pose_done", "told"), start=1):
            telemetry.mark(number, point, number + 0.002 * step)
        clock[0] = number + 0.012
        telemetry.painted(number, float(number), number, float(number), True)
    way = telemetry.way()
    assert way["total"] == pytest.approx(12.0)
    assert way["painted"] == pytest.approx(4.0)
    assert sum(value for name, value in way.items() if name != "total") == pytest.approx(way["total"])


def test_a_path_that_cannot_be_written_is_refused_beforehand(tmp_path: Path) -> None:
    check_writable(tmp_path / "t.json")
    for bad in (tmp_path, tmp_path / "no" / "t.json"):
        with pytest.raises(MirrorError, match="folder"):
            check_writable(bad)


def test_the_pose_threads_wait_for_a_frame_is_a_span_of_its_own_thread() -> None:
    telemetry = TelemetryRecord()
    with telemetry.waiting("wait for a frame"):
        pass  # no trace: nothing is kept, nothing fails
    telemetry.trace = trace = Trace()
    pose = PoseLoop(
        FakePose(), FakePeople(), ShopperMemory(), telemetry, people_every_s=1.0, forget_after_s=2.0)  # type: ignore[arg-type]
    stop = threading.Event()
    frames = _EndsAtOnce(stop)
    thread = threading.Thread(target=pose.run, args=(frames, stop), name="mirror-pose")
    thread.start()
    thread.join(5)
    assert not thread.is_alive()
    spans = [(e["name"], e["tid"]) for e in trace.document()["traceEvents"] if e["ph"] == "X"]
    assert spans == [("wait for a frame", thread.native_id)]


class FakePose:
    """Is never asked: no frame comes."""


class FakePeople:
    """Likewise."""


class _EndsAtOnce(LatestSlot[AnalysisFrame]):
    """A slot to which nothing comes; the mirror is stopped while it is waited for."""

    def __init__(self, stop: threading.Event) -> None:
        super().__init__()
        self._stop = stop

    def wait(self, newer_than: int, timeout: float | None = None) -> None:
        self._stop.set()
