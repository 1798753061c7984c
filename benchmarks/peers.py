"""The mirror beside its peers on the same clip, in turns: the seed's way, MediaPipe Pose, a loop with a queue.

    python -m benchmarks.peers --seconds 20 --rounds 3 --json

Every turn is a process of its own; a round has one turn of each, so that a drift of the machine meets all of them. The
medians over the rounds are told, and ratios of the same round's figures. The mirror runs whole (`mirror bench`: window,
all stages, consent given); "float32" runs it without the int8 variants. It searches a synthetic catalogue of as many
rows as the seed's way does. MediaPipe needs a Python of its own: named with --mediapipe-python, or made with pip in
the user's cache folder; where neither can be had its row says why.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.clip import clip_rate, write_clip
from benchmarks.seed_way import ROWS
from benchmarks.synthetic_shop import write_shop
from mirror.domain import MirrorError
from mirror.runtime.manifest import FOLDER_VARIABLE, MANIFEST_NAME, default_folder

ROOT = Path(__file__).resolve().parents[1]
MEDIAPIPE = "mediapipe==0.10.21"
CACHE = Path("~/.cache/smart-mirror/mediapipe")
FAST_FPS = 60.0
CLIP_SECONDS = 20.0
SLACK_S = 90.0
"""Over the measured seconds: loading, warming up, the last frame."""

MIRROR, MIRROR_32, MIRROR_60, MIRROR_60_32 = "mirror 30", "mirror 30 float32", "mirror 60", "mirror 60 float32"
SEED, POSE, QUEUE = "seed's way 60", "MediaPipe Pose 30", "queue 30"
FAST = frozenset({MIRROR_60, MIRROR_60_32, SEED})
"""Who gets the 60 fps clip."""
PEERS = (MIRROR_32, POSE, MIRROR, QUEUE, MIRROR_60_32, SEED, MIRROR_60)
CPU, ALONE, RATE, AGE = "cpu_ms_per_frame", "alone_cpu_ms", "fps", "frame_age_ms"
RATIOS: tuple[tuple[str, str, str, str, str], ...] = (
    ("cpu_mirror_float32_over_mediapipe", MIRROR_32, CPU, POSE, CPU),
    ("cpu_mirror_float32_over_mediapipe_without_decoding", MIRROR_32, CPU, POSE, ALONE),
    ("cpu_mirror_over_mediapipe", MIRROR, CPU, POSE, CPU),
    ("cpu_mirror_over_mediapipe_without_decoding", MIRROR, CPU, POSE, ALONE),
    ("fps_mirror_float32_over_seed", MIRROR_60_32, RATE, SEED, RATE),
    ("fps_mirror_over_seed", MIRROR_60, RATE, SEED, RATE),
    ("frame_age_queue_over_mirror", QUEUE, AGE, MIRROR_32, AGE),
)
"""Name, one peer and its figure, over another and its figure: of each round where both ran. "Without decoding" is the
stricter reading: the mirror with its decoding and painting over MediaPipe without either."""

Row = dict[str, Any]


class Peers:
    """The commands of all peers, and the files they need in ``folder``."""

    def __init__(self, folder: Path, clip: Path, fast: Path, rows: int, mediapipe: Path | str) -> None:
        self.clip, self.fast, self.rows, self.mediapipe = clip, fast, rows, mediapipe
        self.full = full_models(folder / "models")
        self.catalogue = folder / "shop.catalogue"
        write_shop(self.catalogue, rows)

    def turn(self, peer: str, seconds: float) -> Row:
        """One peer's figures, or ``{"missing": why}``. Raises MirrorError when one of ours fails."""
        clip = str(self.fast if peer in FAST else self.clip)
        length = ["--seconds", f"{seconds:g}"]
        if peer == POSE:
            if isinstance(self.mediapipe, str):
                return {"missing": self.mediapipe}
            script = str(ROOT / "benchmarks" / "mediapipe_pose.py")
            # what another version of numpy or OpenCV would be found through must not leak into its Python
            outside = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
            try:
                return _told([str(self.mediapipe), script, "--clip", clip, *length], outside, seconds)
            except MirrorError as error:
                return {"missing": str(error)}
        full = {**os.environ, FOLDER_VARIABLE: str(self.full)}
        if peer in (SEED, QUEUE):
            # the seed's libraries may take all cores: the variables that hold the mirror's pools down are not for it
            name, more = ("seed_way", ["--rows", str(self.rows)]) if peer == SEED else ("opencv_queue", [])
            return _told([sys.executable, "-m", f"benchmarks.{name}", "--clip", clip, *length, *more], full, seconds)
        environment = full if peer in (MIRROR_32, MIRROR_60_32) else dict(os.environ)
        command = [sys.executable, "-m", "mirror", "bench", "--source", clip, "--json", *length]
        told = _told([*command, "--catalog", str(self.catalogue)], environment, seconds)
        if peer in (MIRROR_32, MIRROR_60_32) and any("int8" in name for name in told["models"].values()):
            raise MirrorError(f"peers: float32 was asked for, but {told['models']} ran")
        return {
            "fps": told["fps"]["display"], "cpu_ms_per_frame": told["cpu_ms_per_frame"],
            "frame_age_ms": told["latency_ms"]["capture_to_paint"]["p50"],
            "frame_age_p95_ms": told["latency_ms"]["capture_to_paint"]["p95"],
            "rss_mb": told["rss_mb"], "pose_fps": told["fps"].get("pose", 0.0), "own_pose": told["own_pose"],
            "stages_missing": told["stages_missing"], "models": told["models"], "cpu_seconds": told["cpu_seconds"],
            "platform": told["platform"],
        }


