"""What a phone is shown of every screen, when its link begins and ends, and where its code stands on the mirror."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from test_handoff import pixels
from ui_stage import StillCatalogue, StillPipeline, frame, state

from mirror.config import HandoffSettings, Settings, UiSettings
from mirror.domain import Look, UsageError
from mirror.ui.phone import PhoneLink, PhoneView
from mirror.ui.phone_desk import PhonePages
from mirror.ui.screens import Intent, Pick, Screen
from mirror.ui.words import Words, languages

BASE = "http://192.168.1.20:8471"


class Stage:
    """A window that is played to by hand, and the phone's side of its link."""

    def __init__(self, folder: Path, size: tuple[int, int] = (1080, 1920), **settings: Any) -> None:
        from mirror.ui.mirror_window import MirrorWindow

        self.clock, self.number = [10.0], 0
        self.link = PhoneLink(lambda: self.clock[0])
        whole = replace(Settings(), ui=UiSettings(reduced_motion=True, **settings), handoff=HandoffSettings(
            "https://shop.example/look?ids={ids}"))
        self.window = MirrorWindow(
            StillPipeline(StillCatalogue(folder)), whole, clock=lambda: self.clock[0],  # type: ignore[arg-type]
            phone=PhonePages(BASE, self.link))
        self.window.widget.resize(*size)
        self.window.widget.show()
        self.model = self.window.model

    def play(self, seconds: float, **changes: Any) -> None:
        for _ in range(round(seconds * 10)):
            self.clock[0] += 0.1
            self.number += 1
            self.window.pipeline.show(frame(), state(self.number, time=self.clock[0], **changes))  # type: ignore[attr-defined]
            self.window._refresh()
            self.window.widget.grabbed()
            self.window.overlay.prepare(self.window.widget.at, self.model)

    def to(self, screen: Screen) -> None:
        self.play(1.5, look=Look(), stages_done=frozenset())
        assert self.model.screen is Screen.CONSENT
        if screen is not Screen.CONSENT:
            self.window.press(Intent.YES)
            self.play(3.0)
            assert self.model.screen is Screen.LOOK

    def join(self) -> str:
        return self.link.join(self.link.invitation)

    def seen(self, key: str) -> PhoneView:
        found = self.link.view(key)
        assert found
        return found[1]

    def press(self, key: str, word: str) -> None:
        self.clock[0] += 1.0
        assert self.link.press(key, word) == "taken", word
        self.window._refresh()

    def codes(self) -> set[str]:
        """All that can be read off the window."""
        self.play(0.3)
        return {code.text for code in zxingcpp.read_barcodes(pixels(self.window))}


def words_of(view: PhoneView) -> list[str]:
    return [button.word for row in view.rows for button in row.buttons]


