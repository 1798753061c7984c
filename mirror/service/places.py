"""Where things lie when nobody says otherwise."""

from __future__ import annotations

from pathlib import Path

from mirror.config import Settings

ROOT = Path(__file__).resolve().parents[2]
SAMPLE_CATALOGUE = ROOT / "build" / "sample.catalogue"
"""Built by `make run` from the garments that the project draws."""


def catalogue_path(settings: Settings, asked: Path | None = None) -> Path | None:
    """The catalogue to open: the one asked for, else the configured one, else the sample if it was built."""
    if asked is not None:
        return asked
    if settings.shop.catalogue:
        return Path(settings.shop.catalogue)
    return SAMPLE_CATALOGUE if SAMPLE_CATALOGUE.exists() else None


def models_folder(settings: Settings) -> Path | None:
    """The configured model folder, or None for the packaged one."""
    return Path(settings.models.folder) if settings.models.folder else None


def own_folder(settings: Settings) -> Path | None:
    """The configured folder of an integrator's own models, or None."""
    return Path(settings.models.own).expanduser() if settings.models.own else None
