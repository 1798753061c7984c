"""Pipelines of scikit-learn through the exporter: the same rows, and pickles that get no further than their classes."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="the pipelines are fitted with it")
joblib = pytest.importorskip("joblib", reason="the files are written with it")

import onnxruntime  # noqa: E402
from sklearn.decomposition import PCA, TruncatedSVD  # noqa: E402
from sklearn.ensemble import RandomForestRegressor, RandomTreesEmbedding  # noqa: E402
from sklearn.pipeline import Pipeline, make_pipeline  # noqa: E402
from sklearn.preprocessing import Normalizer, StandardScaler  # noqa: E402

from export.__main__ import main  # noqa: E402
from export.sklearn_.convert import convert, floor32  # noqa: E402
from mirror.runtime.manifest import Manifest  # noqa: E402
from mirror.runtime.session import Session  # noqa: E402
from mirror.vision.embedding import Embedder  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SIDE = 12
PIXELS = SIDE * SIDE * 3
CLOSE = 1e-5


def trees(count: int = 20, depth: int = 4, sparse: bool = True) -> RandomTreesEmbedding:
    return RandomTreesEmbedding(
        n_estimators=count, max_depth=depth, sparse_output=sparse, random_state=np.random.RandomState(2)
    )


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    """(120, PIXELS) float32 of whole pixel values, as the seed's catalogue has them."""
    return np.random.default_rng(4).integers(0, 256, (120, PIXELS)).astype(np.float32)


