"""How soon a new person has her first look: from the frame in which all of her is in view to the painted state.

    python -m benchmarks.first_look --people 8 --clips clips/ --json

People walk in one after another before an empty shop (`benchmarks.walk_in`); everything runs, consent is given, the
real window is painted. A time counts from the capture of the first frame in which she is wholly inside the picture to
the end of the paint whose state first holds it for this shopper; it is below 0 where the mirror was quicker than she.
The window's own waits before it shows a look (docs/design.md) are not in it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.clip import FORMS, clip_rate
from benchmarks.floors import Floor, floors_text
from benchmarks.machine import machine, machine_line
from benchmarks.mirror_process import add_options, kept_to_cores, told_by, window_size, with_config
from benchmarks.synthetic_shop import write_shop
from benchmarks.walk_in import EMPTY_S, Turn, walk_in_clip
from benchmarks.x_server import XServer
from mirror.domain import MirrorError

PEOPLE = 8
ROWS = 10_000
SLACK_S = 90.0
PATIENCE_S = 3.0
"""How long the last person is watched from her full view on: she stands for longer."""
MARKS = ("found", "pose", "garments", "look", "analysis")
"""Of each person, painted: she is the shopper; a skeleton; a garment of hers; a look with an item in it; every stage
that follows consent has given a result."""
FLOORS = (Floor("look_worst_s", "at most", 1.0), Floor("without_look", "at most", 0))


def measure(
    form: str, people: int, clips: Path, size: tuple[int, int], config: Path | None = None, empty_s: float = EMPTY_S,
) -> dict[str, Any]:
    """The figures of so many people, each after ``empty_s`` of an empty shop. Raises MirrorError when the clip cannot
    be made or the mirror fails."""
    clip, turns = walk_in_clip(clips, form, people, empty_s)
    prefix = kept_to_cores()
    with tempfile.TemporaryDirectory() as folder, XServer(*size, prefix=prefix) as screen:
        shop = Path(folder) / "shop.catalogue"
        write_shop(shop, ROWS)
        command = with_config([
            *prefix, sys.executable, "-m", "benchmarks.first_look", "--as-mirror", str(clip), "--size",
            f"{size[0]}x{size[1]}", "--catalogue", str(shop), "--turns", json.dumps([asdict(turn) for turn in turns])],
            config)
        seconds = turns[-1].full / FORMS[form][1] + SLACK_S
        told = told_by(command, "first_look", screen.environment(), seconds)
        got = figures(told["turns"])
        return {"screen": screen.kind, "cpu_percent": told["cpu_percent"], **got,
                "floors": [floor.told(got) for floor in FLOORS], "turns": told["turns"]}


def figures(turns: Sequence[Mapping[str, float | None]]) -> dict[str, Any]:
    """Median and worst seconds of each mark over the people who have it; ``without_look``: how many never had one."""
    found: dict[str, Any] = {"people": len(turns), "without_look": sum(turn["look"] is None for turn in turns)}
    for mark in MARKS:
        times = [at for turn in turns if (at := turn[mark]) is not None]
        found[f"{mark}_median_s"] = round(median(times), 3) if times else None
        found[f"{mark}_worst_s"] = round(max(times), 3) if times else None
    return found


class Watch:
    """Notes when what was first painted for whom: told of every frame delivered and every state painted."""

    def __init__(self, turns: Sequence[Turn], fps: float) -> None:
        self.turns = list(turns)
        self._fps = fps
        self._places: dict[int, int] = {}
        self._full: list[float | None] = [None] * len(turns)
        self._seen: list[dict[str, float]] = [{} for _ in turns]
        self._shoppers: list[int] = [0] * len(turns)

    def delivered(self, number: int, place: int, captured: float) -> None:
        """Frame ``number`` of the source is the clip's frame ``place`` (from 0)."""
        self._places[number] = place
        turn = self._turn(place)
        if self._full[turn] is None and place >= self.turns[turn].full:
            # that frame itself may have been skipped
            self._full[turn] = captured - (place - self.turns[turn].full) / self._fps

    def painted(self, number: int, shopper: int, marks: Mapping[str, bool], at: float) -> None:
        """A state was painted at ``at``: of frame ``number``, with what is true in it."""
        place = self._places.get(number)
        if place is None or shopper == 0:
            return
        turn = self._turn(place)
        # somebody who was followed before this person came is not this person
        if place < self.turns[turn].enters or shopper in self._shoppers[:turn]:
            return
        self._shoppers[turn] = shopper
        for mark, true in marks.items():
            if true:
                self._seen[turn].setdefault(mark, at)

    def told(self) -> list[dict[str, float | None]]:
        """Seconds from full view to each mark, None where it never came."""
        return [
            {mark: round(seen[mark] - full, 3) if full is not None and mark in seen else None for mark in MARKS}
            for full, seen in zip(self._full, self._seen, strict=True)
        ]

    def _turn(self, place: int) -> int:
        return max((i for i, turn in enumerate(self.turns) if turn.first <= place), default=0)


