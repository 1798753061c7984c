"""Makes ``mirror/ui/fonts/MirrorHan-*.ttf`` anew, after a Chinese string was changed.

    python -m export.fonts fontsource-noto-sans-sc-5.3.0.tgz

The package is `@fontsource/noto-sans-sc` of the npm registry (Noto Sans SC, SIL Open Font License 1.1; the licence lies
beside the fonts): ``npm pack @fontsource/noto-sans-sc``. Needs ``pip install fonttools brotli``.
"""

from __future__ import annotations

import argparse
import importlib
import io
import sys
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mirror.domain import MirrorError, UsageError

ROOT = Path(__file__).resolve().parents[2]
FONTS = ROOT / "mirror" / "ui" / "fonts"
WEIGHTS = (400, 600)
MEMBER = "package/files/noto-sans-sc-chinese-simplified-{weight}-normal.woff2"
FIRST_HAN = 0x3000
"""From here on letters are the Chinese font's; below lie those of Instrument Sans."""
MARKS = "“”·…"
"""Marks below that, which Chinese sets in its own width."""


def letters(sources: Iterable[Path] | None = None) -> frozenset[str]:
    """Every letter from U+3000 on that ``sources`` (UTF-8) hold, and :data:`MARKS`.

    Without sources: the strings of the screen, and the rooms whose sentences it shows.
    """
    if sources is None:
        sources = [*(ROOT / "mirror" / "ui" / "copy").glob("*.json"), *(ROOT / "mirror" / "recommend").glob("*.py")]
    return frozenset(MARKS) | {
        letter for path in sources for letter in path.read_text("utf-8") if ord(letter) >= FIRST_HAN}


def subset(data: bytes, weight: int, wanted: Iterable[str]) -> bytes:
    """A TrueType file of one weight's woff2 with the ``wanted`` letters and no hints, under a family name of its own:
    Qt mixes up weights that share one.

    Raises:
        UsageError: fontTools or brotli is not installed.
        MirrorError: the font lacks a letter.
    """
    try:
        tools: Any = importlib.import_module("fontTools.ttLib")
        subsetting: Any = importlib.import_module("fontTools.subset")
        importlib.import_module("brotli")
    except ModuleNotFoundError as error:
        raise UsageError(f"export.fonts needs {error.name}: pip install fonttools brotli") from None
    font = tools.TTFont(io.BytesIO(data))
    font.flavor = None
    options = subsetting.Options()
    options.name_IDs, options.layout_features = [0, 13, 14], []
    options.hinting, options.notdef_outline = False, True
    cutter = subsetting.Subsetter(options)
    cutter.populate(unicodes={ord(letter) for letter in wanted})
    cutter.subset(font)
    missing = sorted(letter for letter in wanted if ord(letter) not in font.getBestCmap())
    if missing:
        raise MirrorError(f"export.fonts: the font has no {''.join(missing)}; use other words")
    family, plain = f"Mirror Han {weight}", f"MirrorHan-{weight}"
    # OpenType name table: family, style, unique id, full name, PostScript name
    for place, value in ((1, family), (2, "Regular"), (3, plain), (4, family), (6, plain)):
        font["name"].setName(value, place, 3, 1, 0x409)
    font["OS/2"].usWeightClass = 400
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when the fonts were written, 1 when not, 2 for wrong use."""
    parser = argparse.ArgumentParser(prog="python -m export.fonts", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("package", type=Path, help="fontsource-noto-sans-sc-*.tgz, as npm packs it")
    parser.add_argument("--out", type=Path, default=FONTS, help="folder (default: the mirror's own)")
    options = parser.parse_args(arguments)
    try:
        wanted = letters()
        made = {weight: subset(_member(options.package, weight), weight, wanted) for weight in WEIGHTS}
        for weight, data in made.items():
            (options.out / f"MirrorHan-{weight}.ttf").write_bytes(data)
            print(f"export.fonts: MirrorHan-{weight}.ttf, {len(wanted)} letters, {len(data)} bytes", file=sys.stderr)
    except MirrorError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"export.fonts {options.out}: {error.strerror}; check the folder of --out", file=sys.stderr)
        return 1
    return 0


def _member(package: Path, weight: int) -> bytes:
    """One weight's file in the package. MirrorError when it is not there."""
    try:
        with tarfile.open(package) as archive:
            found = archive.extractfile(MEMBER.format(weight=weight))
            assert found is not None
            return found.read()
    except (OSError, tarfile.TarError, KeyError) as error:
        raise MirrorError(f"export.fonts {package}: cannot be read ({error}); it is what "
                          "`npm pack @fontsource/noto-sans-sc` writes") from None


if __name__ == "__main__":
    sys.exit(main())
