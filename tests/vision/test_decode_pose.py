"""Pose decoders: a graph that gives a known answer becomes keypoints where they were meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper
from tiny_models import own, saying, seeing, spots

from mirror.domain import COCO_KEYPOINTS, Box, MirrorError, Pose
from mirror.runtime.session import Session
from mirror.vision.pose import PoseReader, around, next_region, on_our_scale, person_crop
from mirror.vision.skeleton import SKELETONS

IMAGE = np.zeros((400, 300, 3), np.uint8)
SIZE = [1, 3, 256, 192]
PLACES = [(5 + i, 7 + 2 * i) for i in range(17)]


def _raw(folder: Path, model: Any, decoder: str, **card: Any) -> np.ndarray:
    """Keypoints in input pixels: the crop is the input's own size."""
    session = Session(own(folder, model, "net", decoder, **card))
    reader = PoseReader(session)
    return reader._decode(session.run(reader._crop.tensor))


def test_the_peak_of_a_heatmap_is_the_keypoint_and_its_height_the_score(tmp_path: Path) -> None:
    model = saying(SIZE, {"heat": spots(PLACES, 64, 48, 0.8)})
    found = _raw(tmp_path, model, "heatmap", labels=COCO_KEYPOINTS, options={"refine": "none"})
    assert found[:, :2] == pytest.approx(np.array(PLACES) * 4)
    assert found[:, 2] == pytest.approx(0.8)


def test_a_quarter_cell_towards_the_higher_neighbour(tmp_path: Path) -> None:
    heat = np.zeros((1, 17, 64, 48), np.float32)
    heat[:, :, 20, 10], heat[:, :, 20, 11], heat[:, :, 19, 10] = 1.0, 0.6, 0.5
    heat[:, 16] = 0
    heat[:, 16, 0, 0], heat[:, 16, 0, 1] = 1.0, 0.9  # at the rim nothing is known of the other side
    found = _raw(tmp_path, saying(SIZE, {"heat": heat}), "heatmap", labels=COCO_KEYPOINTS)
    assert found[0, :2] == pytest.approx([10.25 * 4, 19.75 * 4])
    assert found[16, :2] == pytest.approx([0, 0])


@pytest.mark.parametrize("refine", ["dark", "integral"])
def test_dark_and_integral_find_a_hill_between_cells(tmp_path: Path, refine: str) -> None:
    y, x = np.mgrid[:64, :48]
    hill = np.exp(-((x - 20.3) ** 2 + (y - 30.6) ** 2) / 8).astype(np.float32)
    heat = np.repeat(hill[None, None], 17, axis=1)
    model = saying(SIZE, {"heat": heat})
    found = _raw(tmp_path, model, "heatmap", labels=COCO_KEYPOINTS, options={"refine": refine})
    assert found[3, :2] == pytest.approx([20.3 * 4, 30.6 * 4], abs=0.15)


def test_a_flat_heatmap_gives_no_number_that_is_none(tmp_path: Path) -> None:
    for refine in ("quarter", "dark", "integral", "none"):
        model = saying(SIZE, {"heat": np.zeros((1, 17, 64, 48), np.float32)})
        found = _raw(tmp_path, model, "heatmap", labels=COCO_KEYPOINTS, options={"refine": refine})
        assert np.isfinite(found).all()
        assert (found[:, 2] == 0).all()


@pytest.mark.parametrize(("score", "wanted"), [("min", 0.5), ("mean", 0.7)])
def test_simcc_reads_each_axis_for_itself(tmp_path: Path, score: str, wanted: float) -> None:
    x, y = np.zeros((1, 17, 384), np.float32), np.zeros((1, 17, 512), np.float32)
    x[:, :, 101], y[:, :, 300] = 0.9, 0.5
    model = saying(SIZE, {"simcc_x": x, "simcc_y": y})
    found = _raw(tmp_path, model, "simcc", labels=COCO_KEYPOINTS, options={"split": 2.0, "score": score})
    assert found[5] == pytest.approx([50.5, 150.0, wanted])


def test_movenet_gives_shares_of_its_input_row_first(tmp_path: Path) -> None:
    keypoints = np.tile(np.array([0.5, 0.25, 0.7], np.float32), (1, 1, 17, 1))
    found = _raw(
        tmp_path, saying([1, 192, 192, 3], {"keypoints": keypoints}), "movenet", layout="NHWC", labels=COCO_KEYPOINTS)
    assert found[0] == pytest.approx([48, 96, 0.7])


def test_blazepose_gives_33_keypoints_with_the_visibility_as_score(tmp_path: Path) -> None:
    marks = np.zeros((1, 39, 5), np.float32)
    marks[0, 27] = (100, 200, 5, 2.0, 9)  # left_ankle
    model = saying([1, 256, 256, 3], {"landmarks": marks.reshape(1, 195)})
    card = own(tmp_path, model, "net", "blazepose", layout="NHWC", options={"skeleton": "blazepose-33"})
    pose = PoseReader(Session(card)).read(np.zeros((256, 256, 3), np.uint8), Box(0, 0, 256, 256))  # nothing is cut
    assert len(pose.names) == 33
    assert pose.names[:17] == COCO_KEYPOINTS
    assert pose.point("left_ankle") == pytest.approx((100, 200, 1 / (1 + np.exp(-2))))
    assert pose.point("nose")[2] == pytest.approx(0.5)