PIPELINES: dict[str, Callable[[], Any]] = {
    "the seed's": lambda: make_pipeline(trees(), TruncatedSVD(8, random_state=0)),
    "with PCA": lambda: make_pipeline(trees(sparse=False), PCA(8, random_state=0)),
    "whitened and normed": lambda: make_pipeline(trees(sparse=False), PCA(6, whiten=True), Normalizer()),
    "PCA on pixels": lambda: make_pipeline(PCA(5), "passthrough", Normalizer("l2")),
    "two projections": lambda: make_pipeline(trees(), TruncatedSVD(9, random_state=0), PCA(4)),
    "trees alone": trees,
    "trees of one leaf": lambda: make_pipeline(trees(3, 1), TruncatedSVD(2, random_state=0)),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_gives_what_scikit_learn_gives(pictures: np.ndarray, name: str) -> None:
    pipeline = PIPELINES[name]().fit(pictures)
    model = convert(pipeline, [1, SIDE, SIDE, 3])
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    wanted = pipeline.transform(pictures)
    wanted = wanted.toarray() if hasattr(wanted, "toarray") else wanted
    for row, want in zip(pictures[:40], wanted, strict=False):
        (ours,) = session.run(None, {"image": row.reshape(1, SIDE, SIDE, 3)})
        np.testing.assert_allclose(ours[0], want, atol=CLOSE)


def test_a_number_on_either_side_of_a_threshold_goes_where_scikit_learn_sends_it(pictures: np.ndarray) -> None:
    """Thresholds are float64, ONNX's float32: numbers right at them must not change sides."""
    pipeline = trees(1, 1).fit(pictures)
    tree = pipeline.estimators_[0].tree_
    at = tree.threshold[0]
    session = onnxruntime.InferenceSession(convert(pipeline, [1, PIXELS]).SerializeToString())
    near = np.float32(at)
    for value in (np.nextafter(near, np.float32(-1)), near, np.nextafter(near, np.float32(999))):
        row = np.full((1, PIXELS), value, np.float32)
        np.testing.assert_array_equal(session.run(None, {"image": row})[0], pipeline.transform(row).toarray())


def test_a_threshold_is_never_rounded_up() -> None:
    numbers = np.array([0.1, 0.3, 1 / 3, 16777217.0, 5.0, -0.1])
    rounded = floor32(numbers)
    assert (rounded.astype(np.float64) <= numbers).all()
    assert (np.nextafter(rounded, np.float32(np.inf)).astype(np.float64) > numbers).all()


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def command(*arguments: str) -> int:
    return main(["sklearn", *arguments, "--out", "mine", "--name", "seed-embedder"])


def refused(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 1) -> str:
    """The one line that a refusal prints; nothing was written."""
    capsys.readouterr()
    assert command(*arguments) == code
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert not Path("mine").exists()
    return line


@pytest.fixture
def saved(pictures: np.ndarray) -> Any:
    pipeline = PIPELINES["the seed's"]().fit(pictures)
    joblib.dump(pipeline, "seed.joblib")
    return pipeline


@pytest.mark.parametrize("compress", [0, ("gzip", 3), ("bz2", 3), ("xz", 3), ("zlib", 3), "pickle"])
def test_the_command_writes_an_embedder_that_the_mirror_opens(
    saved: Any, pictures: np.ndarray, compress: Any
) -> None:
    if compress == "pickle":
        Path("seed.joblib").write_bytes(pickle.dumps(saved, protocol=2))
    else:
        joblib.dump(saved, "seed.joblib", compress=compress)
    assert command("seed.joblib", "--trust", "--licence", "our own") == 0
    card = Manifest.load(Path("mine"))["seed-embedder"]
    assert card.inputs[0].shape == (1, SIDE, SIDE, 3)
    assert float(card.accuracy["difference_to_own_framework"]) < CLOSE
    embedder = Embedder(Session(card))
    rgb = pictures[0].reshape(SIDE, SIDE, 3).astype(np.uint8)
    row = embedder.embed_whole(np.ascontiguousarray(rgb[:, :, ::-1]))
    wanted = saved.transform(pictures[:1])[0]
    np.testing.assert_allclose(row, wanted / np.linalg.norm(wanted), atol=CLOSE)


def test_features_that_are_no_square_picture_are_a_row_unless_a_picture_is_said(
    pictures: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    wide = pictures[:, :8 * 6 * 3]
    joblib.dump(make_pipeline(trees(4), TruncatedSVD(2, random_state=0)).fit(wide), "wide.joblib")
    assert "--picture 5x6 has 90 numbers, the pipeline takes 144" in refused(
        capsys, "wide.joblib", "--trust", "--picture", "5x6", code=2
    )
    assert command("wide.joblib", "--trust", "--picture", "8x6") == 0
    assert Manifest.load(Path("mine"))["seed-embedder"].inputs[0].shape == (1, 8, 6, 3)
    joblib.dump(make_pipeline(trees(4), TruncatedSVD(2, random_state=0)).fit(wide[:, :100]), "row.joblib")
    assert command("row.joblib", "--trust") == 0
    card = Manifest.load(Path("mine"))["seed-embedder"]
    assert (card.inputs[0].shape, card.layout) == ((1, 100), "none")


class Mark:
    """Leaves a file behind when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return open, ("executed", "w")


class ByEvaluation:
    """The same through a function of NumPy, which is among the packages that a pipeline needs."""

    def __reduce__(self) -> tuple[Any, ...]:
        return np.testing._private.utils.runstring, ("open('executed', 'w')", {})


def test_without_trust_nothing_is_unpickled(saved: Any, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(capsys, "seed.joblib")
    assert "is a pickle, which is a program: add --trust" in line
    joblib.dump(Mark(), "mark.joblib")
    refused(capsys, "mark.joblib")
    assert not Path("executed").exists()


@pytest.mark.parametrize("content", [Mark(), {"more": Mark()}, np.array([Mark()], object), ByEvaluation()])
def test_with_trust_too_only_known_classes_are_let_in(capsys: pytest.CaptureFixture[str], content: Any) -> None:
    joblib.dump(content, "mark.joblib")
    assert "refused, nothing of it was executed" in refused(capsys, "mark.joblib", "--trust")
    Path("mark.joblib").write_bytes(pickle.dumps(content))
    assert "refused, nothing of it was executed" in refused(capsys, "mark.joblib", "--trust")
    assert not Path("executed").exists()


def test_code_hidden_in_a_fitted_pipeline_is_refused(saved: Any, capsys: pytest.CaptureFixture[str]) -> None:
    saved.steps[0][1].feature_names_in_ = np.array([Mark()], object)
    joblib.dump(saved, "seed.joblib")
    assert "array of Python objects" in refused(capsys, "seed.joblib", "--trust")
    assert not Path("executed").exists()


@pytest.mark.parametrize("kept", [0, 1, 200, 0.5, 0.99])
@pytest.mark.parametrize("compress", [0, 3])
def test_a_file_cut_short_is_refused_in_one_line(
    saved: Any, capsys: pytest.CaptureFixture[str], compress: int, kept: float
) -> None:
    joblib.dump(saved, "seed.joblib", compress=compress)
    data = Path("seed.joblib").read_bytes()
    Path("cut.joblib").write_bytes(data[:int(kept if kept >= 1 else kept * len(data))])
    line = refused(capsys, "cut.joblib", "--trust")
    assert ("the file is empty" if kept == 0 else "the file is broken") in line


def _unfitted(pipeline: Any) -> Any:
    return make_pipeline(trees(), TruncatedSVD(8))


def _half_fitted(pipeline: Any) -> Any:
    return Pipeline([pipeline.steps[0], ("svd", TruncatedSVD(8))])


def _narrow(pipeline: Any) -> Any:
    pipeline.steps[1][1].components_ = pipeline.steps[1][1].components_[:, :-1]
    return pipeline


def _twice(pipeline: Any) -> Any:
    return Pipeline([*pipeline.steps, ("again", pipeline.steps[0][1])])


def _leafless(pipeline: Any) -> Any:
    encoder = pipeline.steps[0][1].one_hot_encoder_
    encoder.categories_[2] = encoder.categories_[2][1:]
    return pipeline


def _astray(pipeline: Any) -> Any:
    tree = pipeline.steps[0][1].estimators_[1].tree_
    tree.feature[0] = PIXELS
    return pipeline


def _looping(pipeline: Any) -> Any:
    pipeline.steps[0][1].estimators_[1].tree_.children_left[0] = 0
    return pipeline


def _absolute(pipeline: Any) -> Any:
    return Pipeline([*pipeline.steps, ("norm", Normalizer("l1"))])


@pytest.mark.parametrize(("change", "said"), [
    (_unfitted, "step 'randomtreesembedding' (RandomTreesEmbedding) was not fitted"),
    (_half_fitted, "step 'svd' (TruncatedSVD) was not fitted"),
    (_narrow, "numbers, the step before it gives"),
    (_twice, "step 'again' (RandomTreesEmbedding) must be the first"),
    (_leafless, "tree 2 is damaged: its leaves"),
    (_astray, f"tree 1 is damaged: it asks for a feature beyond the {PIXELS}"),
    (_looping, "tree 1 is damaged: a branch leads nowhere"),
    (_absolute, "step 'norm' is a Normalizer"),
    (lambda _: np.arange(3.0), "holds a ndarray, not a pipeline"),
    (lambda _: {"a": 1}, "holds a dict, not a pipeline"),
    (lambda _: make_pipeline(StandardScaler()).fit(np.ones((2, 3))), "StandardScaler: refused"),
    (lambda _: RandomForestRegressor(2).fit(np.ones((2, 3)), [1, 2]), "RandomForestRegressor: refused"),
])
def test_what_is_no_pipeline_of_ours_is_refused_by_the_name_of_its_step(
    saved: Any, capsys: pytest.CaptureFixture[str], change: Callable[[Any], Any], said: str
) -> None:
    joblib.dump(change(saved), "other.joblib")
    line = refused(capsys, "other.joblib", "--trust")
    assert said in line
    assert "other.joblib" in line


def test_without_joblib_one_line_says_what_to_install(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['joblib'] = None\n"
        "from export.__main__ import main\n"
        "sys.exit(main(['sklearn', 'x.joblib', '--trust', '--out', 'mine', '--name', 'seed']))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "needs the package 'joblib'" in done.stderr
