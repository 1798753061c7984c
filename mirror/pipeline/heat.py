"""How hot the processor is, and whether the platform has slowed it down for that: Linux's sysfs, nothing elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

THERMAL = Path("/sys/class/thermal")
PROCESSORS = Path("/sys/devices/system/cpu")

PROCESSOR_ZONES = ("cpu", "pkg", "soc", "core", "k10temp")
"""A thermal zone is the processor's when its type holds one of these words (x86_pkg_temp, cpu-thermal, CPU-therm,
soc_thermal, ...). Boards, batteries and radios are none of our business."""

HOT_C = 85.0
"""Where a zone tells no limit. A Raspberry Pi slows down from 80-85 degrees, x86 and Jetson from 95-100."""

BEFORE_LIMIT_C = 3.0
"""So much below the zone's passive trip point (where the kernel begins to slow the processor) it is hot already."""

LEAST_TRIP_C = 50.0
"""Trip points below this are placeholders (many x86 packages say 0)."""


@dataclass(frozen=True)
class Heat:
    """Degrees Celsius of the hottest processor zone with the limit of that zone, None where the platform tells none;
    whether the processor is being slowed down for its heat, None likewise."""

    celsius: float | None = None
    limit: float = HOT_C
    throttled: bool | None = None


class Thermometer:
    """Reads the processor's heat. A platform without these files is a :class:`Heat` of Nones."""

    def __init__(self, thermal: Path = THERMAL, processors: Path = PROCESSORS) -> None:
        self._zones = [
            zone for zone in sorted(thermal.glob("thermal_zone*"))
            if any(word in _text(zone / "type").lower() for word in PROCESSOR_ZONES)
        ]
        self._limits = {zone: _limit(zone) for zone in self._zones}
        self._caps = sorted(processors.glob("cpufreq/policy*/scaling_max_freq"))
        self._counters = sorted(processors.glob("cpu[0-9]*/thermal_throttle/core_throttle_count"))
        # a cap that stood before we came is the owner's wish, not heat
        self._cap_at_first = {path: _number(path) for path in self._caps}
        self._counted = self._count()

    def read(self) -> Heat:
        """The heat now. ``throttled``: the kernel has lowered a frequency cap below what it was at the start, or has
        counted a thermal throttling since the last reading."""
        zones = [(celsius / 1000, zone) for zone in self._zones if (celsius := _number(zone / "temp")) is not None]
        throttled: bool | None = None
        if self._caps or self._counters:
            counted, before = self._count(), self._counted
            self._counted = counted
            throttled = counted > before or any(self._is_capped(path) for path in self._caps)
        if not zones:
            return Heat(throttled=throttled)
        celsius, hottest = max(zones, key=lambda read: read[0] - self._limits[read[1]])
        return Heat(celsius, self._limits[hottest], throttled)

    def _is_capped(self, path: Path) -> bool:
        first, now = self._cap_at_first[path], _number(path)
        return first is not None and now is not None and now < first

    def _count(self) -> float:
        return sum(_number(path) or 0.0 for path in self._counters)


def _limit(zone: Path) -> float:
    """Degrees from which this zone is hot."""
    trips = [
        celsius / 1000 - BEFORE_LIMIT_C for kind in zone.glob("trip_point_*_type")
        if _text(kind) == "passive"
        and (celsius := _number(kind.with_name(kind.name.replace("_type", "_temp")))) is not None
        and celsius / 1000 >= LEAST_TRIP_C
    ]
    return min(trips, default=HOT_C)


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace").strip()
    except OSError:
        return ""


def _number(path: Path) -> float | None:
    try:
        return float(_text(path))
    except ValueError:
        return None
