"""The mean over a track: bad frames, frames that resemble one another, and how far its interval may shrink."""

from __future__ import annotations

import numpy as np
import pytest

from mirror.domain import BodyShape, Estimate, SizeBelief, SizeKind
from mirror.pipeline.belief import Z_80, ProfileBelief
from mirror.pipeline.memory import Declared
from mirror.pipeline.robust import KEPT, RobustMean


def stream(rng: np.random.Generator, count: int, deviation: float, likeness: float) -> list[float]:
    """Readings around 0, each resembling the one before."""
    values = [rng.normal(0, deviation)]
    for _ in range(count - 1):
        values.append(likeness * values[-1] + np.sqrt(1 - likeness**2) * rng.normal(0, deviation))
    return [float(v) for v in values]


def mean_of(values: list[float], least: float = 0.5) -> RobustMean:
    mean = RobustMean(least)
    for value in values:
        mean.add(value, 1.0)
    return mean


def test_a_fifth_of_wild_frames_moves_the_mean_by_little() -> None:
    rng = np.random.default_rng(0)
    good = list(rng.normal(35, 2, 24))
    wild = mean_of([float(v) for v in rng.permutation([*good, *([80.0] * 6)])])
    plain = float(np.mean([*good, *([80.0] * 6)]))
    assert abs(wild.value - 35) < 2
    assert abs(plain - 35) > 8


def test_better_seen_faces_count_for_more() -> None:
    mean = RobustMean(5.0)
    mean.add(30, 3.0)
    mean.add(34, 1.0)
    assert mean.value == pytest.approx(31, abs=0.05)


@pytest.mark.parametrize(("likeness", "least"), [(0.0, 0.72), (0.5, 0.70), (0.8, 0.62)])
def test_the_means_own_error_is_inside_its_interval_as_often_as_it_says_also_when_frames_resemble_one_another(
    likeness: float, least: float,
) -> None:
    rng = np.random.default_rng(7)
    inside, width = [], []
    for _ in range(250):
        mean = mean_of(stream(rng, 24, 4.0, likeness))
        half = Z_80 * mean.deviation / np.sqrt(mean.effective)
        inside.append(abs(mean.value) <= half)
        width.append(half)
    assert least <= np.mean(inside) <= 0.96
    if likeness == 0.0:
        assert np.mean(width) < 0.5 * Z_80 * 4.0


def test_frames_that_resemble_one_another_are_worth_fewer() -> None:
    rng = np.random.default_rng(3)
    apart, alike = (np.mean([mean_of(stream(rng, 24, 4.0, r)).effective for _ in range(60)]) for r in (0.0, 0.8))
    assert alike < 0.6 * apart
    assert apart < 24


def aged(years: list[float]) -> Estimate:
    belief = ProfileBelief(lambda body, stature, female: {})
    for value in years:
        belief.add_face(Estimate(value, value - 9, value + 11), 0.8, 1.0)
    age = belief.profile(Declared()).age
    assert age is not None
    return age


def test_the_same_answer_a_hundred_times_is_not_a_surer_age() -> None:
    once, often = aged([30.0]), aged([30.0] * 100)
    assert (once.low, once.high) == (21, 41)
    assert (often.low, often.high) == pytest.approx((21, 41))


def test_averaging_takes_away_jitter_and_leaves_the_lasting_error() -> None:
    rng = np.random.default_rng(1)
    few, many = aged([float(v) for v in rng.normal(40, 5, 3)]), aged([float(v) for v in rng.normal(40, 5, 40)])
    assert many.high - many.low < few.high - few.low
    assert many.high - many.low >= 0.7 * 20


def test_the_interval_holds_the_truth_when_each_face_has_an_error_of_its_own() -> None:
    rng = np.random.default_rng(5)
    inside = []
    for _ in range(200):
        bias = rng.normal(0, 7.0)  # single readings then deviate by 7.8 years, 80 % of them within 10
        age = aged([40 + bias + v for v in stream(rng, 20, 3.5, 0.6)])
        inside.append(age.low <= 40 <= age.high)
    assert 0.74 <= np.mean(inside) <= 0.90


def test_only_the_latest_readings_are_kept() -> None:
    mean = mean_of([0.0] * 10 + [10.0] * (KEPT + 5))
    assert len(mean) == KEPT
    assert mean.value == pytest.approx(10)


def test_a_profile_is_made_once_until_she_or_a_reading_says_something_new() -> None:
    asked: list[float | None] = []

    def sizes(body: BodyShape, stature: object, female: float | None) -> dict[SizeKind, SizeBelief]:
        asked.append(female)
        return {}

    belief = ProfileBelief(sizes)
    shape = BodyShape(0.25, 0.2, 0.18, 0.2, Estimate(23, 20, 26))
    belief.add_body(shape)
    first = belief.profile(Declared())
    assert belief.profile(Declared()) is first
    assert len(asked) == 1
    belief.add_face(Estimate(30, 25, 35), 0.9, 1.0)
    told = belief.profile(Declared())
    assert told.age is not None
    assert told.age.value == 30
    assert belief.profile(Declared(gender="men")).female == 0.0
    assert belief.profile(Declared()).female == pytest.approx(0.9)
    belief.add_body(BodyShape(0.25, 0.2, 0.18, 0.2, Estimate(29, 26, 32)))
    now = belief.profile(Declared()).body
    assert now is not None
    assert now.bmi.value > shape.bmi.value


def test_a_new_reading_moves_a_mean_that_was_already_asked_for() -> None:
    mean = mean_of([1.0, 1.2])
    before = mean.value
    mean.add(1.4, 1.0)
    assert mean.value > before
