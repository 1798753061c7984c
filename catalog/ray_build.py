"""Pictures embedded by many processes, on one machine or a Ray cluster, for a build that then finds them all known.

The workers do nothing but read and embed; what they give is kept in the build's own work folder
(:mod:`catalog.embedded`), as if an earlier build had embedded it. The build itself stays the local one, so its index is
the same, byte for byte, and a run that was killed goes on.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from catalog.build import Progress
from catalog.columns import unit
from catalog.embedded import Embedded
from catalog.ingest import count_rows, numbered_items
from catalog.mapping import FeedMapping
from catalog.pictures.source import Folder, PictureSource
from catalog.rejects import FIRST_KEPT
from catalog.spool import Waiting
from mirror.domain import FloatArray, MirrorError

Look = Callable[[Path], tuple[FloatArray, tuple[str, ...]]]
"""A picture's embedding (d,), of any length but 0, and its main colours as #rrggbb. Whatever it raises is taken for a
failure that may pass."""

PICTURES_AT_A_TIME = 16
"""In one message to a worker: about a second of work."""
MESSAGES_PER_WORKER = 2
"""One in work and one waiting; no more is in memory."""
TRIES = 3
"""Times that a picture is tried before it is reported."""
ENDED_IN_A_ROW = 8
"""Workers, of each of the crew, that may end without any picture embedded between."""
_OBJECTS_MB = 128
"""Of Ray's shared memory on a machine of our own; its default is a third of all memory."""


@dataclass
class Embedding:
    """What the workers did: pictures embedded, known already, embedded only when tried again, those that failed TRIES
    times and path and reason of the first of them (the build lists every one, with its row), and those of the failed
    that ended their workers."""

    embedded: int = 0
    known: int = 0
    recovered: int = 0
    failed: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    killers: int = 0
    killer: str = ""

    def fail(self, path: str, reason: str) -> None:
        """Count one that will not be tried again."""
        self.failed += 1
        if len(self.failures) < FIRST_KEPT:
            self.failures.append((path, reason))
        if reason == _ENDED:
            self.killers += 1
            self.killer = self.killer or path


class _Task(NamedTuple):
    key: bytes
    path: str
    tried: int = 0


def embed_with_ray(
    items: Path, pictures: Path | PictureSource, work: Path, open_look: Callable[[], Look], embedder: str, *,
    with_colours: bool = True, format: str | None = None, mapping: FeedMapping | None = None,
    workers: int | None = None, progress: Progress | None = None,
) -> Embedding:
    """Embed every picture of a feed that the work folder does not know yet.

    open_look: called once in each worker; it and what it needs must be picklable, and each machine must see
    ``pictures`` at the same path and have the same version of the mirror. embedder, with_colours: as for
    :func:`catalog.build.build`, which is to run next with the same ``work``. workers: processes (None: one for each
    core of the cluster). progress: see :data:`catalog.build.Progress`. The cluster is the one of RAY_ADDRESS, else
    processes on this machine. Raises MirrorError when Ray is not installed, the cluster is away, the feed cannot be
    read, or pictures ended their workers TRIES times: a build here would end too.
    """
    report = Embedding()
    rows = count_rows(items, format, mapping)
    source = Folder(pictures) if isinstance(pictures, Path) else pictures
    with _cluster(workers) as ray, closing(Embedded(work, embedder, with_colours)) as known:
        count = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        with closing(Waiting(work)) as again:
            run = _Run(ray, open_look, count, known, report, progress, rows, again)
            try:
                run.through(_unknown(items, source, known, report, format, mapping))
            finally:
                run.dismiss()
    if report.killers:
        raise MirrorError(
            f"{report.killer}: its worker ended each time that it was read ({report.killers} such pictures); "
            "take it out of the feed, or give the workers more memory"
        )
    return report


_ENDED = "its worker ended"


class _Worker:
    """One process with an embedder."""

    def __init__(self, open_look: Callable[[], Look]) -> None:
        self._look = open_look()

    def look(self, paths: list[str]) -> list[tuple[FloatArray, tuple[str, ...]] | str]:
        """For each path what was seen, or why nothing was."""
        seen: list[tuple[FloatArray, tuple[str, ...]] | str] = []
        for path in paths:
            try:
                vector, colours = self._look(Path(path))
                seen.append((np.asarray(vector, np.float32), colours))
            except Exception as error:  # noqa: BLE001  # one picture must not end the others; it is reported
                seen.append(" ".join(str(error).split()) or type(error).__name__)
        return seen


