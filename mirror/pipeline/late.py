"""Readers that are still being loaded while the window already mirrors."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, cast

from mirror.domain import MirrorError
from mirror.pipeline.readers import (
    DetectsGarments,
    Embeds,
    FindsFace,
    FindsPeople,
    Readers,
    ReadsAttributes,
    ReadsBody,
    ReadsFaceBmi,
    ReadsMask,
    ReadsPose,
)


class LateReaders:
    """Stands in for the readers that ``load`` returns, on a thread of its own from :meth:`start` on.

    Whoever uses a reader before it has come waits for it. ``failure`` is why they could not be loaded, else None.
    """

    def __init__(self, load: Callable[[], Readers]) -> None:
        """``load`` raises MirrorError when a model is missing or does not run."""
        self.failure: MirrorError | None = None
        self._load = load
        self._arrived = threading.Event()
        self._readers: Readers | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to load; a second call does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="mirror-load", daemon=True)
            self._thread.start()

    def join(self) -> None:
        """Wait until loading is over, well or not: a graph that is being opened cannot be interrupted."""
        if self._thread is not None:
            self._thread.join()

    def readers(self) -> Readers:
        """The readers themselves, waited for.

        Raises:
            MirrorError: they could not be loaded.
        """
        self.start()
        self._arrived.wait()
        if self._readers is None:
            raise self.failure or MirrorError("models: not loaded; start the mirror again")
        return self._readers

    def _run(self) -> None:
        try:
            self._readers = self._load()
        except MirrorError as error:
            self.failure = error
        except Exception as error:  # noqa: BLE001 - a thread's traceback would reach nobody, and all would wait for ever
            said = f"{type(error).__name__}: {' '.join(str(error).split())}"
            self.failure = MirrorError(f"models: {said}; this is our mistake, please report it")
        finally:
            self._arrived.set()

    @property
    def people(self) -> FindsPeople:
        return cast(FindsPeople, _Late(self, "people"))

    @property
    def pose(self) -> ReadsPose:
        return cast(ReadsPose, _Late(self, "pose"))

    @property
    def mask(self) -> ReadsMask:
        return self.readers().mask

    @property
    def face(self) -> FindsFace:
        return self.readers().face

    @property
    def attributes(self) -> ReadsAttributes:
        return self.readers().attributes

    @property
    def garments(self) -> DetectsGarments:
        return self.readers().garments

    @property
    def embedder(self) -> Embeds:
        return self.readers().embedder

    @property
    def body(self) -> ReadsBody:
        return self.readers().body

    @property
    def face_bmi(self) -> ReadsFaceBmi | None:
        return self.readers().face_bmi


class _Late:
    """One reader, handed on before it has come."""

    def __init__(self, owner: LateReaders, name: str) -> None:
        self._owner = owner
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(getattr(self._owner.readers(), self._name), name)
