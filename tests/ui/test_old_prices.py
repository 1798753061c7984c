"""Prices that may be old: until when they held is said, they stand back, and nothing is claimed to be in stock."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ui_stage import StillCatalogue, StillPipeline, state

from mirror.config import Settings
from mirror.ui.screens import Intent, Screen
from mirror.ui.words import Words


@pytest.mark.parametrize(("language", "then", "told"), [
    ("en", datetime(2026, 11, 24, 8, 5), "Prices from today 08:05"),
    ("en", datetime(2026, 11, 23, 18, 0), "Prices from yesterday 18:00"),
    ("es", datetime(2026, 11, 20, 18, 0), "Precios de viernes, 18:00"),
    ("zh", datetime(2026, 11, 20, 18, 0), "价格为周五 18:00"),
    ("en", datetime(2026, 1, 2, 18, 0), "Prices from 2/1/2026"),
])
def test_until_when_prices_held_is_said_as_people_say_it(language: str, then: datetime, told: str) -> None:
    assert Words(language).since(then, datetime(2026, 11, 24, 12, 0)) == told


@pytest.mark.parametrize(("problem", "hours", "age_hours", "marked"), [
    ("", 0.0, 900.0, False), ("", 24.0, 23.0, False), ("", 24.0, 25.0, True), ("a damaged file", 0.0, 1.0, True),
])
def test_old_prices_are_marked_by_the_shops_limit_or_when_a_newer_file_cannot_be_used(
    app: Any, tmp_path: Path, problem: str, hours: float, age_hours: float, marked: bool,
) -> None:
    from mirror.ui.mirror_window import MirrorWindow

    built = time.time() - 3600 * age_hours
    catalogue: Any = StillCatalogue(tmp_path)
    catalogue.snapshot = SimpleNamespace(sealed=SimpleNamespace(stamp=(0, 0, int(built * 1e9))))
    settings = Settings()
    settings = replace(settings, shop=replace(settings.shop, prices_hours=hours),
                       ui=replace(settings.ui, reduced_motion=True))
    pipeline: Any = StillPipeline(catalogue)
    window = MirrorWindow(pipeline, settings, clock=lambda: 100.0)
    window.widget.resize(1080, 1920)
    window.widget.show()
    pipeline.now = state(stale=problem)
    window.model.screen, window.model.look = Screen.LOOK, pipeline.now.look
    window._refresh()
    window.widget.grabbed()
    assert bool(window.overlay.stale) is marked
    keys: Any = window.overlay.cache._kept
    contents = [part for key in keys for part in key if hasattr(part, "stale")]
    assert contents
    assert all(content.stale is marked for content in contents)
    assert all((content.why == window.overlay.words("prices_ask")) is marked for content in contents)
    window.press(Intent.CHOOSE)
    window.widget.grabbed()
    assert window.model.screen is Screen.DETAIL