def _as_mirror(
    clip: Path, turns: Sequence[Turn], catalogue: Path, size: tuple[int, int], config: Path | None,
) -> dict[str, Any]:
    """Run the mirror until the last person has stood for a while; what was noted of each."""
    from mirror.camera.paced import FileSource
    from mirror.camera.source import Source
    from mirror.config import load_settings
    from mirror.domain import ImageArray
    from mirror.pipeline.live import LivePipeline
    from mirror.pipeline.state import CONSENT_STAGES, MirrorState
    from mirror.service import bench

    painted = LivePipeline.painted
    fps = clip_rate(clip)
    watch = Watch(turns, fps)

    class Noted(FileSource):
        """The clip, once; tells which of its frames it delivers."""

        def _deliver(self, image: ImageArray, time: float) -> None:
            watch.delivered(self.captured, self._read - 1, time)
            super()._deliver(image, time)

    def noted(self: LivePipeline, state: MirrorState, paint_s: float | None = None) -> None:
        painted(self, state, paint_s)
        watch.painted(state.frame_number, state.shopper, {
            "found": True, "pose": state.pose is not None, "garments": bool(state.garments),
            "look": bool(state.look.similar or state.look.complete), "analysis": state.stages_done >= CONSENT_STAGES,
        }, time.monotonic())

    def opened(spec: str, **wishes: Any) -> Source:
        return Noted(Path(spec).name, Path(spec), loop=True)

    LivePipeline.painted = noted  # type: ignore[method-assign]
    bench.open_source = opened  # type: ignore[attr-defined]
    settings = load_settings(config, overrides={"privacy": {"consent": "given"}, "camera": {"source": str(clip)}})
    seconds = turns[-1].full / fps + PATIENCE_S - bench.WARM_UP_S
    told = bench.bench(settings, catalogue=catalogue, seconds=max(1.0, seconds), size=size)
    return {"turns": watch.told(), "cpu_percent": told["cpu_percent"]}


def table(document: Mapping[str, Any]) -> str:
    """The document as Markdown rows, for docs/benchmarks.md and for a person."""
    lines = [
        "| seconds from full view to | median | worst |",
        "| --- | --- | --- |",
    ]
    for mark in MARKS:
        middle, worst = document[f"{mark}_median_s"], document[f"{mark}_worst_s"]
        lines.append(f"| {mark} | never | never |" if middle is None else f"| {mark} | {middle:.2f} | {worst:.2f} |")
    return "\n".join([
        *lines, "",
        f"{document['people']} people, {document['form']}, {document['screen']}, empty for {document['empty_s']:g} s "
        f"before each; without a look: "
        f"{document['without_look']}; {floors_text(document['floors'])}. {machine_line(document)}."])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0 when done (also when a floor was not reached: the document says so)."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.first_look", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=PEOPLE, help=f"who walk in one after another (default {PEOPLE})")
    parser.add_argument("--form", choices=tuple(FORMS), default="720p30")
    parser.add_argument("--empty", type=float, default=EMPTY_S, metavar="SECONDS",
                        help=f"the shop is empty before each person (default {EMPTY_S:g})")
    add_options(parser)
    parser.add_argument("--as-mirror", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--catalogue", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--turns", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        size = window_size(options.size, "first_look")
        if not (options.people > 0 and options.empty >= 0):
            raise MirrorError("first_look: --people is more than 0, --empty not below it")
        if options.as_mirror:
            from mirror.runtime.threads import limit_threads

            limit_threads()
            turns = [Turn(**row) for row in json.loads(options.turns)]
            print(json.dumps(_as_mirror(options.as_mirror, turns, options.catalogue, size, options.config)))
            return 0
        with tempfile.TemporaryDirectory() as folder:
            clips = (options.clips or Path(folder)).resolve()
            got = measure(options.form, options.people, clips, size, options.config, options.empty)
    except MirrorError as error:
        print(f"mirror: {error}", file=sys.stderr)
        return error.exit_code
    about = {"form": options.form, "window": options.size, "empty_s": options.empty}
    document = {"benchmark": "first_look", **machine(), **about, **got}
    print(json.dumps(document, indent=1) if options.json else table(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