def test_all_that_touch_keys_and_hands_do_can_be_pressed_on_a_phone(app: Any, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.to(Screen.CONSENT)
    key = stage.join()
    assert words_of(stage.seen(key)) == ["no", "yes", "language"]
    stage.press(key, "yes")
    stage.play(3.0)
    assert words_of(stage.seen(key)) == [
        "similar", "outfit", "back", "forward", "choose", "keep", "change", "freeze", "language", "stop"]
    stage.press(key, "outfit")
    assert stage.model.tab == "complete"
    stage.press(key, "forward")
    assert stage.model.index == 1
    stage.press(key, "keep")
    assert stage.model.chosen
    stage.press(key, "choose")
    assert stage.model.screen is Screen.DETAIL
    stage.press(key, "change")
    assert [row.title for row in stage.seen(key).rows][:5] == [
        Words("en")(f"c_{row}") for row in stage.model.choices.rows] + [""] * (5 - len(stage.model.choices.rows))
    for word in ("size.L", "department.men", "style.smart", "age.35-54"):
        stage.press(key, word)
    assert stage.model.choices.yours == {"size": "L", "department": "men", "style": "smart", "age": "35-54"}
    stage.press(key, "close")
    stage.press(key, "freeze")
    assert (stage.model.screen, stage.window.overlay.freeze.active) == (Screen.COMPARE, True)
    stage.press(key, "close")
    stage.press(key, "stop")
    assert stage.model.screen is Screen.GOODBYE
    assert stage.link.view(key) is None


def test_a_phone_is_shown_no_estimate(app: Any, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.to(Screen.LOOK)
    key = stage.join()
    stage.press(key, "change")
    assert stage.model.choices.estimated, "the mirror believes something"
    assert not any(button.marked for row in stage.seen(key).rows for button in row.buttons)
    stage.press(key, "size.S")
    assert [button.act for row in stage.seen(key).rows for button in row.buttons if button.marked] == [
        Pick("size", "S")]
    stage.press(key, "close")
    view = stage.seen(key)
    offer = stage.model.opened
    assert offer
    assert (view.title, view.line) == (offer.item.title, "€79 · 1 / 6")


def test_a_phone_speaks_her_language_on_every_screen(app: Any, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.to(Screen.CONSENT)
    key = stage.join()
    heard = set()
    for _ in languages():
        stage.press(key, "language")
        view = stage.seen(key)
        assert view.title == Words(view.language)("consent")
        heard.add(view.language)
    assert heard == set(languages())


@pytest.mark.parametrize("end", ["leave", "stop", "no", "another"])
def test_the_link_ends_with_the_visit(app: Any, tmp_path: Path, end: str) -> None:
    stage = Stage(tmp_path)
    stage.to(Screen.CONSENT if end in ("no", "another") else Screen.LOOK)
    invitation = stage.link.invitation
    key = stage.join()
    if end == "leave":
        stage.play(2.5, shopper=0, pose=None, people=(), look=Look())
    elif end == "another":
        stage.link.press(key, "yes")
        stage.play(0.1, shopper=2, look=Look(), stages_done=frozenset())
        assert stage.model.screen is Screen.CONSENT, "a phone said yes for somebody else"
    else:
        stage.press(key, end)
    assert stage.link.view(key) is None
    assert stage.link.press(key, "yes") == "over"
    assert not stage.link.invites(invitation)
    if end != "another":
        assert (stage.window.phone.url, stage.window.phone._told, stage.link.invitation) == ("", None, "")
        assert (stage.window.overlay.phone.link, stage.window.overlay.phone._baked) == ("", None)


def test_a_window_that_closes_ends_the_link(app: Any, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.to(Screen.LOOK)
    key = stage.join()
    stage.window.stop()
    assert stage.link.view(key) is None
    assert stage.link.on_press is None


@pytest.mark.parametrize("low", [False, True], ids=["", "low"])
@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080), (720, 1280)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_both_codes_are_read_off_the_window_and_stand_on_nothing(
    app: Any, tmp_path: Path, size: tuple[int, int], low: bool,
) -> None:
    stage = Stage(tmp_path, size, low_controls=low)
    stage.to(Screen.CONSENT)
    assert stage.codes() == {f"{BASE}/r/{stage.link.invitation}"}
    stage.window.press(Intent.YES)
    stage.play(3.0)
    found = stage.codes()
    at, overlay = stage.window.widget.at, stage.window.overlay
    assert (f"{BASE}/r/{stage.link.invitation}" in found) == at.portrait
    assert any("shop.example" in link for link in found), "the look's own code too"
    if not at.portrait:
        overlay.handoff.url = ""
        assert stage.codes() == {f"{BASE}/r/{stage.link.invitation}"}
    place = overlay.phone.place(at, stage.model)
    assert place in overlay.plates
    assert all(not place.meets(other) for other in overlay.plates if other != place), "another plate is on it"
    assert not place.meets(at.corridor)
    overlay.handoff.url = "https://shop.example/look?ids={ids}"
    stage.join()
    assert stage.codes() == {link for link in found if "shop.example" in link}, "one phone is enough"


def test_without_the_package_for_codes_a_remote_is_refused_at_the_start(
    app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    from mirror.ui.mirror_window import MirrorWindow

    monkeypatch.setitem(sys.modules, "segno", None)
    with pytest.raises(UsageError, match=r"\[phone\] remote needs the package segno"):
        MirrorWindow(StillPipeline(StillCatalogue(tmp_path)), Settings(), phone=PhonePages(BASE, PhoneLink()))  # type: ignore[arg-type]
    MirrorWindow(StillPipeline(StillCatalogue(tmp_path)), Settings())  # type: ignore[arg-type]


def test_the_local_page_is_behind_the_code_where_the_shop_has_none(app: Any, tmp_path: Path) -> None:
    from mirror.ui.mirror_window import MirrorWindow

    for url, expected in (("", f"{BASE}/look?ids={{ids}}&in={{language}}"), ("https://x/{ids}", "https://x/{ids}")):
        settings = replace(Settings(), handoff=HandoffSettings(url))
        window = MirrorWindow(StillPipeline(StillCatalogue(tmp_path)), settings, phone=PhonePages(BASE, looks=True))  # type: ignore[arg-type]
        assert window.overlay.handoff.url == expected
