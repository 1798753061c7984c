"""A build that was killed goes on, and gives the bytes of one that was not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from catalog.build import build
from mirror.domain import FloatArray, ImageArray, MirrorError

ROOT = Path(__file__).parents[2]
CHILD = """
import sys
from pathlib import Path
import numpy as np
import catalog.embedded
catalog.embedded.KEEP_EVERY_S = 0
from catalog.build import build
folder, stop = Path(sys.argv[1]), int(sys.argv[2])
def embed(image):
    print("embedded", flush=True)
    return image[:2, :2].reshape(-1).astype(np.float32) + 1
def progress(done, total, rate):
    if done == stop:
        print("stop", flush=True)
        sys.stdin.read()
build(folder / "items.csv", folder / "pictures", folder / "shop.catalogue", embed, "grid-1", progress,
      work=folder / "work")
"""


class Counting:
    """An embedder that counts."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, image: ImageArray) -> FloatArray:
        self.calls += 1
        return image[:2, :2].reshape(-1).astype(np.float32) + 1


def run(feed: Any, **options: Any) -> int:
    embed = Counting()
    build(feed.items, feed.pictures, feed.out, embed, options.pop("name", "grid-1"), **options)
    return embed.calls


def test_only_changed_pictures_are_embedded_again_and_another_embedder_starts_anew(feed: Any) -> None:
    work = feed.folder / "work"
    assert run(feed) == 30
    clean = feed.out.read_bytes()
    assert run(feed, work=work) == 30
    assert run(feed, work=work) == 0
    assert feed.out.read_bytes() == clean
    cv2.imwrite(str(feed.pictures / "3.png"), np.full((4, 4, 3), 77, np.uint8))
    assert run(feed, work=work) == 1
    assert run(feed, work=work, name="grid-2") == 30
    assert run(feed, work=work, colours=lambda image: ("#010203",)) == 30


def test_builds_killed_again_and_again_leave_the_old_file_and_end_as_a_clean_one(feed: Any) -> None:
    run(feed)
    clean = feed.out.read_bytes()
    feed.out.write_bytes(clean)
    for stop in (5, 12, 30):
        with subprocess.Popen(
            [sys.executable, "-c", CHILD, str(feed.folder), str(stop)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"},
        ) as child:
            assert child.stdout is not None
            while child.stdout.readline().strip() != b"stop":
                pass
            child.send_signal(signal.SIGKILL)
        assert feed.out.read_bytes() == clean
    assert run(feed, work=feed.folder / "work") <= 1
    assert feed.out.read_bytes() == clean


def test_a_damaged_store_is_named_and_leaves_the_old_file(feed: Any) -> None:
    run(feed)
    old = feed.out.read_bytes()
    work = feed.folder / "work"
    work.mkdir()
    (work / "embedded.sqlite").write_bytes(b"nonsense" * 1000)
    with pytest.raises(MirrorError, match=r"embedded\.sqlite: cannot be used .* remove it"):
        run(feed, work=work)
    assert feed.out.read_bytes() == old


def test_the_file_of_rejected_rows_is_where_it_was_asked_for(feed: Any) -> None:
    feed.rows[0]["category"] = "Gartenstuhl"
    feed.save()
    report = build(
        feed.items, feed.pictures, feed.out, Counting(), "grid-1", rejects=feed.folder / "left-out.jsonl"
    )
    assert (feed.folder / "left-out.jsonl").read_text("utf-8").count("\n") == 1
    assert report.unknown == {"Gartenstuhl": 1}
