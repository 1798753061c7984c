"""Still pictures of every kind a shop may hand us, and the ones that cannot be read."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from mirror.camera.picture import read_picture
from mirror.camera.picture_header import read_header
from mirror.domain import MirrorError


def gradient(width: int = 64, height: int = 48) -> np.ndarray:
    """Red grows to the right, green downwards, blue is 40: orientation and channel order show."""
    image = np.full((height, width, 3), 40, np.uint8)
    image[:, :, 2] = np.linspace(0, 255, width, dtype=np.uint8)
    image[:, :, 1] = np.linspace(0, 255, height, dtype=np.uint8)[:, None]
    return image


def with_exif_orientation(jpeg: bytes, orientation: int) -> bytes:
    """Insert an APP1 segment that holds nothing but the orientation tag."""
    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    body = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def png_bomb(width: int, height: int) -> bytes:
    """A few bytes that claim to be an enormous picture."""
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(b"\0"))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + data + chunk(b"IEND", b"")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tif"])
def test_every_kind_is_read_in_colour_and_at_its_own_size(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    assert cv2.imwrite(str(path), gradient())
    image = read_picture(path)
    assert image.shape == (48, 64, 3)
    assert image.dtype == np.uint8
    assert np.abs(image.astype(int) - gradient().astype(int)).mean() < 6
    header = read_header(path.read_bytes())
    assert header is not None
    assert (header.width, header.height, header.whole) == (64, 48, True)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tif"])
def test_a_picture_cut_short_is_refused_before_half_of_it_turns_grey(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"cut{suffix}"
    noise = np.random.default_rng(0).integers(0, 255, (80, 80, 3), dtype=np.uint8)
    assert cv2.imwrite(str(path), noise)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(MirrorError, match="truncated") as caught:
        read_picture(path)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_exif_orientation_turns_the_picture_upright(tmp_path: Path) -> None:
    ok, jpeg = cv2.imencode(".jpg", gradient(), [cv2.IMWRITE_JPEG_QUALITY, 98])
    assert ok
    path = tmp_path / "sideways.jpg"
    path.write_bytes(with_exif_orientation(jpeg.tobytes(), 6))  # stored turned left: show turned right
    image = read_picture(path)
    assert image.shape == (64, 48, 3)
    assert image[0, 24, 2] < 30
    assert image[-1, 24, 2] > 220


def test_an_orientation_thumbnail_in_front_does_not_hide_a_missing_end(tmp_path: Path) -> None:
    ok, jpeg = cv2.imencode(".jpg", gradient())
    assert ok
    thumbnail = jpeg.tobytes()
    body = b"Exif\0\0" + thumbnail
    whole = thumbnail[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + thumbnail[2:]
    path = tmp_path / "thumb.jpg"
    path.write_bytes(whole)
    assert read_picture(path).shape == (48, 64, 3)
    path.write_bytes(whole[:-60])
    with pytest.raises(MirrorError, match="truncated"):
        read_picture(path)


def test_grey_and_sixteen_bit_pictures_become_three_channels_of_eight_bits(tmp_path: Path) -> None:
    grey = gradient()[:, :, 2]
    cv2.imwrite(str(tmp_path / "grey.png"), grey)
    cv2.imwrite(str(tmp_path / "deep.png"), grey.astype(np.uint16) * 257)
    for name in ("grey.png", "deep.png"):
        image = read_picture(tmp_path / name)
        assert image.dtype == np.uint8
        assert (image == grey[:, :, None]).all()


def test_transparent_pixels_are_white_and_half_transparent_ones_half_white(tmp_path: Path) -> None:
    bgra = np.zeros((4, 6, 4), np.uint8)
    bgra[:, 2:4, 3] = 128
    bgra[:, 4:, 3] = 255
    cv2.imwrite(str(tmp_path / "a.png"), bgra)
    image = read_picture(tmp_path / "a.png")
    assert image[0, :, 0].tolist() == [255, 255, 127, 127, 0, 0]


def test_a_picture_of_one_pixel_is_a_picture(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "one.png"), np.full((1, 1, 3), 9, np.uint8))
    assert read_picture(tmp_path / "one.png").tolist() == [[[9, 9, 9]]]


def test_a_telephones_largest_picture_is_within_bounds_and_a_bomb_is_refused(tmp_path: Path) -> None:
    header = read_header(png_bomb(12000, 9000))
    assert header is not None
    assert header.width * header.height <= 120e6
    (tmp_path / "bomb.png").write_bytes(png_bomb(100_000, 100_000))
    with pytest.raises(MirrorError, match=r"bomb\.png: 100000x100000 pixels are too many"):
        read_picture(tmp_path / "bomb.png")
    (tmp_path / "long.png").write_bytes(png_bomb(40_000, 10))
    with pytest.raises(MirrorError, match="too many"):
        read_picture(tmp_path / "long.png")


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (None, "no such file"),
        (b"", "empty"),
        (b"not a picture at all", "not a picture"),
        (b"\xff\xd8\xff", "not a picture"),
        (b"\x89PNG\r\n\x1a\n", "not a picture"),
        (b"RIFF\x10\0\0\0WEBP", "not a picture"),
        (b"BM", "not a picture"),
        (b"II*\0\xff\xff\xff\xff", "truncated"),
        (png_bomb(8, 8), "damaged"),
        (png_bomb(0, 8), "damaged"),
    ],
)
def test_what_cannot_be_read_gives_one_line_that_names_the_file(
    tmp_path: Path, content: bytes | None, wanted: str
) -> None:
    path = tmp_path / "odd.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MirrorError, match=wanted) as caught:
        read_picture(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_is_not_a_picture(tmp_path: Path) -> None:
    with pytest.raises(MirrorError, match="folder"):
        read_picture(tmp_path)
