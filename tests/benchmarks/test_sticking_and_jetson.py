"""A person whose motion is known, the overlay measured against it, and the mirror on paper."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import jetson, sticking
from benchmarks.device import FOLDER, STEPS, THIS_MACHINE, Device, Step, read_device
from benchmarks.moving_person import MovingPerson
from benchmarks.paint_time import WAIT_S, timeline
from benchmarks.projection import project
from mirror.domain import MirrorError


def device(cores: int = 2, **ms: float) -> Device:
    times = dict.fromkeys(STEPS, 1.0) | ms
    return Device("made up", cores, {step: Step(t, 0.0, "assumption", "a test") for step, t in times.items()})


def test_the_picture_of_the_moving_person_goes_where_the_known_motion_says() -> None:
    still = np.full((600, 300, 3), 30, np.uint8)
    still[100:109, 150:159] = 255
    person = MovingPerson(still)
    bright = np.argwhere(person.rest()[:, :, 1] > 200).mean(axis=0)[None, ::-1]
    person.place((640.0, 680.0), np.array([[600.0, 400.0]]), 600.0)
    for number, time in enumerate((0.0, 0.4, 1.1, 2.9)):
        weight = np.maximum(0.0, person.frame(number, time).image[:, :, 1].astype(float) - 100)
        ys, xs = np.nonzero(weight)
        seen = np.array([np.average(xs, weights=weight[ys, xs]), np.average(ys, weights=weight[ys, xs])])
        assert np.linalg.norm(person.forth(bright, time)[0] - seen) < 0.4
    points = np.random.default_rng(0).uniform((450, 60), (800, 700), (40, 2))
    assert np.abs(person.back(person.forth(points, 1.7), 1.7) - points).max() < 1e-6


def test_simulated_time_is_the_same_twice_and_waiting_gives_nearly_every_picture_its_own_pose() -> None:
    line = timeline(30, 10)
    assert line == timeline(30, 10)
    own = [line.posed.get(p.frame, np.inf) <= p.at for p in line.waiting]
    assert np.mean(own) > 0.99
    assert all(p.captured < p.at <= p.captured + WAIT_S + 1e-9 for p in line.waiting)
    assert not any(line.posed.get(p.frame, np.inf) <= p.at for p in line.at_once[:50])
    assert 28 <= len(line.looks) <= 31
    assert all(published > line.posed[frame] for frame, published in line.looks)


def test_the_overlay_sticks_to_the_moving_figure_and_each_ingredient_counts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    strip = tmp_path / "strip.png"
    arguments = ["--demo", "--people", "1", "--seconds", "2", "--json", "--strip", str(strip)]
    assert sticking.main(arguments) == 0
    document = json.loads(capsys.readouterr().out)
    rows = {(row["fps"], row["way"]): row for row in document["skeleton"]}
    ours = [row for (_, way), row in rows.items() if way.startswith("the mirror")]
    assert len(ours) == 2
    for row in ours:
        assert row["mean"] <= document["lines"]["skeleton_percent"]
        assert row["jitter_px"] <= document["lines"]["jitter_px"]
    assert ours[0]["mean"] < 0.8 * rows[30, "late, raw"]["mean"]
    assert ours[1]["mean"] < rows[60, "late, raw"]["mean"]
    for row in document["slow"]:
        for what in ("box_mean", "outline_mean"):
            if row["way"].startswith("the mirror"):
                assert row[what] <= document["lines"]["slow_percent"]
            elif row["way"] == "not carried":
                assert row[what] > 2
    assert strip.stat().st_size > 10_000


def test_sticking_says_in_one_line_what_it_cannot_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert sticking.main(["--seconds", "0.5"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_with_this_machines_own_times_poses_keep_up_and_the_slow_stages_share() -> None:
    here = read_device(THIS_MACHINE)
    assert all(here.steps[step].kind == "measured" for step in ("pose", "people", "mask", "garments", "embedding"))
    if here.steps["pose"].cpu_ms > 20:
        pytest.skip("this machine is too busy to be a device")
    found = project(replace(here, cores=2), 30, 20)
    assert found["label"] == "projection, not a measurement"
    assert found["rates"]["pose"] == pytest.approx(30, abs=1)
    assert found["fps_display"] == pytest.approx(30, abs=0.5)
    assert found["rates"]["garments"] == pytest.approx(found["rates"]["mask"], rel=0.1)
    assert found["rates"]["garments"] > 2
    assert found["first_whole_analysis_s"] is not None


def test_poses_slower_than_the_camera_drop_frames_and_nothing_queues_up() -> None:
    found = project(device(pose=50.0), 30, 20)
    assert 17 < found["rates"]["pose"] < 20.5
    assert found["fps_display"] == pytest.approx(30, abs=0.5)
    assert found["capture_to_paint_ms"]["p99"] < 1000 * WAIT_S + 10


def test_too_much_slow_work_is_shared_by_the_most_overdue_and_takes_nothing_from_the_pose() -> None:
    found = project(device(garments=300.0, mask=300.0), 30, 30)
    rates = found["rates"]
    assert rates["garments"] == pytest.approx(rates["mask"], rel=0.15)
    assert 1.2 < rates["garments"] < 1.7
    assert rates["pose"] == pytest.approx(30, abs=0.5)
    assert found["cores_busy"] <= 2


def test_one_core_cannot_give_more_than_it_has() -> None:
    found = project(device(cores=1, pose=20.0, display=20.0), 30, 10)
    assert found["cores_busy"] <= 1
    assert found["rates"]["pose"] < 28


def test_a_gpu_does_one_thing_at_a_time() -> None:
    slow = device(cores=8)
    steps = {**slow.steps, **{s: Step(0.5, 25.0, "assumption", "a test") for s in ("pose", "garments", "mask")}}
    found = project(replace(slow, steps=steps), 30, 20)
    assert found["gpu_busy"] <= 1
    assert 20 < found["rates"]["pose"] < 30


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_device_states_the_source_of_each_number(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert jetson.main(["--device", path.stem, "--seconds", "10", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["label"] == "projection, not a measurement"
    assert set(document["steps"]) == set(STEPS)
    assert all(len(step["source"]) > 10 for step in document["steps"].values())
    assert [found["fps_camera"] for found in document["projections"]] == [30, 60]
    assert jetson.main(["--device", str(path), "--seconds", "10", "--fps", "30"]) == 0
    assert "PROJECTION, not a measurement" in capsys.readouterr().out


@pytest.mark.parametrize(("change", "told"), [
    (("kind = \"assumption\"", "kind = \"guess\""), "kind ="),
    (("[steps.mask]", "[steps.mast]"), "steps.mask"),
    (("cores = 8", "cores = 0"), "cores ="),
    (("cpu_ms = 3.0", "cpu_ms = -3.0"), "cpu_ms"),
    (("cpu_ms = 3.0", "cpu_ms = "), "TOML"),
])
def test_a_faulty_table_is_one_line_that_names_the_place(
    change: tuple[str, str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (FOLDER / "orin-nx.toml").read_text("utf-8")
    assert change[0] in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(*change), "utf-8")
    assert jetson.main(["--device", str(path)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert told in err
    assert str(path) in err


def test_an_unknown_device_is_answered_with_those_that_are_there() -> None:
    with pytest.raises(MirrorError, match="this-machine, orin-nano, orin-nx"):
        read_device("toaster")
