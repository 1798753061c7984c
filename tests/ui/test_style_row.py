"""The row of styles stands on the deck of her choices where looks go by it, and is nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ui_stage import StillCatalogue, StillPipeline

from mirror.config import Settings
from mirror.ui.choices import CHIPS, rows_of
from mirror.ui.words import Words


@pytest.mark.parametrize("goes", [True, False])
def test_the_window_offers_styles_where_the_catalogue_tells_them(app: Any, tmp_path: Path, goes: bool) -> None:
    from mirror.ui.mirror_window import MirrorWindow

    pipeline = StillPipeline(StillCatalogue(tmp_path))
    pipeline.goes_by_style = goes
    window = MirrorWindow(pipeline, Settings())  # type: ignore[arg-type]
    window.start()
    try:
        window._refresh()
        assert ("style" in window.model.choices.rows) is goes
        pipeline.goes_by_style = not goes
        window._refresh()
        assert ("style" in window.model.choices.rows) is not goes, "a new catalogue may tell them"
    finally:
        window.stop()


@pytest.mark.parametrize("language", ["en", "zh", "es"])
def test_every_style_has_its_word(language: str) -> None:
    words = Words(language)  # type: ignore[arg-type]
    assert len(words.all("styles")) == len(CHIPS["style"]) == 4
    assert all(words.all("styles"))
    assert "style" in rows_of(None, style=True)
