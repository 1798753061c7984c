"""The shop's logo: shown where somebody is invited, refused in one line where it could not be seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from ui_stage import StillCatalogue, StillPipeline, frame, state

from mirror.config import Settings
from mirror.domain import UsageError

GREEN, PALE = (60, 120, 30), (240, 245, 245)


def logo(folder: Path, colour: tuple[int, int, int], size: tuple[int, int] = (400, 120), opaque: bool = False) -> Path:
    image = np.zeros((size[1], size[0], 4), np.uint8)
    if opaque:
        image[:] = 255
    cv2.putText(image, "SHOP", (size[0] // 20, size[1] * 3 // 4), cv2.FONT_HERSHEY_DUPLEX, size[1] / 34,
                (*colour, 255), max(2, size[1] // 14), cv2.LINE_AA)
    path = folder / "logo.png"
    cv2.imwrite(str(path), image)
    return path


def window_of(folder: Path, logo: Path | str, theme: str = "light", **ui: Any) -> Any:
    from mirror.ui.mirror_window import MirrorWindow

    settings = Settings()
    settings = replace(settings, ui=replace(settings.ui, logo=str(logo), theme=theme, **ui))  # type: ignore[arg-type]
    clock = [10.0]
    window = MirrorWindow(StillPipeline(StillCatalogue(folder)), settings, clock=lambda: clock[0])  # type: ignore[arg-type]
    window.widget.resize(540, 960)
    window.widget.show()
    window.test_clock = clock
    return window


def pixels(window: Any) -> np.ndarray:
    image = window.widget.grabbed()
    memory = image.constBits()
    memory.setsize(image.sizeInBytes())
    return np.frombuffer(memory, np.uint8).reshape(image.height(), image.width(), 4)[:, :, :3].astype(int)


def test_the_logo_stands_on_the_attract_screen_in_its_colours(app: Any, tmp_path: Path) -> None:
    with_logo, without = window_of(tmp_path, logo(tmp_path, GREEN)), window_of(tmp_path, "")
    place = with_logo.widget.at.logo
    part = np.s_[place.y : place.bottom, place.x : place.right]
    assert (np.abs(pixels(with_logo)[part] - GREEN).max(axis=2) < 20).sum() > 100
    assert (np.abs(pixels(without)[part] - GREEN).max(axis=2) < 20).sum() == 0
    assert not any(plate.meets(place) for plate in without.overlay.plates), "something else stands there"


@pytest.mark.parametrize(("theme", "colour", "opaque", "refused"), [
    ("light", GREEN, False, ""), ("light", PALE, False, "of it is seen on the plates of theme light"),
    ("dark", PALE, False, ""), ("dark", (30, 30, 30), False, "of it is seen on the plates of theme dark"),
    ("auto", (30, 30, 30), False, "theme dark"), ("light", GREEN, True, ""), ("contrast", PALE, False, ""),
    ("light", PALE, True, "only 0% of it is seen"),
])
def test_a_logo_that_is_hardly_seen_is_refused(
    app: Any, tmp_path: Path, theme: str, colour: tuple[int, int, int], opaque: bool, refused: str,
) -> None:
    path = logo(tmp_path, colour, opaque=opaque)
    if not refused:
        assert window_of(tmp_path, path, theme).overlay.logo is not None
        return
    with pytest.raises(UsageError, match=r"config: \[ui\] logo .*logo.png: ") as told:
        window_of(tmp_path, path, theme)
    assert refused in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(("size", "refused"), [
    ((60, 40), "at least 88 pixels high"), ((1200, 100), "6 times as wide"), ((5000, 900), "at most 4096 pixels"),
])
def test_a_logo_of_a_bad_size_is_refused(app: Any, tmp_path: Path, size: tuple[int, int], refused: str) -> None:
    with pytest.raises(UsageError, match=refused):
        window_of(tmp_path, logo(tmp_path, GREEN, size))


def test_a_file_that_is_no_picture_or_not_there_is_told_in_one_line(app: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing.png: cannot be found; give a PNG file"):
        window_of(tmp_path, tmp_path / "missing.png")
    (tmp_path / "words.png").write_text("no picture")
    with pytest.raises(UsageError, match=r"words.png: is no picture that can be read .*; give a PNG file"):
        window_of(tmp_path, tmp_path / "words.png")


def test_at_night_the_screen_is_dimmed_while_nobody_is_there(app: Any, tmp_path: Path) -> None:
    window = window_of(tmp_path, "", dim_after_s=30.0)
    nobody = {"shopper": 0, "pose": None, "people": (), "stages_done": frozenset(), "consent": False}

    def see(number: int, seconds: float, bright: float, **changes: Any) -> float:
        window.test_clock[0] += seconds
        now = window.test_clock[0]
        window.pipeline.show((frame() * bright).astype(np.uint8), state(number, time=now, **changes))
        window._refresh()
        return float(pixels(window)[200:240, 0:15].mean())  # the wall

    lit = see(1, 1.0, 0.2, **nobody)
    assert see(2, 31.0, 0.2, **nobody) < 0.5 * lit
    assert see(3, 2.0, 0.2) > 0.9 * lit, "somebody came"
    assert see(4, 60.0, 0.2, **nobody) > 0.9 * lit
    see(5, 3.0, 0.2, **nobody)
    assert see(6, 40.0, 1.0, **nobody) > 3 * lit, "by day nothing is dimmed"
