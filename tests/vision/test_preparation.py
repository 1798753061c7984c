"""What a card says of the input is what the graph is given: layout, colour, scale, mean, deviation, padding, kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto
from tiny_models import echoing, own

from mirror.domain import Box, MirrorError
from mirror.runtime.session import Session
from mirror.vision.crop import CropTensor

COLOUR = (10, 20, 30)
"""BGR of the picture that every card is shown."""
WHOLE = Box(0, 0, 8, 6)


def _seen(folder: Path, size: Any, kind: int = TensorProto.FLOAT, image: Any = None, **card: Any) -> np.ndarray:
    """What a graph with this card is given of a plain picture of 8x6 pixels."""
    session = Session(own(folder, echoing(size, kind), "echo", "embedding", **card))
    crop = CropTensor(session.card)
    crop.fill(np.full((6, 8, 3), COLOUR, np.uint8) if image is None else image, WHOLE)
    return session.run(crop.tensor)[0]


def test_rgb_and_bgr_in_both_layouts(tmp_path: Path) -> None:
    assert _seen(tmp_path, [1, 3, 6, 8], layout="NCHW", colour="rgb")[0, :, 3, 4].tolist() == [30, 20, 10]
    assert _seen(tmp_path, [1, 3, 6, 8], layout="NCHW", colour="bgr")[0, :, 3, 4].tolist() == [10, 20, 30]
    assert _seen(tmp_path, [1, 6, 8, 3], layout="NHWC", colour="rgb")[0, 3, 4].tolist() == [30, 20, 10]
    assert _seen(tmp_path, [1, 6, 8, 3], layout="NHWC", colour="bgr")[0, 3, 4].tolist() == [10, 20, 30]


def test_scale_then_mean_then_deviation_each_in_the_inputs_own_channel_order(tmp_path: Path) -> None:
    seen = _seen(
        tmp_path, [1, 3, 6, 8], layout="NCHW", colour="bgr", scale=0.5, mean=(1.0, 2.0, 3.0), std=(2.0, 4.0, 6.0)
    )
    assert seen[0, :, 0, 0] == pytest.approx([(5 - 1) / 2, (10 - 2) / 4, (15 - 3) / 6])


def test_alphaposes_preparation(tmp_path: Path) -> None:
    seen = _seen(tmp_path, [1, 3, 6, 8], colour="rgb", scale=1 / 255, mean=(0.406, 0.457, 0.48))
    assert seen[0, :, 0, 0] == pytest.approx([30 / 255 - 0.406, 20 / 255 - 0.457, 10 / 255 - 0.48], abs=1e-6)


def test_one_channel_is_grey(tmp_path: Path) -> None:
    grey = 0.114 * 10 + 0.587 * 20 + 0.299 * 30
    assert _seen(tmp_path, [1, 1, 6, 8], colour="none")[0, 0, 2, 2] == pytest.approx(grey, abs=0.6)


def test_bytes_and_half_numbers_where_the_graph_takes_them(tmp_path: Path) -> None:
    seen = _seen(tmp_path, [1, 6, 8, 3], TensorProto.UINT8, layout="NHWC", colour="rgb")
    assert seen.dtype == np.uint8
    assert seen[0, 0, 0].tolist() == [30, 20, 10]
    seen = _seen(tmp_path, [1, 3, 6, 8], TensorProto.FLOAT16, scale=1 / 255)
    assert seen.dtype == np.float16
    assert seen[0, 0, 0, 0] == pytest.approx(30 / 255, abs=1e-3)


def test_a_letterbox_keeps_the_aspect_and_pads_with_the_cards_colour(tmp_path: Path) -> None:
    seen = _seen(tmp_path, [1, 3, 16, 8], colour="rgb", options={"pad": [104, 117, 123]})
    assert seen[0, :, 0, 0].tolist() == [104, 117, 123]
    assert seen[0, :, 8, 4].tolist() == [30, 20, 10]
    assert (seen[0, 0] == 30).sum() == 6 * 8


def test_stretching_fills_the_input_and_maps_back(tmp_path: Path) -> None:
    card = own(tmp_path, echoing([1, 3, 16, 8]), "echo", "embedding", options={"fit": "stretch"})
    crop = CropTensor(card)
    letterbox = crop.fill(np.full((6, 8, 3), 200, np.uint8), WHOLE)
    assert (crop.tensor == 200).all()
    assert letterbox.box_to_frame(Box(0, 0, 8, 16)) == pytest.approx(WHOLE)


def test_a_size_left_open_and_a_picture_as_one_row(tmp_path: Path) -> None:
    seen = _seen(tmp_path, ["n", 3, "h", "w"], options={"input_size": [6, 8]})
    assert seen.shape == (1, 3, 6, 8)
    row = _seen(tmp_path, ["n", 6 * 8 * 3], layout="none", colour="rgb", options={"input_size": [6, 8]})
    assert row.shape == (1, 144)
    assert row[0, :3].tolist() == [30, 20, 10]


@pytest.mark.parametrize(("size", "card", "words"), [
    ([1, 3, "h", "w"], {}, ["'echo'", "size open", "input_size"]),
    ([1, 3, 6, 8], {"layout": "NHWC"}, ["NHWC", "8 channels"]),
    ([1, 3, 6, 8], {"layout": "none"}, ["takes pictures"]),
    ([1, 3, 6, 8], {"mean": (1.0, 2.0)}, ["mean has 2 numbers", "3 channels"]),
    ([1, 3, 6, 8], {"options": {"pad": 300}}, ["'pad'", "255"]),
    ([1, 3, 6, 8], {"options": {"fit": "squash"}}, ["'fit'", "letterbox, stretch"]),
    ([1, 3, 6, 8], {"options": {"input_size": [8, 8]}}, ["'input_size'", "6"]),
    (["n", 100], {"layout": "none", "options": {"input_size": [6, 8]}}, ["row of 144", "100"]),
    ([1, 3, 6, 8], {"options": {"input_sise": [6, 8]}}, ["'input_sise'", "did you mean 'input_size'"]),
])
def test_a_card_that_does_not_fit_its_graph_is_one_line(
    tmp_path: Path, size: Any, card: dict[str, Any], words: list[str]
) -> None:
    read = own(tmp_path, echoing(size), "echo", "embedding", **card)
    with pytest.raises(MirrorError) as caught:
        CropTensor(read)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message
