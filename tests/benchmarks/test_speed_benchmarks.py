"""The speed benchmarks for a second or two each: what their documents say, never how fast this machine is."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from benchmarks.floors import Floor, floors_text
from benchmarks.fps import CASES, burning, figures, table
from benchmarks.latency import compare
from benchmarks.marker import HEIGHT, NUMBERS, WIDTH, Sight, draw, find, read
from benchmarks.mirror_process import on_cores
from benchmarks.slope import slope, student
from benchmarks.x_pixels import XPixels
from benchmarks.x_server import XServer
from mirror.camera.opening import DEMO_CLIP
from mirror.domain import ImageArray
from mirror.pipeline.view import View, compose, filling

ROOT = Path(__file__).parents[2]
SMALL = ("--size", "270x480")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged demo's figure in a 720p room, in the place of people: their photos are not everywhere."""
    folder = tmp_path_factory.mktemp("clips")
    demo = cv2.VideoCapture(str(DEMO_CLIP))
    clip = cv2.VideoWriter(str(folder / "people1-720p30.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 30, (1280, 720))
    for _ in range(60):
        figure = cv2.resize(demo.read()[1], (405, 720), interpolation=cv2.INTER_AREA)
        clip.write(cv2.copyMakeBorder(figure, 0, 0, 437, 438, cv2.BORDER_REPLICATE))
    clip.release()
    return folder


def _run(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *map(str, arguments)], capture_output=True, text=True, timeout=150,
        cwd=ROOT, check=False)


def _document(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_fps_tells_a_case_with_its_floors_and_as_markdown_rows(clips: Path) -> None:
    document = _document(_run("fps", "--only", "unbounded", "--seconds", 1, "--clips", clips, *SMALL, "--json"))
    assert set(document) >= {"date", "platform", "seconds", "cases"}
    ((name, row),) = document["cases"].items()
    assert name == "unbounded"
    if isinstance(on_cores(2), str):
        assert row["missing"] == on_cores(2)
        return
    assert row["screen"] == ("xvfb" if shutil.which("Xvfb") else "offscreen")
    assert 0 < row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"]
    assert row["frames"]["displayed"] > 0
    assert row["camera_fps"] > 31, "paced like a camera"
    assert {"own_pose", "pose_rate", "slow_rates", "cpu_percent", "cpu_ms_per_frame", "rss_mb", "held"} <= set(row)
    document["cases"]["4-people"] = {"missing": "needs 2 cores, there is 1"}
    head, line, first, second, empty, under = table(document).splitlines()
    assert head.count("|") == line.count("|") == first.count("|") == second.count("|")
    assert first.startswith("| unbounded |")
    assert "needs 2 cores, there is 1" in second
    assert empty == ""
    assert document["date"] in under


def test_every_floor_is_of_a_figure_that_the_mirror_tells() -> None:
    stage = {"p95": 2.0}
    told = figures({
        "fps": {"display": 30.0, "camera": 30.0, "pose": 30.0, "garments": 3.0, "mask": 2.5, "look": 0.3},
        "frames": {"captured": 100, "displayed": 95, "dropped": 1}, "own_pose": 0.99, "seconds": 3.3,
        "latency_ms": {"capture_to_paint": {"p50": 15.0, "p95": 20.0, "p99": 30.0}}, "cpu_percent": 70.0,
        "cpu_ms_per_frame": 23.0, "rss_mb": 400.0, "stages_missing": [],
        "stage_ms": {"paint": stage, "pose": stage, "garments": stage, "mask": stage, "look": stage},
    })
    for case in CASES:
        assert all(floor.told(told)["got"] is not None for floor in case.floors), case.name
    assert told["slow_rate"] == 2.5, "the rarer of the stages that a timer asks for"
    assert told["slow_rates"] == {"garments": 3.0, "mask": 2.5, "look": 0.3}
    assert told["held"] == 4


def test_burners_burn_while_the_block_runs_and_end_with_it() -> None:
    with burning(2, []) as burners:
        assert len(burners) == 2
        assert all(process.poll() is None for process in burners)
    assert all(process.poll() is not None for process in burners)


def test_latency_reads_numbers_from_the_painted_window(clips: Path) -> None:
    document = _document(_run("latency", "--seconds", 1.5, "--clips", clips, "--size", "540x960", "--json"))
    (row,) = document["forms"].values()
    assert row["read_by"] == ("another process" if row["screen"] == "xvfb" else "the window's own thread")
    assert row["frames"] > 0
    assert 0 < row["read_share"] <= 1
    for name in ("stamp_ms", "glass_ms", "difference_ms", "resolution_ms"):
        assert row[name]["p50"] <= row[name]["p95"] <= row[name]["p99"]
    assert row["glass_ms"]["p50"] > row["stamp_ms"]["p50"], "shown before it was painted"


def test_soak_samples_once_a_second_and_tells_a_slope(clips: Path) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("reads another process's memory")
    document = _document(_run("soak", "--minutes", 8 / 60, "--settle", 0, "--clips", clips, *SMALL, "--json"))
    assert len(document["samples"]) >= 6
    for sample in document["samples"]:
        assert sample["rss_mb"] > 50
        assert 0 < sample["age_ms"] <= sample["age_p95_ms"]
    assert document["rss_peak_mb"] == max(sample["rss_mb"] for sample in document["samples"])
    steep = document["rss_slope_mb_per_minute"]
    assert steep["low"] <= steep["value"] <= steep["high"]
    assert document["rss_zero_inside"] == (steep["low"] <= 0 <= steep["high"])
    assert document["age_ms"]["slope_per_minute"] is not None
    if platform.libc_ver()[0] == "glibc":
        assert all(50 < sample["in_use_mb"] < sample["rss_mb"] for sample in document["samples"])
        used = document["in_use_slope_mb_per_minute"]
        assert used["low"] <= used["value"] <= used["high"]


@pytest.mark.parametrize(("name", "arguments"), [
    ("fps", ("--only", "900p")), ("latency", ("--only", "900p")), ("soak", ("--minutes", "0")),
])
def test_what_cannot_be_measured_is_one_line(name: str, arguments: tuple[str, ...]) -> None:
    done = _run(name, *arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"mirror: {name}: ")


def test_a_floor_without_its_figure_is_not_met() -> None:
    floors = [Floor("fps", "at least", 28.0), Floor("p95_ms", "at most", 25.0), Floor("rss_mb", "at most", 650.0)]
    told = [floor.told({"fps": 28.0, "p95_ms": 25.1, "rss_mb": None}) for floor in floors]
    assert [floor["met"] for floor in told] == [True, False, False]
    assert floors_text(told) == "1 of 3 met; not: p95 ms at most 25, got 25.1; rss mb at most 650, got none"


def _window(number: int, view: View | None = None) -> ImageArray:
    """What a window shows of a noisy 720p frame that bears ``number``."""
    frame = np.random.default_rng(3).integers(0, 190, (720, 1280, 3)).astype(np.uint8)
    draw(frame, number, 640, 62)
    view = view or filling(1280, 720, 1080, 1920)
    out = np.zeros((view.height, view.width, 4), np.uint8)
    compose(frame, view, out)
    return out


@pytest.mark.parametrize("number", [0, 1, 0b101010101010, NUMBERS - 1, NUMBERS + 5])
def test_a_marker_is_read_back_mirrored_scaled_and_off_the_pixel_grid(number: int) -> None:
    for scale, ox in ((2.67, 2100.3), (1.7, 1500.6), (0.9, 1010.2)):
        window = _window(number, View(1080, 1920, scale, ox, 40.4))
        at = find(window)
        assert at is not None
        assert read(window, at) == number % NUMBERS


def test_a_marker_that_is_covered_torn_or_absent_is_no_number() -> None:
    one, other = _window(0b000000111111), _window(0b111111000000)
    at = find(one)
    assert at is not None
    torn = one.copy()
    torn[(at.y1 + at.y2) // 2 :] = other[(at.y1 + at.y2) // 2 :]
    assert read(torn, at) is None
    covered = one.copy()
    covered[at.y1 : at.y1 + 30, at.x1 + 60 : at.x1 + 200, :3] = 250
    assert read(covered, at) is None
    assert find(np.full((300, 300, 4), 128, np.uint8)) is None


def test_a_marker_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        draw(np.zeros((HEIGHT, WIDTH - 1, 3), np.uint8), 1, 0, 0)


def test_the_reader_follows_the_marker_and_looks_all_over_when_it_is_lost() -> None:
    sight = Sight(1080, 1920)
    window = _window(7)
    assert sight.lost
    assert sight.see(window) == 7
    area = sight.area
    assert not sight.lost
    assert (area.x2 - area.x1) * (area.y2 - area.y1) < window.shape[0] * window.shape[1] / 10
    assert sight.see(window[area.y1 : area.y2, area.x1 : area.x2]) == 7
    assert sight.area == area
    assert sight.see(np.zeros((area.y2 - area.y1, area.x2 - area.x1, 4), np.uint8)) is None
    assert sight.lost


def test_only_the_same_frame_is_compared_and_the_warm_up_is_left_out() -> None:
    paints = [(0, 100.0, 100.01), (1, 110.0, 110.015), (2, 110.1, 110.12), (1 + NUMBERS, 160.0, 160.02)]
    readings = [(0, 100.0, 100.02), (1, 110.016, 110.018), (1, 160.02, 160.025)]
    told = compare(paints, readings)
    assert told["frames"] == 3
    assert told["read_share"] == pytest.approx(2 / 3, abs=1e-4)
    assert told["glass_ms"]["p50"] == pytest.approx((18 + 25) / 2)
    assert told["difference_ms"]["p50"] == pytest.approx((3 + 5) / 2)


def test_a_slope_is_found_and_noise_is_told_from_growth() -> None:
    rng = np.random.default_rng(1)
    seconds = np.arange(600.0)
    flat = slope(seconds, 400 + rng.normal(0, 1, 600))
    grown = slope(seconds, 400 + 0.5 * seconds / 60 + rng.normal(0, 0.1, 600))
    assert flat is not None
    assert flat.has_zero
    assert grown is not None
    assert not grown.has_zero
    assert grown.low < 0.5 < grown.high
    assert grown.high - grown.low < 0.05
    wandering = slope(seconds, np.cumsum(rng.normal(0, 0.1, 600)))
    assert wandering is not None
    assert wandering.high - wandering.low > 5 * (grown.high - grown.low), "what hangs together is less sure"
    assert slope(seconds[:3], seconds[:3]) is None
    assert student(0.95, 10) == pytest.approx(2.228, rel=0.01)


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")
def test_an_x_server_of_ones_own_is_read_and_is_gone_afterwards() -> None:
    with XServer(64, 32) as screen:
        assert screen.display
        environment = screen.environment()
        assert environment["DISPLAY"] == screen.display
        assert environment["QT_QPA_PLATFORM"] == "xcb"
        pixels = XPixels(screen.display)
        shown = pixels.read(Sight(64, 32).area)
        pixels.close()
        assert shown.shape == (32, 64, 4)
        assert not shown[..., :3].any()
        socket = Path("/tmp/.X11-unix") / f"X{screen.display[1:]}"
        server = screen._process
        assert server is not None
        os.kill(server.pid, 0)
    assert server.poll() is not None
    assert not socket.exists()
