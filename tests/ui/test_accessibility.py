"""For whom a mirror at eye height is out of reach: low controls, one who sits is whole, nothing by colour alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ui_stage import FRAME, StillCatalogue, StillPipeline, frame, pose, state

from mirror.config import HandoffSettings, Settings
from mirror.domain import COCO_KEYPOINTS, Pose
from mirror.pipeline.memory import ShopperMemory
from mirror.pipeline.stance import distance
from mirror.ui.framing import body_span
from mirror.ui.screens import DARK, Intent, Screen
from mirror.vision.full_body import full_body

MM = 0.49
"""A pixel of the design on a 43 inch panel."""
FOOT = {True: 450.0, False: 700.0}
"""Height of the panel's lower edge over the floor, mm, upright and lying (docs/accessibility.md)."""
REACH = (380.0, 1220.0)
"""EN 301 549, 8.3.2: what a seated person reaches without leaning over anything, mm."""


def window_of(folder: Path, size: tuple[int, int], **ui: Any) -> Any:
    from mirror.ui.mirror_window import MirrorWindow

    settings = Settings()
    settings = replace(settings, ui=replace(settings.ui, reduced_motion=True, **ui),
                       handoff=HandoffSettings("https://shop.example/{ids}"))
    clock = [10.0]
    window = MirrorWindow(StillPipeline(StillCatalogue(folder)), settings, clock=lambda: clock[0])  # type: ignore[arg-type]
    window.widget.resize(*size)
    window.widget.show()
    return window


def opened(window: Any, screen: Screen) -> list[tuple[Any, Any]]:
    """Every target of a screen; one that fills the window is met anywhere."""
    from mirror.pipeline.view import filling

    now, at = state(), window.widget.at
    window.model.screen, window.model.look, window.model.sizes = screen, now.look, {"tops": ("M", "L")}
    window.model.index = 1
    window.widget.set_state(now)
    window.widget.set_video(None, filling(*FRAME, at.width, at.height))
    window.widget.grabbed()
    window.overlay.prepare(at, window.model)
    window.widget.grabbed()
    return [(place, acts) for place, acts in window.overlay.targets if place.w < at.width or place.h < at.height]


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080)], ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("screen", [s for s in Screen if s not in DARK])
def test_low_controls_are_all_within_reach_of_one_who_sits(
    app: Any, tmp_path: Path, size: tuple[int, int], screen: Screen,
) -> None:
    window = window_of(tmp_path, size, low_controls=True)
    targets, at = opened(window, screen), window.widget.at

    def low(place: Any) -> bool:
        over_floor = FOOT[at.portrait] + (at.height - place.centre[1]) * MM / at.scale
        return REACH[0] <= over_floor <= REACH[1]

    wanted = {acts for _, acts in targets}
    reached = {acts for place, acts in targets if low(place)}
    # a size on her tag may stand high beside her shoulder: the same is chosen low, on the deck of her choices
    assert {acts for acts in wanted - reached if not hasattr(acts[0], "row")} == set()
    for place in (place for place, acts in targets if acts in ((Intent.STOP,), (Intent.FREEZE,))):
        on = [plate for plate in window.overlay.plates if plate.meets(place) and plate != place]
        assert on in ([], [at.compare]), (screen, place, on)


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080)], ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("screen", [Screen.DETAIL, Screen.CORRECTION, Screen.COMPARE])
def test_the_left_button_of_a_deck_closes_and_the_right_one_goes_on_as_her_hands_do(
    app: Any, tmp_path: Path, size: tuple[int, int], screen: Screen,
) -> None:
    window = window_of(tmp_path, size)
    place_of = {acts[0]: place for place, acts in opened(window, screen)}
    left, right = place_of[Intent.CLOSE], place_of[Intent.CHOOSE]
    assert left.right < right.x
    assert left.y == right.y


