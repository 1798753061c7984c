"""The words of the state machine: screens, what she can mean, what follows, what of the state decides. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from mirror.domain import Look, SizeKind
from mirror.pipeline.state import MirrorState


class Screen(str, Enum):
    """What the window shows. The places of approach, detail, compare, correction and pause are issue 6's."""

    ATTRACT = "attract"
    APPROACH = "approach"
    CONSENT = "consent"
    PLAIN = "plain"
    GUIDANCE = "guidance"
    LOOKING = "looking"
    LOOK = "look"
    GOODBYE = "goodbye"
    LOST = "lost"


SERVING = frozenset({Screen.GUIDANCE, Screen.LOOKING, Screen.LOOK})
"""Screens on which she has said yes."""


class Guidance(str, Enum):
    BACK = "g_back"
    CLOSER = "g_close"
    FACE = "g_face"
    ONE = "g_one"


class Intent(Enum):
    """What a key, a touch or (later) a gesture means."""

    BACK = "back"
    FORWARD = "forward"
    SWITCH = "switch"
    SIMILAR = "similar"
    OUTFIT = "outfit"
    CHOOSE = "choose"
    YES = "yes"
    NO = "no"
    ASK = "ask"
    CHANGE = "change"
    FREEZE = "freeze"
    LANGUAGE = "language"
    STOP = "stop"
    ENGINEER = "engineer"
    FULLSCREEN = "fullscreen"
    QUIT = "quit"


@dataclass(frozen=True)
class Consent:
    """She said yes (or took it back)."""

    given: bool


@dataclass(frozen=True)
class Forget:
    """Erase everything about her."""


@dataclass(frozen=True)
class Declare:
    """Her own size per kind: it overrules the estimate."""

    sizes: Mapping[SizeKind, str]


@dataclass(frozen=True)
class Do:
    """Something for the window itself: the next language, fullscreen or quit."""

    intent: Intent


Effect = Consent | Forget | Declare | Do
Tab = Literal["similar", "complete"]



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

    @property
    def present(self) -> bool:
        return self.shopper > 0

    @classmethod
    def of(cls, state: MirrorState) -> Sight:
        return cls(
            source=state.source_state, shopper=state.shopper, consent=state.consent,
            distance=state.distance, full_body=state.full_body, frontal=state.frontal, crowd=state.crowd,
            stages_done=state.stages_done, look=state.look,
            sizes={kind: state.profile.likely_sizes(kind) for kind in state.profile.sizes},
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
