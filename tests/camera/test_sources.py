"""Sources: pacing, loss and return, and every way in which one cannot be opened."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from mirror.camera import Source, StaleFrame, open_source, opening
from mirror.camera import source as source_module
from mirror.camera.live import FROZEN_AFTER_S, REOPEN_WAITS_S, LiveSource
from mirror.camera.opening import csi_pipeline
from mirror.camera.paced import FileSource, PictureSource
from mirror.domain import Frame, MirrorError, UsageError

Runner = Callable[[Source], None]


def grey(level: int) -> np.ndarray:
    return np.full((48, 64, 3), level, np.uint8)


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (48, 64, 3), dtype=np.uint8)


# -- files ----------------------------------------------------------------------------------------------------


def test_a_file_comes_at_its_own_rate_each_frame_stamped_when_it_was_due(clip, clock, run_to_end: Runner) -> None:
    source = FileSource("clip", clip, clock=clock)
    seen: list[Frame] = []
    source.on_frame = seen.append
    run_to_end(source)
    assert [f.number for f in seen] == list(range(30))
    times = [f.time for f in seen]
    assert times == pytest.approx([100 + i / 25 for i in range(30)])
    levels = [int(f.image.mean()) for f in seen]
    assert levels == pytest.approx([8 * i for i in range(30)], abs=4)
    assert source.dropped == 0
    assert source.error is None


def test_frames_that_are_late_by_a_whole_frame_are_skipped_and_counted(clip, clock, run_to_end: Runner) -> None:
    source = FileSource("clip", clip, clock=clock)
    seen: list[Frame] = []

    def slow(frame: Frame) -> None:
        seen.append(frame)
        if frame.number == 3:
            clock.time += 5.4 / 25  # the consumer sleeps through five frames and a bit

    source.on_frame = slow
    run_to_end(source)
    assert [f.number for f in seen] == [0, 1, 2, 3, *range(8, 30)]
    assert source.dropped == 4
    assert source.captured == 30
    assert int(seen[4].image.mean()) == pytest.approx(64, abs=4), "the frame shown must be the newest one due"


def test_an_unbounded_file_waits_for_nothing(clip, clock, run_to_end: Runner) -> None:
    source = FileSource("clip", clip, clock=clock, fps=math.inf)
    run_to_end(source)
    assert source.captured == 30
    assert clock.waited == []


def test_a_looping_file_begins_again_and_its_time_goes_on(clip, clock) -> None:
    source = FileSource("clip", clip, clock=clock, loop=True)
    seen: list[Frame] = []
    enough = threading.Event()

    def collect(frame: Frame) -> None:
        if len(seen) < 70:
            seen.append(frame)
        else:
            enough.set()

    source.on_frame = collect
    source.start()
    assert enough.wait(10)
    source.stop()
    assert [int(f.image.mean()) // 8 for f in seen[30:33]] == pytest.approx([0, 1, 2], abs=1)
    assert np.diff([f.time for f in seen]) == pytest.approx(1 / 25)


def test_readers_get_the_newest_frame_once_and_a_stale_one_never(clip, clock, run_to_end: Runner) -> None:
    source = FileSource("clip", clip, clock=clock)
    with pytest.raises(StaleFrame, match="no frame yet"):
        source.read_latest(1.0)
    run_to_end(source)
    frame = source.read_latest(max_age=1.0)
    assert frame.number == 29
    assert source.wait_newer(28, timeout=0) is frame
    assert source.wait_newer(29, timeout=5) is None, "an ended source must not make its reader wait"
    assert source.dropped == 29, "nobody read the others"
    clock.time += 1.1
    with pytest.raises(StaleFrame, match=r"1\.1 s old"):
        source.read_latest(max_age=1.0)


def test_a_truncated_video_is_refused_or_says_where_it_broke_off(tmp_path, clip, clock, run_to_end: Runner) -> None:
    whole = clip.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: len(whole) // 2])  # an mp4 has its index at the end
    with pytest.raises(MirrorError, match=r"cut\.mp4: not a video that can be read, or truncated"):
        open_source(str(cut)).start()
    avi = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(avi), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    for i in range(20):
        writer.write(noise(i))
    writer.release()
    broken = tmp_path / "broken.avi"
    broken.write_bytes(avi.read_bytes()[: avi.stat().st_size // 2])
    source = FileSource("broken", broken, clock=clock)
    run_to_end(source)
    assert source.error is not None
    assert "truncated" in str(source.error)
    assert "\n" not in str(source.error)


def test_a_source_can_be_stopped_twice_and_started_again(clip) -> None:
    source = open_source(str(clip))
    source.stop()
    for _ in range(2):
        source.start()
        assert source.wait_newer(-1, timeout=5) is not None
        source.stop()
        source.stop()
    with pytest.raises(StaleFrame):
        source.read_latest(10)


def test_an_error_in_the_frame_callback_ends_the_source_visibly(clip, clock, run_to_end: Runner) -> None:
    source = FileSource("clip", clip, clock=clock)

    def broken(frame: Frame) -> None:
        raise ValueError("bug")

    source.on_frame = broken
    run_to_end(source)
    assert "ValueError: bug" in str(source.error)


def test_a_camera_on_its_side_is_turned_clockwise(tmp_path, clock, run_to_end: Runner) -> None:
    image = grey(0)
    image[:, :32] = 255  # left half white: on top after a clockwise quarter turn
    cv2.imwrite(str(tmp_path / "a.png"), image)
    source = PictureSource("a", [tmp_path / "a.png"], rotate=90, clock=clock)
    run_to_end(source)
    turned = source.read_latest(10).image
    assert turned.shape == (64, 48, 3)
    assert turned[0, 0, 0] == 255
    assert turned[-1, 0, 0] == 0


# -- pictures -------------------------------------------------------------------------------------------------


def test_a_folder_with_junk_in_it_shows_the_good_pictures_and_lists_the_bad(tmp_path, clock, run_to_end) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), grey(10))
    (tmp_path / "b.jpg").write_bytes(b"junk")
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "sub.png").mkdir()
    cv2.imwrite(str(tmp_path / "z.PNG"), grey(200))
    source = open_source(str(tmp_path))
    assert isinstance(source, PictureSource)
    source._clock = clock
    seen: list[int] = []
    source.on_frame = lambda frame: seen.append(int(frame.image[0, 0, 0]))
    run_to_end(source)
    assert seen == [10] * 120 + [200] * 120
    assert [str(e).split(":")[0] for e in source.skipped] == [str(tmp_path / "b.jpg")]


def test_a_folder_in_which_no_picture_is_good_does_not_open(tmp_path) -> None:
    (tmp_path / "b.jpg").write_bytes(b"junk")
    with pytest.raises(MirrorError, match="no picture in it can be read"):
        open_source(str(tmp_path)).start()


def test_a_huge_picture_is_shown_at_a_cameras_size(tmp_path, clock, run_to_end: Runner) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((3000, 4000, 3), np.uint8))
    source = PictureSource("a", [tmp_path / "a.png"], clock=clock, seconds=0.1)
    run_to_end(source)
    assert source.read_latest(10).image.shape == (1440, 1920, 3)


# -- live -----------------------------------------------------------------------------------------------------


def test_an_unplugged_camera_is_seen_tried_again_and_comes_back(clock, make_capture) -> None:
    openings: list[str] = []
    numbers: list[int] = []
    errors: list[str] = []
    back = threading.Event()
    captures = [make_capture([noise(i) for i in range(3)]), None, None, make_capture([noise(9), None])]

    def opener():  # type: ignore[no-untyped-def]
        openings.append("open")
        errors.append(str(source.error))
        capture = captures.pop(0) if captures else None
        if capture is None:
            if len(openings) > 6:
                back.set()
            raise MirrorError("camera 0: /dev/video0 is gone; plug the camera in again")
        return capture

    source = LiveSource("0", opener, clock=clock)
    source.on_frame = lambda frame: numbers.append(frame.number)
    source.start()
    first = source._capture
    assert back.wait(10)
    source.stop()
    assert numbers == [0, 1, 2, 3], "numbers go on after the camera came back"
    assert source.reopened == 1
    assert clock.waited[:3] == list(REOPEN_WAITS_S[:3])
    assert "no more frames come" in errors[1]
    assert "is gone" in errors[2]
    assert first is None or first.released


def test_a_lost_camera_gives_stale_frame_with_the_reason_not_its_last_picture(clock, make_capture) -> None:
    lost = threading.Event()
    captures = [make_capture([noise(1)])]

    def opener():  # type: ignore[no-untyped-def]
        if captures:
            return captures.pop()
        lost.set()
        raise MirrorError("camera 0: gone")

    source = LiveSource("0", opener, clock=clock)
    source.start()
    assert lost.wait(10)
    with pytest.raises(StaleFrame, match="camera 0: gone"):
        source.read_latest(0.5)
    source.stop()


@pytest.mark.parametrize(("picture", "wanted"), [(noise(1), "frozen"), (grey(0), "no more frames come")])
def test_a_driver_that_repeats_its_last_picture_counts_as_lost_but_a_covered_lens_does_not(
    clock, make_capture, picture, wanted
) -> None:
    failures: list[str] = []
    captures = [make_capture([picture] * (int(FROZEN_AFTER_S / 0.1) + 10))]
    done = threading.Event()

    def opener():  # type: ignore[no-untyped-def]
        if captures:
            return captures.pop()
        failures.append(str(source.error))
        done.set()
        raise MirrorError("gone")

    source = LiveSource("0", opener, clock=clock, watch_frozen=True)
    source.start()
    assert done.wait(10)
    source.stop()
    assert wanted in failures[0]


def test_a_camera_that_is_not_there_at_the_start_is_an_error_at_once() -> None:
    def opener():  # type: ignore[no-untyped-def]
        raise MirrorError("camera 7: there is no /dev/video7")

    source = LiveSource("7", opener)
    with pytest.raises(MirrorError, match="video7"):
        source.start()
    source.stop()


def test_a_driver_that_never_returns_does_not_hold_up_the_end_nor_is_it_started_twice(
    monkeypatch: pytest.MonkeyPatch, make_capture
) -> None:
    monkeypatch.setattr(source_module, "STOP_PATIENCE_S", 0.05)
    answer = threading.Event()
    capture = make_capture([noise(1)])
    capture.grab = lambda: answer.wait(10) and False
    source = LiveSource("0", lambda: capture)
    source.start()
    source.stop()
    with pytest.raises(MirrorError, match="does not answer"):
        source.start()
    answer.set()
    assert source._stuck is not None
    source._stuck.join(10)
    assert capture.released


# -- the string a user types ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "kind", "wanted"),
    [
        ("97", MirrorError, "there is no /dev/video97; plug a camera in, or use --source demo"),
        ("/dev/video98", MirrorError, "there is no /dev/video98"),
        ("nowhere.mp4", MirrorError, "no such file or folder"),
        ("dmeo", UsageError, "did you mean 'demo'"),
        ("ftp://x/y", UsageError, "unknown; give one of"),
        ("", UsageError, "unknown"),
        ("csi:x", UsageError, "csi:0"),
        ("gst:", UsageError, "write a pipeline"),
    ],
)
def test_an_impossible_source_is_one_plain_line(spec: str, kind: type[MirrorError], wanted: str) -> None:
    with pytest.raises(kind, match=wanted) as caught:
        open_source(spec)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("spec", ["gst:videotestsrc ! videoconvert ! appsink", "csi:0"])
def test_without_gstreamer_in_opencv_the_line_names_the_mend(spec: str) -> None:
    if opening.has_gstreamer():
        pytest.skip("this OpenCV has GStreamer")
    with pytest.raises(MirrorError, match="this OpenCV has no GStreamer; install one built with it"):
        open_source(spec)


def test_the_csi_pipeline_asks_for_the_size_and_keeps_only_the_newest_frame() -> None:
    pipeline = csi_pipeline("1", (1280, 720), 30)
    assert "nvarguscamerasrc sensor-id=1" in pipeline
    assert "width=1280,height=720,framerate=30/1" in pipeline
    assert "appsink drop=true max-buffers=1" in pipeline


def test_an_empty_file_and_a_text_file_are_no_videos(tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    with pytest.raises(MirrorError, match=r"empty\.mp4: the file is empty"):
        open_source(str(empty))
    text = tmp_path / "text.mp4"
    text.write_text("hello")
    with pytest.raises(MirrorError, match=r"text\.mp4: not a video"):
        open_source(str(text)).start()
    (tmp_path / "folder").mkdir()
    with pytest.raises(MirrorError, match="no pictures in this folder"):
        open_source(str(tmp_path / "folder"))


def test_a_streams_password_is_not_in_its_name_or_errors() -> None:
    source = open_source("rtsp://user:secret@127.0.0.1:9/x")
    with pytest.raises(MirrorError, match="cannot be opened") as caught:
        source.start()
    assert "secret" not in source.name + str(caught.value)


def test_a_missing_demo_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(opening, "DEMO_CLIP", tmp_path / "demo.mp4")
    with pytest.raises(MirrorError, match="demo"):
        open_source("demo")
