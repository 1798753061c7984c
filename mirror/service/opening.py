"""What every command opens in the same way: the models, the catalogue; and how it speaks to the person at the shell."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

from catalog.index import Catalogue
from mirror.config import Settings
from mirror.runtime.threads import ThreadBudget, task_threads
from mirror.service.places import catalogue_path, models_folder, own_folder
from mirror.vision.suite import ModelNames, Vision


def say(text: str) -> None:
    """One line on stderr: stdout belongs to what was asked for."""
    print(f"mirror: {text}", file=sys.stderr)


def thread_budget(settings: Settings) -> ThreadBudget:
    """Who may use how many threads. Raises UsageError when `[threads] tasks` cannot be read."""
    return ThreadBudget(settings.models.threads, task_threads(settings.threads.tasks), settings.threads.opencv)


def load_vision(settings: Settings, *, best_pose: bool = False) -> Vision:
    """Every model, as configured. Raises MirrorError (see :meth:`Vision.load`)."""
    models = settings.models
    names = ModelNames(**{field.name: getattr(models, field.name) for field in fields(ModelNames)})
    return Vision.load(
        models_folder(settings), provider=models.provider, threads=thread_budget(settings), best_pose=best_pose,
        own=own_folder(settings), names=names,
    )


@contextmanager
def open_catalogue(settings: Settings, asked: Path | None) -> Iterator[Catalogue | None]:
    """The catalogue asked for, configured, or the sample one, closed at the end; None, said aloud, when there is none.
    In the place of a damaged one, said aloud too, the one before the last publish.

    Raises:
        MirrorError: there is one, and it cannot be opened, nor one before it.
    """
    path = catalogue_path(settings, asked)
    if path is None:
        say("no catalogue: looks stay empty; build one with `make catalogue` or `mirror catalog build`")
        yield None
        return
    with Catalogue.open_serving(path) as catalogue:
        if catalogue.last_warning:
            say(catalogue.last_warning)
        yield catalogue
