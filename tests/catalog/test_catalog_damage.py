"""A file that is not whole is refused with one line that says so and how to mend it; it never answers wrongly."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalog.filter import Filter
from catalog.index import Catalogue
from catalog.layout import PAGE, Sealed
from mirror.domain import FloatArray, Item, MirrorError

Shop = tuple[list[Item], FloatArray]
Write = Callable[..., Path]


def refusal(path: Path) -> str:
    with pytest.raises(MirrorError) as caught:
        Catalogue.open(path)
    line = str(caught.value)
    assert str(path) in line
    assert "mirror catalog build" in line
    assert "\n" not in line
    return line


@pytest.fixture
def path(shop: Shop, write: Write) -> Path:
    return write(shop)


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 0x10
    path.write_bytes(data)


def header_of(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    length = struct.unpack_from("<I", data, 12)[0]
    header: dict[str, Any] = json.loads(data[28 : 28 + length])
    return header


def with_header(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Rewrite the header with a good checksum, as a wrong writer would."""
    data, header = bytearray(path.read_bytes()), header_of(path)
    length = struct.unpack_from("<I", data, 12)[0]
    change(header)
    new = json.dumps(header, separators=(",", ":")).encode()
    room = -(-(28 + length) // PAGE) * PAGE - 28
    assert len(new) <= room
    data[28 : 28 + room] = new + bytes(room - len(new))
    struct.pack_into("<I", data, 12, len(new))
    struct.pack_into("<I", data, 24, zlib.crc32(new, zlib.crc32(data[:24])))
    path.write_bytes(data)


def test_a_whole_file_passes_its_own_verification(path: Path) -> None:
    with Catalogue.open(path) as catalogue:
        catalogue.verify()


def test_a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    assert "is not there" in refusal(tmp_path / "none.catalogue")


def test_a_file_cut_short_anywhere_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for length in (0, 1, 27, 28, 500, PAGE, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert "bytes" in refusal(path)


def test_a_file_that_grew_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")
    assert "bytes" in refusal(path)


def test_a_file_whose_writing_never_ended_is_refused(path: Path) -> None:
    path.write_bytes(bytes(PAGE) + path.read_bytes()[PAGE:])
    assert "never finished" in refusal(path)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("id,title,category,sizes,gender,age,price,currency,picture,url\n")
    assert "another kind" in refusal(path)


def test_another_version_is_named_with_the_one_that_is_read(path: Path) -> None:
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, 8, 1)
    path.write_bytes(data)
    assert "of catalogue version 1, this mirror reads 2; build it again" in refusal(path)


def test_any_flipped_byte_of_the_header_is_noticed_on_opening(path: Path) -> None:
    whole = path.read_bytes()
    length = struct.unpack_from("<I", whole, 12)[0]
    for place in [*range(28), *range(28, 28 + length, 41)]:
        flip(path, place)
        refusal(path)
        path.write_bytes(whole)


def test_any_flipped_byte_after_the_header_is_noticed_by_verify(path: Path) -> None:
    whole = path.read_bytes()
    header = header_of(path)
    length = struct.unpack_from("<I", whole, 12)[0]
    base = -(-(28 + length) // PAGE) * PAGE
    for name, place in header["sections"].items():
        flip(path, base + place["offset"] + 5)
        with pytest.raises(MirrorError, match=f"section {name} does not match"):
            Catalogue.open(path).verify()
        path.write_bytes(whole)
    rng = np.random.default_rng(1)
    for place in rng.integers(28 + length, len(whole), 60):
        flip(path, int(place))
        with pytest.raises(MirrorError, match="mirror catalog build"):
            Catalogue.open(path).verify()
        path.write_bytes(whole)


@pytest.mark.parametrize("change", [
    lambda h: h.pop("about"),
    lambda h: h["about"].pop("runs"),
    lambda h: h["about"].update(rows=h["about"]["rows"] + 1),
    lambda h: h["about"].update(rows="many"),
    lambda h: h["about"].update(sizes=5),
    lambda h: h["about"]["runs"].pop(),
    lambda h: h["about"]["runs"][0].__setitem__(0, "sofa"),
    lambda h: h["about"]["runs"][0].__setitem__(3, 10**30),
    lambda h: h["sections"].pop("text"),
    lambda h: h["sections"]["vectors"].update(dtype="|O"),
    lambda h: h["sections"]["vectors"].update(shape=[10**12, 16]),
    lambda h: h["sections"]["vectors"].update(shape=[-1, 16]),
    lambda h: h["sections"]["vectors"].update(shape="big"),
    lambda h: h["sections"]["text"].update(offset=10**15),
    lambda h: h["sections"]["text"].update(offset=17),
    lambda h: h["sections"]["codes"].update(dtype="<f4"),
])
def test_a_header_that_does_not_hang_together_is_refused(path: Path, change: Callable[[Any], object]) -> None:
    with_header(path, change)
    assert "is no whole catalogue, " in refusal(path)


@pytest.mark.parametrize(("section", "value"), [
    ("codes", 0xFFFF), ("text_ends", 2**63), ("text_ends", 0), ("text", 0xFF), ("by_id", 0xFFFFFFFF),
    ("vectors", np.nan), ("vectors", np.inf),
])
def test_a_damaged_section_that_nobody_verified_gives_an_error_and_no_crash(
    path: Path, section: str, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.layout.CHECKED_ON_OPENING", 0)  # as if each section were of a large shop
    header, data = header_of(path), bytearray(path.read_bytes())
    place = header["sections"][section]
    base = -(-(28 + struct.unpack_from("<I", data, 12)[0]) // PAGE) * PAGE
    start = base + place["offset"]
    count = int(np.prod(place["shape"]))
    np.frombuffer(data, place["dtype"], count, start)[...] = value
    path.write_bytes(data)
    with Catalogue.open(path) as catalogue:
        with pytest.raises(MirrorError, match="is no whole catalogue"):
            catalogue.query(np.ones(16, np.float32), Filter(exclude=frozenset({"x"}), age="adult", in_stock=False))
        with pytest.raises(MirrorError, match="is no whole catalogue"):
            catalogue.verify()


def test_a_section_as_small_as_the_signature_table_is_checked_on_opening(path: Path) -> None:
    place = header_of(path)["sections"]["signatures"]["offset"]
    length = struct.unpack_from("<I", path.read_bytes(), 12)[0]
    flip(path, -(-(28 + length) // PAGE) * PAGE + place + 1)
    assert "section signatures does not match its checksum" in refusal(path)


def test_a_vector_of_another_length_than_one_is_noticed_by_verify_even_with_a_good_checksum(path: Path) -> None:
    vectors = Sealed.open(path).arrays["vectors"].copy()
    vectors[1234] *= 1.01
    data = bytearray(path.read_bytes())
    place = header_of(path)["sections"]["vectors"]["offset"]
    base = -(-(28 + struct.unpack_from("<I", data, 12)[0]) // PAGE) * PAGE
    data[base + place : base + place + vectors.nbytes] = vectors.tobytes()
    path.write_bytes(data)
    with_header(path, lambda h: h["sections"]["vectors"].update(crc=f"{zlib.crc32(vectors.tobytes()):08x}"))
    with pytest.raises(MirrorError, match="not of length 1"):
        Catalogue.open(path).verify()


def test_sections_share_the_pages_of_the_file_and_cannot_be_written(path: Path) -> None:
    sealed = Sealed.open(path)
    assert not any(array.flags.writeable for array in sealed.arrays.values())
    assert not any(array.flags.owndata for array in sealed.arrays.values())
