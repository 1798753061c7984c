"""`mirror catalog build --embedder`: the seed's way, a card of one's own; and no query from another."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from onnx import helper
from tiny_models import finished, own

from catalog.index import Catalogue
from catalog.sample import generate
from mirror.cli import main


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    generate(folder, 30)
    return folder


def build(shop: Path, out: Path, embedder: str) -> int:
    return main([
        "catalog", "build", "--items", str(shop / "items.csv"), "--pictures", str(shop / "pictures"), "--out", str(out),
        "--embedder", embedder, "--json",
    ])


def test_a_shop_fits_the_seeds_embedder_and_finds_its_pictures_with_it(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "shop.catalogue"
    assert build(shop, out, "classic") == 0
    document = json.loads(capsys.readouterr().out)
    fitted = tmp_path / (document["embedder"].replace("@", "-") + ".npz")
    assert fitted.is_file()
    with Catalogue.open(out) as index:
        item = next(index.iter_items())
    asked = ["catalog", "query", "--catalog", str(out), "--image", str(shop / "pictures" / item.picture), "--whole"]
    assert main([*asked, "--json", "-k", "1"]) == 0  # its embedder lies beside it
    best = json.loads(capsys.readouterr().out)["queries"][0]["results"][0]
    assert (best["picture"], best["score"]) == (item.picture, pytest.approx(1, abs=1e-5))
    again = tmp_path / "again.catalogue"
    assert build(shop, again, str(fitted)) == 0
    assert again.read_bytes() == out.read_bytes()
    capsys.readouterr()
    assert main([*asked, "--embedder", "garment-embedding"]) == 1
    told = capsys.readouterr().err
    assert "was built with embedder classic@" in told
    assert "garment-embedding@" in told
    assert told.count("\n") == 1
    fitted.unlink()
    assert main(asked) == 1
    assert f"copy its file {fitted.name} beside it" in capsys.readouterr().err


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A net of one's own that gives the mean colours of a picture's 16 parts, and its card."""
    folder = tmp_path_factory.mktemp("own")
    nodes = [
        helper.make_node("AveragePool", ["image"], ["pooled"], "pool", kernel_shape=[20, 20], strides=[20, 20]),
        helper.make_node("Flatten", ["pooled"], ["embedding"], "row"),
    ]
    infos = [helper.make_tensor_value_info("embedding", 1, [1, 48])]
    own(folder, finished(nodes, [1, 3, 80, 80], infos), "parts", "embedding", scale=1 / 255)
    return shutil.copy(folder / "manifest.toml", folder / "parts.toml")


def test_a_foreign_net_embeds_by_its_card_alone(
    shop: Path, card: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "shop.catalogue"
    assert build(shop, out, str(card)) == 0
    assert json.loads(capsys.readouterr().out)["embedder"].startswith("parts@")
    with Catalogue.open(out) as index:
        assert index.dim == 48
        item = next(index.iter_items())
    asked = ["catalog", "query", "--catalog", str(out), "--image", str(shop / "pictures" / item.picture), "--whole"]
    assert main([*asked, "--embedder", str(card), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["queries"][0]["results"][0]["score"] == pytest.approx(1, abs=1e-5)


def test_the_same_net_with_pictures_prepared_otherwise_is_another_embedder(
    shop: Path, card: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "shop.catalogue"
    assert build(shop, out, str(card)) == 0
    other = card.with_name("other.toml")
    text = card.read_text("utf-8")
    other.write_text(text.replace('colour = "rgb"', 'colour = "bgr"'), "utf-8")
    assert other.read_text("utf-8") != text
    picture = next((shop / "pictures").iterdir())
    capsys.readouterr()
    assert main([
        "catalog", "query", "--catalog", str(out), "--image", str(picture), "--whole", "--embedder", str(other),
    ]) == 1
    told = capsys.readouterr().err
    assert told.count("parts@") == 2
    assert told.count("\n") == 1


@pytest.mark.parametrize(("name", "says"), [
    ("net.joblib", "mirror export sklearn"), ("net.onnx", "give its card"), ("gone.npz", "no such file"),
    ("gone.toml", "no such file"), ("no-such-model", "no model 'no-such-model'"), ("movenet-lightning", "embedding"),
])
def test_what_is_no_embedder_is_one_line(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, says: str
) -> None:
    assert build(shop, tmp_path / "shop.catalogue", name) in (1, 2)
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1
    assert not (tmp_path / "shop.catalogue").exists()
