"""Training the body-shape model on the survey: its figures on held-out people, its graph, its manifest table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from export.body.__main__ import NAME, main  # noqa: E402
from export.body.card import put_table  # noqa: E402
from export.body.graph import FARTHEST, body_graph  # noqa: E402
from export.body.measure import evaluate, halves  # noqa: E402
from export.body.ridge import Z_80, BodyModel, fit  # noqa: E402
from export.body.survey import FILES, Survey, default_folder, read_survey  # noqa: E402
from export.body.wear import sight  # noqa: E402
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
def model(people: Survey) -> BodyModel:
    return fit(halves(people)[0])


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


def test_held_out_people_are_read_far_better_than_the_mean_of_their_sex(people: Survey, model: BodyModel) -> None:
    train, held_out = halves(people)
    figures = evaluate(model, held_out, train)
    assert figures["baseline_bmi_mae"] > 2.9
    assert figures["noise_3_bmi_mae"] < 1.75
    assert figures["fitted_bmi_mae"] < 2.0
    assert figures["mixed_bmi_mae"] < 2.2
    for worn in ("fitted", "loose", "outer", "mixed"):
        assert figures[f"{worn}_bmi_in_80"] == pytest.approx(0.8, abs=0.03)
    assert figures["stature_told_noise_3_tops_exact"] > 0.53
    assert figures["stature_told_noise_3_tops_within_one"] > 0.97


def test_the_graph_says_what_the_regression_says(model: BodyModel, people: Survey, tmp_path: Path) -> None:
    out = tmp_path / "models"
    assert main(["--out", str(out)]) == 0
    session = Session(Manifest.load(out)[NAME])
    everybody = fit(people)
    inputs = sight(people.rows(np.arange(0, len(people), 300)), np.random.default_rng(2)).features
    scaled = (np.column_stack([np.log(inputs[:, :4]), inputs[:, 4:]]) - everybody.mean) / everybody.std
    inputs = inputs[(np.abs(scaled) < FARTHEST).all(axis=1)]
    values, spreads = everybody.predict(inputs)
    assert len(inputs) > 15
    for row, value, spread in zip(inputs, values, spreads, strict=True):
        found = session.run(row[None].astype(np.float32))[0].reshape(4, 3)
        expected = np.stack([value, value * np.exp(-Z_80 * spread), value * np.exp(Z_80 * spread)], axis=1)
        assert found == pytest.approx(expected, rel=2e-4)


def test_the_shipped_weights_are_the_ones_that_training_makes(people: Survey) -> None:
    session = Session(Manifest.load()[NAME])
    values, _ = fit(people).predict(np.array([[0.2767, 0.1655, 0.1842, 0.2174, 1.0, 0.0, 0.0]]))
    found = session.run(np.array([[0.2767, 0.1655, 0.1842, 0.2174, 1.0, 0.0, 0.0]], np.float32))[0][0, ::3]
    assert found == pytest.approx(values[0], rel=1e-3)


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