def test_what_lies_in_the_crop_comes_back_where_it_lies_in_the_frame(tmp_path: Path) -> None:
    # heat is the red of the picture, averaged over each stride: every keypoint is at the red spot
    nodes = [
        helper.make_node("Split", ["image"], ["red", "green", "blue"], "part", axis=1),
        helper.make_node("AveragePool", ["red"], ["heat"], "pool", kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Concat", ["heat"] * 26, ["heats"], "same", axis=1),
    ]
    model = seeing(SIZE, nodes, "heats", [1, 26, 64, 48])
    card = own(tmp_path, model, "red", "heatmap", scale=1 / 255, options={"skeleton": "halpe-26"})
    reader = PoseReader(Session(card))
    image = np.zeros((720, 1280, 3), np.uint8)
    image[300:316, 640:656, 2] = 255
    for region in (Box(400, 100, 900, 600), Box(0, 0, 1280, 720), Box(500, 200, 700, 400)):
        pose = reader.read(image, region)
        assert len(pose.names) == 26
        step = 4 * region.height / 256
        x, y, score = pose.point("left_big_toe")
        assert (x, y) == (pytest.approx(648, abs=2.5 * step), pytest.approx(308, abs=2.5 * step))
        assert score > 0.5 if region.height < 700 else score > 0.1


def test_the_crop_of_a_top_down_net_is_the_persons_box_times_its_margin() -> None:
    points = np.full((17, 3), 0.9, np.float32)
    points[:, 0], points[:, 1] = np.linspace(280, 320, 17), np.linspace(100, 500, 17)
    region = next_region(Pose(points))
    assert region is not None
    crop = person_crop(region, 1.25, 192 / 256)
    assert crop.height == pytest.approx(400 * 1.12 * 1.25)
    assert crop.width == pytest.approx(crop.height * 0.75)
    assert crop.centre == pytest.approx((300, 300))
    # and a detector's box of the same person leads to about the same crop
    again = person_crop(around(Box(270, 76, 330, 524)), 1.25, 192 / 256)
    assert again.iou(crop) > 0.95


def test_a_nets_own_threshold_is_put_where_the_mirrors_is() -> None:
    scores = on_our_scale(np.array([0.0, 0.2, 0.4, 0.7, 1.0], np.float32), 0.4)
    assert scores == pytest.approx([0.0, 0.1, 0.2, 0.6, 1.0])


@pytest.mark.parametrize(("outputs", "decoder", "card", "words"), [
    ({"a": (1, 17, 64, 48)}, "heatmap", {}, ["no names", "halpe-26"]),
    ({"a": (1, 26, 64, 48)}, "heatmap", {"labels": COCO_KEYPOINTS}, ["[1, 26, 64, 48]", "[1, 17, rows, columns]"]),
    ({"a": (1, 17, 64, 48)}, "heatmap", {"labels": COCO_KEYPOINTS, "options": {"refine": "x"}}, ["'refine'", "dark"]),
    ({"a": (1, 17, 64, 48)}, "heatmap", {"labels": COCO_KEYPOINTS, "options": {"output": "b"}}, ["'output'", "has a"]),
    ({"a": (1, 17, 400), "b": (1, 17, 512)}, "simcc", {"labels": COCO_KEYPOINTS}, ["'a'", "384", "split 2"]),
    ({"a": (1, 17, 384)}, "simcc", {"labels": COCO_KEYPOINTS}, ["two outputs"]),
    ({"a": (1, 17, 64, 48)}, "yolo-v3", {"labels": COCO_KEYPOINTS}, ["not a pose net", "heatmap, simcc"]),
    ({"a": (1, 17, 64, 48)}, "heatmaps", {"labels": COCO_KEYPOINTS}, ["unknown decoder 'heatmaps'"]),
    ({"a": (1, 17, 64, 48)}, "", {"labels": COCO_KEYPOINTS}, ["no decoder"]),
    ({"a": (1, 16, 64, 48)}, "heatmap", {"labels": SKELETONS["coco-17"][:16]}, ["16 keypoints", "17"]),
])
def test_a_card_that_does_not_suit_is_one_line(
    tmp_path: Path, outputs: dict[str, Any], decoder: str, card: dict[str, Any], words: list[str]
) -> None:
    model = saying(SIZE, {name: np.zeros(shape, np.float32) for name, shape in outputs.items()})
    session = Session(own(tmp_path, model, "net", decoder, **card))
    with pytest.raises(MirrorError) as caught:
        PoseReader(session)
    message = str(caught.value)
    assert "\n" not in message
    assert "'net'" in message
    for word in words:
        assert word in message
