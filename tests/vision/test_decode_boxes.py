"""Box decoders: known cells become boxes in frame pixels with the mirror's categories."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_models import own, saying

from mirror.domain import Box, Garment, MirrorError
from mirror.runtime.session import Session
from mirror.vision.decoders.yolo_v3 import decode_head
from mirror.vision.garments import GarmentDetector
from mirror.vision.people import PeopleFinder

SIZE = [1, 3, 96, 64]
IMAGE = np.zeros((96, 64, 3), np.uint8)
WHOLE = Box(0, 0, 64, 96)
LABELS = ("short sleeve top", "trousers", "carpet")
MEANT = {"short sleeve top": "top"}
ANCHORS = [[[10, 14], [23, 27], [37, 58]], [[81, 82], [135, 169], [344, 319]]]


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


def _heads(labels: int = 3) -> dict[str, np.ndarray]:
    """Raw heads at strides 8 and 32 of an input of 96x64 in which nothing is found."""
    return {
        "fine": np.full((1, 3 * (5 + labels), 12, 8), -9.0, np.float32),
        "coarse": np.full((1, 3 * (5 + labels), 3, 2), -9.0, np.float32),
    }


def _put(head: np.ndarray, labels: int, anchor: int, row: int, column: int, values: list[float]) -> None:
    head.reshape(3, 5 + labels, *head.shape[2:])[anchor, :, row, column] = values


def _detect(folder: Path, model: Any, decoder: str, **card: Any) -> list[Garment]:
    card.setdefault("labels", LABELS)
    card["options"] = {"categories": MEANT, **card.get("options", {})}
    return GarmentDetector(Session(own(folder, model, "net", decoder, **card))).detect(IMAGE, WHOLE, 0.3)


def test_a_yolo_v3_cell_is_the_box_of_its_anchor(tmp_path: Path) -> None:
    heads = _heads()
    # centre a quarter into column 3 and three quarters into row 5, half as wide as the anchor, twice as tall
    _put(heads["fine"], 3, 1, 5, 3, [
        _logit(0.25), _logit(0.75), np.log(0.5), np.log(2.0), _logit(0.9), _logit(0.8), _logit(0.1), -9])
    (found,) = _detect(tmp_path, saying(SIZE, heads), "yolo-v3", options={"anchors": ANCHORS})
    assert found.category == "top"
    assert found.score == pytest.approx(0.72, abs=1e-5)
    x, y = (3 + 0.25) * 8, (5 + 0.75) * 8
    assert found.box == pytest.approx((x - 5.75, y - 27, x + 5.75, y + 27), abs=1e-3)


def test_the_stretched_centre_of_yolo_v4_reaches_over_its_cell() -> None:
    head = np.full((8, 1, 1), -20.0, np.float32)
    head[:, 0, 0] = [20, -20, 0, 0, 20, 20, -20, -20]
    boxes, scores = decode_head(head, ((16.0, 16.0),), 32.0, 1.2, 3, 0.5)
    assert boxes[0] == pytest.approx([1.1 * 32 - 8, -0.1 * 32 - 8, 1.1 * 32 + 8, -0.1 * 32 + 8], abs=1e-3)
    assert scores[0] == pytest.approx([1, 0, 0], abs=1e-4)


def test_doubles_of_a_category_go_and_other_categories_and_unknown_labels_are_told_apart(tmp_path: Path) -> None:
    heads = _heads()
    sure, less = [_logit(0.95), _logit(0.9)], [_logit(0.9), _logit(0.9)]
    for column, anchor, (here, kind), label in (
        (3, 2, sure, 0), (4, 2, less, 0), (3, 1, sure, 1), (3, 0, sure, 2),
    ):
        values = [0.0, 0.0, 0.0, 0.0, here, -9.0, -9.0, -9.0]
        values[5 + label] = kind
        _put(heads["fine"], 3, anchor, 5, column, values)
    found = _detect(tmp_path, saying(SIZE, heads), "yolo-v3", options={"anchors": ANCHORS})
    assert sorted(g.category for g in found) == ["top", "trousers"]


def test_several_labels_of_one_category_are_one_find(tmp_path: Path) -> None:
    boxes = np.array([[[4, 4, 40, 40], [5, 4, 40, 41]]], np.float32)
    scores = np.array([[[0.5, 0.9, 0], [0.8, 0.1, 0]]], np.float32)
    (found,) = _detect(
        tmp_path, saying(SIZE, {"boxes": boxes, "scores": scores}), "yolo-anchor-free",
        options={"categories": {"short sleeve top": "dress", "trousers": "dress"}},
    )
    assert (found.category, found.score) == ("dress", pytest.approx(0.9))


@pytest.mark.parametrize("upright", [True, False])
def test_one_fused_output_of_centres_and_scores(tmp_path: Path, upright: bool) -> None:
    rows = np.zeros((1, 20, 7), np.float32)
    rows[0, 4] = [30, 50, 20, 40, 0.1, 0.7, 0.95]
    model = saying(SIZE, {"out": np.ascontiguousarray(rows.transpose(0, 2, 1)) if upright else rows})
    (found,) = _detect(tmp_path, model, "yolo-anchor-free")
    assert found.category == "trousers"
    assert found.box == pytest.approx((20, 30, 40, 70))


def test_yolox_is_read_against_its_grid(tmp_path: Path) -> None:
    rows = np.zeros((1, 12 * 8 + 6 * 4 + 3 * 2, 8), np.float32)
    rows[0, 96 + 2 * 4 + 3] = [0.5, 0.25, np.log(2), np.log(1), 0.8, 0.9, 0, 0]  # stride 16, row 2, column 3
    (found,) = _detect(tmp_path, saying(SIZE, {"out": rows}), "yolo-anchor-free")
    assert (found.category, found.score) == ("top", pytest.approx(0.72))
    assert found.box == pytest.approx((56 - 16, 36 - 8, 56 + 8, 36 + 8))  # clipped at the frame's edge, x 64
    rows[0, 5] = [30, 50, 20, 40, 0.9, 0, 0.9, 0]
    rows[0, 104 + 3] = 0
    (found,) = _detect(tmp_path, saying(SIZE, {"out": rows}), "yolo-anchor-free", options={"decoded": True})
    assert found.box == pytest.approx((20, 30, 40, 70))


def test_deepfashion2s_labels_are_known_by_name(tmp_path: Path) -> None:
    labels = ("short sleeve top", "long sleeve top", "skirt", "sling dress")
    boxes = np.array([[[4, 4, 40, 40], [4, 4, 40, 90]]], np.float32)
    scores = np.array([[[0, 0.9, 0, 0], [0, 0, 0, 0.8]]], np.float32)
    found = _detect(
        tmp_path, saying(SIZE, {"boxes": boxes, "scores": scores}), "yolo-anchor-free", labels=labels,
        options={"categories": "deepfashion2"},
    )
    assert [g.category for g in found] == ["longsleeve", "dress"]


def test_labels_that_mean_no_garment_are_listed(tmp_path: Path) -> None:
    card = own(tmp_path, saying(SIZE, _heads()), "net", "yolo-v3", labels=LABELS,
               options={"anchors": ANCHORS, "categories": MEANT})
    vocabulary = GarmentDetector(Session(card)).vocabulary
    assert vocabulary.categories == ("top", "trousers")
    assert vocabulary.dropped == ("carpet",)


def test_a_yolo_finds_people_in_the_letterboxed_frame(tmp_path: Path) -> None:
    heads = _heads(2)
    _put(heads["coarse"], 2, 0, 1, 0, [0.0, 0.0, np.log(40 / 81), np.log(60 / 82), 9.0, -9.0, 9.0])
    model = saying(SIZE, heads)
    card = own(tmp_path, model, "net", "yolo-v3", labels=("bicycle", "person"), options={"anchors": ANCHORS})
    # a frame twice as wide as the input: bands above and below of a quarter of its height
    (person,) = PeopleFinder(Session(card)).find(np.zeros((96, 128, 3), np.uint8))
    assert person.box == pytest.approx((0, 0, 72, 96), abs=0.1)
    assert person.score > 0.99
    assert not person.pose.keypoints.any()


@pytest.mark.parametrize(("outputs", "decoder", "card", "words"), [
    ({"a": (1, 24, 12, 8)}, "yolo-v3", {}, ["'anchors'", "missing"]),
    ({"a": (1, 24, 12, 8)}, "yolo-v3", {"options": {"anchors": ANCHORS}}, ["'anchors'", "2 entries", "1 outputs"]),
    ({"a": (1, 255, 12, 8)}, "yolo-v3", {"options": {"anchors": ANCHORS[:1]}}, ["[1, 255, 12, 8]", "5 + 3 labels"]),
    ({"a": (1, 24, 12, 8)}, "yolo-v3", {"options": {"anchors": [[1, 2]]}}, ["'anchors'", "[width, height]"]),
    ({"a": (1, 24, 12, 8)}, "yolo-v3", {"options": {"anchors": ANCHORS[:1], "strides": [16]}}, ["'strides'", "96x64"]),
    ({"a": (1, 90, 80)}, "yolo-anchor-free", {}, ["3 labels", "7 or 8"]),
    ({"a": (1, 9, 4), "b": (1, 9, 80)}, "yolo-anchor-free", {}, ["'b'", "[1, n, 3]"]),
    ({"a": (1, 9, 8)}, "yolo-anchor-free", {}, ["[1, 126, 8]", "strides 8, 16, 32"]),
    ({"a": (1, 17, 64, 48)}, "heatmap", {}, ["decoder 'heatmap'", "not a garment detector"]),
    ({"a": (1, 7, 9)}, "yolo-anchor-free", {"labels": ("cat", "dog", "cow")}, ["none of the labels is a garment"]),
    ({"a": (1, 7, 9)}, "yolo-anchor-free", {"labels": ()}, ["no labels"]),
    ({"a": (1, 7, 9)}, "yolo-anchor-free", {"options": {"categories": {"hut": "hat"}}}, ["'hut'"]),
    ({"a": (1, 7, 9)}, "yolo-anchor-free", {"options": {"categories": {"carpet": "rug"}}}, ["'rug'", "top, shirt"]),
])
def test_a_card_that_does_not_suit_a_detector_is_one_line(
    tmp_path: Path, outputs: dict[str, Any], decoder: str, card: dict[str, Any], words: list[str]
) -> None:
    model = saying(SIZE, {name: np.zeros(shape, np.float32) for name, shape in outputs.items()})
    session = Session(own(tmp_path, model, "net", decoder, **{"labels": LABELS, **card}))
    with pytest.raises(MirrorError) as caught:
        GarmentDetector(session)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_a_detector_without_people_is_no_people_finder(tmp_path: Path) -> None:
    card = own(tmp_path, saying(SIZE, _heads()), "net", "yolo-v3", labels=LABELS, options={"anchors": ANCHORS})
    with pytest.raises(MirrorError, match="not a people finder: none of its labels is 'person'"):
        PeopleFinder(Session(card))
