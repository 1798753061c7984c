"""What the benchmarks share that run the whole mirror in a process of its own: its cores, options, window and end."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mirror.domain import MirrorError

ROOT = Path(__file__).resolve().parents[1]
CORES = 2
"""What the figures of the whole mirror are for."""


def on_cores(count: int) -> list[str] | str:
    """The words that keep a command on so many of this process's cores, or why that cannot be done here."""
    if not hasattr(os, "sched_getaffinity"):
        return "this system cannot keep a process on some cores"
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < count:
        return f"needs {count} cores, there is {len(cores)}"
    taskset = shutil.which("taskset")
    if taskset is None:
        return "taskset (util-linux) is not installed"
    return [taskset, "-c", ",".join(str(core) for core in cores[:count])]


def kept_to_cores(count: int = CORES) -> list[str]:
    """The words of :func:`on_cores`; none where that cannot be done."""
    words = on_cores(count)
    return [] if isinstance(words, str) else words


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that all of them take: clips, window, settings, and how to print."""
    parser.add_argument("--clips", type=Path, help="folder for the clips, kept (default: made anew, not kept)")
    parser.add_argument("--size", default="1080x1920", metavar="WxH", help="window size")
    parser.add_argument("--config", type=Path, help="settings of the mirror as TOML")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--table", action="store_true", help="print Markdown rows (the default)")


def window_size(text: str, benchmark: str) -> tuple[int, int]:
    """Width and height of ``--size``. Raises MirrorError."""
    wide, _, tall = text.partition("x")
    if not (wide.isdigit() and tall.isdigit() and min(int(wide), int(tall)) > 0):
        raise MirrorError(f"{benchmark}: --size is like 1080x1920")
    return int(wide), int(tall)


def with_config(command: Sequence[str], config: Path | None) -> list[str]:
    """The command, told where the settings are when they were given."""
    return [*command, *(() if config is None else ("--config", str(config)))]


def told_by(command: Sequence[str], what: str, environment: Mapping[str, str], limit_s: float) -> dict[str, Any]:
    """The JSON document in the last line that a command printed. Raises MirrorError, ``what`` first, with its last word
    when it failed, and when it had not ended after ``limit_s``."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, env=dict(environment), timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        raise MirrorError(f"{what}: no end after {limit_s:.0f} s") from None
    if done.returncode != 0:
        raise MirrorError(f"{what}: {(done.stderr.strip().splitlines() or ['no word'])[-1]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told
