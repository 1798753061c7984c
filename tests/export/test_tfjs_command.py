"""`mirror export tfjs` on a graph model and what TensorFlow.js itself computed with it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the converter writes ONNX with it")

from export.__main__ import main
from mirror.runtime.manifest import Manifest
from mirror.runtime.session import Session

PAIR = Path(__file__).with_name("tfjs_pair")
NAMED = ("--output", "maps:0=maps", "--output", "classes:0=classes")


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the model, to be spoilt."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(PAIR, tmp_path / "net")
    return tmp_path / "net" / "model.json"


def command(source: Path, *arguments: str) -> int:
    return main(["tfjs", str(source), *arguments, "--out", "mine", "--name", "net"])


def refused(capsys: pytest.CaptureFixture[str], source: Path, *arguments: str, code: int = 1) -> str:
    """The one line that a refusal prints; nothing was written."""
    capsys.readouterr()
    assert command(source, *arguments) == code
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert not Path("mine").exists()
    return line


def test_the_model_gives_what_tensorflow_js_gave(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(model, *NAMED, "--recorded", str(PAIR / "pair.json"), "--licence", "our own") == 0
    assert "of TensorFlow.js" in capsys.readouterr().out
    card = Manifest.load(Path("mine"))["net"]
    assert [o.name for o in card.outputs] == ["maps", "classes"]
    assert float(card.accuracy["difference_to_own_framework"]) < 1e-6
    assert "TensorFlow.js, recorded in pair.json" in card.card.read_text(encoding="utf-8")
    pair = json.loads((PAIR / "pair.json").read_text())
    feed = np.array(pair["input"]["data"], np.float32).reshape(pair["input"]["shape"])
    for ours, name in zip(Session(card).run(feed), ("maps", "classes"), strict=True):
        np.testing.assert_allclose(ours.ravel(), pair[name]["data"], atol=1e-5)


def test_a_model_that_gives_something_else_is_refused(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = bytearray((model.parent / "weights.bin").read_bytes())
    weights[7] ^= 0x40
    (model.parent / "weights.bin").write_bytes(weights)
    line = refused(capsys, model, *NAMED, "--recorded", str(PAIR / "pair.json"))
    assert "differs from its own framework" in line or "not finite" in line


def test_without_tensorflow_one_line_says_what_to_do_instead(
    model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    line = refused(capsys, model)
    assert "--recorded" in line
    assert "--unchecked" in line
    assert command(model, "--unchecked") == 0
    assert "compared with nothing" in capsys.readouterr().out
    card = Manifest.load(Path("mine"))["net"]
    assert "Not compared with its own framework" in card.card.read_text(encoding="utf-8")
    assert not card.accuracy


def test_an_enlargement_by_an_odd_factor_keeps_its_last_column(model: Path) -> None:
    """5 rows times float32(7 / 5) is below 7."""
    assert command(model, "--unchecked", "--output", "maps:0=maps") == 0
    assert Manifest.load(Path("mine"))["net"].outputs[0].shape == (1, 7, 6, 8)


def _cut_weights(model: Path) -> None:
    weights = (model.parent / "weights.bin").read_bytes()
    (model.parent / "weights.bin").write_bytes(weights[:-9])


def _no_weights(model: Path) -> None:
    (model.parent / "weights.bin").unlink()


def _cut_json(model: Path) -> None:
    model.write_bytes(model.read_bytes()[:700])


def _empty(model: Path) -> None:
    model.write_bytes(b"")


def _list(model: Path) -> None:
    model.write_text("[1, 2]")


def _layers(model: Path) -> None:
    model.write_text(json.dumps({"format": "layers-model"}))


def _unknown_op(model: Path) -> None:
    model.write_text(model.read_text().replace("ResizeBilinear", "FancyResize"))


def _missing_layer(model: Path) -> None:
    model.write_text(model.read_text().replace('"name": "conv2"', '"name": "conv3"'))


def _wrong_shape(model: Path) -> None:
    model.write_text(model.read_text().replace('"name": "w3", "shape": [8, 3]', '"name": "w3", "shape": [3, 8]'))


@pytest.mark.parametrize(("spoil", "said"), [
    (_cut_weights, "cut short"), (_no_weights, "no such file"), (_cut_json, "cut short"), (_empty, "no TensorFlow.js"),
    (_list, "no TensorFlow.js"), (_layers, "format is 'layers-model'"),
    (_unknown_op, "op FancyResize is not supported"), (_missing_layer, "no node 'conv2'"),
    (_wrong_shape, "onnx refuses the converted graph"),
])
def test_a_spoilt_model_is_refused_in_one_line(
    model: Path, capsys: pytest.CaptureFixture[str], spoil: object, said: str
) -> None:
    assert callable(spoil)
    spoil(model)
    assert said.lower() in refused(capsys, model, "--unchecked").lower()


@pytest.mark.parametrize(("pair", "said"), [
    ({"maps": {"shape": [1], "data": [0]}}, "has no array 'input'"),
    ({"input": {"shape": [1, 2], "data": [0, 0]}, "maps": {"shape": [1], "data": [0]},
      "classes": {"shape": [1], "data": [0]}}, "'input' is [1, 2], the graph takes [1, 9, 8, 3]"),
    ({"input": {"shape": [3], "data": [0]}}, "no pair recorded by record.mjs"),
    ([], "no pair recorded by record.mjs"),
])
def test_a_record_that_does_not_fit_is_refused_in_one_line(
    model: Path, capsys: pytest.CaptureFixture[str], pair: object, said: str
) -> None:
    Path("pair.json").write_text(json.dumps(pair))
    assert said in refused(capsys, model, *NAMED, "--recorded", "pair.json")


def test_an_output_without_a_name_is_wrong_use(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "write TENSOR=NAME" in refused(capsys, model, "--output", "maps", "--unchecked", code=2)
    line = refused(capsys, model, *NAMED, "--recorded", "x.json", "--bgr-mean", "1,2,3", code=2)
    assert "--bgr-mean" in line
