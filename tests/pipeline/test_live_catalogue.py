"""A catalogue that is published under a running mirror: her look has its prices; a bad one is told and not used."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pipeline_world import FakeVision, PushedSource, World, figure

from benchmarks.synthetic_shop import SyntheticShop
from catalog.atomic import replacing
from catalog.index import Catalogue
from catalog.publish import publish
from catalog.writer import write_index
from mirror.config import PipelineSettings, PrivacySettings, Settings
from mirror.pipeline.live import LivePipeline
from mirror.pipeline.state import MirrorState

QUICK = Settings(
    pipeline=PipelineSettings(
        people_every_s=0.05, body_every_s=0.05, garments_every_s=0.05, face_every_s=0.05, look_every_s=0.05),
    privacy=PrivacySettings(consent="given"),
)
PATIENCE_S = 20.0


def write(path: Path, price: float) -> Path:
    shop = SyntheticShop.of(200)
    with replacing(path) as out:
        items = [replace(item, price=price) for item in shop]
        write_index(out, items, shop.vectors, embedder="fake@0", pictures=".")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "shop.catalogue", 10)


@pytest.fixture
def until(path: Path) -> Iterator[Callable[[Callable[[MirrorState], bool]], MirrorState]]:
    """A running mirror with one shopper before it; waits until something is true of its state."""
    with Catalogue.open_serving(path) as catalogue:
        source = PushedSource("pushed")
        pipeline = LivePipeline(source, FakeVision(World(lambda number: [figure(640)])), catalogue, QUICK)
        assert pipeline._following is not None
        pipeline._following._every_s = 0.02
        shown = threading.Event()
        pipeline.on_picture = shown.set

        def wait(condition: Callable[[MirrorState], bool]) -> MirrorState:
            end = time.monotonic() + PATIENCE_S
            while time.monotonic() < end:
                shown.clear()
                source.push()
                assert shown.wait(PATIENCE_S)
                state = pipeline.state()
                if condition(state):
                    return state
            pytest.fail(f"never came true: {pipeline.state()}")

        with pipeline:
            assert "mirror-catalogue" in [thread.name for thread in threading.enumerate()]
            yield wait
        assert "mirror-catalogue" not in [thread.name for thread in threading.enumerate()]


def prices(state: MirrorState) -> set[float]:
    return {suggestion.item.price for suggestion in (*state.look.similar, *state.look.complete)}


def test_a_publish_reaches_the_look_of_the_shopper_who_stands_there(
    path: Path, tmp_path: Path, until: Callable[[Callable[[MirrorState], bool]], MirrorState]
) -> None:
    first = until(lambda state: prices(state) == {10})
    assert (first.stale, first.notice) == ("", "")
    publish(write(tmp_path / "new.catalogue", 20), path)
    assert until(lambda state: prices(state) == {20}).shopper == first.shopper


def test_a_bad_file_is_told_and_the_old_items_stay_until_a_good_one_comes(
    path: Path, tmp_path: Path, until: Callable[[Callable[[MirrorState], bool]], MirrorState]
) -> None:
    until(lambda state: prices(state) == {10})
    bad = tmp_path / "bad"
    bad.write_bytes(path.read_bytes()[:-7])
    os.replace(bad, path)
    state = until(lambda state: state.stale != "")
    assert "is no whole catalogue" in state.stale
    assert state.notice == state.stale
    assert prices(state) == {10}
    publish(write(tmp_path / "new.catalogue", 20), path)
    assert until(lambda state: prices(state) == {20}).stale == ""
