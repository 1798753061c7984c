"""A build whose pictures are embedded by two processes of a local Ray cluster is the local build, byte for byte."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalog.build import build, read_plain_picture
from catalog.ray_build import Look, embed_with_ray
from catalog.sample import generate
from mirror.cli import main
from mirror.domain import FloatArray, ImageArray, MirrorError

ray = pytest.importorskip("ray", reason="ray is not installed: pip install '.[dev]'")


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """Two workers on this machine, for all of these tests."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=100 << 20, log_to_driver=False,
             logging_level="ERROR", configure_logging=False)
    yield
    ray.shutdown()


def grid(image: ImageArray) -> FloatArray:
    return image.astype(np.float32).reshape(-1) + 1


def colours(image: ImageArray) -> tuple[str, ...]:
    return (f"#{image[0, 0, 2]:02x}{image[0, 0, 1]:02x}{image[0, 0, 0]:02x}",)


def opener(marks: Path, **trouble: str) -> Callable[[], Look]:
    """Made of closures: they travel to the workers by value. trouble: picture -> what it does when it is looked at."""
    def open_look() -> Look:
        def look(path: Path) -> tuple[FloatArray, tuple[str, ...]]:
            first = marks / f"{path.stem}-{os.getpid()}"
            what = trouble.get(f"p{path.stem}", "")
            tried = len(list(marks.glob(f"{path.stem}-*")))
            first.touch()
            if what == "fails once" and not tried:
                raise OSError("the share was away")
            if what == "ends its worker once" and not tried:
                os.kill(os.getpid(), signal.SIGKILL)
            if what == "ends its worker":
                os.kill(os.getpid(), signal.SIGKILL)
            image = read_plain_picture(path)
            pixel = image[0, 0]
            return image.astype(np.float32).reshape(-1) + 1, (f"#{pixel[2]:02x}{pixel[1]:02x}{pixel[0]:02x}",)
        return look
    return open_look


def test_two_workers_failures_and_a_killed_worker_give_the_local_builds_index(feed: Any, tmp_path: Path) -> None:
    (feed.pictures / "7.png").write_bytes(b"no picture")
    feed.rows[9]["price"] = "free"
    feed.save()
    local = tmp_path / "local.catalogue"
    build(feed.items, feed.pictures, local, grid, "grid-1", colours=colours)
    marks = tmp_path / "marks"
    marks.mkdir()
    work = tmp_path / "work"
    report = embed_with_ray(
        feed.items, feed.pictures, work, opener(marks, p3="fails once", p12="ends its worker once"), "grid-1", workers=2
    )
    assert report.embedded == 28
    assert report.recovered >= 2
    assert (report.failed, [Path(path).name for path, _ in report.failures]) == (1, ["7.png"])
    assert "is no picture" in report.failures[0][1]
    looked: list[int] = []

    def never(image: ImageArray) -> FloatArray:
        looked.append(1)
        return grid(image)

    built = build(feed.items, feed.pictures, feed.out, never, "grid-1", colours=colours, work=work)
    assert not looked
    assert sorted(error.field for error in built.bad) == ["picture", "price"]
    assert feed.out.read_bytes() == local.read_bytes()


def test_a_picture_that_ends_every_worker_is_named_and_the_rest_is_kept(feed: Any, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    work = tmp_path / "work"
    with pytest.raises(MirrorError, match=r"4\.png: its worker ended each time .*\(1 such"):
        embed_with_ray(feed.items, feed.pictures, work, opener(marks, p4="ends its worker"), "grid-1", workers=2)
    again = embed_with_ray(feed.items, feed.pictures, work, opener(marks), "grid-1", workers=2)
    assert (again.known, again.embedded) == (29, 1)


def test_workers_that_cannot_start_are_one_line(feed: Any, tmp_path: Path) -> None:
    def open_look() -> Look:
        raise RuntimeError("no model 'x'")

    with pytest.raises(MirrorError, match=r"^a worker cannot start: .*no model 'x'"):
        embed_with_ray(feed.items, feed.pictures, tmp_path / "work", open_look, "grid-1", workers=1)


def test_without_ray_it_is_said_how_to_get_it(
    feed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MirrorError, match=r"pip install 'smart-mirror\[ray\]'"):
        embed_with_ray(feed.items, feed.pictures, tmp_path / "work", opener(tmp_path), "grid-1", workers=1)


def test_the_command_embeds_real_pictures_as_the_local_one_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate(tmp_path, 40)
    command = ["catalog", "build", "--items", str(tmp_path / "items.csv"), "--pictures", str(tmp_path / "pictures")]
    assert main([*command, "--out", str(tmp_path / "local.catalogue")]) == 0
    capsys.readouterr()
    ours = tmp_path / "ray.catalogue"
    assert main([*command, "--out", str(ours), "--engine", "ray", "--workers", "2", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["items"] == 40
    assert "embedded 40 pictures" in said.err
    assert ours.read_bytes() == (tmp_path / "local.catalogue").read_bytes()
