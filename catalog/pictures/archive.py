"""Pictures out of a zip, tar or tar.gz, one after the other.

An archive is a stranger's file: nothing of it is written under a name of its own, and one that tries to leave its
folder, to be another file (links, devices), to be two files of one name, or to grow a hundredfold is refused whole.
"""

from __future__ import annotations

import gzip
import os
import re
import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple, cast

from catalog.pictures.rules import MEGABYTE, PictureError, PictureRules
from catalog.pictures.shape import LONGEST_MAGIC, check_size, may_be_picture
from mirror.domain import MirrorError

MOST_MEMBERS = 200_000
"""Of a zip, whose whole list has to be in memory (some 600 bytes each)."""
LONGEST_LIST = 16 << 20
"""Bytes of a zip's list of members, for the same reason."""
LONGEST_NAME = 1 << 16
"""Bytes of a tar header's extension, which has a long name in it."""
MOST_GROWTH = 100
"""Times: photos do not shrink in an archive, so what grows more is made to fill a disk..."""
GROWTH_FROM = 50 * MEGABYTE
"""... unless all of it is small."""

_DRIVE = re.compile(r"[A-Za-z]:")
_LIST_END, _LIST_END64, _LOCATOR = b"PK\5\6", b"PK\6\6", b"PK\6\7"
_LONG_COMMENT = 22 + 0xFFFF
_GZIP = b"\x1f\x8b"
_DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, struct.error, ValueError,
    RuntimeError,  # what zipfile does not know; RecursionError: a tar's header may have a header, and so on
)
_TAR_MAGIC_AT = 257
_SAYS_UTF8 = 0x800


class Member(NamedTuple):
    """A file of an archive: its name as a feed writes it, and its bytes, or why they are no picture."""

    name: str
    data: bytes
    reason: str


def is_archive(path: Path) -> bool:
    """Whether a file is a zip, tar or tar.gz, by its bytes. Raises MirrorError when it cannot be read."""
    return _kind(path) != ""


def members(path: Path, rules: PictureRules) -> Iterator[Member]:
    """The files of an archive. Raises MirrorError, one line, for one that is damaged or refused."""
    kind = _kind(path)
    if not kind:
        raise MirrorError(f"{path}: is no zip, tar or tar.gz")
    try:
        yield from _zip(path, rules) if kind == "zip" else _tar(path, rules, kind == "tar.gz")
    except _DAMAGE as error:
        words = " ".join(str(error).split())[:80] or type(error).__name__
        raise MirrorError(f"{path}: is a damaged archive ({words}); copy it again") from None
    except OSError as error:
        raise MirrorError(f"{path}: cannot be read ({error.strerror or error})") from None


