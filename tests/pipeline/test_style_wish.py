"""A style that she wishes for reaches the look of the running mirror; what was just shown makes room for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pipeline_world import FakeVision, PushedSource, World, figure

from benchmarks.synthetic_shop import SyntheticShop
from catalog.atomic import replacing
from catalog.index import Catalogue
from catalog.writer import write_index
from mirror.config import LookSettings, PipelineSettings, PrivacySettings, Settings, ShopSettings, load_settings
from mirror.domain import STYLES, Box, Garment, Look, Profile, UsageError
from mirror.pipeline.advisor import Advisor, recommendation
from mirror.pipeline.live import LivePipeline
from mirror.pipeline.memory import Declared
from mirror.recommend.looks import RecommendSettings

QUICK = Settings(
    pipeline=PipelineSettings(
        people_every_s=0.05, body_every_s=0.05, garments_every_s=0.05, face_every_s=0.05, look_every_s=0.05),
    privacy=PrivacySettings(consent="given"),
)
PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,200 items, each of one, two or three styles."""
    path = tmp_path_factory.mktemp("styles") / "shop.catalogue"
    made = SyntheticShop.of(1200)
    items = [
        replace(item, title=f"Garment {n}", age="", sizes=item.sizes and ("M",), in_stock=True,
                styles=tuple(style for bit, style in enumerate(STYLES) if (n % 7 + 1) >> bit & 1))
        for n, item in enumerate(made)]
    with replacing(path) as out:
        write_index(out, items, made.vectors, embedder="fake@0", pictures=".")
    return path


def pieces(look: Look) -> list[str]:
    return [suggestion.item.id for suggestion in (*look.similar, *look.complete)]


def test_a_wished_style_reaches_the_look_and_any_style_gives_it_back(shop: Path) -> None:
    with Catalogue.open_serving(shop) as catalogue:
        source = PushedSource("pushed")
        pipeline = LivePipeline(source, FakeVision(World(lambda number: [figure(640)])), catalogue, QUICK)
        assert pipeline.goes_by_style
        shown = threading.Event()
        pipeline.on_picture = shown.set

        def until(condition: Callable[[Look], bool]) -> Look:
            end = time.monotonic() + PATIENCE_S
            while time.monotonic() < end:
                shown.clear()
                source.push()
                assert shown.wait(PATIENCE_S)
                look = pipeline.state().look
                if look and condition(look):
                    return look
            pytest.fail(f"never came true: {pipeline.state().look}")

        def all_are(look: Look, style: str) -> bool:
            return all(style in s.item.styles for s in (*look.similar, *look.complete))

        with pipeline:
            first = until(lambda look: not all_are(look, "smart"))
            pipeline.declare(style="smart")
            smart = until(lambda look: all_are(look, "smart"))
            assert not set(pieces(first)) & set(pieces(smart))
            pipeline.declare(style="any")
            until(lambda look: not all_are(look, "smart"))
            pipeline.forget()
            assert pipeline._advisor is not None
            assert not pipeline._advisor._recent


def garments(catalogue: Catalogue) -> list[Garment]:
    ids = [next(item.id for item in catalogue.iter_items() if item.category == c) for c in ("top", "skirt")]
    return [Garment(catalogue.item(id).category, Box(0, 0, 9, 9), 0.9, ("#1d2746",), catalogue.vector(id))
            for id in ids]


def test_only_a_wish_makes_what_was_just_shown_make_room(shop: Path) -> None:
    with Catalogue.open(shop) as catalogue:
        said, visit = [Declared()], [1]
        advise = Advisor(catalogue, Settings(), lambda: said[0], lambda: visit[0])
        worn = garments(catalogue)
        first = pieces(advise(worn, Profile()))
        assert pieces(advise(worn, Profile())) == first, "seen again, the same"
        said[0] = Declared(price=(0.0, 1e6))
        second = pieces(advise(worn, Profile()))
        assert not set(first) & set(second)
        assert pieces(advise(worn, Profile())) == second
        visit[0], said[0] = 2, Declared()
        assert pieces(advise(worn, Profile())) == first, "another visitor"
        said[0] = Declared(style="any")
        assert pieces(advise(worn, Profile())) == first, "any style is no other wish than none"


def test_a_catalogue_from_before_styles_is_not_asked_for_one(shop: Path) -> None:
    with Catalogue.open(shop) as catalogue:
        object.__setattr__(catalogue.snapshot, "styles", None)
        advise = Advisor(catalogue, Settings(), lambda: Declared(style="smart"))
        assert not advise.goes_by_style
        assert advise(garments(catalogue), Profile())


def test_the_weights_of_a_look_are_the_shops(tmp_path: Path) -> None:
    path = tmp_path / "mirror.toml"
    path.write_text("[looks]\nseason = 0\nper_place = 1\nvariety = 0.5\n[shop]\nsimilar = 4\n")
    made = recommendation(load_settings(path, {}))
    assert (made.season, made.per_place, made.variety, made.similar, made.company) == (0, 1, 0.5, 4, 0.5)
    assert recommendation(Settings(shop=ShopSettings())) == recommendation(Settings(looks=LookSettings()))
    assert recommendation(Settings()) == RecommendSettings(), "two rooms that may not import each other say the same"
    with pytest.raises(UsageError, match=r"\[looks\] variety must lie in 0\.\.1"):
        load_settings(None, {"MIRROR_LOOKS__VARIETY": "2"})
    assert np.isclose(made.harmony, 0.1)
