"""Sizes from girths, against the bounds of EN 13402-3 and against the survey's people."""

from __future__ import annotations

import pytest

from mirror.domain import LETTER_SIZES, BodyShape, Estimate, Profile
from mirror.recommend.size_chart import chart, covered
from mirror.recommend.sizes import (
    bottoms_letter,
    dress_belief,
    estimate_sizes,
    fits,
    size_belief,
    size_labels,
    tops_letter,
)


def close(value: float, by: float = 0.004) -> Estimate:
    return Estimate(value, value * (1 - by), value * (1 + by))


def body(chest_cm: float, waist_cm: float, hip_cm: float, stature: float = 170, by: float = 0.004) -> BodyShape:
    chest, waist, hip = (close(girth / stature, by) for girth in (chest_cm, waist_cm, hip_cm))
    return BodyShape(0.27, 0.17, 0.18, 0.21, Estimate(24, 22, 26), "body", chest, waist, hip)


@pytest.mark.parametrize(("chest", "woman", "letter"), [
    (78, True, "XS"), (86, True, "S"), (94, True, "M"), (102, True, "L"), (110, True, "XL"), (120, True, "XXL"),
    (82, False, "XS"), (90, False, "S"), (98, False, "M"), (106, False, "L"), (114, False, "XL"), (123, False, "XXL"),
    (94, False, "M"), (93.9, False, "S"),
])
def test_letters_of_tops_are_the_standards(chest: float, woman: bool, letter: str) -> None:
    assert tops_letter(chest, woman) == letter


def test_bottoms_go_by_a_mans_waist_and_a_womans_hip() -> None:
    assert bottoms_letter(86, 60, False) == "M"
    assert bottoms_letter(60, 102, True) == "M"


@pytest.mark.parametrize(("female", "tops", "bottoms"), [(1.0, "M", "M"), (0.0, "S", "S")])
def test_a_well_known_girth_gives_one_sure_letter(female: float, tops: str, bottoms: str) -> None:
    sizes = estimate_sizes(body(92, 78, 101), close(170), female)
    assert max(sizes["tops"], key=lambda k: sizes["tops"][k]) == tops
    assert sizes["tops"][tops] > 0.95
    assert max(sizes["bottoms"], key=lambda k: sizes["bottoms"][k]) == bottoms


def test_probabilities_sum_to_one_and_shoes_are_not_guessed() -> None:
    for female in (None, 0.0, 0.3, 1.0):
        sizes = estimate_sizes(body(96, 80, 104, by=0.1), None, female)
        assert set(sizes) == {"tops", "bottoms"}
        for belief in sizes.values():
            assert sum(belief.values()) == pytest.approx(1.0)
            assert set(belief) <= set(LETTER_SIZES)


def test_a_girth_on_a_bound_is_half_of_each_side() -> None:
    belief = estimate_sizes(body(90, 70, 98, by=0.02), close(170, 0.001), 1.0)["tops"]
    assert belief["S"] == pytest.approx(0.5, abs=0.02)
    assert belief["M"] == pytest.approx(0.5, abs=0.02)
    assert set(Profile(sizes={"tops": belief}).likely_sizes("tops")) == {"S", "M"}


def test_not_knowing_her_stature_makes_the_letter_less_sure() -> None:
    known = estimate_sizes(body(94, 74, 102, stature=164), close(164), 1.0)["tops"]
    unknown = estimate_sizes(body(94, 74, 102, stature=164), None, 1.0)["tops"]
    assert max(unknown, key=lambda k: unknown[k]) == "M"
    assert unknown["M"] < known["M"]


def test_sizes_grow_with_the_body() -> None:
    ranks = []
    for chest in range(76, 130, 4):
        belief = estimate_sizes(body(chest, chest - 12, chest + 8, by=0.06), None, None)["tops"]
        ranks.append(sum(LETTER_SIZES.index(label) * p for label, p in belief.items()))
    assert ranks == sorted(ranks)


def test_a_bmi_alone_gives_sizes_too_less_surely() -> None:
    slim, broad = (
        estimate_sizes(BodyShape(0, 0, 0, 0, Estimate(bmi, bmi - 2, bmi + 2), "face"), close(165), 1.0)["tops"]
        for bmi in (19, 31)
    )
    assert max(slim, key=lambda k: slim[k]) in ("XS", "S")
    assert max(broad, key=lambda k: broad[k]) in ("L", "XL")
    assert max(slim.values()) < 0.8


def test_letters_stand_for_the_numbers_on_labels() -> None:
    assert "40" in size_labels(("M",), woman=True)
    assert "48" in size_labels(("M",), woman=False)
    assert fits(("38", "40"), ("M",), woman=True)
    assert not fits(("38", "40"), ("M",), woman=False)
    assert fits(("41",), ("41",), woman=False)
    assert not fits((), ("M",), woman=True)


def test_numbers_of_every_system_grow_with_the_girth_and_agree_with_its_letters() -> None:
    for system in ("eu", "us"):
        for piece in ("tops", "bottoms"):
            for woman in (True, False):
                sizes = chart(system, piece, woman)  # type: ignore[arg-type]
                assert list(sizes.bounds) == sorted(sizes.bounds)
                assert len(sizes.bounds) == len(sizes.labels) - 1
                numbers = [n for letter in LETTER_SIZES
                           for n in covered(letter, woman, system, piece)]  # type: ignore[arg-type]
                assert numbers == list(sizes.labels)


@pytest.mark.parametrize(("system", "woman", "girth", "label"), [
    ("eu", True, 92, "40"), ("eu", True, 110, "48"), ("eu", False, 100, "50"), ("us", True, 92, "8"),
    ("us", True, 84, "2"), ("us", False, 102, "40"),
])
def test_a_girth_is_the_number_that_the_standard_gives_it(system: str, woman: bool, girth: float, label: str) -> None:
    assert chart(system, "tops", woman).label(girth) == label  # type: ignore[arg-type]
    shape = body(girth, girth - 12, girth + 8)
    belief = size_belief(shape, "tops", woman, system, close(170))  # type: ignore[arg-type]
    assert max(belief, key=lambda k: belief[k]) == label
    assert sum(belief.values()) == pytest.approx(1.0)


def test_a_dress_must_go_over_bust_and_hip() -> None:
    even, pear = dress_belief(body(94, 78, 102), "letter", close(170)), dress_belief(
        body(86, 74, 110), "letter", close(170))
    assert max(even, key=lambda k: even[k]) == "M"
    assert max(pear, key=lambda k: pear[k]) == "L"
    assert sum(dress_belief(body(94, 78, 102, by=0.08)).values()) == pytest.approx(1.0)


def test_a_number_means_what_the_shop_says_it_counts() -> None:
    assert fits(("46",), ("S",), woman=False, system="eu")
    assert not fits(("46",), ("S",), woman=False, system="us")
    assert fits(("46",), ("XL",), woman=False, system="us")
    assert fits(("32",), ("S",), woman=False, system="us", piece="bottoms")
    assert not fits(("8",), ("M",), woman=True, system="letter")
