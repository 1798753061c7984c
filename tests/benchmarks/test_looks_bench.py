"""The evaluation of looks: what is hidden is found again by what it has in common, and by nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.looks import Wardrobe, chance, fit, fitted, measure, questions, rank, scores, summary, ways
from benchmarks.outfit_places import asks, measure_places
from benchmarks.outfits import Outfits, Piece, balanced, mask_of
from catalog.style_words import usual_styles
from mirror.domain import Item, MirrorError
from mirror.recommend.company import BEST_ECHO, ECHO, UNDERTONE

COLOURS = ("#6b1b2d", "#1d2746", "#2f8b4b", "#c8982e", "#121214", "#b5d1ea")


def made(count: int, matched: bool, seed: int = 0) -> Outfits:
    """Outfits of three in one colour each, or in colours by lot."""
    rng = np.random.default_rng(seed)
    outfits = {}
    for n in range(count):
        own = COLOURS[n % len(COLOURS)]
        worn = []
        for category, label in (("top", "t-shirt"), ("trousers", "pants"), ("bag", "bag")):
            colour = own if matched else COLOURS[int(rng.integers(len(COLOURS)))]
            vector = rng.standard_normal(8).astype(np.float32)
            item = Item(f"{n}{category}", label, category, (), "unisex", "", 0.0, "EUR", str(n), "", True, (colour,),
                        usual_styles(category, label))
            worn.append(Piece(str(n), item, vector / np.linalg.norm(vector)))
        outfits[str(n)] = tuple(worn)
    return outfits


def test_a_hidden_garment_is_one_of_its_category_and_its_own_photo_has_no_rival() -> None:
    asked = questions(made(5, matched=True))
    assert len(asked) == 15
    for question in asked:
        hidden = question.among[question.answer]
        assert {piece.item.category for piece in question.among} == {hidden.item.category}
        assert len(question.among) == 5
        assert hidden not in question.rest


def test_outfits_of_one_colour_are_completed_and_those_by_lot_are_not() -> None:
    for matched, low, high in ((True, 0.0, 0.2), (False, 0.35, 0.65)):
        outfits = made(36, matched)
        told = measure(outfits, outfits)["ways"]
        assert low <= told["all"]["percentile"] <= high
        assert low <= told["company alone"]["percentile"] <= high
        assert set(ways()) < set(told)
        assert told["chance"]["recall@5"] == pytest.approx(5 / 36, abs=1e-4)


def test_equal_scores_are_half_before_it() -> None:
    assert rank([1.0, 1.0, 1.0, 0.0], 0) == 1.0
    assert rank([0.2, 0.9, 0.5], 2) == 1.0
    assert summary([0, 3], [4, 4])["percentile"] == 0.5
    assert chance(questions(made(4, matched=True)))["recall@1"] == 0.25


def test_a_fit_finds_what_decides_and_leaves_what_does_not() -> None:
    rng = np.random.default_rng(1)
    rows = []
    for _ in range(300):
        table = rng.standard_normal((10, 2))
        best = int(np.argmax(2 * table[:, 0] + rng.gumbel(size=10)))
        rows.append(np.roll(table, -best, axis=0))
    weights = fit(rows)
    assert weights[0] == pytest.approx(2.0, abs=0.3)
    assert weights[1] == pytest.approx(0.0, abs=0.2)


def test_a_fit_is_the_same_each_time() -> None:
    outfits = made(30, matched=False)
    assert fitted(outfits) == fitted(outfits)
    assert set(fitted(outfits)["company"]) == {"echo", "best_echo", "undertone"}
    assert min(ECHO, BEST_ECHO, UNDERTONE) > 0


def test_scores_are_the_mirrors_own() -> None:
    outfits = made(6, matched=True)
    question = questions(outfits)[0]
    found = scores(question, ways()["company alone"], Wardrobe(outfits))
    assert len(found) == len(question.among)
    assert max(found) == found[question.answer]


def test_run_lengths_are_read_as_columns() -> None:
    # 2 x 3: runs 1, 2, 3 down the columns: 0 1 | 1 0 | 0 0
    mask = mask_of({"size": [2, 3], "counts": "123"})
    assert mask.tolist() == [[False, True, False], [True, False, False]]


def test_a_yellow_light_is_taken_off() -> None:
    grey = np.full((8, 8, 3), 128, np.uint8)
    yellow = grey.copy()
    yellow[..., 0] = 96
    white = balanced(yellow, np.ones((8, 8), np.bool_))
    assert int(white[0, 0].max()) - int(white[0, 0].min()) <= 1
    assert np.array_equal(balanced(grey, np.ones((8, 8), np.bool_)), grey)


def test_without_the_photos_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                       capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks.looks import main

    monkeypatch.setenv("MIRROR_SHARED", str(tmp_path))
    assert main([]) == MirrorError.exit_code
    assert "MIRROR_SHARED" in capsys.readouterr().err


def test_the_category_of_a_place_is_asked_for_where_several_may_fill_it() -> None:
    outfits = made(4, matched=True)
    assert {(place, category) for place, category, _ in asks(outfits)} == {("trunk", "top"), ("legs", "trousers")}
    told = measure_places(outfits, outfits)
    assert told["hidden"] == 8
    assert told["frequency"]["all"] == 1.0
    assert told["chance"]["all"] == pytest.approx(1 / 3, abs=1e-3)
    assert set(told["affinity"]) == {"all", "trunk", "legs"}