def full_models(folder: Path) -> Path:
    """A folder of links to the models whose manifest names no variant as the default: everything runs in float32."""
    folder.mkdir(parents=True)
    source = default_folder()
    lines, skipping = [], False
    for line in (source / MANIFEST_NAME).read_text("utf-8").splitlines():
        if line.startswith("["):
            skipping = line.strip() == "[model.default]"
        if not skipping:
            lines.append(line)
    (folder / MANIFEST_NAME).write_text("\n".join(lines) + "\n", "utf-8")
    for entry in source.iterdir():
        if entry.name != MANIFEST_NAME:
            (folder / entry.name).symlink_to(entry.resolve())
    return folder


def mediapipe_python(named: Path | None) -> Path | str:
    """A Python that imports MediaPipe, made with pip where none is named; or one line that says why there is none."""
    python = CACHE.expanduser() / "bin" / "python" if named is None else named
    if _imports(python):
        return python
    if named is not None:
        return f"{named} cannot import mediapipe"
    print(f"peers: installing {MEDIAPIPE} into {CACHE}", file=sys.stderr)
    try:
        for command in (
            [sys.executable, "-m", "venv", str(CACHE.expanduser())],
            [str(python), "-m", "pip", "install", "-q", MEDIAPIPE],
        ):
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        return f"{MEDIAPIPE} could not be installed: {said[-1] if said else 'no word'}"
    return python if _imports(python) else f"{MEDIAPIPE} was installed, but cannot be imported"