def _kind(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            start = file.read(_TAR_MAGIC_AT + 5)
    except OSError as error:
        raise MirrorError(f"{path}: cannot be read ({error.strerror}); check --pictures") from None
    if start[:4] in (b"PK\3\4", _LIST_END):
        return "zip"
    if start[:2] == _GZIP:
        return "tar.gz"
    return "tar" if start[_TAR_MAGIC_AT:] == b"ustar" else ""


def _refused(path: Path, name: str, reason: str) -> MirrorError:
    shown = "".join(sign if sign.isprintable() else "?" for sign in name[:80])
    return MirrorError(f"{path}: is refused: its member '{shown}' {reason}; pack the pictures again")


def _plain_name(path: Path, name: str) -> str:
    """A member's name as a feed writes it. Raises MirrorError for one that would lie elsewhere."""
    spoken = name.replace("\\", "/")
    if spoken.startswith("/") or _DRIVE.match(spoken):
        raise _refused(path, name, "has an absolute name")
    parts = [part for part in spoken.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise _refused(path, name, "leaves the archive's folder")
    if any(ord(sign) < 0x20 for sign in name):
        raise _refused(path, name, "has a control character in its name")
    return plain_name("/".join(parts))


def plain_name(name: str) -> str:
    """A name in which an accent is part of its letter, as a Mac's is not."""
    return unicodedata.normalize("NFC", name)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """A member's name: UTF-8 also where the packer forgot to say so, else the old IBM letters."""
    if info.flag_bits & _SAYS_UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _tar_name(name: str) -> str:
    """A member's name; bytes that are no UTF-8 are taken for Latin-1."""
    raw = name.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeError:
        return raw.decode("latin-1")


def _is_aside(name: str) -> bool:
    """What a Mac or Windows puts beside the files."""
    last = name.rpartition("/")[2]
    return name.startswith("__MACOSX/") or last.startswith("._") or last in (".DS_Store", "Thumbs.db", "desktop.ini")


def _check_growth(path: Path, size: int, unpacked: int, rules: PictureRules) -> None:
    if unpacked > rules.unpacked_mb * MEGABYTE:
        raise MirrorError(
            f"{path}: is refused: it unpacks to more than {rules.unpacked_mb:g} MB; raise unpacked_mb in [pictures]"
        )
    if unpacked > GROWTH_FROM and unpacked > MOST_GROWTH * size:
        raise MirrorError(
            f"{path}: is refused: it unpacks to more than {MOST_GROWTH} times its size, as no pictures do"
        )


def _read(file: IO[bytes], rules: PictureRules) -> tuple[bytes, str]:
    """The bytes of a member when they are a picture's, or why not."""
    start = file.read(LONGEST_MAGIC)
    if not may_be_picture(start):
        return b"", "is no picture; JPEG, PNG, WebP, BMP and TIFF are taken"
    data = start + file.read(int(rules.max_mb * MEGABYTE) + 1 - len(start))
    try:
        check_size(len(data), rules)
    except PictureError as error:
        return b"", str(error)
    return data, ""


def _zip(path: Path, rules: PictureRules) -> Iterator[Member]:
    _check_list(path)
    size = path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        if len(infos) > MOST_MEMBERS:
            raise MirrorError(f"{path}: is refused: it has {len(infos)} members; at most {MOST_MEMBERS}, or give a tar")
        _check_growth(path, size, sum(info.file_size for info in infos), rules)
        for info in infos:
            if "\0" in info.orig_filename:
                raise _refused(path, info.filename, "has a control character in its name")
            name = _plain_name(path, _zip_name(info))
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _refused(path, name, "is a link or a device")
            if info.is_dir() or not name or _is_aside(name):
                continue
            if info.flag_bits & 1:
                raise _refused(path, name, "has a password")
            yield Member(name, *_of_zip(archive, info, rules))


def _of_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo, rules: PictureRules) -> tuple[bytes, str]:
    """The bytes of a member when they are a picture's, or why not."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others may ask for gigabytes of memory
        return b"", "is packed in an unusual way; pack the archive with deflate"
    try:
        check_size(info.file_size, rules)
        with archive.open(info) as file:
            return _read(file, rules)
    except PictureError as error:
        return b"", str(error)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError):
        return b"", "is damaged in the archive; pack it again"


def _check_list(path: Path) -> None:
    """Refuse a zip whose list of members is too long for the memory, before it is read."""
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LONG_COMMENT))
        tail = file.read()
        at = tail.rfind(_LIST_END)
        if at < 0:
            raise zipfile.BadZipFile("its list of members is missing")
        (length,) = struct.unpack_from("<I", tail, at + 12)
        locator = tail[max(0, at - 20) : at]
        if length == 0xFFFFFFFF and locator.startswith(_LOCATOR):
            (place,) = struct.unpack_from("<Q", locator, 8)
            file.seek(min(place, size))
            end = file.read(56)
            if not end.startswith(_LIST_END64):
                raise zipfile.BadZipFile("its list of members is missing")
            (length,) = struct.unpack_from("<Q", end, 40)
    if length > LONGEST_LIST:
        raise MirrorError(f"{path}: is refused: its list of members has {length} bytes; pack several, or give a tar")


class _Header(tarfile.TarInfo):
    """A tar header; its extensions are read into memory, so they are looked at first."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        header = super().frombuf(buf, encoding, errors)
        if header.type not in (*tarfile.REGULAR_TYPES, tarfile.DIRTYPE) and header.size > LONGEST_NAME:
            raise tarfile.ReadError(f"a header of {header.size} bytes")
        return header


def _tar(path: Path, rules: PictureRules, packed: bool) -> Iterator[Member]:
    size = path.stat().st_size
    with open(path, "rb") as raw:
        inner = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if packed else raw
        stream = _Counted(inner, path, size, rules)
        with tarfile.open(fileobj=cast("BinaryIO", stream), mode="r|", tarinfo=_Header) as archive:
            while (info := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # it would keep all of them
                name = _plain_name(path, _tar_name(info.name))
                if info.isdir() or (info.isreg() and (not name or _is_aside(name))):
                    continue
                if not info.isreg() or info.issparse():
                    raise _refused(path, name, "is a link or a device")
                file = archive.extractfile(info)
                assert file is not None
                try:
                    check_size(info.size, rules)
                except PictureError as error:
                    yield Member(name, b"", str(error))
                    continue
                data, reason = _read(file, rules)
                if data and len(data) != info.size:
                    raise EOFError("its end is missing")
                yield Member(name, data, reason)


class _Counted:
    """What a tar is read from: no more comes out than the rules let."""

    def __init__(self, inner: BinaryIO, path: Path, size: int, rules: PictureRules) -> None:
        self._inner, self._path, self._size, self._rules = inner, path, size, rules
        self._read = 0

    def read(self, count: int) -> bytes:
        data = self._inner.read(count)
        self._read += len(data)
        _check_growth(self._path, self._size, self._read, self._rules)
        return data