def test_without_the_setting_stop_stays_where_everybody_looks_for_it(app: Any, tmp_path: Path) -> None:
    window = window_of(tmp_path, (1080, 1920))
    place = next(place for place, acts in opened(window, Screen.LOOK) if acts == (Intent.STOP,))
    assert place.y < 150


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080), (720, 1280)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_tags_end_above_the_deck_of_every_screen(app: Any, tmp_path: Path, size: tuple[int, int]) -> None:
    window = window_of(tmp_path, size)
    for screen in (Screen.DETAIL, Screen.CORRECTION):
        opened(window, screen)
        deck = window.widget.at.detail if screen is Screen.DETAIL else window.widget.at.choices
        code = window.overlay.handoff.place(window.widget.at)
        tags = [plate for plate in window.overlay.plates
                if abs(plate.w - 244 * window.widget.at.scale) <= 2 and plate != code]
        assert tags
        assert not any(deck.meets(tag) for tag in tags)


def test_marked_chips_differ_in_shape_and_not_in_colour_alone(app: Any) -> None:
    from PyQt5.QtGui import QImage

    from mirror.ui.choice_deck import bake_choices
    from mirror.ui.choices import Choices
    from mirror.ui.theme import Theme
    from mirror.ui.words import Words

    def grey(choices: Choices) -> np.ndarray:
        image = bake_choices(Theme.named("light"), 1000, 696, 1.0, Words("en"), choices, 0, None).image
        image = image.convertToFormat(QImage.Format_Grayscale8)
        memory = image.constBits()
        memory.setsize(image.sizeInBytes())
        rows = np.frombuffer(memory, np.uint8).reshape(image.height(), -1)
        return rows[:, : image.width()].astype(int)

    plain, hers = grey(Choices()), grey(Choices(yours={"size": "M"}))
    believed = grey(Choices(estimated={"size": "M"}))
    for one, other in ((plain, hers), (plain, believed), (hers, believed)):
        assert (np.abs(one - other) > 90).sum() > 300, "in grey they look alike"


def seated(**hidden: float) -> Pose:
    rows = pose().keypoints.copy()
    for name, score in {"left_ankle": 0.05, "right_ankle": 0.05, **hidden}.items():
        rows[COCO_KEYPOINTS.index(name), 2] = score
    return Pose(rows)


def test_one_who_sits_counts_as_a_full_body_where_the_shop_says_so() -> None:
    assert not full_body(seated())
    assert full_body(seated(), seated=True)
    assert full_body(seated(left_knee=0.05), seated=True)
    assert not full_body(seated(left_knee=0.05, right_knee=0.05), seated=True), "a portrait is no full body"
    assert not full_body(seated(left_hip=0.05), seated=True)
    headless = dict.fromkeys(COCO_KEYPOINTS[:5], 0.05)
    assert not full_body(seated(**headless), seated=True)
    for setting, whole in ((False, False), (True, True)):
        memory = ShopperMemory(consent="given", seated=setting)
        memory.posed(memory.begin(), seated(), 0, 0.0)
        assert memory.recall(0, 0.0).full_body is whole


def test_one_who_sits_is_framed_by_her_knees() -> None:
    assert body_span(seated()) is None
    span = body_span(seated(), seated=True)
    assert span is not None
    assert span[1] < 118 < 492 < span[2], "from over her nose to under her knees"
    assert body_span(pose(), seated=True) == body_span(pose())


def test_one_who_sits_is_not_called_nearer_because_she_is_less_tall() -> None:
    rows = seated().keypoints.copy()
    rows[:, 1] *= 0.5  # her nose to her knees take 26 % of the frame
    small = Pose(rows)
    assert distance(small, FRAME, True) == "far"
    assert distance(small, FRAME, True, seated=True) == "ok"


def test_a_shop_with_low_controls_and_high_contrast_opens_with_both(app: Any, tmp_path: Path) -> None:
    window = window_of(tmp_path, (720, 1280), theme="contrast", low_controls=True)
    assert window.overlay.look.name == "contrast"
    assert window.widget.at.low
    window.pipeline.show(frame(), state())
    window._refresh()
    assert window.widget.grabbed().width() == 720
