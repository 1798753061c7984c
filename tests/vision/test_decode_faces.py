"""Face nets of others: age bins, two classes of gender presentation, a BMI from a face."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_models import own, saying

from mirror.domain import Box, Face, MirrorError
from mirror.runtime.session import Session
from mirror.vision.attributes import AttributeReader
from mirror.vision.face_bmi import FaceBmiReader
from mirror.vision.face_net import FaceNet

SIZE = [1, 3, 227, 227]
IMAGE = np.full((300, 300, 3), 128, np.uint8)
FACE = Face(Box(100, 100, 200, 200), frontal=True)
BINS = [[0, 2], [4, 6], [8, 12], [15, 20], [25, 32], [38, 43], [48, 53], [60, 100]]
AGE = {"meaning": "age bins", "bins": BINS}
MEAN = (78.4263377603, 87.7689143744, 114.895847746)


def _net(folder: Path, values: list[float], decoder: str, name: str = "net", **card: Any) -> FaceNet:
    model = saying(SIZE, {"prob": np.array([values], np.float32)})
    return FaceNet(Session(own(folder, model, name, decoder, **card)))


def test_age_bins_become_years_with_a_spread(tmp_path: Path) -> None:
    shares = [0, 0, 0, 0.25, 0.6, 0.15, 0, 0]
    age = _net(tmp_path, shares, "classification", colour="bgr", mean=MEAN, options=AGE).read(IMAGE, FACE).age
    assert age is not None
    assert age.value == pytest.approx((0.25 * 18 + 0.6 * 29) / 0.85)
    assert age.low == pytest.approx(15 + 0.1 / 0.25 * 6)
    assert age.high == pytest.approx(38 + 0.05 / 0.15 * 6)


def test_labels_that_are_spans_of_years_are_bins(tmp_path: Path) -> None:
    labels = tuple(f"({first}, {last})" for first, last in BINS)
    shares = [0, 0, 0, 0, 1, 0, 0, 0]
    net = _net(tmp_path, shares, "classification", labels=labels, options={"meaning": "age bins"})
    age = net.read(IMAGE, FACE).age
    assert age is not None
    assert age.value == pytest.approx(29)


def test_a_sure_bin_still_has_a_spread_of_years(tmp_path: Path) -> None:
    age = _net(tmp_path, [0, 0, 0, 0, 1, 0, 0, 0], "classification", options=AGE).read(IMAGE, FACE).age
    assert age is not None
    assert (age.low, age.high) == (pytest.approx(23), pytest.approx(35))


def test_logits_are_named_on_the_card_or_refused(tmp_path: Path) -> None:
    logits = [-3.0, -3, -3, -3, 4, 2, -3, -3]
    with pytest.raises(MirrorError, match=r"'net'.*activation = \"softmax\""):
        _net(tmp_path, logits, "classification", options=AGE).read(IMAGE, FACE)
    age = _net(tmp_path, logits, "classification", options={**AGE, "activation": "softmax"}).read(IMAGE, FACE).age
    assert age is not None
    assert age.value == pytest.approx(30.4, abs=0.2)


@pytest.mark.parametrize(("values", "card", "female"), [
    ([0.2, 0.8], {"options": {"meaning": "gender", "female": 1}}, 0.8),
    ([0.2, 0.8], {"options": {"meaning": "gender", "female": 0}}, 0.2),
    ([0.2, 0.8], {"options": {"meaning": "gender"}, "labels": ("Male", "Female")}, 0.8),
    ([0.3], {"options": {"meaning": "gender", "female": 1}}, 0.3),
    ([0.0], {"options": {"meaning": "gender", "female": 0, "activation": "sigmoid"}}, 0.5),
])
def test_two_classes_become_the_probability_of_a_feminine_presentation(
    tmp_path: Path, values: list[float], card: dict[str, Any], female: float
) -> None:
    assert _net(tmp_path, values, "classification", **card).read(IMAGE, FACE).female == pytest.approx(female)


def test_a_pair_of_nets_reads_age_and_gender(tmp_path: Path) -> None:
    age = _net(tmp_path, [0, 0, 0, 0, 1, 0, 0, 0], "classification", "age", options=AGE).session
    gender = _net(
        tmp_path, [0.1, 0.9], "classification", "gender", options={"meaning": "gender", "female": 1}).session
    reader = AttributeReader(age, gender)
    years, female = reader.read(IMAGE, FACE)
    assert (years.value, female) == (pytest.approx(29), pytest.approx(0.9))
    assert len(reader.parts) == 2
    with pytest.raises(MirrorError, match="'age' gives age: not a net that tells gender presentation"):
        AttributeReader(age)
    with pytest.raises(MirrorError, match="'gender' gives female: not a net that tells age"):
        AttributeReader(gender, age)


def test_a_bmi_of_a_face_is_a_body_shape_of_nothing_else(tmp_path: Path) -> None:
    session = _net(tmp_path, [24.0], "regression", scale=1 / 255, options={"meaning": "bmi", "spread": 5.0}).session
    body = FaceBmiReader(session).read(IMAGE, FACE)
    assert (body.source, body.chest_girth) == ("face", None)
    assert (body.bmi.low, body.bmi.value, body.bmi.high) == (19, 24, 29)


def test_a_number_that_is_no_bmi_says_what_to_check(tmp_path: Path) -> None:
    with pytest.raises(MirrorError, match=r"'net' reads 240 as bmi: check scale, mean, colour"):
        _net(tmp_path, [240.0], "regression", options={"meaning": "bmi"}).read(IMAGE, FACE)
    read = _net(tmp_path, [2.0], "regression", options={"meaning": "bmi", "factor": 10, "offset": 5})
    bmi = read.read(IMAGE, FACE).bmi
    assert bmi is not None
    assert bmi.value == pytest.approx(25)


@pytest.mark.parametrize(("values", "decoder", "options", "words"), [
    ([0.5, 0.5], "classification", {}, ["'meaning'", "age bins, gender"]),
    ([0.5, 0.5], "classification", {"meaning": "mood"}, ["'meaning'", "not 'mood'"]),
    ([0.5, 0.5], "classification", {"meaning": "gender"}, ["'female'", "index"]),
    ([0.5, 0.3, 0.2], "classification", {"meaning": "gender", "female": 1}, ["one or two numbers", "has 3"]),
    ([0.5, 0.5], "classification", AGE, ["'prob'", "[1, 8]"]),
    ([0.5, 0.5], "classification", {"meaning": "age bins", "bins": [[5, 2], [3, 4]]}, ["'bins'"]),
    ([0.5, 0.5], "classification", {"meaning": "age bins"}, ["'bins'", "must be there"]),
    ([0.5, 0.5], "regression", {"meaning": "bmi"}, ["gives one number"]),
    ([0.5], "regression", {"meaning": "gender"}, ["'meaning'", "bmi, age"]),
    ([0.5], "heatmap", {}, ["not a face net", "classification"]),
])
def test_a_card_that_does_not_suit_a_face_net_is_one_line(
    tmp_path: Path, values: list[float], decoder: str, options: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(MirrorError) as caught:
        _net(tmp_path, values, decoder, options=options)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message
