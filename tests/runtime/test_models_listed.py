"""`mirror models list` and `verify`: what they say of good, missing, damaged and swapped models."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from mirror.domain import MirrorError
from mirror.runtime.manifest import Manifest, default_folder
from mirror.runtime.sample import difference, read_sample
from mirror.runtime.session import Session
from mirror.runtime.zoo import list_models, models_table, verified_table, verify_models

SMALL = "movenet-lightning"
MOST_SAMPLE_BYTES = 2e6


def only(folder: Path, *names: str) -> Path:
    """A folder with these models alone, their files and samples."""
    source = default_folder()
    tables = (source / "manifest.toml").read_text(encoding="utf-8").split("[[model]]\n")[1:]
    kept = [table for table in tables if any(table.startswith(f'name = "{name}"\n') for name in names)]
    (folder / "manifest.toml").write_text("".join(f"[[model]]\n{table}" for table in kept), encoding="utf-8")
    (folder / "samples").mkdir()
    for card in Manifest.load(folder):
        for path in (card.file, card.sample.file if card.sample else "", *(v.file for v in card.variants.values())):
            if path:
                shutil.copy(source / path, folder / path)
    return folder


def problem(folder: Path, name: str = SMALL, precision: str = "fp32") -> str:
    """What is wrong with one model; "" when nothing."""
    (row,) = [row for row in verify_models(folder) if (row["name"], row["precision"]) == (name, precision)]
    assert row["ok"] == (not row["problem"])
    assert "\n" not in row["problem"]
    return str(row["problem"])


def rewrite(folder: Path, old: str, new: str) -> None:
    path = folder / "manifest.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_list_is_json_and_tells_which_files_are_there(tmp_path: Path) -> None:
    shutil.copy(default_folder() / "manifest.toml", tmp_path)
    shutil.copy(Manifest.load()[SMALL].path, tmp_path)
    rows = {row["name"]: row for row in json.loads(json.dumps(list_models(tmp_path)))}
    assert set(rows) == set(Manifest.load().cards)
    assert rows[SMALL]["bytes"] > 1e6
    assert rows["movenet-thunder"]["bytes"] is None
    assert rows[SMALL]["licence"]


def test_the_list_names_every_precision_and_the_providers_that_run_it() -> None:
    for row in list_models():
        card = Manifest.load()[row["name"]]
        by = {variant["precision"]: variant for variant in row["variants"]}
        assert set(card.variants) <= set(by)
        assert by["fp32"]["bytes"] == card.path.stat().st_size
        for provider, precision in card.default.items():
            assert provider in by[precision]["default_for"]
            assert precision == "fp32" or provider not in by["fp32"]["default_for"]


def test_the_table_has_a_line_for_each_precision_and_says_where_it_runs(tmp_path: Path) -> None:
    folder = only(tmp_path, SMALL)
    shutil.copy(folder / f"{SMALL}.onnx", folder / "half.onnx")
    card = Manifest.load(folder)[SMALL]
    text = (folder / "manifest.toml").read_text(encoding="utf-8")
    for header in ("[[model.variant]]", "[model.default]"):
        text = text.split(header)[0]
    block = f'[[model.variant]]\nprecision = "fp16"\nfile = "half.onnx"\nsha256 = "{card.sha256}"\n'
    (folder / "manifest.toml").write_text(f'{text}\n{block}\n[model.default]\ncuda = "fp16"\ntensorrt = "int8"\n')
    full, half, int8, total = models_table(list_models(folder)).splitlines()
    assert full.endswith("runs on others")
    assert "fp16" in half
    assert half.endswith("runs on cuda")
    assert "on device" in int8
    assert int8.endswith("runs on tensorrt")
    assert f"{2 * card.path.stat().st_size / 1e6:.1f} MB" in total


def test_every_model_and_variant_we_ship_is_proved_by_hash_and_recorded_output() -> None:
    rows = verify_models()
    assert [row["problem"] for row in rows if not row["ok"]] == []
    assert {(row["name"], row["precision"]) for row in rows} == {
        (card.name, precision) for card in Manifest.load() for precision in ("fp32", *card.variants)
    }
    for row in rows:
        assert row["hash"]
        assert row["difference"] <= row["tolerance"]
    assert len(verified_table(rows).splitlines()) == len(rows)


def test_all_samples_together_are_small() -> None:
    samples = [card.sample for card in Manifest.load()]
    assert all(samples)
    assert sum(sample.path.stat().st_size for sample in samples if sample) < MOST_SAMPLE_BYTES


def test_verifying_finds_each_bad_model_and_goes_on(tmp_path: Path) -> None:
    folder = only(tmp_path, SMALL, "body-shape")
    damaged = bytearray((folder / f"{SMALL}.onnx").read_bytes())
    damaged[-1000] ^= 0x40
    (folder / f"{SMALL}.onnx").write_bytes(damaged)
    assert "damaged" in problem(folder)
    assert "make models" in problem(folder)
    assert problem(folder, "body-shape") == ""
    (folder / f"{SMALL}.onnx").unlink()
    assert "no file" in problem(folder)


def test_a_file_with_the_manifests_hash_but_other_weights_is_found_by_its_outputs(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="makes a graph with other weights")
    folder = only(tmp_path, SMALL)
    model = onnx.load(folder / f"{SMALL}.onnx")
    largest = max(model.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    weights = onnx.numpy_helper.to_array(largest) * np.float16(1.2)
    largest.CopyFrom(onnx.numpy_helper.from_array(weights.astype(np.float16), largest.name))
    swapped = model.SerializeToString()
    (folder / f"{SMALL}.onnx").write_bytes(swapped)
    rewrite(folder, Manifest.load(folder)[SMALL].sha256, hashlib.sha256(swapped).hexdigest())
    said = problem(folder)
    assert "computes something else" in said
    assert "export.quantize.record" in said


def test_a_missing_a_damaged_and_a_foreign_sample_are_found(tmp_path: Path) -> None:
    folder = only(tmp_path, SMALL)
    path = folder / "samples" / f"{SMALL}.npz"
    whole = path.read_bytes()
    path.unlink()
    assert "no such file" in problem(folder)
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1:])
    assert "damaged" in problem(folder)
    foreign = (default_folder() / "samples" / "body-shape.npz").read_bytes()
    path.write_bytes(foreign)
    rewrite(folder, hashlib.sha256(whole).hexdigest(), hashlib.sha256(foreign).hexdigest())
    assert "does not hold" in problem(folder)
    text = (folder / "manifest.toml").read_text(encoding="utf-8")
    start = text.index("[model.sample]")
    rest = text[start + 1:].find("\n[")
    (folder / "manifest.toml").write_text(text[:start] + ("" if rest < 0 else text[start + 1 + rest:]))
    assert "no recorded sample" in problem(folder)


def test_outputs_of_other_shape_or_without_a_value_are_infinitely_far_off() -> None:
    card = Manifest.load()["body-shape"]
    sample = read_sample(card)
    outputs = Session(card).run(sample.input)
    assert difference(outputs, sample.outputs, "fp32") < 1e-5
    assert difference([outputs[0][:, :3]], sample.outputs, "fp32") == float("inf")
    broken = outputs[0].copy()
    broken[0, 0] = np.nan
    assert difference([broken], sample.outputs, "fp32") == float("inf")


def test_no_models_at_all_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(MirrorError, match="make models"):
        verify_models(tmp_path)
