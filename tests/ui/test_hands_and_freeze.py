"""The real window led by hands alone, and the still of herself: seen, compared, and gone."""

from __future__ import annotations

import gc
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ui_stage import StillCatalogue, StillPipeline, frame, pose, state

from mirror.config import HandoffSettings, Settings
from mirror.domain import COCO_KEYPOINTS, Pose
from mirror.ui.hands import intent_of
from mirror.ui.screens import Intent, Screen

FPS = 20
RIGHT = {"right_elbow": (530, 236), "right_wrist": (512, 168)}
LEFT = {"left_elbow": (750, 236), "left_wrist": (768, 168)}
BOTH = {"right_elbow": (530, 200), "right_wrist": (505, 120), "left_elbow": (750, 200), "left_wrist": (775, 120)}


def posed(hands: dict[str, tuple[int, int]]) -> Pose:
    rows = pose().keypoints.copy()
    for name, at in hands.items():
        rows[COCO_KEYPOINTS.index(name), :2] = at
    return Pose(rows)


def window_of(folder: Path, size: tuple[int, int] = (1080, 1920), consent: str = "ask", theme: str = "light") -> Any:
    from mirror.ui.mirror_window import MirrorWindow

    settings = Settings()
    settings = replace(settings, ui=replace(settings.ui, reduced_motion=True, theme=theme),  # type: ignore[arg-type]
                       privacy=replace(settings.privacy, consent=consent),  # type: ignore[arg-type]
                       handoff=HandoffSettings("https://shop.example/{ids}"))
    clock = [10.0]
    window = MirrorWindow(StillPipeline(StillCatalogue(folder)), settings, clock=lambda: clock[0])  # type: ignore[arg-type]
    window.widget.resize(*size)
    window.widget.show()
    window.test_clock, window.test_number = clock, 0
    return window


def play(window: Any, seconds: float, hands: dict[str, tuple[int, int]] | None = None, **changes: Any) -> None:
    changes.setdefault("consent", window.model.consented)
    for _ in range(round(seconds * FPS)):
        window.test_clock[0] += 1 / FPS
        window.test_number += 1
        now = window.test_clock[0]
        seen = state(window.test_number, time=now, pose_time=now, pose=posed(hands or {}), **changes)
        window.pipeline.show(frame(), seen)
        window._refresh()
    window.widget.grabbed()
    window.overlay.prepare(window.widget.at, window.model)


def pixels(window: Any) -> np.ndarray:
    image = window.widget.grabbed()
    memory = image.constBits()
    memory.setsize(image.sizeInBytes())
    return np.frombuffer(memory, np.uint8).reshape(image.height(), image.width(), 4)[:, :, :3].copy()


def test_a_whole_visit_by_hands_alone(app: Any, tmp_path: Path) -> None:
    window = window_of(tmp_path)
    play(window, 2.0)
    assert window.model.screen is Screen.CONSENT
    play(window, 1.15, RIGHT)
    play(window, 1.0)
    assert window.model.screen is Screen.CONSENT, "a hand that was only raised is no yes"
    assert window.overlay.words.language == "en", "an answer that was given up changes nothing"
    for hand, language in ((RIGHT, "es"), (LEFT, "zh"), (RIGHT, "en")):
        play(window, 0.6, hand)
        play(window, 1.0)
        assert (window.model.screen, window.overlay.words.language) == (Screen.CONSENT, language)
    play(window, 1.8, RIGHT)
    assert window.model.screen in (Screen.LOOKING, Screen.LOOK)
    play(window, 4.0)
    assert window.model.screen is Screen.LOOK
    play(window, 0.7, RIGHT)
    play(window, 0.5)
    assert window.model.index == 1
    play(window, 0.7, LEFT)
    play(window, 0.5)
    assert window.model.index == 0
    play(window, 1.8, RIGHT)
    play(window, 0.8)
    assert len(window.model.chosen) == 1
    play(window, 1.2, BOTH)
    assert window.model.screen is Screen.GOODBYE
    assert "forget" in window.pipeline.asked
    assert not window.overlay.hands.rings


def test_the_ring_is_painted_on_her_hand_and_goes_when_it_is_lowered(app: Any, tmp_path: Path) -> None:
    window = window_of(tmp_path, consent="given")
    play(window, 4.0)
    play(window, 0.8, RIGHT)
    ring = window.overlay.hands.rings[0]
    x, y = window.widget._view.point(*ring.at)
    assert x > window.widget.at.width / 2, "in a mirror her right hand is on the right"
    with_ring = pixels(window)
    window.overlay.hands.forget()
    there = np.argwhere(np.any(with_ring != pixels(window), axis=2))
    assert len(there) > 3000
    assert np.abs(there.mean(axis=0) - (y, x)).max() < 12
    assert np.abs(there - (round(y), round(x))).max() <= 92
    play(window, 1.0)
    assert not window.overlay.hands.rings


