"""Slots hand on the newest value only; display buffers have one owner at a time."""

from __future__ import annotations

import threading

import numpy as np

from mirror.domain import Box
from mirror.pipeline.display import BUFFERS, DisplaySlot
from mirror.pipeline.slot import LatestSlot
from mirror.pipeline.view import filling


def picture(level: int, width: int = 32, height: int = 18) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def test_a_slot_keeps_only_the_newest_value_and_counts_what_nobody_saw() -> None:
    slot: LatestSlot[str] = LatestSlot()
    assert slot.get() is None
    for word in ("a", "b", "c"):
        slot.put(word)
    assert slot.wait(0) == (3, "c")
    assert slot.drops == 2
    slot.put("d")
    assert slot.drops == 2, "c was seen"
    assert slot.wait(4, timeout=0) is None, "nothing newer than d"


def test_a_waiting_reader_is_woken_by_a_value_and_by_closing() -> None:
    slot: LatestSlot[int] = LatestSlot()
    got: list[object] = []
    first = threading.Event()

    def read() -> None:
        got.append(slot.wait(0, timeout=10))
        first.set()
        got.append(slot.wait(1, timeout=10))

    reader = threading.Thread(target=read, name="reader")
    reader.start()
    slot.put(7)
    assert first.wait(10)
    slot.close()
    reader.join(5)
    assert not reader.is_alive()
    assert got == [(1, 7), None]


def test_a_cleared_slot_holds_nothing_but_its_numbers_go_on() -> None:
    slot: LatestSlot[int] = LatestSlot()
    slot.put(1)
    slot.clear()
    assert slot.get() is None
    assert slot.wait(0, timeout=0) is None
    assert slot.put(2) == 2


def test_the_picture_is_mirrored_bgra_and_comes_once() -> None:
    display = DisplaySlot()
    image = picture(0)
    image[:, :16] = (10, 20, 30)
    assert display.borrow() is None
    display.write(image, 0, 1.5)
    shown = display.borrow()
    assert shown is not None
    assert shown.pixels.shape == (18, 32, 4)
    assert shown.pixels.flags.c_contiguous
    assert shown.pixels[0, -1].tolist() == [10, 20, 30, 255], "her left is on the picture's left"
    assert shown.pixels[0, 0].tolist() == [0, 0, 0, 255]
    assert (shown.number, shown.time, shown.frame_size) == (0, 1.5, (32, 18))
    assert display.borrow() is None
    again = display.borrow(again=True)
    assert again is not None
    assert again.number == 0


def test_a_borrowed_picture_is_never_written_to_and_each_write_finds_a_free_buffer() -> None:
    display = DisplaySlot()
    display.write(picture(1), 0, 0.0)
    held = display.borrow()
    assert held is not None
    for number in range(1, 10):
        assert display.write(picture(number * 10), number, 0.0)
    assert int(held.pixels[0, 0, 0]) == 1
    newest = display.borrow()
    assert newest is not None
    assert newest.number == 9
    assert display.dropped == 8, "pictures 1 to 8 were never borrowed"
    held.release()
    held.release()
    newest.release()


def test_when_every_buffer_is_borrowed_the_frame_is_dropped_and_counted() -> None:
    display = DisplaySlot()
    held = []
    for number in range(BUFFERS):
        assert display.write(picture(number), number, 0.0)
        held.append(display.borrow())
    assert not display.write(picture(99), 99, 0.0)
    assert display.dropped == 1
    assert held[0] is not None
    held[0].release()
    assert display.write(picture(100), 100, 0.0)


def test_a_view_gives_a_picture_of_the_windows_size_that_maps_points_as_it_shows_them() -> None:
    display = DisplaySlot()
    image = picture(0, 160, 90)
    image[40:50, 60:70] = 255
    view = filling(160, 90, 90, 160)
    display.set_view(view)
    display.write(image, 0, 0.0)
    shown = display.borrow()
    assert shown is not None
    assert shown.pixels.shape == (160, 90, 4)
    spot = shown.view.box(Box(60, 40, 70, 50))
    x, y = (int(v) for v in spot.centre)
    assert shown.pixels[y, x, 0] > 200
    assert shown.pixels[y, max(0, x - 14), 0] < 50


def test_after_erasing_no_buffer_holds_a_picture() -> None:
    display = DisplaySlot()
    for number in range(4):
        display.write(picture(200), number, 0.0)
    display.erase()
    assert display.borrow(again=True) is None
    assert all(not buffer.any() for buffer in display._buffers if buffer is not None)
