"""Which screen she sees and what the keys do: one explicit state machine, no Qt, no clock of its own.

``ScreenModel.look_at`` is told what the mirror sees, ``ScreenModel.press`` what she touched, both with the time;
both return the effects that the window then carries out on the pipeline.
"""

from __future__ import annotations

from typing import Literal

from mirror.ui import waits
from mirror.ui.choices import ROWS, Row
from mirror.ui.screens import (
    OPENED,
    SERVING,
    Act,
    Consent,
    Do,
    Effect,
    Forget,
    Guidance,
    Intent,
    Pick,
    Rest,
    Screen,
    Sight,
    Still,
    trouble_of,
)
from mirror.ui.visit import Visit


class ScreenModel(Visit):
    """The state machine. Read ``screen``, ``since``, ``guidance``, ``engineer``, and what :class:`Visit` holds.

    Args:
        consent: "ask" her, take it as "given", or "off" (a plain mirror for everybody).
        now: the time at the start, monotonic seconds.
        estimates: whether the pipeline estimates her size.
        offers: whether there is a catalogue to offer from; without one her clothes are named and that is all.
        rows: the choices that she is offered.
    """

    def __init__(
        self, consent: Literal["ask", "given", "off"] = "ask", now: float = 0.0, *, estimates: bool = True,
        offers: bool = True, rows: tuple[Row, ...] = ROWS[:-1],
    ) -> None:
        super().__init__(rows)
        self.consent = consent
        self._offers = offers
        self._awaited = waits.LOOKING_STAGES if estimates else waits.STAGES_WITHOUT_ESTIMATES
        self.screen = Screen.ATTRACT
        self.since = now
        self.guidance = Guidance.BACK
        self.engineer = False
        self._acted_at = now
        self._shopper = 0
        self._seen_at = now
        self._near_since: float | None = None
        self._well_since: float | None = None
        self._trouble_since: float | None = None
        self._live_at = now
        self._stopped = False
        """Goodbye was said because she said stop, and she has not left since."""
        self._sight = Sight(source="opening")

    @property
    def consented(self) -> bool:
        return self.screen in SERVING

    @property
    def shown(self) -> tuple[object, ...]:
        """All that decides on what is painted of it, but for the time: every public attribute."""
        return (self.screen, self.since, self.guidance, self.engineer, self.look, self.tab, self.index, self.paged_at,
                self.paged_by, self.chosen, self.earlier, self.stages, self.sizes, self.choices, self.row, self.consent)

    # what the mirror sees

    def look_at(self, sight: Sight, now: float) -> tuple[Effect, ...]:
        """Take in what is seen at ``now`` (monotonic seconds, never going back)."""
        if self.screen is Screen.PAUSED:
            return ()
        self._sight = sight
        if sight.present:
            self._seen_at = now
        lost = self._camera_lost(sight, now)
        if lost or self.screen is Screen.LOST:
            return self._while_lost(lost, now)
        if self.screen in SERVING:
            return self._while_serving(sight, now)
        if self.screen is Screen.GOODBYE:
            if now - self._seen_at >= waits.LEAVE_S:
                self._stopped = False
            if now - self.since >= waits.GOODBYE_S:
                # somebody who stopped and stays wants a mirror, not the same question again; whoever came meanwhile
                # was never asked
                self._go(Screen.PLAIN if self._stopped and sight.present else Screen.ATTRACT, now)
            return self._refused(sight)
        gone = now - self._seen_at >= waits.LEAVE_S
        if self.screen is Screen.CONSENT:
            if gone:
                self._go(Screen.ATTRACT, now)
            elif now - self.since >= waits.CONSENT_S:
                self._go(Screen.PLAIN, now)
        elif self.screen is Screen.PLAIN:
            if gone:
                self._go(Screen.ATTRACT, now)
        else:
            return self._while_attracting(sight, now)
        return self._refused(sight)

    def _refused(self, sight: Sight) -> tuple[Effect, ...]:
        """Where consent is taken as given, it is not for one who has just said stop."""
        return (Consent(False),) if sight.consent and self.screen in (Screen.PLAIN, Screen.GOODBYE) else ()

    def _camera_lost(self, sight: Sight, now: float) -> bool:
        if sight.source in ("live", "ended"):
            self._live_at = now
            return False
        return sight.source == "lost" or now - self._live_at >= waits.OPENING_S

    def _while_lost(self, lost: bool, now: float) -> tuple[Effect, ...]:
        if not lost:
            self._go(Screen.ATTRACT, now)
            return ()
        if self.screen is Screen.LOST:
            return ()
        kept = self.screen in SERVING
        self._clear()
        self._go(Screen.LOST, now)
        # nobody can tell whether it is still she who stands there when the picture comes back
        return (Forget(),) if kept else ()

    def _while_attracting(self, sight: Sight, now: float) -> tuple[Effect, ...]:
        if self.screen is Screen.ATTRACT and sight.present and self.consent != "off":
            self._go(Screen.APPROACH, now)
        elif self.screen is Screen.APPROACH and now - self._seen_at >= waits.LEAVE_S:
            self._go(Screen.ATTRACT, now)
        if not sight.present or sight.distance not in ("near", "ok"):
            self._near_since = None
            return ()
        if self._near_since is None:
            self._near_since = now
        if now - self._near_since < waits.APPROACH_S:
            return ()
        return self._ask(now)

    def _ask(self, now: float) -> tuple[Effect, ...]:
        if self.consent == "given":
            return self._say_yes(now)
        self._go(Screen.CONSENT if self.consent == "ask" else Screen.PLAIN, now)
        return ()

    def _say_yes(self, now: float) -> tuple[Effect, ...]:
        self._clear()
        self._stopped = False
        self._shopper = self._sight.shopper
        self._seen_at = now  # a touch is a sign of life too
        trouble = trouble_of(self._sight)
        self.guidance = trouble or self.guidance
        self._go(Screen.GUIDANCE if trouble else Screen.LOOKING, now)
        return (Consent(True),)

    def _while_serving(self, sight: Sight, now: float) -> tuple[Effect, ...]:
        effects: tuple[Effect, ...] = ()
        if now - self._seen_at >= waits.LEAVE_S:
            return self._say_goodbye(now)
        if sight.present and self._shopper and sight.shopper != self._shopper:
            if self.consent == "given":
                # not by the pipeline: it would forget the one who stands there now, and count her as another again
                return (Forget(drawn_only=True), *self._say_yes(now))
            return self._say_goodbye(now)
        if sight.present:
            self._shopper = sight.shopper
            if not sight.consent:
                effects = (Consent(True),)  # she said yes before she was seen: now there is somebody to say it for
        self.stages = tuple(stage in sight.stages_done for stage in self._awaited)
        self._take_sizes(sight)
        trouble = trouble_of(sight) if sight.present else None
        if trouble is None:
            self._trouble_since = None
            self._well_since = now if self._well_since is None else self._well_since
        else:
            self._well_since = None
            self._trouble_since = now if self._trouble_since is None else self._trouble_since
        if self.screen is Screen.GUIDANCE:
            self.guidance = trouble or self.guidance
            if self._well_since is not None and now - self._well_since >= waits.STEADY_S:
                self._go(Screen.LOOKING, now)
        elif self.screen is Screen.LOOKING:
            self._take_look(sight.look, now)
            spent = now - self.since
            searched = "look" in sight.stages_done or not self._offers
            if (self.look and all(self.stages) and spent >= waits.LOOKING_LEAST_S) or (
                    spent >= waits.LOOKING_MOST_S and (self.look or (searched and "garments" in sight.stages_done))):
                self.tab = "similar" if self.look.similar or not self.look.complete else "complete"
                self._go(Screen.LOOK, now)
            elif trouble and self._trouble_since is not None and now - self._trouble_since >= waits.TROUBLE_S:
                self.guidance = trouble
                self._go(Screen.GUIDANCE, now)
        elif self.screen in OPENED and now - self._acted_at >= waits.OPENED_S:
            effects += self._close(now)
        elif self.screen not in (Screen.DETAIL, Screen.COMPARE) and (
                self._look_wanted or now - self._look_at >= waits.SETTLE_S):
            # with a look open she may come near to touch: guidance would be in her way
            self._take_look(sight.look, now, searched="look" in sight.stages_done)
        if self.screen in (Screen.LOOK, Screen.DETAIL):
            self._see()
        return effects

    def _say_goodbye(self, now: float) -> tuple[Effect, ...]:
        self._clear()
        self._go(Screen.GOODBYE, now)
        return (Forget(),)

    def _clear(self) -> None:
        super()._clear()
        self._shopper = 0

    def _go(self, screen: Screen, now: float) -> None:
        self.screen, self.since = screen, now
        self._near_since = self._well_since = self._trouble_since = None

    # what she does

    def press(self, act: Act, now: float) -> tuple[Effect, ...]:
        """Take in a key, a touch or a gesture. What means nothing on this screen does nothing."""
        self._acted_at = now
        if isinstance(act, Pick):
            return self._pick(act) if self.screen in SERVING else ()
        if act is Intent.ENGINEER:
            self.engineer = not self.engineer
        elif act in (Intent.FULLSCREEN, Intent.QUIT, Intent.LANGUAGE):
            return (Do(act),)
        elif act is Intent.PAUSE or self.screen is Screen.PAUSED:
            return self._rest(act, now)
        elif self.screen is Screen.LOST:
            return ()
        elif act is Intent.STOP:
            if self.screen in SERVING:
                self._stopped = True
                return self._say_goodbye(now)
            if self.screen is Screen.CONSENT:
                self._go(Screen.PLAIN, now)
        elif self.screen in (Screen.ATTRACT, Screen.APPROACH, Screen.PLAIN):
            if act is Intent.ASK:
                return self._ask(now)
            if act is Intent.YES and self.consent != "off":
                return self._say_yes(now)
        elif self.screen is Screen.CONSENT:
            if act is Intent.YES:
                return self._say_yes(now)
            if act is Intent.NO:
                self._go(Screen.PLAIN, now)
        elif act is Intent.NO and self.screen in SERVING:
            self._clear()
            self._go(Screen.PLAIN, now)
            return (Forget(),)
        elif self.screen is Screen.LOOK or self.screen in OPENED:
            return self._browse(act, now)
        return ()

    def _browse(self, act: Intent, now: float) -> tuple[Effect, ...]:
        """On the look and on what she opens over it."""
        comparing = self.screen is Screen.COMPARE
        if act is Intent.CLOSE or (act is Intent.FREEZE and comparing):
            return self._close(now)
        if comparing:
            return (Still(True),) if act is Intent.CHOOSE else ()
        if act is Intent.FREEZE or (act is Intent.CHOOSE and self.screen is Screen.DETAIL):
            self._go(Screen.COMPARE, now)
            return (Still(True),)
        if act is Intent.CHANGE:
            self.row = 0
            self._go(Screen.CORRECTION, now)
        elif self.screen is Screen.CORRECTION:
            return self._correct(act)
        elif act in (Intent.FORWARD, Intent.BACK):
            self._turn(1 if act is Intent.FORWARD else -1, now)
        elif act in (Intent.SWITCH, Intent.UP, Intent.DOWN, Intent.SIMILAR, Intent.OUTFIT, Intent.SEEN):
            self._switch(act, now)
        elif self.opened is not None and act is Intent.CHOOSE:
            self.chosen |= {self.opened.item.id}
            self._go(Screen.DETAIL, now)
        elif self.opened is not None and act is Intent.KEEP:
            self.chosen ^= {self.opened.item.id}
        return ()

    def _close(self, now: float) -> tuple[Effect, ...]:
        """Back to the look."""
        if self.screen not in OPENED:
            return ()
        effects = (Still(False),) if self.screen is Screen.COMPARE else ()
        self._go(Screen.LOOK, now)
        return effects

    def _rest(self, act: Intent, now: float) -> tuple[Effect, ...]:
        """The camera is let go until somebody touches the mirror."""
        if self.screen is Screen.PAUSED:
            if act in (Intent.PAUSE, Intent.ASK, Intent.YES, Intent.CHOOSE):
                self._live_at = now  # the camera has its time to open
                self._sight = Sight(source="opening")
                self._go(Screen.ATTRACT, now)
                return (Rest(False),)
            return ()
        self._clear()
        self._go(Screen.PAUSED, now)
        return Forget(), Rest(True)
