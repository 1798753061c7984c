"""The words of the state machine: screens, what she can mean, what follows, what of the state decides. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from mirror.domain import Look, SizeKind
from mirror.pipeline.state import MirrorState
from mirror.recommend.looks import gender_filter
from mirror.ui.choices import Row, estimates_of


class Screen(str, Enum):
    """What the window shows."""

    ATTRACT = "attract"
    APPROACH = "approach"
    CONSENT = "consent"
    PLAIN = "plain"
    GUIDANCE = "guidance"
    LOOKING = "looking"
    LOOK = "look"
    DETAIL = "detail"
    CORRECTION = "correction"
    COMPARE = "compare"
    GOODBYE = "goodbye"
    PAUSED = "paused"
    LOST = "lost"


OPENED = frozenset({Screen.DETAIL, Screen.CORRECTION, Screen.COMPARE})
"""Screens that she opened over a look and closes again."""
SERVING = frozenset({Screen.GUIDANCE, Screen.LOOKING, Screen.LOOK}) | OPENED
"""Screens on which she has said yes."""
DARK = frozenset({Screen.LOST, Screen.PAUSED})
"""Opaque screens: no picture of anybody is behind them."""


class Guidance(str, Enum):
    BACK = "g_back"
    CLOSER = "g_close"
    FACE = "g_face"
    ONE = "g_one"


class Intent(Enum):
    """What a key, a touch or a gesture means."""

    BACK = "back"
    FORWARD = "forward"
    UP = "up"
    DOWN = "down"
    SWITCH = "switch"
    SIMILAR = "similar"
    OUTFIT = "outfit"
    SEEN = "seen"
    CHOOSE = "choose"
    CLOSE = "close"
    KEEP = "keep"
    YES = "yes"
    NO = "no"
    ASK = "ask"
    CHANGE = "change"
    FREEZE = "freeze"
    LANGUAGE = "language"
    STOP = "stop"
    PAUSE = "pause"
    ENGINEER = "engineer"
    FULLSCREEN = "fullscreen"
    QUIT = "quit"


@dataclass(frozen=True)
class Pick:
    """A chip was touched: this one of that row is hers."""

    row: Row
    chip: str


Act = Intent | Pick
"""What a key, a touch or a gesture means."""


@dataclass(frozen=True)
class Consent:
    """She said yes (or took it back)."""

    given: bool


@dataclass(frozen=True)
class Forget:
    """Erase everything about her. ``drawn_only``: somebody else stands there, and the pipeline forgot her when it
    counted that one; what the window drew and kept for her is left."""

    drawn_only: bool = False


@dataclass(frozen=True)
class Declare:
    """What she chose: her size per kind, and the chip of every other row that she touched. It overrules every
    estimate; None and absent rows leave what was."""

    sizes: Mapping[SizeKind, str] | None = None
    rows: Mapping[Row, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Still:
    """A still of her beside her live image is wanted (a new one in place of an old one), or is to be erased."""

    wanted: bool


@dataclass(frozen=True)
class Rest:
    """The camera shall be let go (or opened again)."""

    resting: bool


@dataclass(frozen=True)
class Do:
    """Something for the window itself: the next language, fullscreen or quit."""

    intent: Intent


Effect = Consent | Forget | Declare | Still | Rest | Do
Tab = Literal["similar", "complete", "seen"]
"""``seen``: pieces of this visit's earlier looks."""


@dataclass(frozen=True)
class Sight:
    """The part of a MirrorState that decides the screen."""

    source: str = "live"
    shopper: int = 0
    consent: bool = False
    distance: str | None = None
    full_body: bool = False
    frontal: bool = False
    crowd: bool = False
    stages_done: frozenset[str] = frozenset()
    look: Look = field(default_factory=Look)
    sizes: Mapping[SizeKind, tuple[str, ...]] = field(default_factory=dict)
    estimated: Mapping[Row, str] = field(default_factory=dict)
    """What is believed of her and was not said by her, as rows of her choices."""

    @property
    def present(self) -> bool:
        return self.shopper > 0

    @classmethod
    def of(cls, state: MirrorState) -> Sight:
        profile = state.profile
        sizes = {kind: profile.likely_sizes(kind) for kind in profile.sizes}
        guessed = profile.female_origin == "estimated"
        return cls(
            source=state.source_state, shopper=state.shopper, consent=state.consent,
            distance=state.distance, full_body=state.full_body, frontal=state.frontal, crowd=state.crowd,
            stages_done=state.stages_done, look=state.look,
            sizes=sizes, estimated=estimates_of(
                sizes if profile.sizes_origin == "estimated" else {},
                (gender_filter(profile.female) or "") if guessed else "",
                age=profile.age is not None and profile.age.origin == "estimated"),
        )


def trouble_of(sight: Sight) -> Guidance | None:
    """What she should do first so that the mirror can see her clothes, or None when all is well."""
    if sight.crowd:
        return Guidance.ONE
    if sight.distance == "far":
        return Guidance.CLOSER
    if sight.distance == "near" or not sight.full_body:
        return Guidance.BACK
    return None if sight.frontal else Guidance.FACE
