"""Settings: the later source wins, and every mistake is one line that names the mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirror.config import load_settings
from mirror.domain import UsageError


def test_file_then_environment_then_flags_win_in_this_order(tmp_path: Path) -> None:
    file = tmp_path / "mirror.toml"
    file.write_text('[camera]\nsource = "clip.mp4"\nfps = 25\n[privacy]\nconsent = "given"\n')
    settings = load_settings(
        file, {"MIRROR_CAMERA__FPS": "50", "MIRROR_CAMERA__SOURCE": "1", "HOME": "x"}, {"camera": {"source": "demo"}}
    )
    assert settings.camera.source == "demo"
    assert settings.camera.fps == 50
    assert settings.privacy.consent == "given"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[camra]\nsource='0'", ["camra", "did you mean 'camera'"]),
        ("[camera]\nsorce='0'", ["sorce", "did you mean 'source'"]),
        ("[camera]\nfps='fast'", ["fps", "whole number", "'fast'"]),
        ("[camera]\nfps=29.97", ["fps", "whole number"]),
        ("[camera]\nfps=true", ["fps", "whole number"]),
        ("[camera]\nfps=0", ["fps", "1..240"]),
        ("[privacy]\nconsent='maybe'", ["consent", "ask, given, off"]),
        ("[privacy]\nestimates='perhaps'", ["estimates", "true or false"]),
        ("[ui]\nlanguage=3", ["language"]),
        ("camera='0'", ["camera", "[camera]"]),
        ("[camera\nfps=3", ["TOML"]),
    ],
)
def test_a_mistake_in_the_file_is_one_line_that_names_it(tmp_path: Path, text: str, words: list[str]) -> None:
    file = tmp_path / "mirror.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        load_settings(file, {})
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_a_missing_file_is_named() -> None:
    with pytest.raises(UsageError, match=r"nowhere\.toml"):
        load_settings(Path("nowhere.toml"), {})
