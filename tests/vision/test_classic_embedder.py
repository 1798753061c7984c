"""The seed's embedding: fitted on a shop's pictures, kept as plain arrays, the same numbers as scikit-learn's."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomTreesEmbedding

from mirror.domain import Box, ImageArray, MirrorError
from mirror.vision import classic
from mirror.vision.classic import ClassicEmbedder, pixels


def photos(count: int, seed: int = 1) -> list[ImageArray]:
    """Smooth pictures of several sizes."""
    rng = np.random.default_rng(seed)
    return [
        np.kron(rng.integers(0, 256, (4, 4, 3)), np.ones((20 + i % 3, 25, 1))).astype(np.uint8) for i in range(count)
    ]


@pytest.fixture(scope="module")
def fitted() -> ClassicEmbedder:
    return ClassicEmbedder.fit(photos(40))


def test_its_numbers_are_scikit_learns(fitted: ClassicEmbedder) -> None:
    rows = np.array([pixels(image) for image in photos(40)])
    trees = RandomTreesEmbedding(n_estimators=classic.TREES, max_depth=classic.DEPTH, random_state=0)
    leaves = trees.fit_transform(rows)
    projection = PCA(39, svd_solver="arpack", random_state=0).fit(leaves)
    unseen = photos(10, seed=2)
    wanted = projection.transform(trees.transform(np.array([pixels(image) for image in unseen])))
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    assert np.stack([fitted.embed_whole(image) for image in unseen]) == pytest.approx(wanted, abs=1e-5)
    assert fitted.dim == 39


def test_the_same_pictures_give_the_same_file_and_name_and_others_another(
    fitted: ClassicEmbedder, tmp_path: Path
) -> None:
    again = ClassicEmbedder.fit(photos(40))
    assert again.name == fitted.name
    assert fitted.name.startswith("classic@")
    (tmp_path / "a").mkdir()
    first, second = fitted.save(tmp_path), again.save(tmp_path / "a")
    assert first.name == f"{fitted.name.replace('@', '-')}.npz" == second.name
    assert first.read_bytes() == second.read_bytes()
    assert ClassicEmbedder.fit(photos(41)).name != fitted.name


def test_a_saved_one_embeds_the_same_and_needs_no_scikit_learn(
    fitted: ClassicEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fitted.save(tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "sklearn.ensemble", None)
    read = ClassicEmbedder.load(path)
    assert read.name == fitted.name
    image = photos(1, seed=5)[0]
    assert read.embed_whole(image).tobytes() == fitted.embed_whole(image).tobytes()
    with pytest.raises(MirrorError, match=r"needs scikit-learn .*smart-mirror\[classic\]"):
        ClassicEmbedder.fit(photos(5))


def test_garments_are_cut_out_of_a_picture(fitted: ClassicEmbedder) -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[20:80, 50:150] = photos(1, seed=6)[0][:60, :100]
    rows = fitted.embed(image, [Box(50, 20, 150, 80), Box(-10, -10, 5, 5), Box(195, 95, 300, 300), Box(0, 0, 200, 100)])
    assert rows.shape == (4, fitted.dim)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-6)
    assert rows[0].tobytes() == fitted.embed_whole(image[20:80, 50:150]).tobytes()


def test_a_pickle_in_its_place_is_not_opened(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path(tmp_path / "exploded").touch, ())

    path = tmp_path / "classic-0.npz"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(MirrorError, match="is no classic embedder"):
        ClassicEmbedder.load(path)
    data = io.BytesIO()
    np.savez(data, form=np.array(1), roots=np.array([Bomb()], dtype=object))
    path.write_bytes(data.getvalue())
    with pytest.raises(MirrorError, match="is no classic embedder"):
        ClassicEmbedder.load(path)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(("name", "place", "value"), [
    ("left", 0, 0), ("right", 0, 10**6), ("feature", 0, 19200), ("column", -1, 10**6), ("roots", 3, -1),
    ("components", 0, np.nan), ("shift", 0, np.inf),
])
def test_damaged_arrays_are_refused_before_they_are_used(
    fitted: ClassicEmbedder, tmp_path: Path, name: str, place: int, value: float
) -> None:
    with np.load(fitted.save(tmp_path)) as file:
        arrays = {key: file[key].copy() for key in file.files}
    arrays[name][place] = value
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(MirrorError, match=r"bad.npz: is no whole classic embedder"):
        ClassicEmbedder.load(tmp_path / "bad.npz")


def test_files_that_are_none_are_one_line(fitted: ClassicEmbedder, tmp_path: Path) -> None:
    with pytest.raises(MirrorError, match="no such file"):
        ClassicEmbedder.load(tmp_path / "gone.npz")
    cut = tmp_path / "cut.npz"
    cut.write_bytes(fitted.save(tmp_path).read_bytes()[:5000])
    with pytest.raises(MirrorError, match="is no classic embedder"):
        ClassicEmbedder.load(cut)
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    with pytest.raises(MirrorError, match="is no classic embedder"):
        ClassicEmbedder.load(tmp_path / "other.npz")


def test_too_few_pictures_or_all_the_same_are_refused() -> None:
    with pytest.raises(MirrorError, match="2 different ones are too few"):
        ClassicEmbedder.fit(photos(2))
    with pytest.raises(MirrorError, match="1 different ones are too few"):
        ClassicEmbedder.fit([np.full((90, 90, 3), 7, np.uint8)] * 5)
