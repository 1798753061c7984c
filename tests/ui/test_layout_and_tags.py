"""Plates never stand on her body, never on each other, and are large enough to touch."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from ui_stage import BODY, FRAME, pose, state

from mirror.domain import Box, Garment
from mirror.ui.framing import Framing, body_span
from mirror.ui.layout import TOUCH_LEAST, Layout, Rect, layout
from mirror.ui.screens import Screen
from mirror.ui.tags import TAGS_MOST, Tag, TagPlaces

SIZES = [(1080, 1920), (1920, 1080), (720, 1280), (1280, 720), (2160, 3840), (3840, 2160), (1200, 1600), (1024, 768)]
CLEAR = [Screen.CONSENT, Screen.PLAIN, Screen.LOOKING, Screen.LOOK]
"""Screens on which she looks at herself; guidance and goodbye are excepted by the design."""


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def at(request: pytest.FixtureRequest) -> Layout:
    return layout(*request.param)


@pytest.mark.parametrize("screen", CLEAR)
def test_no_plate_enters_the_body_corridor(at: Layout, screen: Screen) -> None:
    for plate in at.plates(screen):
        assert not plate.meets(at.body(screen)), (screen, plate)


@pytest.mark.parametrize("screen", [s for s in Screen if s is not Screen.LOST])
def test_plates_lie_in_the_window_and_not_on_each_other(at: Layout, screen: Screen) -> None:
    window = Rect(0, 0, at.width, at.height)
    discs = (at.back, at.forward)
    for plate in at.plates(screen):
        assert plate.meets(window)
        if plate not in (at.before, at.after):  # these two peek in from beyond the edge
            assert plate.x >= 0
            assert plate.y >= 0
            assert plate.right <= at.width
            assert plate.bottom <= at.height
    for one, other in combinations([p for p in at.plates(screen) if p not in discs], 2):
        assert not one.meets(other), (screen, one, other)


def test_what_is_touched_is_large_enough(at: Layout) -> None:
    for place in (at.stop, at.tabs, at.back, at.forward, at.card, at.lock_disc):
        assert min(place.w, place.h) >= TOUCH_LEAST * at.scale - 1


def test_the_deck_keeps_to_the_floor_and_a_taller_window_gives_its_surplus_to_the_mirror() -> None:
    usual, taller = layout(1080, 1920), layout(1080, 2400)
    assert taller.card.h == usual.card.h
    assert taller.height - taller.card.bottom == usual.height - usual.card.bottom
    assert taller.corridor.h == usual.corridor.h + 480


def test_a_window_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        layout(40, 900)


@pytest.mark.parametrize("dx", [-500, -200, 0, 200, 500])
def test_tags_stand_beside_her_wherever_she_stands(at: Layout, dx: int) -> None:
    now = state(pose=pose(dx))
    moved = tuple(Garment(g.category, Box(g.box.x1 + dx, g.box.y1, g.box.x2 + dx, g.box.y2), g.score, g.colours)
                  for g in now.garments)
    view = Framing(at.width, at.height).step(FRAME, body_span(now.pose), at.corridor, 0.0)
    tags = TagPlaces().place(at, view, now.pose, moved, sizes=2, now=0.0)
    assert any(tag.yours for tag in tags)
    body = view.box(Box(BODY.x1 + dx, BODY.y1, BODY.x2 + dx, BODY.y2))
    standing = Rect(round(body.x1), round(body.y1), round(body.width), round(body.height))
    for tag in tags:
        assert tag.plate.x >= 0
        assert tag.plate.right <= at.width
        if abs(standing.centre[0] - at.corridor.centre[0]) < 0.1 * at.corridor.w:
            assert not tag.plate.meets(standing), tag.key
            assert not tag.plate.meets(at.corridor)
        for plate in at.plates(Screen.LOOK):
            assert not tag.plate.meets(plate), (tag.key, plate)
    for one, other in combinations(tags, 2):
        assert not one.plate.meets(other.plate)


def test_at_most_four_garments_are_named_the_surest_ones() -> None:
    at = layout(1080, 1920)
    names = ("hat", "top", "bag", "trousers", "boots", "skirt")
    worn = [Garment(name, Box(600, 100 + 90 * i, 680, 170 + 90 * i), 0.9 - i / 10) for i, name in enumerate(names)]
    view = Framing(1080, 1920).step(FRAME, body_span(pose()), at.corridor, 0.0)
    tags = TagPlaces().place(at, view, pose(), worn, sizes=1, now=0.0)
    assert [tag.key for tag in tags if not tag.yours] == list(names[:TAGS_MOST])


def test_a_plate_does_not_tremble_with_the_keypoints_but_comes_level_at_rest() -> None:
    at, places = layout(1080, 1920), TagPlaces()
    view = Framing(1080, 1920).step(FRAME, body_span(pose()), at.corridor, 0.0)

    def placed(shift: float, now: float) -> int:
        worn = (Garment("top", Box(560, 172 + shift, 720, 372 + shift), 0.9),)
        return places.place(at, view, pose(), worn, sizes=0, now=now)[-1].plate.y

    first = placed(0, 0.0)
    assert {placed(shift, 0.03 * i) for i, shift in enumerate((3, -3, 2, -4, 4, 0))} == {first}
    placed(12, 0.3)
    assert placed(12, 0.4) == first
    assert placed(12, 1.2) > first


def test_dots_of_legwear_lie_on_a_leg_and_not_between() -> None:
    at = layout(1080, 1920)
    view = Framing(1080, 1920).step(FRAME, body_span(pose()), at.corridor, 0.0)
    tag = TagPlaces().place(at, view, pose(), state().garments, sizes=0, now=0.0)
    dot = next(t.dot for t in tag if t.key == "trousers")
    # the mirror shows her left leg (frame x about 676) on the left, her right (604) on the right
    assert dot[0] == pytest.approx(view.point(604.5, 0)[0], abs=4)


@pytest.mark.parametrize("crowded", [0, 3])
def test_bags_are_pointed_at_under_the_handles_and_shoes_below_the_hem(crowded: int) -> None:
    """Plates that had to move up pull their dots along, but not off what they name."""
    at = layout(1080, 1920)
    view = Framing(1080, 1920).step(FRAME, body_span(pose()), at.corridor, 0.0)
    crowd = [Garment(name, Box(600, 560, 680, 690), 0.5) for name in ("trousers", "skirt", "shoes")[:crowded]]
    for name, highest in (("bag", 0.45), ("boots", 0.3)):
        box = Box(560, 480, 700, 650)
        worn = [*crowd, Garment(name, box, 0.9)]
        tag = next(t for t in TagPlaces().place(at, view, pose(), worn, sizes=0, now=0.0) if t.key == name)
        shown = view.box(box)
        assert shown.y1 + highest * shown.height - 1 <= tag.dot[1] <= shown.y2
        if name == "bag":
            assert tag.dot[0] == pytest.approx(shown.centre[0], abs=1)


def test_what_the_right_lane_cannot_name_level_stands_at_the_left_and_stays_there() -> None:
    """As beside a code, which takes the foot of the right lane."""
    at, places = layout(1080, 1920), TagPlaces()
    short = replace(at, lane_right=at.lane_right._replace(h=round(0.45 * at.lane_right.h)))
    view = Framing(1080, 1920).step(FRAME, body_span(pose()), at.corridor, 0.0)
    worn = [Garment("top", Box(560, 172, 720, 372), 0.9), Garment("boots", Box(590, 600, 690, 670), 0.8)]

    def placed(place: Layout, now: float) -> dict[str, Tag]:
        return {tag.key: tag for tag in places.place(place, view, pose(), worn, sizes=1, now=now)}

    at_right = placed(at, 0.0)
    assert min(at_right["top"].plate.x, at_right["boots"].plate.x) > at.corridor.right
    tags = placed(short, 0.1)
    assert tags["top"].plate.x > at.corridor.right
    assert tags["boots"].plate.right < at.corridor.x
    assert tags["boots"].dot[1] == tags["boots"].foot[1], "level"
    assert tags["boots"].dot[0] < at_right["boots"].dot[0], "on the leg that stands there"
    back = placed(at, 0.2)
    assert back["boots"].plate == tags["boots"].plate, "it does not change sides for nothing"


@pytest.mark.parametrize(("x", "at_left"), [(760, True), (520, False)])
def test_a_bag_is_named_on_the_side_where_she_carries_it(x: float, at_left: bool) -> None:
    at = layout(1080, 1920)
    view = Framing(1080, 1920).step(FRAME, body_span(pose()), at.corridor, 0.0)
    bag = Garment("bag", Box(x - 40, 400, x + 40, 500), 0.9)
    tag = next(t for t in TagPlaces().place(at, view, pose(), [bag], sizes=0, now=0.0) if t.key == "bag")
    assert (tag.plate.right < at.corridor.x) is at_left, "a mirror shows the picture's right at the left"


@pytest.mark.parametrize("screen", [Screen.CORRECTION, Screen.DETAIL])
def test_nothing_is_pointed_at_that_lies_under_a_deck(screen: Screen) -> None:
    at = layout(1080, 1920)
    # nearer than the deck would like her: the zoom has its limits
    view = Framing(1080, 1920).step(FRAME, body_span(pose()), at.corridor, 0.0)
    deck = at.deck(screen)
    assert deck is not None
    worn = [Garment("boots", Box(600, 580, 690, 670), 0.9), Garment("bag", Box(690, 400, 780, 640), 0.8),
            *state().garments]
    tags = TagPlaces().place(at.for_tags(screen), view, pose(), worn, sizes=1, now=0.0)
    assert tags
    assert all(tag.dot[1] < deck.y for tag in tags)
