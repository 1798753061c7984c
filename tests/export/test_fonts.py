"""The bundled Chinese letters can be made anew."""

from __future__ import annotations

import importlib.util
import io
import json
import tarfile
from pathlib import Path

import pytest

from export.fonts.__main__ import ROOT, letters, main, subset
from mirror.domain import UsageError


def test_every_letter_of_the_chinese_screen_is_asked_for_and_no_latin_one(tmp_path: Path) -> None:
    said = json.loads((ROOT / "mirror" / "ui" / "copy" / "zh.json").read_text("utf-8"))
    assert {letter for letter in json.dumps(said, ensure_ascii=False) if ord(letter) >= 0x3000} <= letters()
    (tmp_path / "words").write_text("ab，你好", "utf-8")
    assert letters([tmp_path / "words"]) == set("，你好“”·…")


def test_a_package_that_is_none_is_one_plain_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with tarfile.open(tmp_path / "other.tgz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("package/README.md"), io.BytesIO())
    for name in ("other.tgz", "missing.tgz"):
        assert main([str(tmp_path / name), "--out", str(tmp_path)]) == 1
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "npm pack" in said


@pytest.mark.skipif(importlib.util.find_spec("fontTools") is not None, reason="fontTools is installed")
def test_without_fonttools_it_says_how_to_get_it() -> None:
    with pytest.raises(UsageError, match="pip install fonttools"):
        subset(b"", 400, "你")
