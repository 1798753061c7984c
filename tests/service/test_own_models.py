"""Models of an integrator's own: a folder with cards and a few lines of settings, no code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from onnx import helper
from tiny_models import finished, own, saying, spots

from catalog.sample import generate
from mirror.config import load_settings
from mirror.domain import COCO_KEYPOINTS, MirrorError
from mirror.pipeline.analyze import Analyzer
from mirror.service.doctor import _tasks
from mirror.service.opening import load_vision

ROOT = Path(__file__).parents[2]
DEEPFASHION2 = (
    "short sleeve top", "long sleeve top", "short sleeve outwear", "long sleeve outwear", "vest", "sling", "shorts",
    "trousers", "skirt", "short sleeve dress", "long sleeve dress", "vest dress", "sling dress",
)
ANCHORS = [[[10, 13], [16, 30], [33, 23]], [[116, 90], [156, 198], [373, 326]]]
FIGURE = (
    (24, 8), (26, 7), (22, 7), (28, 8), (20, 8), (30, 15), (18, 15), (33, 24), (15, 24), (34, 32), (14, 32), (28, 31),
    (20, 31), (28, 44), (20, 44), (28, 56), (20, 56), (24, 3), (24, 14), (24, 31), (29, 60), (19, 60), (30, 60),
    (18, 60), (27, 58), (21, 58),
)
"""A standing figure in Halpe's order, in cells of a 48x64 heatmap."""


def mirror(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mirror", *(str(a) for a in arguments)], capture_output=True, text=True, timeout=200,
        cwd=ROOT, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}, check=False,
    )