def test_hands_mean_what_touch_means() -> None:
    from mirror.pipeline.gesture import Gesture

    assert intent_of(Gesture("choose", "right"), Screen.CONSENT) is Intent.YES
    assert intent_of(Gesture("choose", "left"), Screen.CONSENT) is Intent.NO
    assert intent_of(Gesture("page", "right"), Screen.CONSENT) is Intent.LANGUAGE
    assert intent_of(Gesture("page", "right"), Screen.PLAIN) is None
    assert intent_of(Gesture("page", "right"), Screen.LOOK) is Intent.FORWARD
    assert intent_of(Gesture("page", "left"), Screen.LOOK) is Intent.BACK
    for screen in Screen:
        assert intent_of(Gesture("stop", "both"), screen) is Intent.STOP


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_a_still_stands_beside_her_live_image(app: Any, tmp_path: Path, size: tuple[int, int]) -> None:
    window = window_of(tmp_path, size, "given")
    play(window, 4.0)
    at = window.widget.at
    button = next(place for place, intents in window.overlay.targets if intents == (Intent.FREEZE,))
    assert all(not button.meets(other) for other in window.overlay.plates if other != button)
    assert window.overlay.intents_at(*button.centre) == (Intent.FREEZE,)
    before = pixels(window)
    window.press(Intent.FREEZE)
    play(window, 0.5)
    folder = os.environ.get("MIRROR_TEST_PICTURES")
    if folder:
        window.widget.grabbed().save(f"{folder}/compare-{size[0]}.png")
    still = window.overlay.freeze._place(at)
    part = window.overlay.freeze._part(at)
    shown = pixels(window)
    middle = shown[still.y + still.h // 3 : still.y + 2 * still.h // 3, still.x : still.x + still.w]
    live_x = part.x + window.overlay.freeze.shift(at)
    live = shown[part.y + part.h // 3 : part.y + 2 * part.h // 3, live_x : live_x + part.w]
    jumper = (np.abs(before.astype(int) - (58, 78, 178)).max(axis=2) < 12).mean()
    assert jumper > 0.02
    for panel in (middle, live):
        assert (np.abs(panel.astype(int) - (58, 78, 178)).max(axis=2) < 12).mean() > 0.1, "she is not in it"
    changed = frame()
    changed[:] = (10, 200, 10)
    window.pipeline.show(changed, state(window.test_number + 1, time=window.test_clock[0] + 0.1))
    window._refresh()
    later = pixels(window)
    kept = later[still.y + still.h // 3 : still.y + 2 * still.h // 3, still.x : still.x + still.w]
    assert np.array_equal(kept, middle), "a still stands still"
    assert tuple(later[part.y + part.h // 2, live_x + part.w // 2]) == (10, 200, 10)
    window.press(Intent.FREEZE)
    assert not window.overlay.freeze.active


@pytest.mark.parametrize("how", ["stop", "leave", "done", "resize", "lost", "next"])
def test_the_still_is_erased_and_never_on_disk(
    app: Any, tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.chdir(folder)
    window = window_of(tmp_path, consent="given")
    play(window, 4.0)
    window.press(Intent.FREEZE)
    play(window, 0.3)
    still = window.overlay.freeze._still
    assert still is not None
    memory = still.bits()
    memory.setsize(still.sizeInBytes())
    seen = np.frombuffer(memory, np.uint8)
    assert seen.max() > 50
    if how == "stop":
        window.press(Intent.STOP)
    elif how == "leave":
        for _ in range(4):
            window.test_clock[0] += 1.0
            window.test_number += 1
            window.pipeline.show(frame(), state(
                window.test_number, shopper=0, pose=None, people=(), time=window.test_clock[0]))
            window._refresh()
    elif how == "done":
        window.press(Intent.FREEZE)
    elif how == "resize":
        window.widget.resize(720, 1280)
        play(window, 0.3)
    elif how == "next":  # consent is taken as given: the screens go on with whoever stands there now
        window.pipeline.show(frame(), state(window.test_number + 1, shopper=2, time=window.test_clock[0] + 0.05))
        window.test_clock[0] += 0.05
        window._refresh()
    else:
        window.pipeline.show(frame(), state(window.test_number + 1, source_state="lost", time=window.test_clock[0]))
        window._refresh()
    assert not window.overlay.freeze.active
    assert seen.reshape(-1, 4)[:, :3].max() == 0, "her picture is still in memory"
    gone = still
    del seen, memory, still
    gc.collect()
    assert len(gc.get_referrers(gone)) <= 1, "somebody still holds it"
    assert list(folder.rglob("*")) == [], "something was written"