class _Run:
    """Hands pictures out, a few messages ahead of each worker, and keeps what comes back."""

    def __init__(
        self, ray: Any, open_look: Callable[[], Look], workers: int, known: Embedded, report: Embedding,
        progress: Progress | None, rows: int, again: Waiting,
    ) -> None:
        self._ray, self._known, self._report = ray, known, report
        self._progress, self._rows, self._started = progress, rows, time.monotonic()
        self._open_look = open_look
        self._crew = [self._hire() for _ in range(workers)]
        self._free = deque(self._crew * MESSAGES_PER_WORKER)
        self._out: dict[Any, tuple[Any, list[_Task]]] = {}
        self._again = again
        self._ended = 0
        self._place_of: dict[Any, int] = {}

    def through(self, tasks: Iterator[_Task]) -> None:
        """All of them, each until it is embedded or has failed TRIES times."""
        while batch := list(islice(tasks, PICTURES_AT_A_TIME)):
            self._send(batch)
        while self._out:
            self._take()
        # What failed is tried alone, one message to a worker: none is blamed for another's end.
        self._free = deque(self._crew)
        while self._out or self._again:
            while self._again and self._free:
                self._send([_Task(*self._again.popleft())])
            self._take()

    def dismiss(self) -> None:
        """End the workers."""
        for worker in self._crew:
            self._ray.kill(worker)

    def _hire(self) -> Any:
        return self._ray.remote(_Worker).options(num_cpus=1).remote(self._open_look)

    def _send(self, batch: list[_Task]) -> None:
        while not self._free:
            self._take()
        worker = self._free.popleft()
        self._out[worker.look.remote([task.path for task in batch])] = worker, batch

    def _take(self) -> None:
        done, _ = self._ray.wait(list(self._out), num_returns=1)
        worker, batch = self._out.pop(done[0])
        try:
            seen = self._ray.get(done[0])
            self._ended = 0
        except self._ray.exceptions.RayActorError as error:
            seen = [_ENDED] * len(batch)
            worker = self._replaced(worker, error)
        except self._ray.exceptions.RayError as error:
            seen = [_last_line(error)] * len(batch)
        self._free.append(worker)
        for task, found in zip(batch, seen, strict=True):
            self._keep(task, found)
        if self._progress:
            done_now = self._report.embedded + self._report.failed
            rate = done_now / max(time.monotonic() - self._started, 1e-9)
            self._progress(done_now + self._report.known, self._rows, rate)

    def _replaced(self, worker: Any, error: Exception) -> Any:
        """A new worker in the place of one that ended; the one that is there already, when this is its second
        message."""
        if getattr(error, "actor_init_failed", False):
            raise MirrorError(f"a worker cannot start: {_last_line(error)}")
        if worker not in self._crew:
            return self._crew[self._place_of[worker]]
        self._ended += 1
        if self._ended > ENDED_IN_A_ROW * len(self._crew):
            raise MirrorError(f"the workers end as soon as they have begun: {_last_line(error)}")
        place = self._crew.index(worker)
        self._place_of[worker] = place
        self._crew[place] = self._hire()
        return self._crew[place]

    def _keep(self, task: _Task, found: tuple[FloatArray, tuple[str, ...]] | str) -> None:
        if isinstance(found, str):
            tried = task.tried + 1
            if tried < TRIES:
                self._again.append((task.key, task.path, tried))
            else:
                self._report.fail(task.path, found)
            return
        try:
            vector = unit(found[0]).astype(np.float32)
        except MirrorError as error:
            self._report.fail(task.path, str(error))
            return
        self._known.put(task.key, vector, found[1])
        self._report.embedded += 1
        self._report.recovered += task.tried > 0


def _unknown(
    items: Path, source: PictureSource, known: Embedded, report: Embedding, format: str | None,
    mapping: FeedMapping | None,
) -> Iterator[_Task]:
    """The feed's pictures that are not embedded yet. Bad rows and pictures that are not there are passed over: the
    build says what is wrong with them."""
    for _, item, problem in source.placed(numbered_items(items, format, mapping)):
        if isinstance(item, MirrorError) or problem is not None:
            continue
        path = source.folder / item.picture
        try:
            key = known.key(path)
        except OSError:
            continue
        if known.get(key) is not None:
            report.known += 1
            continue
        yield _Task(key, str(path.absolute()))


@contextmanager
def _cluster(workers: int | None) -> Iterator[Any]:
    """Ray, as this process is connected already, else to the cluster of RAY_ADDRESS, else on this machine."""
    # it would report its use to its makers
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        ray: Any = import_module("ray")
    except ImportError as error:
        raise MirrorError(f"--engine ray needs the package ray ({error}): pip install 'smart-mirror[ray]'") from None
    if ray.is_initialized():
        yield ray
        return
    own: dict[str, Any] = {}
    if not os.environ.get("RAY_ADDRESS"):
        own = {"num_cpus": workers, "include_dashboard": False, "object_store_memory": _OBJECTS_MB << 20}
    try:
        ray.init(log_to_driver=False, logging_level="ERROR", configure_logging=False, **own)
    except (OSError, RuntimeError, ValueError) as error:
        raise MirrorError(f"Ray does not start: {_last_line(error)}") from None
    try:
        yield ray
    finally:
        ray.shutdown()


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__
