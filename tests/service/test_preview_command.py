"""`mirror preview` from the outside: a sheet is written, and a picture of nobody is refused in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).parents[2]


def preview(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, "-m", "mirror", "preview", *arguments], cwd=ROOT, env=environment,
                          capture_output=True, text=True, timeout=60, check=False)


def test_a_sheet_of_the_demo_is_written_in_the_language_and_theme_asked_for(tmp_path: Path) -> None:
    done = preview("--out", str(tmp_path / "new"), "--size", "360x640", "--language", "zh", "--theme", "dark")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["360x640-zh-dark.png"]
    sheet = cv2.imread(str(tmp_path / "new" / "360x640-zh-dark.png"))
    assert sheet.shape[0] > 1000
    assert sheet.std() > 30


def test_nobody_in_the_picture_and_an_unknown_language_are_one_plain_line(tmp_path: Path) -> None:
    empty = tmp_path / "empty.png"
    cv2.imwrite(str(empty), np.full((480, 640, 3), 128, np.uint8))
    for arguments, code, said in (
        ((str(empty), "--out", str(tmp_path)), 1, "nobody is found"),
        (("--language", "xx", "--out", str(tmp_path)), 2, "must be one of en, zh, es"),
    ):
        done = preview(*arguments)
        assert (done.returncode, "Traceback" in done.stderr) == (code, False)
        assert said in done.stderr
