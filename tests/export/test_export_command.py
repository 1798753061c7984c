"""`mirror export`: one way in for every format, one way out, and nothing written that was not compared."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from export.checked import CardDraft, add_card_arguments, draft_from, require, write_checked
from export.formats import FORMATS, load
from mirror.domain import MirrorError, UsageError
from mirror.runtime.manifest import Manifest
from mirror.runtime.session import Session

FEED = np.arange(12, dtype=np.float32).reshape(1, 3, 2, 2)


def doubling(factor: float = 2.0) -> onnx.ModelProto:
    """A graph that multiplies its picture."""
    node = helper.make_node("Mul", ["image", "factor"], ["out"], name="mul")
    graph = helper.make_graph(
        [node], "doubling", [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 2, 2])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 3, 2, 2])],
        [helper.make_tensor("factor", TensorProto.FLOAT, [], [factor])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return model


def reference(feed: NDArray[Any]) -> Sequence[NDArray[Any]]:
    return [feed * 2]


DRAFT = CardDraft(
    "twice", "doubles a picture", "regression", mean=(104.0, 117.0, 123.0), std=(1.0,), labels=('a "b"', "ü"),
    options={"anchors": [[[1, 2], [3, 4]]], "split": 2.0, "meaning": "bmi"}, licence="CC0", origin="a test",
)


def files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def test_what_export_writes_the_mirror_loads_and_runs(tmp_path: Path) -> None:
    worst = write_checked(doubling(), DRAFT, tmp_path, [FEED], reference, 1e-6, checked_against="numpy")
    assert worst == 0.0
    card = Manifest.load(tmp_path)["twice"]
    assert (card.decoder, card.mean, card.labels) == ("regression", (104.0, 117.0, 123.0), ('a "b"', "ü"))
    assert card.options["anchors"] == [[[1, 2], [3, 4]]]
    assert card.options["split"] == 2.0
    np.testing.assert_array_equal(Session(card).run(FEED)[0], FEED * 2)
    assert card.sample is not None
    with np.load(card.sample.path) as record:
        np.testing.assert_array_equal(record["input"], FEED)
        np.testing.assert_array_equal(record["out"], FEED * 2)
    assert "numpy" in card.card.read_text()


def test_an_own_folder_joins_the_shipped_models(tmp_path: Path) -> None:
    write_checked(doubling(), DRAFT, tmp_path, [FEED], reference, 1e-6)
    manifest = Manifest.load(own=tmp_path)
    assert "twice" in manifest
    assert "garments" in manifest


def test_a_name_that_the_mirror_ships_is_refused_in_an_own_folder(tmp_path: Path) -> None:
    draft = CardDraft("garments", "", "regression")
    write_checked(doubling(), draft, tmp_path, [FEED], reference, 1e-6)
    with pytest.raises(MirrorError, match="comes with the mirror"):
        Manifest.load(own=tmp_path)


def test_a_graph_that_differs_from_its_own_framework_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(MirrorError, match=r"differs .* nothing was written"):
        write_checked(doubling(2.1), DRAFT, tmp_path, [FEED], reference, 1e-3)
    assert files(tmp_path) == set()


@pytest.mark.parametrize("theirs", [lambda x: [x], lambda x: [x[0]], lambda x: [x * 2, x], lambda x: [x * np.nan]])
def test_other_values_shapes_counts_and_nan_are_refused(tmp_path: Path, theirs: Any) -> None:
    with pytest.raises(MirrorError):
        write_checked(doubling(), DRAFT, tmp_path, [FEED], theirs, 1e-3)
    assert files(tmp_path) == set()


def test_an_invalid_graph_is_one_line_and_leaves_what_was_there(tmp_path: Path) -> None:
    write_checked(doubling(), DRAFT, tmp_path, [FEED], reference, 1e-6)
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    broken = doubling()
    broken.graph.node[0].op_type = "Nonsense"
    with pytest.raises(MirrorError, match="does not run") as caught:
        write_checked(broken, DRAFT, tmp_path, [FEED], reference, 1e-6)
    assert "\n" not in str(caught.value)
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before


def test_exporting_again_replaces_the_table_and_keeps_the_others(tmp_path: Path) -> None:
    write_checked(doubling(), DRAFT, tmp_path, [FEED], reference, 1e-6)
    write_checked(doubling(), CardDraft("other", "", "regression"), tmp_path, [FEED], reference, 1e-6)
    write_checked(doubling(), CardDraft("twice", "anew", "regression"), tmp_path, [FEED], reference, 1e-6)
    manifest = Manifest.load(tmp_path)
    assert sorted(card.name for card in manifest) == ["other", "twice"]
    assert manifest["twice"].task == "anew"


def test_a_model_nobody_compared_says_so_on_its_card(tmp_path: Path) -> None:
    write_checked(doubling(), DRAFT, tmp_path, [FEED], None, 1e-6)
    card = Manifest.load(tmp_path)["twice"]
    assert "Not compared" in card.card.read_text()
    assert "difference_to_own_framework" not in card.accuracy


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_card_arguments(parser)
    return parser.parse_args(["--out", "x", *words])


def test_the_command_line_has_the_last_word_on_the_card(tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("one\n\ntwo\n")
    draft = draft_from(
        parsed("--name", "mine", "--mean", "1,2,3", "--labels", str(labels), "--option", "split=3",
               "--option", "meaning=bmi"), DRAFT,
    )
    assert (draft.name, draft.mean, draft.labels) == ("mine", (1.0, 2.0, 3.0), ("one", "two"))
    assert draft.options == {"anchors": [[[1, 2], [3, 4]]], "split": 3, "meaning": "bmi"}


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", 'quo"te'])
def test_a_name_that_is_no_file_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="--name"):
        draft_from(parsed("--name", name), DRAFT)


def test_a_missing_package_is_named_with_its_mend() -> None:
    with pytest.raises(MirrorError, match=r"reading x needs the package 'no_such_package'.*pip install"):
        require("no_such_package", "reading x")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_help_with_an_example(name: str) -> None:
    form = load(name)
    assert form.HELP
    assert form.EXAMPLE.startswith(f"mirror export {name} ")
    form.add_arguments(argparse.ArgumentParser())


def mirror(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "mirror", "export", *words], capture_output=True, text=True,
                          timeout=60)


def test_an_unknown_format_is_wrong_use_in_one_line() -> None:
    done = mirror("tensorfow")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "caffe" in done.stderr


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = mirror(
        "darknet", str(tmp_path / "no.cfg"), str(tmp_path / "no.weights"), "--name", "x", "--out", str(tmp_path / "out")
    )
    assert done.returncode in (1, 2)
    assert done.stderr.count("\n") == 1
    assert "no.cfg" in done.stderr
    assert not (tmp_path / "out").exists()
