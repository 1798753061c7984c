"""What a card says of precisions, gates and samples: read, or refused with the key named."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirror.domain import MirrorError
from mirror.runtime.manifest import Manifest

PLAIN = f"""
[[model]]
name = "tiny"
task = "nothing much"
file = "tiny.onnx"
card = "cards/tiny.md"
sha256 = "{'0' * 64}"
decoder = "regression"
inputs = [{{ name = "x", shape = [1], dtype = "float32" }}]
outputs = [{{ name = "y", shape = [1], dtype = "float32" }}]
licence = "Apache-2.0"
origin = "here"
"""
FULL = PLAIN + f"""
[[model.variant]]
precision = "int8"
file = "tiny.int8.onnx"
sha256 = "{'1' * 64}"
[model.variant.accuracy]
mae = 1.6

[model.default]
cpu = "int8"
tensorrt = "fp16"

[model.gate]
mae = 0.2

[model.sample]
file = "samples/tiny.npz"
sha256 = "{'2' * 64}"
tolerance = 0.001
"""


def load(folder: Path, text: str) -> Manifest:
    folder.mkdir(exist_ok=True)
    (folder / "manifest.toml").write_text(text)
    return Manifest.load(folder)


def test_a_card_knows_its_variants_gate_default_and_sample(tmp_path: Path) -> None:
    card = load(tmp_path, FULL)["tiny"]
    variant = card.variants["int8"]
    assert (variant.path, variant.sha256, variant.accuracy) == (tmp_path / "tiny.int8.onnx", "1" * 64, {"mae": 1.6})
    assert card.default == {"cpu": "int8", "tensorrt": "fp16"}
    assert card.gate == {"mae": 0.2}
    assert card.decoder == "regression"
    assert card.sample is not None
    assert (card.sample.path, card.sample.tolerance) == (tmp_path / "samples/tiny.npz", 0.001)


def test_a_card_without_them_has_none(tmp_path: Path) -> None:
    card = load(tmp_path, PLAIN)["tiny"]
    assert (dict(card.variants), dict(card.default), dict(card.gate), card.sample) == ({}, {}, {}, None)


@pytest.mark.parametrize(("old", "new", "named"), [
    ('precision = "int8"', 'precision = "int4"', "variant[0].precision"),
    ('file = "tiny.int8.onnx"', 'file = "/etc/tiny"', "variant[0].file"),
    ("1" * 64, "1" * 63, "variant[0].sha256"),
    ('file = "tiny.int8.onnx"\n', "", "variant[0]"),
    ("mae = 1.6", "mae = []", "variant[0].accuracy.mae"),
    ('cpu = "int8"', 'cpu = "fp16"', "default.cpu"),
    ('cpu = "int8"', 'gpu = "int8"', "default.gpu"),
    ("mae = 0.2", "mae = -0.2", "gate.mae"),
    ("mae = 0.2", "mae = true", "gate.mae"),
    ('file = "samples/tiny.npz"', 'file = "../tiny.npz"', "sample.file"),
    ("tolerance = 0.001", 'tolerance = "small"', "sample.tolerance"),
    ("tolerance = 0.001", "", "sample"),
])
def test_what_is_wrong_in_them_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in FULL
    with pytest.raises(MirrorError) as caught:
        load(tmp_path, FULL.replace(old, new, 1))
    assert f"'{named}'" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_own_models_join_and_keep_their_own_folder(tmp_path: Path) -> None:
    load(tmp_path / "shipped", PLAIN)
    load(tmp_path / "own", PLAIN.replace('"tiny"', '"mine"', 1))
    manifest = Manifest.load(tmp_path / "shipped", tmp_path / "own")
    assert [card.name for card in manifest] == ["tiny", "mine"]
    assert manifest["mine"].path == tmp_path / "own" / "tiny.onnx"


def test_an_own_folder_without_a_manifest_names_the_setting(tmp_path: Path) -> None:
    load(tmp_path / "shipped", PLAIN)
    with pytest.raises(MirrorError, match=r"\[models\] own"):
        Manifest.load(tmp_path / "shipped", tmp_path / "nowhere")


def test_an_own_model_may_not_take_a_shipped_name(tmp_path: Path) -> None:
    load(tmp_path / "shipped", PLAIN)
    load(tmp_path / "own", PLAIN)
    with pytest.raises(MirrorError, match="'tiny' comes with the mirror"):
        Manifest.load(tmp_path / "shipped", tmp_path / "own")
