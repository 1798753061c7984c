"""Pictures out of archives: real zips and tars, good ones, odd ones and hostile ones."""

from __future__ import annotations

import gzip
import io
import os
import random
import signal
import subprocess
import sys
import tarfile
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catalog.build import BuildReport, build
from catalog.index import Catalogue
from catalog.pictures.archive import is_archive, members
from catalog.pictures.rules import PictureRules
from mirror.domain import FloatArray, ImageArray, MirrorError, UsageError
from mirror.service.feed_pictures import feed_pictures, store_of

ROOT = Path(__file__).parents[2]
KINDS = ("pictures.zip", "pictures.tar", "pictures.tar.gz")


def colour_grid(image: ImageArray) -> FloatArray:
    return image[:2, :2].reshape(-1).astype("float32") + 1


def run(feed: Any, archive: Path, rules: PictureRules | None = None, **options: Any) -> BuildReport:
    with feed_pictures(archive, store_of(feed.out), rules or PictureRules()) as source:
        return build(feed.items, source, feed.out, colour_grid, "grid-1", **options)


def pack(feed: Any, name: str, top: str = "") -> Path:
    """All pictures of the feed's folder as an archive beside it."""
    path: Path = feed.folder / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            for picture in sorted(feed.pictures.iterdir()):
                out.write(picture, top + picture.name)
    else:
        with tarfile.open(path, "w:gz" if name.endswith("gz") else "w") as tar:
            for picture in sorted(feed.pictures.iterdir()):
                tar.add(picture, top + picture.name)
    return path


def vectors(path: Path) -> dict[str, list[float]]:
    with Catalogue.open(path) as catalogue:
        catalogue.verify()
        for item in catalogue.iter_items():
            assert catalogue.picture(item).is_file()
        return {item.id: catalogue.vector(item.id).tolist() for item in catalogue.iter_items()}


@pytest.mark.parametrize("top", ["", "./", "summer 26/"])
@pytest.mark.parametrize("name", KINDS)
def test_an_archive_gives_the_same_items_as_its_folder(feed: Any, name: str, top: str) -> None:
    build(feed.items, feed.pictures, feed.out, colour_grid, "grid-1")
    expected = vectors(feed.out)
    feed.out.unlink()
    archive = pack(feed, name, top)
    assert run(feed, archive).left_out == 0
    assert vectors(feed.out) == expected
    with Catalogue.open(feed.out) as catalogue:
        assert catalogue.pictures.resolve() == store_of(feed.out).resolve()


def test_an_archive_that_did_not_change_is_not_unpacked_again_and_one_that_did_is(feed: Any) -> None:
    archive = pack(feed, "pictures.zip")
    run(feed, archive)
    first = feed.out.read_bytes()
    kept = {path: path.stat().st_ino for path in store_of(feed.out).rglob("*.png")}
    assert len(kept) == 30
    with feed_pictures(archive, store_of(feed.out), PictureRules()) as source:
        assert not run_with(feed, source).changed
        assert source.report.unpacked == 0  # type: ignore[attr-defined]
    (feed.pictures / "3.png").write_bytes((feed.pictures / "4.png").read_bytes())
    archive = pack(feed, "pictures.zip")
    assert run(feed, archive).changed
    assert {path: path.stat().st_ino for path in kept} == kept  # also the one that only the index before has
    feed.pictures.joinpath("3.png").unlink()
    feed.out.unlink()
    report = run(feed, pack(feed, "pictures.zip"))
    assert [error.reason for error in report.bad] == ["'3.png' is not in pictures.zip"]
    assert first != feed.out.read_bytes()


def run_with(feed: Any, source: Any) -> BuildReport:
    return build(feed.items, source, feed.out, colour_grid, "grid-1")


def test_members_that_cannot_be_used_are_rejected_rows_with_their_reason(feed: Any) -> None:
    (feed.pictures / "1.png").write_bytes(b"<html>not a picture</html>")
    (feed.pictures / "2.png").write_bytes((feed.pictures / "2.png").read_bytes()[:-20])
    (feed.pictures / "3.png").write_bytes((feed.pictures / "3.png").read_bytes() + bytes(200_000))
    for name in KINDS:
        report = run(feed, pack(feed, name), PictureRules(max_mb=0.1))
        assert {error.line: error.reason for error in report.bad} == {
            3: "is no picture; JPEG, PNG, WebP, BMP and TIFF are taken",
            4: "is a PNG picture whose end is missing", 5: "is larger than 0.1 MB",
        }
        assert report.rows == 27
    archive = pack(feed, "again.zip")
    assert run(feed, archive, PictureRules(max_megapixels=0.001)).rows == 28  # other limits: it is read anew
    with pytest.raises(MirrorError, match=r"has 0.0 megapixels; at most 1e-05 are taken"):
        run(feed, archive, PictureRules(max_megapixels=0.00001))


