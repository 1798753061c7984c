"""What the embedding learns from: views of garments, labels that allow several classes, and its three parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install -e '.[export]'")
pytest.importorskip("onnx", reason="training starts from ONNX files, too: pip install -e '.[export]'")

from export.embedding.data import (  # noqa: E402
    KIND_CATEGORIES,
    KIND_NAMES,
    SIDE,
    GarmentPicture,
    allowed_kinds,
    tagged_pictures,
)
from export.embedding.net import (  # noqa: E402
    COLOUR,
    KIND,
    KIND_DOUBT,
    KIND_POWER,
    LOOK,
    GarmentEmbedding,
    Parts,
    joined,
)
from export.embedding.onnx_start import load_onnx  # noqa: E402
from export.embedding.train import (  # noqa: E402
    SHARES,
    Queue,
    kind_loss,
    losses,
    numbers,
    rate_of,
    same_loss,
    side_at,
)
from export.embedding.views import Garments, view  # noqa: E402
from export.garments.photos import Sample  # noqa: E402
from mirror.domain import DETECTED_CATEGORIES  # noqa: E402
from mirror.runtime.manifest import Manifest  # noqa: E402


def _pictures(count: int, category: str = "shirt") -> list[GarmentPicture]:
    rng = np.random.default_rng(0)
    return [
        GarmentPicture(rng.integers(0, 255, (SIDE, SIDE, 3), np.uint8), category, f"g{i}", "shop", None)
        for i in range(count)
    ]


def _parts(look: torch.Tensor) -> Parts:
    n = len(look)
    colour = torch.zeros(n, COLOUR)
    colour[:, 0] = 1
    return Parts(torch.eye(KIND)[:1].expand(n, KIND), look, colour, torch.zeros(n, 1, 14, 14), torch.zeros(n, KIND))


def test_the_mask_is_seen_where_the_garment_is() -> None:
    image = np.full((SIDE, SIDE, 3), 114, np.uint8)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    image[70:160, 90:150] = (250, 0, 250)
    mask[70:160, 90:150] = 1
    for seed in range(12):
        rng = np.random.default_rng(seed)
        out, seen = view(image, mask, True, rng)
        assert out.shape == (SIDE, SIDE, 3)
        assert seen is not None
        assert seen.shape == (SIDE, SIDE)
        pink = (out[..., 0].astype(int) > out[..., 1].astype(int) + 40) & (
            out[..., 2].astype(int) > out[..., 1].astype(int) + 40)
        if pink.sum() > 200:
            assert (pink & (seen > 0)).sum() > 0.55 * min(pink.sum(), (seen > 0).sum())


def test_some_views_lie_on_their_side_as_shop_photos_do() -> None:
    image = np.full((SIDE, SIDE, 3), 114, np.uint8)
    image[20:204, 100:124] = (250, 0, 250)
    wide = 0
    for seed in range(40):
        out, _ = view(image, None, False, np.random.default_rng(seed))
        ys, xs = np.nonzero(out[..., 0].astype(int) > out[..., 1].astype(int) + 40)
        wide += int(np.ptp(xs) > np.ptp(ys))
    assert 3 <= wide <= 16


def test_a_batch_shows_every_garment_twice_and_its_crop_and_cutout_as_one() -> None:
    pictures = _pictures(3)
    pictures.append(GarmentPicture(pictures[0].image, "shirt", "g0", "cutout", np.ones((SIDE, SIDE), np.uint8)))
    garments = Garments(pictures)
    assert garments.rows == [[0, 3], [1], [2]]
    views = garments.batch([2, 0], np.random.default_rng(0))
    assert views.images.shape == (4, 3, SIDE, SIDE)
    assert views.cells.shape == (4, 1, 14, 14)
    assert views.garments.tolist() == [2, 0, 2, 0]
    assert not torch.equal(views.images[0], views.images[2])
    assert bool(views.cells[0].isnan().all())


def test_every_garment_has_its_turn_before_any_has_a_second() -> None:
    count = 2 * SHARES["shop"]
    garments = Garments(_pictures(count))
    batches = numbers(garments, np.random.default_rng(0))
    assert sorted(next(batches) + next(batches)) == list(range(count))


def test_a_shoe_of_any_kind_is_right_where_the_label_says_footwear() -> None:
    allowed = torch.tensor(Garments(_pictures(1, "footwear")).allowed)
    assert int(allowed.sum()) == 4
    logits = torch.full((4, len(KIND_NAMES)), -4.0)
    rows = allowed[0].nonzero()[:, 0]
    logits[torch.arange(4), rows] = 4.0
    each = [float(kind_loss(logits[i : i + 1], allowed)) for i in range(4)]
    assert max(each) - min(each) < 1e-4
    other = torch.full((1, len(KIND_NAMES)), -4.0)
    other[0, 0] = 4.0
    assert float(kind_loss(other, allowed)) > max(each) + 2


def test_a_label_that_tells_the_kind_allows_no_other_of_its_category() -> None:
    named = [KIND_NAMES[i] for i in allowed_kinds("longsleeve", "hoodie")]
    assert named == ["hoodie"]
    assert [KIND_NAMES[i] for i in allowed_kinds("longsleeve")] == ["longsleeve", "hoodie"]
    # a label that is no kind of ours (Dress, Pants) says no more than its category
    assert allowed_kinds("dress", "dress") == allowed_kinds("dress")
    assert {KIND_CATEGORIES[i] for i in allowed_kinds("footwear", "shoes")} == {"shoes", "heels", "boots", "sandals"}


def test_only_sure_pseudo_labels_teach_and_they_come_as_the_mirror_crops() -> None:
    image = np.zeros((200, 200, 3), np.uint8)
    image[50:150, 80:120] = 200
    boxes = np.array([[80, 50, 120, 150]] * 3 + [[80, 50, 90, 60]], np.float32)
    shirt, labels = DETECTED_CATEGORIES.index("shirt"), np.full(4, DETECTED_CATEGORIES.index("shirt"))
    shares = np.zeros((4, len(DETECTED_CATEGORIES)), np.float32)
    shares[:, shirt], shares[:, 0] = (0.9, 0.5, 0.9, 0.9), (0.1, 0.5, 0.1, 0.1)
    weights = np.array([0.8, 0.8, 0.3, 0.8], np.float32)  # sure, of two minds, hardly found, too small
    found = list(tagged_pictures([Sample("a.jpg", image, boxes, labels, weights, None, shares)]))
    assert [(p.category, p.garment, p.source) for p in found] == [("shirt", "a.jpg:0", "street")]
    assert (found[0].image[:, 0] == 114).all(), "letterboxed on grey"
    assert found[0].image[112, 112].tolist() == [200] * 3


def test_a_batch_without_a_mask_teaches_no_saliency_and_spoils_nothing() -> None:
    views = Garments(_pictures(2)).batch([0, 1], np.random.default_rng(0), 160)
    assert bool(views.cells.isnan().all())
    kind, same, outline = losses(GarmentEmbedding().eval(), views, Queue())
    assert float(outline.detach()) == 0
    assert bool(torch.stack([kind, same]).isfinite().all())


def test_every_kind_belongs_to_a_category_and_every_category_has_one() -> None:
    assert len(set(KIND_NAMES)) == len(KIND_NAMES) == len(KIND_CATEGORIES)
    assert set(KIND_CATEGORIES) == set(DETECTED_CATEGORIES)


def test_early_blocks_move_less_than_late_ones_and_the_heads_most() -> None:
    names = ("backbone.stem.1.weight", "backbone.blocks.5.layers.0.0.weight", "backbone.blocks.15.layers.0.0.weight",
             "backbone.head.0.weight", "kind.weight")
    rates = [rate_of(name) for name in names]
    assert rates == sorted(rates)
    assert len(set(rates)) == len(rates)


def test_views_grow_towards_the_end_and_fit_the_net() -> None:
    sides = [side_at(done) for done in (0.0, 0.5, 0.9, 1.0, 1.01)]
    assert sides == sorted(sides)
    assert sides[0] < sides[-1] <= SIDE
    garments = Garments(_pictures(2))
    for side in set(sides):
        views = garments.batch([0, 1], np.random.default_rng(0), side)
        assert views.images.shape == (4, 3, side, side)
        assert views.cells.shape == (4, 1, side // 16, side // 16)
        assert side % 32 == 0


def test_finding_ones_own_other_view_costs_less_than_finding_another_garment() -> None:
    looks = torch.eye(LOOK)[:4]
    numbered = torch.arange(4).repeat(2)
    right = same_loss(_parts(looks.repeat(2, 1)), numbered, Queue())
    wrong = same_loss(_parts(torch.cat([looks, looks.flip(0)])), numbered, Queue())
    assert float(right) < 0.1 < float(wrong)


def test_an_earlier_view_of_the_same_garment_is_no_stranger() -> None:
    looks, numbered = torch.eye(LOOK)[:4].repeat(2, 1), torch.arange(4).repeat(2)
    queue = Queue()
    same_loss(_parts(looks), numbered, queue)
    assert len(queue.rows) == 4
    assert float(same_loss(_parts(looks), numbered, queue)) < 0.01
    assert float(same_loss(_parts(looks), numbered + 10, queue)) > 0.5  # as strangers the same rows do count


def test_the_cosine_is_the_weighted_mean_of_the_parts() -> None:
    look = torch.eye(LOOK)[:2]
    rows = joined(_parts(look), 0.5, 0.3)
    assert rows.norm(dim=1).tolist() == pytest.approx([1, 1], abs=1e-4)
    assert float(rows[0] @ rows[1]) == pytest.approx(0.5 + 0.2, abs=1e-3)  # same kind and colour, other look


def test_the_kind_is_a_power_of_the_probabilities() -> None:
    net = GarmentEmbedding().eval()
    with torch.no_grad():
        parts = net.parts(torch.rand(3, 3, 160, 160) * 255)
    assert torch.allclose(parts.kind, (parts.logits / KIND_DOUBT).softmax(1) ** KIND_POWER, atol=1e-5)
    assert parts.kind.shape == (3, KIND)
    assert KIND + LOOK + COLOUR == 128


def test_a_candidate_in_doubt_loses_against_a_sure_one() -> None:
    def kind(sure: float, power: float) -> torch.Tensor:
        chances = torch.zeros(KIND)
        chances[:4] = torch.tensor([sure, *[(1 - sure) / 3] * 3])
        return chances**power

    def gain(power: float) -> float:
        asked = kind(0.6, power)
        return float(asked @ kind(0.98, power)) / float(asked @ kind(0.5, power))

    assert gain(KIND_POWER) > 1.05 * gain(0.5)  # one half is the Bhattacharyya coefficient, which likes equal doubts


def test_what_a_doubtful_kind_leaves_of_the_norm_goes_to_look_and_colour() -> None:
    look = torch.eye(LOOK)[:1]
    doubtful = torch.full((1, KIND), 1 / KIND) ** KIND_POWER
    row = joined(_parts(look)._replace(kind=doubtful), 0.6, 0.3)[0]
    kind, of_look, colour = (float(part.square().sum()) for part in row.split((KIND, LOOK, COLOUR)))
    assert kind < 0.6
    assert of_look / colour == pytest.approx(0.3 / 0.1, rel=1e-4)
    assert kind + of_look + colour == pytest.approx(1, abs=1e-5)


def test_an_exported_net_comes_back_to_train_on(tmp_path: Path) -> None:
    path = Manifest.load()["garment-embedding"].path
    net = GarmentEmbedding().eval()
    load_onnx(net, path)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    images = torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0)) * 255
    with torch.no_grad():
        rows = net(images).numpy()
    assert rows == pytest.approx(session.run(None, {"image": images.numpy()})[0], abs=1e-3)


def test_the_network_gives_unit_rows_for_any_training_side() -> None:
    net = GarmentEmbedding().eval()
    for side in (160, SIDE):
        with torch.no_grad():
            rows = net(torch.rand(2, 3, side, side) * 255)
        assert rows.shape == (2, 128)
        assert rows.norm(dim=1).tolist() == pytest.approx([1, 1], abs=1e-4)
