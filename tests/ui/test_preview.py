"""The contact sheets: every screen is on them, in its language and theme, and they are files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ui_stage import StillCatalogue, StillPipeline, frame, state

from mirror.config import Settings
from mirror.domain import MirrorError


@pytest.mark.parametrize(("language", "theme"), [("zh", "light"), ("es", "dark")])
def test_every_screen_is_pictured_once_and_no_two_alike(app: Any, tmp_path: Path, language: str, theme: str) -> None:
    from mirror.ui import preview
    from mirror.ui.screens import Guidance, Screen

    settings = Settings()
    settings = replace(settings, ui=replace(settings.ui, language=language, theme=theme))  # type: ignore[arg-type]
    pipeline: Any = StillPipeline(StillCatalogue(tmp_path))
    found = list(preview.pictures(pipeline, settings, state(), frame(), (360, 640)))
    assert {pose.screen for pose in preview.POSES} == set(Screen)
    assert len(found) == len(Screen) - 1 + len(Guidance) + 2
    pixels = [image.bits().asstring(image.byteCount()) for _, image in found]  # type: ignore[union-attr]
    assert len(set(pixels)) == len(found)
    out = tmp_path / "sheet.png"
    preview.save(preview.sheet(found), out)
    assert out.stat().st_size > 20_000
    with pytest.raises(MirrorError, match="cannot be written"):
        preview.save(found[0][1], tmp_path / "nowhere" / "sheet.png")