def test_a_kept_picture_that_somebody_removed_is_unpacked_again(feed: Any) -> None:
    archive = pack(feed, "pictures.zip")
    run(feed, archive)
    clean = feed.out.read_bytes()
    for path in list(store_of(feed.out).rglob("*.png"))[:3]:
        path.unlink()
    run(feed, archive)
    assert feed.out.read_bytes() == clean
    assert len(list(store_of(feed.out).rglob("*.png"))) == 30


NAMES = "Grösse Ñ.png"


def zip_without_flag(path: Path, data: bytes) -> None:
    """As some packers do it: UTF-8 names that do not say so."""
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("GrXXsse YY.png", data)
    packed = path.read_bytes().replace(b"GrXXsse YY.png", NAMES.encode())
    path.write_bytes(packed)


def tar_of(encoding: str, name: str) -> Callable[[Path, bytes], None]:
    def write(path: Path, data: bytes) -> None:
        with tarfile.open(path, "w", format=tarfile.GNU_FORMAT, encoding=encoding) as out:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))

    return write


@pytest.mark.parametrize("write", [
    zip_without_flag, tar_of("latin-1", NAMES), tar_of("utf-8", unicodedata.normalize("NFD", NAMES)),
])
def test_a_name_is_found_however_the_packer_wrote_its_letters(feed: Any, write: Callable[[Path, bytes], None]) -> None:
    feed.rows = feed.rows[:1]
    feed.rows[0]["picture"] = NAMES
    feed.save()
    archive = feed.folder / "odd.archive"
    write(archive, (feed.pictures / "0.png").read_bytes())
    assert run(feed, archive).rows == 1


def read_all(archive: Path) -> str:
    """Why an archive is refused, or nothing."""
    try:
        for member in members(archive, PictureRules()):
            assert member.name.encode("utf-8")
    except MirrorError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", KINDS)
def test_a_damaged_archive_is_one_line_or_gives_what_is_whole(feed: Any, name: str) -> None:
    data = pack(feed, name).read_bytes()
    chance = random.Random(3)
    archive = feed.folder / "damaged"
    refused = 0
    for _ in range(150):
        spoiled = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            # the lists at the ends are where a reader believes what it reads
            place = chance.choice((chance.randrange(len(data)), chance.randrange(600), -1 - chance.randrange(600)))
            spoiled[place] = chance.randrange(256)
        archive.write_bytes(spoiled[: chance.choice((len(data), chance.randrange(1, len(data))))])
        says = read_all(archive)
        refused += bool(says)
        assert says.isprintable()
    assert refused > 20


def test_a_store_has_no_more_than_it_may(feed: Any) -> None:
    report = run(feed, pack(feed, "pictures.zip"), PictureRules(store_mb=0.001))
    assert 0 < report.rows < 30
    assert all("raise store_mb in [pictures]" in error.reason for error in report.bad)
    assert sum(path.stat().st_size for path in store_of(feed.out).rglob("*.png")) <= 1000


def zipped(path: Path, *names: str, **kinds: Any) -> None:
    with zipfile.ZipFile(path, "w") as out:
        for name in names:
            info = zipfile.ZipInfo(name)
            for key, value in kinds.items():
                setattr(info, key, value)
            out.writestr(info, b"\x89PNG\r\n\x1a\n")


def tarred(path: Path, name: str, kind: bytes = tarfile.REGTYPE, twice: bool = False, link: str = "") -> None:
    with tarfile.open(path, "w") as out:
        for _ in range(1 + twice):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
            out.addfile(info)


