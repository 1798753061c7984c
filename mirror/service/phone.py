"""The mirror's pages for telephones on the shop's own network: the remote of one visit, and the pieces of a look.

Served by `mirror run` where `[phone]` says so. No account, no cookie, no storage, no log of who asked for what.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np

from catalog.index import Catalogue
from mirror.config import PhoneSettings, Settings
from mirror.domain import Item, MirrorError
from mirror.service import phone_page
from mirror.service.opening import say
from mirror.service.pages import Allowance, PageHandler, PageServer
from mirror.ui.phone import PhoneLink
from mirror.ui.phone_desk import PhonePages
from mirror.ui.words import Words, languages

POLL_S = 8.0
"""A page that asks what is new is answered after so long at the latest."""
ITEMS_MOST, ID_MOST, PATH_MOST = 12, 200, 4096
"""Pieces on the page of a look; characters of an id and of what is asked for."""
PICTURE_SIDE, PICTURE_QUALITY = 640, 85
"""Pixels of the longest side, and JPEG quality."""
PICTURE_BYTES_MOST = 32 * 2**20
LOOKS = (60.0, 20.0)
"""Pages and pictures of looks: at once, and a second after that. All callers share them: nobody is remembered."""
STRANGERS = (20.0, 4.0)
"""The same for links that lead nowhere: who tries them out is slow."""


class PhoneServer(PageServer):
    """Serves ``settings.address``; ``link`` None: no remote; ``catalogue`` None: no looks.

    Args:
        language: what is spoken where a browser asks for no language of ours.

    Raises:
        UsageError: the address cannot be taken.
    """

    def __init__(
        self, settings: PhoneSettings, *, link: PhoneLink | None = None, catalogue: Catalogue | None = None,
        language: str = "en",
    ) -> None:
        super().__init__(
            settings.address, settings.port, _Handler, name="mirror-phone", what="config: [phone] address",
            names=frozenset({settings.address}), mend="give this machine's own address, and a free port")
        self.base = f"http://{settings.address}:{self.port}"
        self.link = link
        self.catalogue = catalogue
        self.language = language
        self.looks, self.strangers = Allowance(*LOOKS), Allowance(*STRANGERS)
        self.drawing = threading.Lock()
        """Held while a picture is made smaller: one at a time, the mirror needs the machine."""

    def close(self) -> None:
        """End the link, stop serving, join."""
        if self.link is not None:
            self.link.end()
        super().close()


class _Handler(PageHandler):
    server: PhoneServer
    policy = phone_page.POLICY

    def do_GET(self) -> None:
        parts = self._asked()
        if parts is None:
            return
        match parts:
            case ["r", invitation] if self.server.link is not None and self.server.link.invites(invitation):
                self.answer(200, phone_page.join_page(self._words()))
            case ["p", key]:
                self._remote(key)
            case ["p", key, "state"]:
                self._state(key)
            case ["look"] if self.server.catalogue is not None:
                self._look(self.server.catalogue)
            case ["picture"] if self.server.catalogue is not None:
                self._picture(self.server.catalogue)
            case _:
                self._over(whole=True)

    def do_POST(self) -> None:
        parts = self._asked()
        if parts is None or not self.from_here():
            return
        form, link = self.form(), self.server.link
        if form is None:
            return
        match parts:
            case ["r", invitation] if link is not None and (key := link.join(invitation)):
                self.answer(303, "", headers={"Location": f"/p/{key}"})
            case ["p", key, "press"] if link is not None:
                heard = link.press(key, form.get("do", [""])[0])
                if heard == "over":
                    self._over(whole=True)
                elif heard == "slower":
                    self.answer(429, "slower")
                else:
                    self.answer(303, "", headers={"Location": f"/p/{key}"})
            case _:
                self._over(whole=True)

    def _asked(self) -> list[str] | None:
        """The parts of the path; None, and answered, where it is not for us or too long."""
        if not self.addressed_here():
            return None
        if len(self.path) > PATH_MOST:
            self.answer(414, "too long")
            return None
        return urlsplit(self.path).path.strip("/").split("/")

    def _asked_for(self, name: str) -> str:
        """A value of the query, "" where there is none."""
        try:
            return parse_qs(urlsplit(self.path).query, max_num_fields=8).get(name, [""])[0]
        except ValueError:
            return ""

    def _words(self, asked: str = "") -> Words:
        """In the language asked for, else the first of the browser's that we speak, else the shop's."""
        heard = self.headers.get("Accept-Language", "")[:200].split(",")
        for code in (asked, *(word.split(";")[0].split("-")[0].strip().lower() for word in heard)):
            if code in languages():
                return Words(code)
        return Words(self.server.language)

    # the remote

    def _remote(self, key: str) -> None:
        found = None if self.server.link is None else self.server.link.view(key)
        if found is None:
            self._over(whole=True)
            return
        self.policy = phone_page.REMOTE_POLICY
        number, view = found
        self.answer(200, phone_page.remote_page(Words(view.language), key, number, view))

    def _state(self, key: str) -> None:
        """What of the remote changes, once it has."""
        after = self._asked_for("after")
        newer = int(after) if after.isdecimal() and len(after) < 16 else -1
        found = None if self.server.link is None else self.server.link.view(key, newer, POLL_S)
        if found is None:
            self._over(whole=False)
        else:
            self.answer(200, phone_page.remote(key, *found))

    def _over(self, *, whole: bool) -> None:
        """A link that leads nowhere, or no longer."""
        if not self.server.strangers.take():
            self.answer(429, "slower")
            return
        words = self._words()
        if whole:
            self.answer(410, phone_page.told_page(words, words("p_over"), words("p_over2")))
        else:
            self.answer(410, phone_page.over(words))

    # the look

    def _look(self, catalogue: Catalogue) -> None:
        if not self._may_look():
            return
        words = self._words(self._asked_for("in"))
        items = _items(catalogue, self._asked_for("ids").split(","))
        if not items:
            self.answer(404, phone_page.told_page(words, words("look_none")))
            return
        self.policy = phone_page.LOOK_POLICY
        self.answer(200, phone_page.look_page(words, items))

    def _picture(self, catalogue: Catalogue) -> None:
        if not self._may_look():
            return
        items = _items(catalogue, [self._asked_for("id")])
        with self.server.drawing:
            picture = _smaller(catalogue.picture(items[0])) if items else None
        if picture is None:
            self.answer(404, "no picture")
        else:
            self.answer(200, picture, kind="image/jpeg")

    def _may_look(self) -> bool:
        if self.server.looks.take():
            return True
        self.answer(429, "slower")
        return False


def _items(catalogue: Catalogue, ids: Sequence[str]) -> list[Item]:
    """The items of these ids that the catalogue has now, each once, at most :data:`ITEMS_MOST`."""
    found: list[Item] = []
    for id in dict.fromkeys(ids[:ITEMS_MOST]):
        if 0 < len(id) <= ID_MOST:
            try:
                found.append(catalogue.item(id))
            except MirrorError:
                continue  # no longer in the shop
    return found


def _smaller(path: Path) -> bytes | None:
    """A picture as a small JPEG with nothing in it but pixels; None where it cannot be read."""
    try:
        if path.stat().st_size > PICTURE_BYTES_MOST:
            return None
        image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):
        return None
    if image is None:
        return None
    height, width = image.shape[:2]
    scale = min(1.0, PICTURE_SIDE / max(height, width))
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    done, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, PICTURE_QUALITY])
    return bytes(packed) if done else None


@contextmanager
def phone_pages(settings: Settings, catalogue: Catalogue | None) -> Iterator[PhonePages | None]:
    """The pages as configured, served until the end; None where they are off.

    Raises:
        UsageError: the address cannot be taken.
    """
    phone = settings.phone
    if not phone.serves:
        yield None
        return
    server = PhoneServer(phone, link=PhoneLink() if phone.remote else None,
                         catalogue=catalogue if phone.looks else None, language=settings.ui.language)
    server.start()
    try:
        told = [word for word, there in (("a remote for one visit", server.link), ("looks", server.catalogue))
                if there is not None]
        say(f"telephones: {server.base} serves {' and '.join(told) or 'nothing, for there is no catalogue'} "
            "(not encrypted: for the shop's own network)")
        yield PhonePages(server.base, server.link, looks=server.catalogue is not None)
    finally:
        server.close()
