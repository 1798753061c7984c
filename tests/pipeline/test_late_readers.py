"""Readers that come after the first pictures: the mirror does not wait for them, and their failure ends it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from pipeline_world import FakeVision, PushedSource, World

from mirror.config import PrivacySettings, Settings
from mirror.domain import MirrorError
from mirror.pipeline.late import LateReaders
from mirror.pipeline.live import LivePipeline
from mirror.pipeline.readers import Readers
from mirror.pipeline.state import MirrorState

PATIENCE_S = 10.0


class Opening:
    """A pipeline whose readers come, or fail, when the test says so."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.go = threading.Event()
        self.error: Exception | None = None
        self.late = LateReaders(self._load)
        self.source = PushedSource("pushed")
        settings = Settings(privacy=PrivacySettings(consent="given"))
        self.pipeline = LivePipeline(self.source, self.late, None, settings)
        self.ready = threading.Event()
        self.pipeline.on_picture = self.ready.set

    def _load(self) -> Readers:
        assert self.go.wait(PATIENCE_S)
        if self.error is not None:
            raise self.error
        return FakeVision(self.world)

    def one(self) -> MirrorState:
        self.ready.clear()
        self.source.push()
        assert self.ready.wait(PATIENCE_S)
        picture = self.pipeline.display.borrow(again=True)
        assert picture is not None
        with picture:
            return self.pipeline.state(picture)

    def until_failure(self) -> None:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            self.one()


@pytest.fixture
def opening(alone: World) -> Iterator[Opening]:
    opened = Opening(alone)
    opened.pipeline.start()
    yield opened
    opened.go.set()
    opened.pipeline.stop()


def test_pictures_are_shown_before_any_model_is_there_and_she_is_followed_afterwards(opening: Opening) -> None:
    states = [opening.one() for _ in range(3)]
    assert [s.frame_number for s in states] == [0, 1, 2]
    assert all(s.pose is None and s.source_state == "live" and s.notice == "" for s in states)
    assert opening.world.calls == {}
    opening.go.set()
    end = time.monotonic() + PATIENCE_S
    while (state := opening.one()).pose is None or "garments" not in state.stages_done:
        assert time.monotonic() < end, f"nobody was found; {state}"
    assert state.shopper == 1


def test_a_model_that_is_missing_ends_the_mirror_with_its_own_line(opening: Opening) -> None:
    opening.one()
    opening.error = MirrorError("model 'x': no file x.onnx; run `make models`")
    opening.go.set()
    with pytest.raises(MirrorError, match=r"model 'x': no file x\.onnx; run `make models`"):
        opening.until_failure()


def test_a_mistake_of_ours_while_loading_is_one_line_too(opening: Opening) -> None:
    opening.error = ZeroDivisionError("division by zero")
    opening.go.set()
    with pytest.raises(MirrorError, match="ZeroDivisionError: division by zero; this is our mistake"):
        opening.until_failure()


def test_a_mirror_stopped_while_loading_leaves_no_thread(opening: Opening) -> None:
    opening.one()
    opening.go.set()
    opening.pipeline.stop()
    assert not [t for t in threading.enumerate() if t.name in ("mirror-load", "mirror-pose", "mirror-slow")]
