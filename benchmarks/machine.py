"""What every speed document begins with: the day and the machine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from mirror.service.bench import platform_told


def machine() -> dict[str, Any]:
    """``{"date": "YYYY-MM-DD", "platform": {...}}``; the platform is the one that `mirror bench` tells, of now."""
    return {"date": date.today().isoformat(), "platform": platform_told()}


def machine_line(document: Mapping[str, Any]) -> str:
    """Day and machine of a document as one line under a table."""
    told = document["platform"]
    return f"{document['date']}, {told['cpu']}, {told['cores']} cores, {told['system']}, Python {told['python']}"