def _heads(classes: int, found: dict[tuple[int, int, int, int], int]) -> dict[str, np.ndarray]:
    """Raw YOLOv3 heads of a 256x256 input; ``found``: head, anchor, row, column -> class that stands there."""
    heads = [np.full((3, 5 + classes, side, side), -9.0, np.float32) for side in (32, 8)]
    for (head, anchor, row, column), kind in found.items():
        values = np.full(5 + classes, -9.0, np.float32)
        values[:4], values[4], values[5 + kind] = 0.0, 4.0, 4.0
        heads[head][anchor, :, row, column] = values
    return {f"head_{i}": head.reshape(1, -1, *head.shape[2:]) for i, head in enumerate(heads)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder with a model of each kind that the seed had."""
    to = tmp_path_factory.mktemp("own")
    body, face = [1, 3, 256, 192], [1, 3, 227, 227]
    own(to, saying(body, {"heat": spots(FIGURE, 64, 48)}), "fastpose-26", "heatmap", scale=1 / 255,
        mean=(0.406, 0.457, 0.48), options={"skeleton": "halpe-26"})
    x, y = np.zeros((1, 17, 384), np.float32), np.zeros((1, 17, 512), np.float32)
    for i, (column, row) in enumerate(FIGURE[:17]):
        x[0, i, 8 * column], y[0, i, 8 * row] = 0.8, 0.9
    own(to, saying(body, {"simcc_x": x, "simcc_y": y}), "rtmpose-17", "simcc", labels=COCO_KEYPOINTS)
    worn = {(1, 1, 3, 4): 4, (1, 0, 5, 4): 7, (0, 0, 3, 3): 5}
    own(to, saying([1, 3, 256, 256], _heads(13, worn)), "garments-yolov3", "yolo-v3", labels=DEEPFASHION2,
        scale=1 / 255, options={"anchors": ANCHORS, "categories": "deepfashion2", "pad": 128})
    own(to, saying([1, 3, 256, 256], _heads(2, {(1, 2, 4, 4): 0})), "people-yolov3", "yolo-v3",
        labels=("person", "bicycle"), scale=1 / 255, options={"anchors": ANCHORS})
    ages = np.array([[0, 0, 0, 0, 0.92, 0.08, 0, 0]], np.float32)
    own(to, saying(face, {"prob": ages}), "age-net", "classification", colour="bgr",
        mean=(78.43, 87.77, 114.9), std=(1.0, 1.0, 1.0),
        labels=("(0, 2)", "(4, 6)", "(8, 12)", "(15, 20)", "(25, 32)", "(38, 43)", "(48, 53)", "(60, 100)"),
        options={"meaning": "age bins"})
    own(to, saying(face, {"prob": np.array([[0.15, 0.85]], np.float32)}), "gender-net", "classification", colour="bgr",
        labels=("Male", "Female"), options={"meaning": "gender"})
    own(to, saying([1, 224, 224, 3], {"bmi": np.array([[23.5]], np.float32)}), "face-bmi", "regression",
        layout="NHWC", scale=1 / 255, options={"meaning": "bmi", "face_margin": 1.8})
    pool = [
        helper.make_node("AveragePool", ["image"], ["pooled"], "pool", kernel_shape=[20, 20], strides=[20, 20]),
        helper.make_node("Flatten", ["pooled"], ["embedding"], "row"),
    ]
    infos = [helper.make_tensor_value_info("embedding", 1, [1, 48])]
    own(to, finished(pool, [1, 3, 80, 80], infos), "shop-embedding", "embedding", scale=1 / 255)
    return to


@pytest.fixture(scope="module")
def astronaut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = pytest.importorskip("skimage.data", reason="scikit-image carries the portrait")
    path = tmp_path_factory.mktemp("pictures") / "astronaut.png"
    cv2.imwrite(str(path), data.astronaut()[:, :, ::-1])
    return path


def _settings(folder: Path, at: Path, **models: str) -> Path:
    rows = "".join(f'{key} = "{value}"\n' for key, value in models.items())
    at.write_text(f'[models]\nown = "{folder}"\n{rows}', encoding="utf-8")
    return at


def test_a_pose_net_of_26_keypoints_and_a_yolo_v3_drop_in_by_their_cards(
    folder: Path, astronaut: Path, tmp_path: Path
) -> None:
    config = _settings(folder, tmp_path / "mirror.toml", pose="fastpose-26", garments="garments-yolov3")
    done = mirror("analyze", astronaut, "--config", config, "--json", "--annotate", tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["models"]["pose"], document["models"]["garments"]) == ("fastpose-26", "garments-yolov3")
    (person,) = document["images"][0]["people"]
    assert len(person["keypoints"]) == 26
    assert list(person["keypoints"])[:17] == list(COCO_KEYPOINTS)
    assert all(score == pytest.approx(0.9, abs=0.01) for _, _, score in person["keypoints"].values())
    assert person["keypoints"]["left_heel"][1] > person["keypoints"]["left_knee"][1] > person["keypoints"]["nose"][1]
    assert person["full_body"] is True
    assert {g["category"] for g in person["garments"]} == {"top", "trousers"}
    assert cv2.imread(str(tmp_path / "astronaut.annotated.png")) is not None


def test_people_age_gender_bmi_and_embedding_of_ones_own_with_a_catalogue_of_theirs(
    folder: Path, astronaut: Path, tmp_path: Path
) -> None:
    config = _settings(
        folder, tmp_path / "mirror.toml", people="people-yolov3", face_age="age-net", face_gender="gender-net",
        bmi="face-bmi", embedding="shop-embedding",
    )
    generate(tmp_path / "shop", count=14)
    built = mirror(
        "catalog", "build", "--config", config, "--items", tmp_path / "shop" / "items.csv", "--pictures",
        tmp_path / "shop" / "pictures", "--out", tmp_path / "shop.catalogue", "--json",
    )
    assert built.returncode == 0, built.stderr
    assert json.loads(built.stdout)["embedder"].startswith("shop-embedding@")
    done = mirror("analyze", astronaut, "--config", config, "--json", "--catalog", tmp_path / "shop.catalogue")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["models"]["age"] == "age-net"
    assert document["models"]["gender"] == "gender-net"
    assert document["models"]["bmi"] == "face-bmi"
    assert not {"attributes", "body"} & set(document["models"])
    (person,) = document["images"][0]["people"]
    assert person["face"]["frontal"] is True
    assert person["age"] == {"years": 30.0, "low": 24.0, "high": 36.0}
    assert person["gender"] == {"female": 0.85}
    assert person["bmi"] == {"value": 23.5, "low": 17.9, "high": 29.1, "from": "face"}
    assert person["sizes"]["tops"]


def test_a_simcc_net_reads_stills_and_the_live_picture(folder: Path, astronaut: Path, tmp_path: Path) -> None:
    settings = load_settings(_settings(folder, tmp_path / "mirror.toml", pose="rtmpose-17"), {})
    image = cv2.imread(str(astronaut))
    for best in (True, False):
        vision = load_vision(settings, best_pose=best)
        assert vision.model_names()["pose"] == "rtmpose-17"
        (reading,) = Analyzer(vision, None).analyze(np.asarray(image, np.uint8)).people
        assert reading.full_body
        assert reading.pose.keypoints[:, 2] == pytest.approx(0.8)


def test_without_estimates_no_bmi_is_read_from_a_face_either(folder: Path, astronaut: Path, tmp_path: Path) -> None:
    settings = load_settings(_settings(folder, tmp_path / "mirror.toml", bmi="face-bmi"), {})
    image = np.asarray(cv2.imread(str(astronaut)), np.uint8)
    vision = load_vision(settings)
    (seen,) = Analyzer(vision, None).analyze(image).people
    assert seen.profile.body is not None
    assert (seen.profile.body.source, seen.profile.body.bmi.value) == ("face", 23.5)
    (plain,) = Analyzer(vision, None, estimates=False).analyze(image).people
    assert (plain.profile.body, plain.profile.age, plain.profile.female) == (None, None, None)


def test_doctor_tells_which_model_does_what_and_which_labels_are_left_out(folder: Path, tmp_path: Path) -> None:
    at = tmp_path / "more"
    heads = _heads(2, {(1, 0, 3, 3): 0})
    own(at, saying([1, 3, 256, 256], heads), "few", "yolo-v3", labels=("skirt", "umbrella"),
        options={"anchors": ANCHORS})
    found = _tasks(load_settings(_settings(at, tmp_path / "mirror.toml", garments="few", pose="blazepose-full"), {}))
    assert found.status == "warning"
    assert "garments: few" in found.says
    assert "33 keypoints" in found.says
    assert "umbrella" in found.says
    assert "skirt" not in found.says


@pytest.mark.parametrize(("models", "words"), [
    ({"garments": "fastpose-26"}, ["'fastpose-26' has decoder 'heatmap'", "not a garment detector"]),
    ({"pose": "garments-yolov3"}, ["'garments-yolov3' has decoder 'yolo-v3'", "not a pose net"]),
    ({"people": "garments-yolov3"}, ["not a people finder", "'person'"]),
    ({"people": "faceres"}, ["decoder 'faceres'", "not a people finder"]),
    ({"mask": "fastpose-26"}, ["not a person mask"]),
    ({"face_age": "gender-net"}, ["'gender-net' gives female", "not a net that tells age"]),
    ({"face_gender": "face-bmi"}, ["'face-bmi' gives bmi", "gender presentation"]),
    ({"bmi": "age-net"}, ["'age-net' gives age", "BMI from a face"]),
    ({"embedding": "age-net"}, ["not a garment embedding"]),
    ({"pose": "fastpose"}, ["no model 'fastpose'", "fastpose-26"]),
])
def test_a_model_that_does_not_suit_its_task_is_one_line(
    folder: Path, tmp_path: Path, models: dict[str, str], words: list[str]
) -> None:
    settings = load_settings(_settings(folder, tmp_path / "mirror.toml", **models), {})
    with pytest.raises(MirrorError) as caught:
        load_vision(settings)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_a_folder_that_is_none_and_a_name_that_is_taken_are_one_line(tmp_path: Path) -> None:
    done = mirror("analyze", "x.png", "--config", _settings(tmp_path / "nowhere", tmp_path / "mirror.toml"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "nowhere" in done.stderr
    own(tmp_path / "taken", saying([1, 3, 8, 8], {"a": np.zeros((1, 3), np.float32)}), "mine", "embedding")
    text = (tmp_path / "taken" / "manifest.toml").read_text("utf-8").replace('"mine"', '"garments"', 1)
    (tmp_path / "taken" / "manifest.toml").write_text(text, encoding="utf-8")
    with pytest.raises(MirrorError, match="'garments' comes with the mirror"):
        load_vision(load_settings(_settings(tmp_path / "taken", tmp_path / "mirror.toml"), {}))
