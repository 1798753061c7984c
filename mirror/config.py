"""One validated tree of settings: built-in defaults, then mirror.toml, then environment, then flags."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from mirror.domain import CATEGORIES, UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
"""A host name or an IPv4 address."""
ENVIRONMENT_PREFIX = "MIRROR_"
"""``MIRROR_CAMERA__SOURCE=0`` sets ``[camera] source``; two underscores part table and key."""


@dataclass(frozen=True)
class CameraSettings:
    """Where frames come from. ``source``: as on the command line, or "auto" (a camera if there is one, else demo).
    ``rotate``: degrees clockwise, for a camera mounted on its side."""

    source: str = "auto"
    width: int = 1280
    height: int = 720
    fps: int = 30
    rotate: int = 0
    stale_after_s: float = 1.0


@dataclass(frozen=True)
class ModelSettings:
    """Which graphs run where. What is asked for is what runs: there is no fall-back to another provider.

    ``own``: a folder with models of yours, as `mirror export --out` writes it. The keys below ``threads`` name the
    model of either manifest that does each task (docs/own-models.md): ``best_pose`` reads stills (empty: MoveNet
    Thunder beside the mirror's own ``pose``, else ``pose``), ``face_age`` and ``face_gender`` stand in for
    ``attributes`` (empty: it tells them), ``bmi`` is "body" (the silhouette) or a net that reads a face."""

    folder: str = ""
    own: str = ""
    provider: Literal["cpu", "cuda", "ort-tensorrt", "tensorrt", "openvino"] = "cpu"
    threads: int = 1
    pose: str = "movenet-lightning"
    best_pose: str = ""
    people: str = "movenet-multipose"
    mask: str = "blazepose-full"
    attributes: str = "faceres"
    face_age: str = ""
    face_gender: str = ""
    bmi: str = "body"
    garments: str = "garments"
    embedding: str = "garment-embedding"


@dataclass(frozen=True)
class ThreadSettings:
    """Threads of what computes beside ``[models] threads`` (mirror/runtime/threads.py). ``tasks``: numbers of single
    tasks instead of that one, like "pose=2, garments=1"; ``opencv``: of OpenCV's pool. NumPy's libraries are held by
    the environment (OMP_NUM_THREADS), for they size their pools before a file is read. ``cores``: on a machine of two,
    camera and pose keep to one each ("apart", mirror/runtime/cores.py) or run where the system puts them ("free")."""

    tasks: str = ""
    opencv: int = 1
    cores: Literal["apart", "free"] = "apart"


@dataclass(frozen=True)
class PipelineSettings:
    """Wished times between two runs of a stage (seconds) and the display's patience for a frame's own pose.
    ``full_body``: what counts as a full body: "standing", head to ankles; "seated" lets one who sits in a
    wheelchair count as whole although her legs are hidden (then nobody is asked to step back until ankles show)."""

    people_every_s: float = 1.0
    body_every_s: float = 0.33
    garments_every_s: float = 0.33
    face_every_s: float = 2.0
    look_every_s: float = 0.33
    pose_wait_ms: float = 25.0
    full_body: Literal["standing", "seated"] = "standing"
    forget_after_s: float = 2.0


@dataclass(frozen=True)
class PrivacySettings:
    """``consent``: ask her, take it as given (a lab), or off (only pose: a plain mirror). ``estimates``: whether
    age, gender presentation and body shape may be estimated at all after consent."""

    consent: Literal["ask", "given", "off"] = "ask"
    estimates: bool = True


@dataclass(frozen=True)
class ShopSettings:
    """This shop: its catalogue file, how many items a look offers, of which categories (with commas between; empty:
    of all), and how the numbers on its labels count (``letter``: there are none). ``prices_hours``: prices
    of a catalogue file older than this are called old on the screen (0: only when a newer file cannot be used)."""

    catalogue: str = ""
    similar: int = 6
    complete: int = 6
    categories: str = ""
    size_system: Literal["eu", "us", "letter"] = "eu"
    prices_hours: float = 0.0


@dataclass(frozen=True)
class LookSettings:
    """How a look is made (docs/looks.md). Weights of what a completing item is ranked by; only their ratios matter, 0
    leaves one out: ``company`` (colours that people wear together), ``harmony`` (the rules of dressing), ``affinity``
    (the categories), ``formality``, ``season``, ``likeness`` (of the embedding to the outfit). ``colour_in_similar``:
    share of colour in how like a similar item is. ``variety``: 0..1, how unlike each other the pieces of a look are to
    be. ``per_place``: pieces offered for one place (feet, bag, ...) at most."""

    company: float = 0.50
    harmony: float = 0.10
    affinity: float = 0.20
    formality: float = 0.10
    season: float = 0.05
    likeness: float = 0.05
    colour_in_similar: float = 0.2
    variety: float = 0.15
    per_place: int = 2


@dataclass(frozen=True)
class UiSettings:
    """The window. A width of 0 takes the screen's size, or 1080x1920 without one. ``accent``: the shop's colour
    (#rrggbb) for what is hers, instead of the citron; dark ink must be readable on it. ``low_controls``: what can be
    touched stands within reach of one who sits (docs/accessibility.md). ``logo``: a picture file of the shop's, on the
    attract screen. ``dim_after_s``: in a dark shop the screen is dimmed when nobody came for so long (0: never)."""

    language: Literal["en", "zh", "es"] = "en"
    theme: Literal["light", "dark", "auto", "contrast"] = "light"
    accent: str = ""
    width: int = 0
    height: int = 0
    kiosk: bool = False
    reduced_motion: bool = False
    low_controls: bool = False
    logo: str = ""
    dim_after_s: float = 60.0


@dataclass(frozen=True)
class HandoffSettings:
    """The look goes along as a QR code: ``url`` is the shop's page, with ``{ids}`` where the items' ids go (empty: no
    code; ``{language}``, if it is there, becomes hers). Nothing else is in it: no account, no visit, no time."""

    url: str = ""


@dataclass(frozen=True)
class PhoneSettings:
    """Pages for telephones (docs/phone.md), not encrypted, on the shop's own network. ``address``: this machine's
    there, which phones reach (empty: nothing is served); ``port``: 0 takes a free one. ``remote``: a phone may be the
    remote of one visit; ``looks``: a page with the pieces of a look, behind its code where `[handoff] url` is empty."""

    address: str = ""
    port: int = 8471
    remote: bool = False
    looks: bool = False

    @property
    def serves(self) -> bool:
        """Whether there is any page."""
        return self.remote or self.looks


@dataclass(frozen=True)
class Settings:
    """Everything that can be set, one table each."""

    camera: CameraSettings = field(default_factory=CameraSettings)
    models: ModelSettings = field(default_factory=ModelSettings)
    threads: ThreadSettings = field(default_factory=ThreadSettings)
    pipeline: PipelineSettings = field(default_factory=PipelineSettings)
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    shop: ShopSettings = field(default_factory=ShopSettings)
    looks: LookSettings = field(default_factory=LookSettings)
    ui: UiSettings = field(default_factory=UiSettings)
    handoff: HandoffSettings = field(default_factory=HandoffSettings)
    phone: PhoneSettings = field(default_factory=PhoneSettings)


def offered_categories(shop: ShopSettings) -> tuple[str, ...]:
    """The categories of ``[shop] categories`` in their order; empty: every category is offered."""
    return tuple(word.strip() for word in shop.categories.split(",") if word.strip())


def load_settings(
    path: Path | None = None,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
) -> Settings:
    """Settings from a TOML file, the environment (os.environ when None) and flags, the later winning.

    Raises:
        UsageError: a file that cannot be read, an unknown table or key (with the nearest known one), a value of
            the wrong type or out of range.
    """
    settings = Settings()
    if path is not None:
        settings = _with_tree(settings, _read(path), str(path))
    variables = _from_environment(os.environ if environment is None else environment)
    settings = _with_tree(settings, variables, "environment")
    settings = _with_tree(settings, overrides or {}, "command line")
    _check_ranges(settings)
    return settings


def _read(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise UsageError(f"config {path}: cannot be read ({error.strerror}); check the path of --config") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"config {path}: not valid TOML ({error}); mend that line") from None


def _from_environment(environment: Mapping[str, str]) -> Mapping[str, Mapping[str, Any]]:
    tree: dict[str, dict[str, Any]] = {}
    for name, value in environment.items():
        if name.startswith(ENVIRONMENT_PREFIX) and "__" in name:
            table, _, key = name[len(ENVIRONMENT_PREFIX) :].lower().partition("__")
            tree.setdefault(table, {})[key] = value
    return tree


def _with_tree(settings: Settings, tree: Mapping[str, Any], where: str) -> Settings:
    known = {f.name for f in fields(settings)}
    for table, values in tree.items():
        if table not in known:
            raise UsageError(f"config {where}: unknown table [{table}]{_nearest(table, known)}")
        if not isinstance(values, Mapping):
            raise UsageError(f"config {where}: {table} must be a table, write it as [{table}]")
        current = getattr(settings, table)
        hints = get_type_hints(type(current))
        changed: dict[str, Any] = {}
        for key, value in values.items():
            if key not in hints:
                raise UsageError(f"config {where}: unknown key {key!r} in [{table}]{_nearest(key, hints)}")
            changed[key] = _converted(value, hints[key], f"config {where}: [{table}] {key}")
        settings = replace(settings, **{table: replace(current, **changed)})
    return settings


def _converted(value: Any, wanted: Any, what: str) -> Any:
    if get_origin(wanted) is Literal:
        if value not in get_args(wanted):
            raise UsageError(f"{what} must be one of {', '.join(get_args(wanted))}, not {value!r}")
        return value
    if wanted is bool:
        if isinstance(value, str) and value.lower() in ("true", "1", "yes", "false", "0", "no"):
            return value.lower() in ("true", "1", "yes")
        if isinstance(value, bool):
            return value
        raise UsageError(f"{what} must be true or false, not {value!r}")
    if wanted in (int, float):
        try:
            if isinstance(value, bool):
                raise ValueError
            number = wanted(value)
            if wanted is int and float(value) != number:
                raise ValueError
            return number
        except (TypeError, ValueError):
            kind = "a whole number" if wanted is int else "a number"
            raise UsageError(f"{what} must be {kind}, not {value!r}") from None
    if not isinstance(value, str):
        raise UsageError(f"{what} must be text, not {value!r}")
    return value


def _nearest(word: str, known: Any) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(sorted(known))}"


def _check_ranges(settings: Settings) -> None:
    if settings.camera.rotate not in (0, 90, 180, 270):
        raise UsageError(f"config: [camera] rotate must be 0, 90, 180 or 270, not {settings.camera.rotate}")
    for word in offered_categories(settings.shop):
        if word not in CATEGORIES:
            raise UsageError(f"config: [shop] categories: unknown {word!r}{_nearest(word, CATEGORIES)}")
    url = settings.handoff.url
    if url and not (url.startswith(("https://", "http://")) and "{ids}" in url):
        raise UsageError(f"config: [handoff] url must be like https://shop.example/look?ids={{ids}}, not {url!r}")
    phone = settings.phone
    if phone.serves and not phone.address:
        raise UsageError("config: [phone] address is empty; give this machine's address on the shop's network, such as "
                         "192.168.1.20, or set remote and looks to false")
    if phone.address and (phone.address in ("0.0.0.0", "::", "*") or not _HOST.fullmatch(phone.address)):
        raise UsageError(f"config: [phone] address must be the one address that phones reach, such as 192.168.1.20, "
                         f"not {phone.address!r}")
    for table, key, low, high in (
        ("camera", "width", 64, 7680), ("camera", "height", 64, 7680), ("camera", "fps", 1, 240),
        ("camera", "stale_after_s", 0.1, 60), ("models", "threads", 1, 64),
        ("threads", "opencv", 1, 64), ("pipeline", "pose_wait_ms", 0, 200),
        ("pipeline", "people_every_s", 0.05, 60), ("pipeline", "body_every_s", 0.05, 60),
        ("pipeline", "garments_every_s", 0.05, 60), ("pipeline", "face_every_s", 0.05, 60),
        ("pipeline", "look_every_s", 0.05, 60), ("pipeline", "forget_after_s", 0.2, 60),
        ("shop", "prices_hours", 0, 8760),
        *(("looks", key, 0, 10) for key in ("company", "harmony", "affinity", "formality", "season", "likeness")),
        ("looks", "colour_in_similar", 0, 1), ("looks", "variety", 0, 1), ("looks", "per_place", 1, 12),
        ("shop", "similar", 1, 50), ("shop", "complete", 1, 50), ("ui", "width", 0, 7680), ("ui", "height", 0, 7680),
        ("ui", "dim_after_s", 0, 86400), ("phone", "port", 0, 65535),
    ):
        value = getattr(getattr(settings, table), key)
        if not low <= value <= high:
            raise UsageError(f"config: [{table}] {key} must lie in {low}..{high}, not {value}")