def _imports(python: Path) -> bool:
    try:
        done = subprocess.run([str(python), "-c", "import mediapipe"], capture_output=True, timeout=120, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _told(command: Sequence[str], environment: Mapping[str, str], seconds: float) -> dict[str, Any]:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=seconds + SLACK_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MirrorError(f"peers: {' '.join(command[1:4])}: {' '.join(str(error).split())[:200]}") from error
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["no word"]
        raise MirrorError(f"peers: {' '.join(command[1:4])} failed: {said[-1]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def summary(rounds: Sequence[Mapping[str, Row]]) -> tuple[dict[str, Row], dict[str, Row]]:
    """Per peer the median of each figure, and of each ratio its median, least, most and number of rounds."""
    medians: dict[str, Row] = {}
    for peer in rounds[0]:
        rows = [r[peer] for r in rounds if "missing" not in r[peer]]
        if not rows:
            medians[peer] = {"missing": rounds[0][peer]["missing"]}
            continue
        medians[peer] = {
            key: round(median(row[key] for row in rows), 3)
            for key, value in rows[0].items() if isinstance(value, (int, float))
        } | {"runs": len(rows)}
    ratios: dict[str, Row] = {}
    for name, ours, mine, theirs, other in RATIOS:
        found = [
            r[ours][mine] / r[theirs][other]
            for r in rounds if ours in r and theirs in r and r[ours].get(mine) and r[theirs].get(other)
        ]
        if found:
            ratios[name] = {
                "median": round(median(found), 3), "least": round(min(found), 3), "most": round(max(found), 3),
                "runs": len(found),
            }
    return medians, ratios


def table(document: Mapping[str, Any]) -> str:
    """The document for a person."""
    lines = [f"{'':20}{'fps':>8}{'CPU ms':>9}{'age ms':>10}{'runs':>6}"]
    for peer, row in document["peers"].items():
        if "missing" in row:
            lines.append(f"{peer:20}  not run: {row['missing']}")
            continue
        age = f"{row['frame_age_ms']:10.1f}" if "frame_age_ms" in row else f"{'':10}"
        more = f"  +{row['rss_growth_mb']:.0f} MB" if "rss_growth_mb" in row else ""
        lines.append(f"{peer:20}{row['fps']:8.2f}{row['cpu_ms_per_frame']:9.2f}{age}{row['runs']:6}{more}")
    lines += [
        f"{name.replace('_', ' ')}: {r['median']:.2f} ({r['least']:.2f} to {r['most']:.2f}, {r['runs']} rounds)"
        for name, r in document["ratios"].items()
    ]
    return "\n".join(lines)


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All rounds. Raises MirrorError when a clip cannot be had or one of our own processes fails."""
    wanted = [peer for peer in PEERS if not options.only or peer in options.only]
    clips: list[Path] = []
    for named, fps in ((options.clip, 30.0), (options.clip60, FAST_FPS)):
        if not any(peer in wanted for peer in PEERS if (peer in FAST) == (fps == FAST_FPS)):
            named = Path()  # nobody's
        elif named is None:
            named = folder / f"people{fps:.0f}.mp4"
            write_clip(named, fps, (1280, 720), CLIP_SECONDS)
        elif abs(clip_rate(named) - fps) > 1:
            raise MirrorError(f"{named}: must have {fps:g} frames per second, not {clip_rate(named):g}")
        clips.append(named.resolve())
    python: Path | str = mediapipe_python(options.mediapipe_python) if POSE in wanted else "not asked for"
    peers = Peers(folder, clips[0], clips[1], options.rows, python)
    rounds: list[dict[str, Row]] = []
    for number in range(options.rounds):
        # every other round backwards: who runs first is not always the same
        order = wanted if number % 2 == 0 else wanted[::-1]
        turns = {peer: peers.turn(peer, options.seconds) for peer in order}
        rounds.append({peer: turns[peer] for peer in wanted})
        print(f"peers: round {number + 1} of {options.rounds} done", file=sys.stderr)
    medians, ratios = summary(rounds)
    machine = next((row["platform"] for row in rounds[0].values() if "platform" in row), None) or {
        "system": platform.platform(), "cores": os.cpu_count()}
    return {
        "date": date.today().isoformat(), "platform": machine, "seconds": options.seconds, "rounds": rounds,
        "rows": options.rows, "peers": medians, "ratios": ratios,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0 when done."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clip", type=Path, help="720p clip at 30 fps (default: made by benchmarks.clip)")
    parser.add_argument("--clip60", type=Path, help="the same at 60 fps (default: made)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of one turn (default 20)")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (default 3)")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"of the catalogue searched (default {ROWS})")
    parser.add_argument("--only", action="append", choices=PEERS, help="only this peer; may be given more than once")
    parser.add_argument("--mediapipe-python", type=Path, help="a Python that has mediapipe (default: one is made)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    try:
        if options.rounds < 1 or options.rows < 1 or not options.seconds > 0:
            raise MirrorError("peers: --rounds, --rows and --seconds are more than 0")
        with tempfile.TemporaryDirectory() as folder:
            document = measure(options, Path(folder))
    except MirrorError as error:
        print(f"mirror: {error}", file=sys.stderr)
        return error.exit_code
    print(json.dumps(document, indent=1) if options.json else table(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
