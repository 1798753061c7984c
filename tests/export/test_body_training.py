"""Training the body-shape model on the survey: its figures on held-out people, its graph, its manifest table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from export.body.__main__ import NAME, SAMPLE, main, write  # noqa: E402
from export.body.card import put_table  # noqa: E402
from export.body.graph import FARTHEST, body_graph  # noqa: E402
from export.body.measure import crossed, evaluate, halves, mixed  # noqa: E402
from export.body.ridge import BodyModel, fit, logged, memberships  # noqa: E402
from export.body.survey import FILES, Survey, default_folder, read_survey  # noqa: E402
from export.body.wear import CALF, FEMALE, NOISE, WEAR  # noqa: E402
from mirror.domain import MirrorError  # noqa: E402
from mirror.runtime.manifest import Manifest  # noqa: E402
from mirror.runtime.session import Session  # noqa: E402

pytestmark = pytest.mark.skipif(
    not (default_folder() / FILES[0][0]).is_file(), reason="needs ANSUR II; set MIRROR_SHARED to the shared folder"
)


@pytest.fixture(scope="module")
def people() -> Survey:
    return read_survey()


@pytest.fixture(scope="module")
def everybody(people: Survey) -> BodyModel:
    return fit(people)


@pytest.fixture(scope="module")
def model(people: Survey) -> BodyModel:
    return fit(halves(people)[0])


@pytest.fixture(scope="module")
def figures(people: Survey, model: BodyModel) -> Mapping[str, float]:
    train, held_out = halves(people)
    return {**evaluate(model, held_out, train, repeats=2), **crossed(people, parts=2)}


def test_the_survey_is_read_in_the_units_it_states(people: Survey) -> None:
    assert len(people) == 6068
    assert people.female.sum() == 1986
    assert people.stature.mean() == pytest.approx(171.4, abs=0.2)
    assert people.bmi.mean() == pytest.approx(27.0, abs=0.2)
    assert (people.ratios > 0.1).all()
    assert (people.girths < 1.1).all()


def test_nobody_is_both_trained_on_and_held_out(people: Survey) -> None:
    train, held_out = halves(people)
    assert len(train) + len(held_out) == len(people)
    rows = {tuple(row) for row in np.column_stack([train.ratios, train.bmi])}
    assert not rows & {tuple(row) for row in np.column_stack([held_out.ratios, held_out.bmi])}


def test_held_out_people_are_read_far_better_than_the_mean_of_their_sex(figures: Mapping[str, float]) -> None:
    assert figures["baseline_bmi_mae"] > 2.9
    assert figures["close_0_bmi_mae"] <= 1.25
    assert figures["close_3_bmi_mae"] <= 1.50
    assert figures["fitted_3_own_bmi_mae"] <= 1.50
    assert figures["fitted_3_bmi_mae"] < 1.53
    # everybody held out once, so with less luck in who they are
    assert figures["fitted_3_bmi_mae_crossed"] < 1.51
    assert figures["close_3_bmi_mae_crossed"] < figures["fitted_3_bmi_mae_crossed"] < figures["loose_3_bmi_mae_crossed"]
    assert figures["calf_fitted_3_bmi_mae"] < figures["fitted_3_bmi_mae"] - 0.1
    assert figures["mixed_6_bmi_mae"] < 2.1
    assert figures["wrong_sex_6_bmi_mae"] > figures["sex_unknown_6_bmi_mae"]


def test_eighty_of_a_hundred_lie_in_their_interval_at_every_wear_level_and_noise(figures: Mapping[str, float]) -> None:
    shares = {key: share for key, share in figures.items() if key.endswith("in_80") and "wrong" not in key}
    assert len(shares) > 80
    assert {key: share for key, share in shares.items() if abs(share - 0.8) > 0.03} == {}
    assert np.mean(list(shares.values())) == pytest.approx(0.8, abs=0.01)


def test_the_graph_says_what_the_regression_says(
    everybody: BodyModel, people: Survey, figures: Mapping[str, float], tmp_path: Path
) -> None:
    out = tmp_path / "models"
    write(out, everybody, figures)
    session = Session(Manifest.load(out)[NAME])
    few = people.rows(np.arange(0, len(people), 300))
    inputs = np.concatenate([mixed(few, noise) for noise in (0.0, 0.02, 0.07, 0.2)])
    inputs[::5, FEMALE] = 0.7  # between two cells
    inputs[::7, WEAR] = (0.5, 0.25, 0.25, 0.0)
    scaled = (logged(inputs) - everybody.mean) / everybody.std
    scaled[:, CALF] *= inputs[:, CALF] > 0
    inputs = inputs[(np.abs(scaled) < FARTHEST).all(axis=1)]
    assert len(inputs) > 60
    for row, expected in zip(inputs, everybody.predict(inputs), strict=True):
        found = session.run(row[None].astype(np.float32))[0].reshape(4, 3)
        assert found == pytest.approx(expected, rel=5e-4)


def test_the_shipped_weights_are_the_ones_that_training_makes(everybody: BodyModel) -> None:
    session = Session(Manifest.load()[NAME])
    found = session.run(np.array([SAMPLE], np.float32))[0].reshape(4, 3)
    assert found == pytest.approx(everybody.predict(np.array([SAMPLE]))[0], rel=1e-3)


def test_cells_blend_without_a_gap(people: Survey) -> None:
    inputs = mixed(people.rows(np.arange(50)), 0.05)
    assert memberships(inputs).sum(axis=1) == pytest.approx(np.ones(50))
    assert (memberships(inputs) >= 0).all()


def test_how_sure_a_face_was_says_nothing_about_the_body(everybody: BodyModel) -> None:
    rows = np.tile(np.array([SAMPLE]), (3, 1))
    rows[:, FEMALE] = 0.86, 0.93, 1.0
    estimates = everybody.predict(rows)
    assert (estimates == estimates[0]).all()
    rows[0, FEMALE] = 0.6  # a doubtful one does: its answer lies between the sexes'
    assert everybody.predict(rows)[0, 0, 0] != estimates[0, 0, 0]


def test_a_noisier_reading_is_believed_less(everybody: BodyModel) -> None:
    spans = []
    for noise in (0.0, 0.02, 0.03, 0.05, 0.08, 0.1, 0.3):
        row = np.array([SAMPLE])
        row[0, NOISE] = noise
        _, low, high = everybody.predict(row)[0, 0]
        spans.append(high / low)
    assert spans == sorted(spans)
    assert spans[-1] > 1.1 * spans[0]


def test_the_graph_is_made_of_named_plain_nodes(model: BodyModel) -> None:
    proto = body_graph(model)
    names = [node.name for node in proto.graph.node]
    assert all(names)
    assert len(set(names)) == len(names)


def test_a_table_replaces_its_own_in_the_manifest_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text('# head\n\n[[model]]\nname = "a"\nx = 1\n\n[[model]]\nname = "b"\nx = 2\n', encoding="utf-8")
    put_table(path, "a", '[[model]]\nname = "a"\nx = 3\n')
    put_table(path, "a", '[[model]]\nname = "a"\nx = 4\n')
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# head\n")
    assert text.count("[[model]]") == 2
    assert "x = 2" in text
    assert "x = 4" in text
    assert "x = 1" not in text
    assert "x = 3" not in text


def test_a_missing_survey_is_one_plain_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(MirrorError, match="MIRROR_SHARED"):
        read_survey(tmp_path)
    assert main(["--survey", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert "ANSUR_II" in lines[0]
