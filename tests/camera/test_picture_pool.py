"""Picture memory is used again, and never under somebody who still looks at it."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest

from mirror.camera.capture import VideoCapture
from mirror.camera.opening import DEMO_CLIP, open_source
from mirror.camera.pool import MOST, PicturePool
from mirror.domain import Frame, ImageArray


def test_memory_is_used_again_once_nobody_holds_it() -> None:
    pool = PicturePool()
    first = pool.take((4, 6, 3))
    place = first.ctypes.data
    assert pool.take((4, 6, 3)).ctypes.data != place
    del first
    assert pool.take((4, 6, 3)).ctypes.data != pool.take((4, 6, 3)).ctypes.data, "one of them would keep its picture"
    assert place in {pool.take((4, 6, 3)).ctypes.data for _ in range(2)}
    assert pool.made == 2


@pytest.mark.parametrize("view", [
    lambda a: a[1:3], lambda a: a[:, ::-1].T, lambda a: a.reshape(-1), lambda a: memoryview(a), lambda a: np.asarray(a),
    lambda a: a.view(np.int8)[2:][1:], lambda a: Frame(a, 0, 0.0), lambda a: iter([a]),
])
def test_any_view_of_it_holds_it(view) -> None:  # type: ignore[no-untyped-def]
    pool = PicturePool()
    taken = pool.take((4, 6, 3))
    place = taken.ctypes.data
    held = view(taken)
    del taken
    assert pool.take((4, 6, 3)).ctypes.data != place
    del held
    assert place in {pool.take((4, 6, 3)).ctypes.data, pool.take((4, 6, 3)).ctypes.data}


def test_a_reader_on_another_thread_holds_it() -> None:
    pool = PicturePool()
    taken = pool.take((4, 6, 3))
    taken[:] = 7
    reading, go = threading.Event(), threading.Event()
    seen: list[int] = []

    def read(picture: ImageArray) -> None:
        reading.set()
        assert go.wait(10)
        seen.append(int(picture.max()))

    reader = threading.Thread(target=read, args=(taken[2:],))
    del taken
    reader.start()
    assert reading.wait(10)
    for _ in range(3 * MOST):
        pool.take((4, 6, 3))[:] = 9
    go.set()
    reader.join(10)
    assert seen == [7]


def test_more_holders_than_the_pool_has_room_for_get_memory_of_their_own() -> None:
    pool = PicturePool(most=2)
    held = [pool.take((2, 2, 3)) for _ in range(6)]
    assert len({a.ctypes.data for a in held}) == 6
    held.clear()
    assert len({id(pool.take((2, 2, 3))) for _ in range(5)}) == 2
    assert pool.made == 6


def test_another_size_lets_the_old_memory_go() -> None:
    pool = PicturePool()
    pool.take((2, 2, 3))
    assert pool.take((3, 3, 3)).shape == (3, 3, 3)
    assert pool.take((2, 2, 3)).shape == (2, 2, 3)
    assert pool.made == 3


def test_a_clip_is_decoded_into_the_same_memory_and_held_frames_stay_as_they_were() -> None:
    plain = cv2.VideoCapture(str(DEMO_CLIP))
    capture = VideoCapture(str(DEMO_CLIP), cv2.CAP_FFMPEG, "cannot be opened")
    held: list[tuple[ImageArray, ImageArray]] = []
    places = set()
    try:
        for number in range(40):
            assert capture.grab()
            image, same = capture.retrieve(), np.asarray(plain.read()[1], np.uint8)
            assert image is not None
            assert np.array_equal(image, same)
            places.add(image.ctypes.data)
            if number % 13 == 0:
                held.append((image[10:], same))
    finally:
        capture.release()
        plain.release()
    assert len(places) <= len(held) + 3
    for image, same in held:
        assert np.array_equal(image, same[10:])


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_camera_hands_out_whole_turned_frames_that_stay(turn: int) -> None:
    source = open_source(str(DEMO_CLIP), fps=float("inf"), rotate=turn)
    kept: list[tuple[ImageArray, ImageArray]] = []
    enough = threading.Event()

    def keep(frame: Frame) -> None:
        if frame.number in (0, 5, 9):
            kept.append((frame.image, frame.image.copy()))
        if frame.number == 30:
            enough.set()

    source.on_frame = keep
    source.start()
    try:
        assert enough.wait(30)
    finally:
        source.stop()
    first = cv2.VideoCapture(str(DEMO_CLIP)).read()[1]
    assert np.array_equal(kept[0][0], np.rot90(first, -turn // 90))
    for image, copy in kept:
        assert np.array_equal(image, copy)


def test_a_warmed_pool_makes_no_more_while_so_many_are_held() -> None:
    pool = PicturePool()
    pool.warm((4, 6, 3))
    assert pool.made == 0, "nothing tells yet that pictures of this size come"
    pool.take((4, 6, 3))
    for _ in range(2 * MOST):
        pool.warm((9, 9, 3))
        pool.warm((4, 6, 3))
    assert pool.made == MOST
    held = [pool.take((4, 6, 3)) for _ in range(MOST)]
    assert len({picture.ctypes.data for picture in held}) == MOST
    assert pool.made == MOST


@pytest.mark.parametrize("turn", [0, 90])
def test_a_camera_has_all_its_picture_memory_after_a_few_frames(turn: int) -> None:
    source = open_source(str(DEMO_CLIP), fps=float("inf"), rotate=turn)
    pools: list[PicturePool] = []
    enough = threading.Event()

    def look(frame: Frame) -> None:
        if frame.number == 2 * MOST and not enough.is_set():
            pools.append(source._pool if turn else source._capture._pool)  # type: ignore[attr-defined]
            enough.set()

    source.on_frame = look
    source.start()
    try:
        assert enough.wait(30)
        assert [pool.made for pool in pools] == [MOST]
    finally:
        source.stop()
