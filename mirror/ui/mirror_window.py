"""Pipeline, state machine and widget tied together on the GUI thread: what is taken, painted and asked when."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import chain, islice
from pathlib import Path

from PyQt5.QtCore import QObject, QTimer, pyqtSignal
from PyQt5.QtGui import QImage

from mirror.config import Settings
from mirror.domain import Item
from mirror.pipeline.display import Picture
from mirror.pipeline.live import LivePipeline
from mirror.pipeline.state import MirrorState
from mirror.recommend.colour import colour_name
from mirror.ui.ambience import Ambience
from mirror.ui.choices import PriceBands, price_bands, rows_of, said_of
from mirror.ui.framing import Framing, body_span
from mirror.ui.layout import Layout
from mirror.ui.logo import load_logo
from mirror.ui.overlay import Overlay
from mirror.ui.phone_desk import PhoneDesk, PhonePages
from mirror.ui.pictures import PictureShelf
from mirror.ui.record import Recorder
from mirror.ui.screens import (
    SERVING,
    Act,
    Consent,
    Declare,
    Do,
    Effect,
    Forget,
    Intent,
    Rest,
    Screen,
    Sight,
    Still,
)
from mirror.ui.showcase import showcase
from mirror.ui.states import ScreenModel
from mirror.ui.theme import Theme, ThemeName
from mirror.ui.widget import MirrorWidget, image_of
from mirror.ui.words import Words, languages

TICK_MS = 40
"""The clock for what moves without frames: leaving, goodbye, a lost camera. It also lets Python see Ctrl+C."""
SNAPSHOT_AFTER_S = 1.5
"""A snapshot of the look waits this long: cards have slid in and their pictures are there."""
SHOWCASE_SEARCH = 5000
"""Items looked through at the start for what the attract screen shows and for the prices; a large catalogue must not
delay the first picture."""


class _Bell(QObject):
    """Rings the GUI thread from any other, at most one ring under way: a slow window is never owed a queue."""

    rung = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._pending = False

    def ring(self) -> None:
        """Called on any thread."""
        if not self._pending:
            self._pending = True
            self.rung.emit()

    def answered(self) -> None:
        """Called on the GUI thread before it looks at what is new, so that nothing newer is missed."""
        self._pending = False


class MirrorWindow:
    """Ties pipeline, state machine and widget together on the GUI thread."""

    def __init__(
        self, pipeline: LivePipeline, settings: Settings, *, engineer: bool = False, phone: PhonePages | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.pipeline = pipeline
        self.settings = settings
        self.clock = clock
        self.model = ScreenModel(settings.privacy.consent, clock(), estimates=settings.privacy.estimates,
                                 offers=pipeline.catalogue is not None)
        self.model.engineer = engineer
        self.bell = _Bell()
        self.shelf = PictureShelf(self._picture_of, self.bell.ring)
        theme = Theme.named("light" if settings.ui.theme == "auto" else settings.ui.theme, settings.ui.accent)
        self.overlay = Overlay(theme, Words(settings.ui.language), self.shelf.get,
                               lambda colour: colour_name(colour, self.overlay.words.language),
                               reduced_motion=settings.ui.reduced_motion)
        if settings.ui.logo:
            names: tuple[ThemeName, ...] = ("light", "dark") if settings.ui.theme == "auto" else (settings.ui.theme,)
            self.overlay.logo = load_logo(Path(settings.ui.logo), [Theme.named(name) for name in names])
        self.overlay.low_controls = settings.ui.low_controls
        self.overlay.handoff.url = settings.handoff.url or (phone.look_url() if phone is not None else "")
        self.phone = PhoneDesk(phone)
        self.widget = MirrorWidget(self.overlay, self.model, self.press, clock)
        self.widget.on_painted = self._painted
        self.widget.on_resized = self._resized
        self.on_quit: Callable[[], None] = lambda: None
        self.recorder: Recorder | None = None
        self.look_snapshot: QImage | None = None
        self.wants_snapshot = False
        self._framing = Framing(self.widget.at.width, self.widget.at.height)
        self._picture: Picture | None = None
        self._state = MirrorState()
        self._painted_number = -1
        self._stepped_at = clock()
        self.ambience = Ambience(self.overlay, settings)
        self._bands: PriceBands | None = None
        self._over = False
        self.bell.rung.connect(self._rung)
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)

    # life

    def start(self) -> None:
        """Begin to listen to the pipeline and start it."""
        self.shelf.start()
        self._show_pieces()
        self.pipeline.on_picture = self.bell.ring
        self.phone.listen(self.bell.ring)
        self.pipeline.on_new_items = self._show_pieces
        self._resized(self.widget.at)
        self.pipeline.start()
        self._timer.start(TICK_MS)

    def stop(self) -> None:
        """Stop the pipeline and every thread that this window owns; finish a recording."""
        self._timer.stop()
        self._over = True
        self.pipeline.on_picture = None
        self.phone.listen(None)
        try:
            self.pipeline.stop()
        finally:
            self.shelf.stop()
            self._drop_picture()
            if self.recorder is not None:
                self.recorder.stop()
                self.recorder = None

    # what is new

    def _rung(self) -> None:
        self.bell.answered()
        if not self._over:  # a ring may still have been under way
            self._refresh()

    def _tick(self) -> None:
        """Time passes without a frame too."""
        if self.clock() - self._stepped_at > TICK_MS / 1000:
            self._refresh()

    def _refresh(self) -> None:
        """Take the newest state and picture and paint them."""
        now = self.clock()
        self._take_picture()
        state = self.pipeline.state(self._picture)
        self._state = state
        before = self.model.screen
        if before not in SERVING:
            self._offer_choices()
        self._do(self.model.look_at(Sight.of(state), now))
        if self.model.screen is Screen.ATTRACT and before is not Screen.ATTRACT:
            self.overlay.words = Words(self.settings.ui.language)  # what the last visitor spoke is forgotten too
        self._frame_her(state, now)
        for intent in self.overlay.hands.intents(state, self.model.screen, now):
            self.press(self.overlay.turned(intent))
        for act in self.phone.take(state.shopper):
            self.press(act)
        self.widget.set_state(state)
        self.ambience.watch_prices(self.pipeline.catalogue, state.stale, now)
        if self.model.screen is Screen.COMPARE and not self.overlay.freeze.active:
            self.press(Intent.CLOSE)  # the window changed its size: the still was erased
        self._tell_phone()
        self.widget.update()
        if state.source_state == "ended":
            self.on_quit()

    def _drop_picture(self) -> None:
        """Let go of the last picture of the camera."""
        self.widget.set_video(None, None)
        if self._picture is not None:
            self._picture.release()
            self._picture = None

    def _take_picture(self) -> None:
        picture = self.pipeline.display.borrow()
        if picture is None:
            return
        # the widget lets go of the old pixels before they are given back
        self.widget.set_video(image_of(picture.pixels), picture.view)
        if self._picture is not None:
            self._picture.release()
        self._picture = picture
        self.ambience.watch_light(picture, self.model, self.clock())

    def _frame_her(self, state: MirrorState, now: float) -> None:
        """Move the view on; before consent the crop stays fixed."""
        seconds, self._stepped_at = now - self._stepped_at, now
        if state.frame_size[0] < 1 or state.frame_size[1] < 1:
            return
        # the question is asked to somebody who can see her feet: it is fitted too, from what tells how far she stands
        serving = self.model.screen in SERVING or self.model.screen is Screen.CONSENT
        seated = self.settings.pipeline.full_body == "seated"
        span = body_span(state.pose, seated=seated) if serving and state.full_body else None
        keep = serving or self.model.screen is Screen.GOODBYE
        corridor = self.widget.at.body(self.model.screen)
        view = self._framing.step(state.frame_size, span, corridor, seconds,
                                  cut=self.settings.ui.reduced_motion, hold=keep and span is None)
        self.pipeline.display.set_view(view)

    def _resized(self, at: Layout) -> None:
        self._framing = Framing(at.width, at.height)
        self.shelf.fit_scale(at.scale)
        self.pipeline.display.set_view(None if self._state.frame_size[0] < 1 else self._framing.step(
            self._state.frame_size, None, at.corridor, 0.0))

    def _painted(self) -> None:
        """Stamp the picture's way from the camera to the screen, once per frame, and feed recording and snapshot."""
        if self._picture is not None and self._state.frame_number != self._painted_number:
            self._painted_number = self._state.frame_number
            self.pipeline.painted(self._state, self.widget.paint_times[-1])
        now = self.clock()
        if self.recorder is not None and self.recorder.due(now):
            self.recorder.offer(self.widget.grabbed())
        if (self.wants_snapshot and self.look_snapshot is None and self.model.screen is Screen.LOOK
                and now - self.model.since >= SNAPSHOT_AFTER_S):
            self.look_snapshot = self.widget.grabbed()
        self.overlay.prepare(self.widget.at, self.model)

    # what she does

    def press(self, act: Act) -> None:
        """A key, a touch or a gesture."""
        self._do(self.model.press(act, self.clock()))
        self._tell_phone()
        self.widget.update()

    def _tell_phone(self) -> None:
        """Her phone goes with the visit: what it is shown, and whether the mirror invites one."""
        self.phone.follow(self.model, self._state.shopper, self.overlay.words, self.overlay.choices.bands,
                          self.overlay.stale)
        url = self.phone.url
        if url:
            self.overlay.phone.link = url
        elif self.overlay.phone.link:
            self.overlay.phone.forget()

    def _do(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Consent):
                self.pipeline.set_consent(effect.given)
            elif isinstance(effect, Forget):
                self.overlay.forget()
                if not effect.drawn_only:
                    self.pipeline.forget()
                    self.pipeline.set_consent(False)
            elif isinstance(effect, Declare):
                said = said_of(effect.rows, self.overlay.choices.bands)
                if effect.sizes is not None:
                    said["sizes"] = {kind: {size: 1.0} for kind, size in effect.sizes.items()}
                self.pipeline.declare(**said)
            elif isinstance(effect, Still):
                if self.widget.freeze(effect.wanted) != effect.wanted:
                    self.press(Intent.CLOSE)  # no picture to keep a still of
            elif isinstance(effect, Rest):
                if effect.resting:
                    self._drop_picture()
                self.pipeline.rest(effect.resting)
            elif isinstance(effect, Do) and effect.intent is Intent.QUIT:
                self.on_quit()
            elif isinstance(effect, Do) and effect.intent is Intent.LANGUAGE:
                known = languages()
                spoken = known.index(self.overlay.words.language)
                self.overlay.words = Words(known[(spoken + 1) % len(known)])
            elif isinstance(effect, Do) and effect.intent is Intent.FULLSCREEN:
                window = self.widget
                window.showNormal() if window.isFullScreen() else window.showFullScreen()

    # the shop

    def _picture_of(self, item: Item) -> Path | bytes | None:
        catalogue = self.pipeline.catalogue
        return None if catalogue is None else catalogue.picture(item)

    def _show_pieces(self) -> None:
        """Pieces for the attract screen: in each turn one of every category."""
        if self.pipeline.catalogue is None:
            return
        offered = tuple(islice(self.pipeline.catalogue.iter_items(), SHOWCASE_SEARCH))
        self.overlay.showcase = showcase(offered)
        self.shelf.fill(chain(*self.overlay.showcase, offered))
        self._bands = price_bands(offered)

    def _offer_choices(self) -> None:
        """What the next one may choose from."""
        rows = rows_of(self._bands, style=self.pipeline.goes_by_style)
        if self.overlay.choices.bands != self._bands or self.model.choices.rows != rows:
            self.overlay.choices.bands = self._bands
            self.model.offer(rows)
