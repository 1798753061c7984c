"""A catalogue that is renewed while the mirror runs shows on the attract screen too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ui_stage import StillCatalogue, StillPipeline

from mirror.config import Settings


def test_a_new_edition_changes_the_pieces_that_the_attract_screen_shows(app: Any, tmp_path: Path) -> None:
    from mirror.ui.mirror_window import MirrorWindow

    pipeline = StillPipeline(StillCatalogue(tmp_path))
    window = MirrorWindow(pipeline, Settings())  # type: ignore[arg-type]
    window.start()
    try:
        assert window.overlay.showcase
        pipeline.catalogue.iter_items = lambda: iter(())  # type: ignore[union-attr,method-assign]
        pipeline.on_new_items()  # type: ignore[attr-defined]
        assert window.overlay.showcase == ()
    finally:
        window.stop()
