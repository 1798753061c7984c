"""One number of a face: its BMI, or its age in years."""

from __future__ import annotations

from collections.abc import Mapping

from mirror.domain import Estimate, MirrorError
from mirror.runtime.manifest import ModelCard
from mirror.vision.decoders.activation import ACTIVATIONS
from mirror.vision.decoders.contract import FaceDecoder, FaceReading, Outputs
from mirror.vision.decoders.options import Options

SPREAD: Mapping[str, float] = {"bmi": 5.6, "age": 8.0}
"""Half the 80 % interval when the card gives no ``spread``: published mean absolute errors are 3.5 for BMI from a face
and 5 for age; of a normal error 1.6 times that holds 80 % (1.28 / 0.80)."""

POSSIBLE: Mapping[str, tuple[float, float]] = {"bmi": (8.0, 90.0), "age": (0.0, 120.0)}
"""What lies outside is no person's: then the input is prepared otherwise than the net was trained."""


def decoder(card: ModelCard) -> FaceDecoder:
    """Options: ``meaning`` bmi or age; the value is the output (after ``activation``) times ``factor`` (1) plus
    ``offset`` (0); ``spread`` is half the 80 % interval. Raises MirrorError when card and options do not go together.
    """
    options = Options(card)
    index = options.output()
    if "meaning" not in options:
        raise options.wrong("meaning", f"is missing: one of {', '.join(SPREAD)}")
    meaning = options.choice("meaning", tuple(SPREAD), "")
    applied = ACTIVATIONS[options.choice("activation", ("none", "sigmoid"), "none")]
    factor, offset = options.number("factor", 1.0), options.number("offset", 0.0)
    spread = options.number("spread", SPREAD[meaning], least=0.0)
    least, most = POSSIBLE[meaning]
    shape = card.outputs[index].shape
    if any(isinstance(side, int) and side != 1 for side in shape):
        raise MirrorError(
            f"model '{card.name}': output '{card.outputs[index].name}' is {list(shape)}; a regression gives one number"
        )

    def read(outputs: Outputs) -> FaceReading:
        value = float(applied(outputs[index]).ravel()[0]) * factor + offset
        if not least <= value <= most:
            raise MirrorError(
                f"model '{card.name}' reads {value:.4g} as {meaning}: check scale, mean, colour, factor and offset "
                "of its card"
            )
        estimate = Estimate(value, max(least, value - spread), min(most, value + spread))
        return FaceReading(bmi=estimate) if meaning == "bmi" else FaceReading(age=estimate)

    return FaceDecoder(frozenset({meaning}), read)