def many_zeros(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out, out.open("zeros.bin", "w") as member:
        for _ in range(60):
            member.write(bytes(1_000_000))


def many_zeros_in_tar(path: Path) -> None:
    with gzip.open(path, "wb") as packed, tarfile.open(fileobj=packed, mode="w") as out:  # type: ignore[type-var]
        info = tarfile.TarInfo("zeros.bin")
        info.size = 60_000_000
        out.addfile(info, io.BytesIO(bytes(60_000_000)))


def long_header(path: Path) -> None:
    """A tar whose extended header claims to be 1 GB, which a reader would hold in memory."""
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 1 << 30
    path.write_bytes(info.tobuf(tarfile.USTAR_FORMAT) + bytes(4096))


def header_in_header(path: Path) -> None:
    """Extended headers of extended headers, deeper than a reader that calls itself can go."""
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 0
    path.write_bytes(info.tobuf(tarfile.USTAR_FORMAT) * 5000 + bytes(1024))


HOSTILE: list[tuple[str, Callable[[Path], object], str]] = [
    ("zip", lambda path: zipped(path, "a.png", "../../evil.png"), r"'../../evil.png' leaves the archive's folder"),
    ("zip", lambda path: zipped(path, "..\\evil.png"), "leaves the archive's folder"),
    ("zip", lambda path: zipped(path, "/etc/evil.png"), "has an absolute name"),
    ("zip", lambda path: zipped(path, "C:\\evil.png"), "has an absolute name"),
    ("zip", lambda path: zipped(path, "a.png", external_attr=0o120777 << 16), "is a link or a device"),
    ("zip", lambda path: zipped(path, "a.png", "./a.png"), "has two members 'a.png'"),
    ("zip", many_zeros, "more than 100 times its size"),
    ("zip", lambda path: path.write_bytes(b"PK\3\4" + bytes(500)), "is a damaged archive"),
    ("tar", lambda path: tarred(path, "../evil.png"), "leaves the archive's folder"),
    ("tar", lambda path: tarred(path, "/etc/evil.png"), "has an absolute name"),
    ("tar", lambda path: tarred(path, "a.png", tarfile.SYMTYPE, link="/etc/passwd"), "is a link or a device"),
    ("tar", lambda path: tarred(path, "a.png", tarfile.LNKTYPE, link="/etc/passwd"), "is a link or a device"),
    ("tar", lambda path: tarred(path, "a.png", tarfile.FIFOTYPE), "is a link or a device"),
    ("tar", lambda path: tarred(path, "a.png", tarfile.CHRTYPE), "is a link or a device"),
    ("tar", lambda path: tarred(path, "a.png", twice=True), "has two members 'a.png'"),
    ("tar.gz", many_zeros_in_tar, "more than 100 times its size"),
    ("tar", long_header, "is a damaged archive"),
    ("tar", header_in_header, "is a damaged archive"),
    ("tar.gz", lambda path: path.write_bytes(gzip.compress(bytes(2000))[:20]), "is a damaged archive"),
]


@pytest.mark.parametrize(("suffix", "make", "says"), HOSTILE)
def test_a_hostile_archive_is_refused_in_one_line_and_leaves_the_old_index(
    feed: Any, suffix: str, make: Callable[[Path], object], says: str
) -> None:
    build(feed.items, feed.pictures, feed.out, colour_grid, "grid-1")
    old = feed.out.read_bytes()
    archive = feed.folder / f"hostile.{suffix}"
    make(archive)
    with pytest.raises(MirrorError, match=says) as caught:
        run(feed, archive)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(archive))
    assert feed.out.read_bytes() == old
    assert not (feed.folder.parent / "evil.png").exists()
    assert not [path for path in store_of(feed.out).rglob("*") if path.is_symlink()]


def test_what_is_no_archive_is_wrong_use(feed: Any) -> None:
    other = feed.folder / "pictures.rar"
    other.write_bytes(b"Rar!" + bytes(600))
    assert not is_archive(other)
    with pytest.raises(UsageError, match=r"is neither a folder nor a zip, tar or tar.gz"):
        run(feed, other)


def test_more_than_an_archive_may_unpack_to_is_refused(feed: Any) -> None:
    for name in KINDS:
        with pytest.raises(MirrorError, match=r"unpacks to more than 0.001 MB"):
            run(feed, pack(feed, name), PictureRules(unpacked_mb=0.001))


CHILD = """
import os, sys
from pathlib import Path
from catalog.pictures import store
from catalog.pictures.rules import PictureRules
from catalog.build import build
from mirror.service.feed_pictures import feed_pictures
store.KEEP_EVERY_S = 0
folder, stop = Path(sys.argv[1]), int(sys.argv[2])
replaced = 0
swap = os.replace
def counted(a, b):
    global replaced
    replaced += 1
    if replaced == stop:
        print("stop", flush=True)
        sys.stdin.read()
    swap(a, b)
os.replace = counted
with feed_pictures(folder / "pictures.tar.gz", folder / "shop.catalogue.pictures", PictureRules()) as source:
    build(folder / "items.csv", source, folder / "shop.catalogue",
          lambda image: image[:2, :2].reshape(-1).astype("float32") + 1, "grid-1")
"""


@pytest.mark.parametrize("stop", [1, 17, 31])
def test_an_unpacking_that_was_killed_goes_on_and_gives_the_same_bytes(feed: Any, stop: int) -> None:
    archive = pack(feed, "pictures.tar.gz")
    run(feed, archive)
    clean = feed.out.read_bytes()
    feed.out.unlink()
    for path in sorted(store_of(feed.out).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(feed.folder), str(stop)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"},
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == b"stop"
        child.send_signal(signal.SIGKILL)
    before = {path: path.stat().st_ino for path in store_of(feed.out).rglob("*.png")}
    run(feed, archive)
    assert feed.out.read_bytes() == clean
    assert {path: path.stat().st_ino for path in before} == before  # what was unpacked is not written again
    assert not list(store_of(feed.out).glob(".part-*"))
