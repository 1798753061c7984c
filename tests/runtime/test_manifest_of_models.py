"""The manifest of models: what it accepts, and that every complaint names the table and the key in one line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mirror.domain import MirrorError
from mirror.runtime.manifest import Manifest, default_folder

GOOD = """
[[model]]
name = "tiny"
task = "nothing much"
file = "tiny.onnx"
card = "cards/tiny.md"
sha256 = "{digest}"
inputs = [{{ name = "x", shape = ["n", 3], dtype = "float32" }}]
outputs = [{{ name = "y", shape = ["n"], dtype = "float32" }}]
layout = "none"
colour = "none"
scale = 0.5
mean = [1, 2.5]
std = [2, 2]
labels = ["a", "b"]
licence = "Apache-2.0"
origin = "here"

[model.accuracy]
mae = 1.5
source = "a guess"

[model.options]
margin = 1.4
""".format(digest="0" * 64)


def _load(folder: Path, text: str) -> Manifest:
    (folder / "manifest.toml").write_text(text)
    return Manifest.load(folder)


def _complaint(folder: Path, text: str) -> str:
    with pytest.raises(MirrorError) as caught:
        _load(folder, text)
    message = str(caught.value)
    assert "\n" not in message
    assert str(folder) in message
    return message


def test_a_table_becomes_a_card_with_paths_inside_the_folder(tmp_path: Path) -> None:
    card = _load(tmp_path, GOOD)["tiny"]
    assert card.path == tmp_path / "tiny.onnx"
    assert card.card == tmp_path / "cards/tiny.md"
    assert card.inputs[0].shape == ("n", 3)
    assert (card.scale, card.mean, card.std) == (0.5, (1.0, 2.5), (2.0, 2.0))
    assert card.accuracy == {"mae": 1.5, "source": "a guess"}
    assert card.options["margin"] == 1.4
    assert card.labels == ("a", "b")


def test_what_is_left_out_means_no_normalisation(tmp_path: Path) -> None:
    kept = [line for line in GOOD.splitlines() if not line.startswith(("scale", "mean", "std", "labels", "layout"))]
    card = _load(tmp_path, "\n".join(kept))["tiny"]
    assert (card.scale, card.mean, card.std, card.labels, card.layout) == (1.0, (0.0,), (1.0,), (), "none")


def test_a_mistyped_key_is_named_with_its_table_and_what_was_meant(tmp_path: Path) -> None:
    message = _complaint(tmp_path, GOOD.replace("labels", "lables"))
    assert "'tiny'" in message
    assert "'lables'" in message
    assert "'labels'" in message


@pytest.mark.parametrize("key", ["name", "task", "file", "sha256", "inputs", "outputs", "licence", "origin", "card"])
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    text = re.sub(rf"(?m)^{key} = .*$", "", GOOD)
    assert f"'{key}' is missing" in _complaint(tmp_path, text)


@pytest.mark.parametrize(("old", "new", "named"), [
    ('task = "nothing much"', "task = 3", "'task'"),
    ("scale = 0.5", 'scale = "0.5"', "'scale'"),
    ("scale = 0.5", "scale = true", "'scale'"),
    ("mean = [1, 2.5]", "mean = [1, true]", "'mean'"),
    ("std = [2, 2]", "std = [2, 0]", "'std'"),
    ("std = [2, 2]", "std = [2, 2, 2]", "'std'"),
    ('sha256 = "0', 'sha256 = "G', "'sha256'"),
    ('file = "tiny.onnx"', 'file = "../tiny.onnx"', "'file'"),
    ('file = "tiny.onnx"', 'file = "/tiny.onnx"', "'file'"),
    ('layout = "none"', 'layout = "NWHC"', "'layout'"),
    ('colour = "none"', 'colour = "gbr"', "'colour'"),
    ('labels = ["a", "b"]', "labels = [1]", "'labels'"),
    ('shape = ["n", 3]', "shape = [0, 3]", "'inputs[0].shape'"),
    ('shape = ["n", 3], dtype = "float32"', 'shape = ["n", 3], dtype = "float"', "'inputs[0].dtype'"),
    ('{ name = "x", shape', '{ nam = "x", shape', "'inputs[0]'"),
    ("mae = 1.5", "mae = [1.5]", "'accuracy.mae'"),
])
def test_a_value_of_the_wrong_kind_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in GOOD
    message = _complaint(tmp_path, GOOD.replace(old, new))
    assert named in message
    assert "[[model]] 1" in message


def test_two_models_may_not_share_a_name(tmp_path: Path) -> None:
    assert "'tiny'" in _complaint(tmp_path, GOOD + GOOD)


def test_a_key_outside_the_tables_and_text_that_is_no_toml_are_refused(tmp_path: Path) -> None:
    assert "'models'" in _complaint(tmp_path, "models = 1")
    assert "not TOML" in _complaint(tmp_path, "[[model]\nname = ")
    (tmp_path / "manifest.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MirrorError, match="not TOML"):
        Manifest.load(tmp_path)


def test_a_folder_without_a_manifest_is_one_line_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(MirrorError, match=r"no such file.*make models") as caught:
        Manifest.load(tmp_path / "nowhere")
    assert "\n" not in str(caught.value)


def test_an_unknown_model_is_answered_with_the_known(tmp_path: Path) -> None:
    manifest = _load(tmp_path, GOOD)
    assert "tiny" in manifest
    with pytest.raises(MirrorError, match=r"'huge'.*known: tiny"):
        manifest["huge"]


def test_the_environment_can_name_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIRROR_MODELS", str(tmp_path))
    assert default_folder() == tmp_path
    (tmp_path / "manifest.toml").write_text(GOOD)
    assert [card.name for card in Manifest.load()] == ["tiny"]


def test_every_model_we_ship_has_its_file_and_a_card_that_names_its_licence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIRROR_MODELS", raising=False)
    cards = list(Manifest.load())
    assert len(cards) >= 5
    for card in cards:
        assert card.path.is_file(), card.name
        assert "licence" in card.card.read_text(encoding="utf-8").lower(), card.name


def test_the_weights_we_ship_stay_under_a_hundred_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIRROR_MODELS", raising=False)
    cards = list(Manifest.load())
    files = [card.path for card in cards] + [variant.path for card in cards for variant in card.variants.values()]
    assert sum(path.stat().st_size for path in files) < 100e6
