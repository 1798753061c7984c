"""Which decoder a card asks for, and whether it suits the task that the model is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mirror.domain import MirrorError
from mirror.runtime.manifest import ModelCard
from mirror.vision.decoders import (
    blazepose,
    classification,
    faceres,
    heatmap,
    movenet,
    regression,
    simcc,
    yolo_anchor_free,
    yolo_v3,
)
from mirror.vision.decoders.contract import BoxDecoder, FaceDecoder, PoseDecoder

POSE: Mapping[str, Callable[[ModelCard, tuple[int, int]], PoseDecoder]] = {
    "movenet": movenet.decoder, "blazepose": blazepose.decoder, "heatmap": heatmap.decoder, "simcc": simcc.decoder,
}
BOXES: Mapping[str, Callable[[ModelCard, tuple[int, int]], BoxDecoder]] = {
    "yolo-anchor-free": yolo_anchor_free.decoder, "yolo-v3": yolo_v3.decoder,
}
FACE: Mapping[str, Callable[[ModelCard], FaceDecoder]] = {
    "faceres": faceres.decoder, "classification": classification.decoder, "regression": regression.decoder,
}
PEOPLE, MASK, EMBEDDING, BODY = "movenet-multipose", "blazepose", "embedding", "body-shape"
ALL: tuple[str, ...] = tuple(dict.fromkeys((*POSE, *BOXES, *FACE, PEOPLE, MASK, EMBEDDING, BODY)))


def require(card: ModelCard, suitable: tuple[str, ...], what: str) -> str:
    """The card's decoder when it is one of ``suitable``.

    Raises:
        MirrorError: one line: the card names none, an unknown one, or one that is not ``what`` ("a garment detector").
    """
    if not card.decoder:
        raise MirrorError(f"model '{card.name}': its card names no decoder: add decoder = \"...\", for {what} one of "
                          f"{', '.join(suitable)}")
    if card.decoder not in ALL:
        raise MirrorError(f"model '{card.name}': unknown decoder '{card.decoder}'; there are {', '.join(ALL)}")
    if card.decoder not in suitable:
        raise MirrorError(
            f"model '{card.name}' has decoder '{card.decoder}': not {what}, which takes {', '.join(suitable)}"
        )
    return card.decoder


def pose_decoder(card: ModelCard, size: tuple[int, int]) -> PoseDecoder:
    """For keypoints of one person; ``size``: width, height of the input. Raises MirrorError, one line."""
    return POSE[require(card, tuple(POSE), "a pose net")](card, size)


def box_decoder(card: ModelCard, size: tuple[int, int], what: str) -> BoxDecoder:
    """For boxes with a score a label. Raises MirrorError, one line."""
    decoder = BOXES[require(card, tuple(BOXES), what)]
    if not card.labels:
        raise MirrorError(f"model '{card.name}': its card has no labels: a detector needs one for each class, in order")
    return decoder(card, size)


def face_decoder(card: ModelCard, gives: str, what: str) -> FaceDecoder:
    """For a net that tells ``gives`` (a field of FaceReading; "" takes any) of a face. Raises MirrorError, one line."""
    found = FACE[require(card, tuple(FACE), what)](card)
    if gives and gives not in found.gives:
        raise MirrorError(f"model '{card.name}' gives {' and '.join(sorted(found.gives))}: not {what}")
    return found
