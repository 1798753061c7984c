"""`mirror models list` and `verify`: what they say of good, missing and damaged models."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mirror.domain import MirrorError
from mirror.runtime.manifest import Manifest
from mirror.runtime.zoo import list_models, verify_models


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the models' folder with the weights of two, one of them damaged."""
    manifest = Manifest.load()
    shutil.copy(manifest.folder / "manifest.toml", tmp_path)
    shutil.copy(manifest["movenet-lightning"].path, tmp_path)
    damaged = bytearray(manifest["faceres"].path.read_bytes())
    damaged[-1000] ^= 0x40
    (tmp_path / "faceres.onnx").write_bytes(damaged)
    return tmp_path


def test_the_list_is_json_and_tells_which_files_are_there(folder: Path) -> None:
    rows = {row["name"]: row for row in json.loads(json.dumps(list_models(folder)))}
    assert set(rows) == set(Manifest.load().cards)
    assert rows["movenet-lightning"]["bytes"] > 1e6
    assert rows["movenet-thunder"]["bytes"] is None
    assert rows["movenet-lightning"]["licence"]


def test_verifying_finds_each_bad_model_and_goes_on(folder: Path) -> None:
    rows = {row["name"]: row for row in verify_models(folder)}
    assert rows["movenet-lightning"] == {"name": "movenet-lightning", "ok": True, "problem": ""}
    assert "damaged" in rows["faceres"]["problem"]
    assert "no file" in rows["movenet-thunder"]["problem"]
    assert not rows["faceres"]["ok"]
    assert all("\n" not in row["problem"] for row in rows.values())


def test_every_model_we_ship_verifies() -> None:
    assert [row for row in verify_models() if not row["ok"]] == []


def test_no_models_at_all_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(MirrorError, match="make models"):
        verify_models(tmp_path)
