"""Every command as a real process: what it prints, its exit code, and one plain line for each bad input."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from catalog.sample import generate

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("MIRROR_SHARED", ROOT.parent / "shared"))


def mirror(*arguments: object, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mirror", *(str(a) for a in arguments)], capture_output=True, text=True, timeout=200,
        cwd=ROOT, env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **(environment or {})}, check=False,
    )


def assert_one_plain_line(done: subprocess.CompletedProcess[str], *words: str, code: int | None = None) -> None:
    assert "Traceback" not in done.stderr
    assert done.returncode in ((1, 2) if code is None else (code,)), done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert any(all(word in line for word in words) for line in lines), done.stderr


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small feed, its pictures and the index built of them by the real command."""
    folder = tmp_path_factory.mktemp("shop")
    generate(folder, count=28)
    done = mirror(
        "catalog", "build", "--items", folder / "items.csv", "--pictures", folder / "pictures",
        "--out", folder / "shop.catalogue", "--json",
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["items"] == 28
    return folder


@pytest.fixture(scope="session")
def astronaut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = pytest.importorskip("skimage.data", reason="scikit-image carries the portrait")
    path = tmp_path_factory.mktemp("pictures") / "astronaut.png"
    cv2.imwrite(str(path), data.astronaut()[:, :, ::-1])
    return path


@pytest.mark.parametrize(
    "command",
    ["run", "analyze", "bench", "catalog build", "catalog query", "catalog info", "catalog verify", "models list",
     "models verify", "doctor"],
)
def test_help_has_an_example(command: str) -> None:
    done = mirror(*command.split(), "--help")
    assert done.returncode == 0
    assert f"example: mirror {command}" in " ".join(done.stdout.split())


def test_analyze_prints_one_document_in_the_contracts_shape(astronaut: Path, shop: Path, tmp_path: Path) -> None:
    done = mirror(
        "analyze", astronaut, "--json", "--sizes", "M,L", "--catalog", shop / "shop.catalogue", "--annotate", tmp_path
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert set(document) >= {"images", "models", "providers"}
    assert set(document["providers"].values()) == {"cpu"}
    (image,) = document["images"]
    assert (image["width"], image["height"]) == (512, 512)
    (person,) = image["people"]
    assert set(person) == {
        "box", "score", "keypoints", "full_body", "shopper", "face", "age", "gender", "bmi", "sizes", "garments",
        "look",
    }
    assert person["shopper"] is True
    assert person["full_body"] is False
    assert len(person["keypoints"]) == 17
    assert person["face"]["frontal"] is True
    assert person["age"]["low"] < person["age"]["years"] < person["age"]["high"]
    assert person["sizes"]["tops"] == {"M": 0.5, "L": 0.5}
    assert person["sizes"]["shoes"] is None
    assert set(person["look"]) == {"similar", "complete"}
    for item in person["look"]["similar"] + person["look"]["complete"]:
        assert set(item) >= {"id", "title", "category", "sizes", "price", "score", "why"}
        assert item["why"]
    annotated = cv2.imread(str(tmp_path / "astronaut.annotated.png"))
    assert annotated is not None
    assert annotated.shape[0] >= 512


def test_good_pictures_are_done_and_bad_ones_listed(astronaut: Path, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    shutil.copy(astronaut, folder / "a.png")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "cut.png").write_bytes(astronaut.read_bytes()[:5000])
    (folder / "notes.txt").write_text("no picture")
    (folder / "lies.jpg").write_text("no picture either")
    cv2.imwrite(str(folder / "dot.png"), np.zeros((1, 1, 3), np.uint8))
    cv2.imwrite(str(folder / "grey.png"), cv2.imread(str(astronaut), cv2.IMREAD_GRAYSCALE))
    cv2.imwrite(str(folder / "rgba.png"), cv2.cvtColor(cv2.imread(str(astronaut)), cv2.COLOR_BGR2BGRA))
    done = mirror("analyze", folder, tmp_path / "nowhere.jpg", "--json")
    assert_one_plain_line(done, "empty.jpg", code=1)
    document = json.loads(done.stdout)
    people = {Path(image["path"]).name: len(image["people"]) for image in document["images"]}
    assert people == {"a.png": 1, "dot.png": 0, "grey.png": 1, "rgba.png": 1}
    bad = {Path(error["path"]).name for error in document["errors"]}
    assert bad == {"empty.jpg", "cut.png", "lies.jpg", "nowhere.jpg"}
    assert "notes.txt" in done.stderr


def test_query_finds_the_very_item_by_its_own_picture(shop: Path) -> None:
    row = (shop / "items.csv").read_text("utf-8").splitlines()[1].split(",")
    picture = next(p for p in (shop / "pictures").iterdir() if row[0] in p.name)
    done = mirror(
        "catalog", "query", "--catalog", shop / "shop.catalogue", "--image", picture, "--whole", "--json", "-k", 3
    )
    assert done.returncode == 0, done.stderr
    (query,) = json.loads(done.stdout)["queries"]
    assert query["path"] == str(picture)
    assert query["results"][0]["id"] == row[0]
    assert query["results"][0]["score"] > 0.999


def test_query_keeps_to_category_and_sizes(shop: Path) -> None:
    picture = next(iter(sorted((shop / "pictures").iterdir())))
    done = mirror(
        "catalog", "query", "--catalog", shop / "shop.catalogue", "--image", picture, "--whole", "--json",
        "--category", "trousers", "--sizes", "M,L",
    )
    results = json.loads(done.stdout)["queries"][0]["results"]
    assert {item["category"] for item in results} <= {"trousers"}
    assert all({"M", "L"} & set(item["sizes"]) for item in results)


def test_info_and_verify_describe_the_index(shop: Path) -> None:
    done = mirror("catalog", "info", shop / "shop.catalogue", "--json")
    assert json.loads(done.stdout)["items"] == 28
    assert mirror("catalog", "verify", shop / "shop.catalogue").returncode == 0


def test_a_half_written_index_is_refused_by_every_reader(shop: Path, astronaut: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.catalogue"
    whole = (shop / "shop.catalogue").read_bytes()
    half.write_bytes(whole[: len(whole) // 2])
    for command in (
        ("catalog", "info", half), ("catalog", "verify", half), ("analyze", astronaut, "--catalog", half),
        ("run", "--headless", "--seconds", "1", "--source", "demo", "--catalog", half),
        ("catalog", "query", "--catalog", half, "--image", astronaut, "--whole"),
    ):
        assert_one_plain_line(mirror(*command), "half.catalogue")


def test_bad_rows_are_listed_and_good_ones_go_in(shop: Path, tmp_path: Path) -> None:
    lines = (shop / "items.csv").read_text("utf-8").splitlines()
    fields = lines[2].split(",")
    fields[0], fields[2] = "bad-1", "shrit"
    feed = tmp_path / "feed.csv"
    feed.write_text("\n".join([*lines[:2], ",".join(fields), lines[3]]) + "\n", "utf-8")
    out = tmp_path / "some.catalogue"
    done = mirror("catalog", "build", "--items", feed, "--pictures", shop / "pictures", "--out", out, "--json")
    assert_one_plain_line(done, "line 3", "category", "shrit", "shirt", code=1)
    assert json.loads(done.stdout)["items"] == 2
    assert mirror("catalog", "verify", out).returncode == 0


def test_a_feed_with_no_good_row_leaves_nothing_behind(tmp_path: Path) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text("id,title,category,sizes,gender,age,price,currency,picture,url\n1,,top,S,women,,9,EUR,a.png,\n")
    (tmp_path / "pictures").mkdir()
    before = sorted(p.name for p in tmp_path.iterdir())
    out = tmp_path / "x.catalogue"
    done = mirror("catalog", "build", "--items", feed, "--pictures", tmp_path / "pictures", "--out", out)
    assert_one_plain_line(done, "feed.csv", "title")
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_models_are_listed_and_whole() -> None:
    listed = json.loads(mirror("models", "list", "--json").stdout)["models"]
    names = {row["name"] for row in listed}
    assert names == {
        "movenet-lightning", "movenet-thunder", "movenet-multipose", "blazepose-full", "faceres", "garments",
        "garment-embedding", "body-shape",
    }
    assert all(row["licence"] and row["origin"] for row in listed)
    assert sum(row["bytes"] for row in listed) < 100e6
    verified = mirror("models", "verify", "--json")
    assert verified.returncode == 0
    assert all(row["ok"] for row in json.loads(verified.stdout)["models"])


def test_one_flipped_byte_in_a_model_and_a_missing_one_are_named(tmp_path: Path, astronaut: Path) -> None:
    folder = tmp_path / "models"
    shutil.copytree(ROOT / "models_onnx", folder)
    data = bytearray((folder / "faceres.int8.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "faceres.int8.onnx").write_bytes(bytes(data))
    (folder / "body-shape.onnx").unlink()
    environment = {"MIRROR_MODELS__FOLDER": str(folder)}
    done = mirror("models", "verify", environment=environment)
    assert done.returncode == 1
    assert "faceres" in done.stdout
    assert "body-shape" in done.stdout
    assert_one_plain_line(mirror("analyze", astronaut, environment=environment), "faceres.int8", "sha256", code=1)
    shutil.copy(ROOT / "models_onnx" / "faceres.int8.onnx", folder)
    assert_one_plain_line(mirror("analyze", astronaut, environment=environment), "body-shape.onnx", "no file", code=1)


def test_doctor_tells_each_check_with_its_mend() -> None:
    done = mirror("doctor", "--json")
    document = json.loads(done.stdout)
    checks = {check["name"]: check for check in document["checks"]}
    assert {"camera", "display", "provider", "models", "catalogue", "disk"} <= set(checks)
    assert checks["models"]["status"] == "ok"
    assert all(check["mend"] for check in checks.values() if check["status"] != "ok")


def test_a_provider_that_is_not_here_is_refused_not_replaced(astronaut: Path) -> None:
    done = mirror("analyze", astronaut, environment={"MIRROR_MODELS__PROVIDER": "cuda"})
    assert_one_plain_line(done, "cuda", code=1)


@pytest.mark.parametrize(("arguments", "words"), [
    (("run", "--source", "nowhere.mp4", "--headless", "--seconds", "1"), ("nowhere.mp4",)),
    (("run", "--source", "/dev/video77", "--headless", "--seconds", "1"), ("video77",)),
    (("run", "--source", "teapot:3", "--headless", "--seconds", "1"), ("teapot",)),
    (("run", "--config", "nowhere.toml"), ("nowhere.toml",)),
    (("run", "--size", "wide"), ("--size",)),
    (("analyze",), ("IMAGE",)),
    (("analyze", "x.png", "--sizes", ","), ("--sizes",)),
    (("bench", "--seconds", "-3"), ("--seconds",)),
    (("catalog", "info", "nowhere.catalogue"), ("nowhere.catalogue",)),
    (("catalog", "query", "--image", "x.png", "--category", "hats"), ("--category",)),
    (("teapot",), ("teapot",)),
], ids=lambda value: " ".join(value) if isinstance(value, tuple) else None)
def test_wrong_use_is_one_line(arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    assert_one_plain_line(mirror(*arguments), *words)


def test_a_typo_in_the_config_is_named_with_the_nearest_key(tmp_path: Path) -> None:
    config = tmp_path / "mirror.toml"
    config.write_text("[camera]\nsorce = '0'\n")
    assert_one_plain_line(mirror("run", "--config", config), "sorce", "source", code=2)
    config.write_bytes(b"\xff\xfe")
    assert_one_plain_line(mirror("doctor", "--config", config), "mirror.toml", code=2)


@pytest.mark.parametrize("command", ["run", "bench"])
def test_a_display_that_does_not_answer_is_one_line_and_not_an_abort(command: str) -> None:
    done = mirror(command, "--seconds", "1", environment={"DISPLAY": ":7777", "QT_QPA_PLATFORM": "xcb"})
    assert_one_plain_line(done, "display :7777", code=1)
