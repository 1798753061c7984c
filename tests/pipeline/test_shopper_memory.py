"""What is known of her, and that forgetting leaves nothing."""

from __future__ import annotations

import numpy as np
import pytest
from pipeline_world import figure

from mirror.domain import BodyShape, Box, Estimate, Face, Look, Profile
from mirror.pipeline.belief import ProfileBelief
from mirror.pipeline.memory import POSE_LIFE_S, Declared, ShopperMemory


def test_results_for_one_who_has_left_are_refused() -> None:
    memory = ShopperMemory(consent="given")
    token = memory.begin()
    assert memory.found(token, "face", face=Face(Box(0, 0, 9, 9), True))
    memory.forget()
    assert not memory.found(token, "face", face=Face(Box(0, 0, 9, 9), True))
    memory.begin()
    assert not memory.found(token, "face", face=Face(Box(0, 0, 9, 9), True))
    assert memory.recall(0, 0.0).findings.face is None
    assert memory.recall(0, 0.0).shopper == 2


def test_without_a_yes_nothing_is_taken_in_and_a_no_erases_what_was() -> None:
    memory = ShopperMemory(consent="ask")
    memory.set_consent(True)
    assert not memory.consent, "nobody was there to say yes"
    token = memory.begin()
    assert not memory.found(token, "face", face=Face(Box(0, 0, 9, 9), True))
    memory.set_consent(True)
    assert memory.found(token, "face", face=Face(Box(0, 0, 9, 9), True))
    memory.set_consent(False)
    assert memory.recall(0, 0.0).findings.face is None
    assert memory.shopper == 1, "a no does not send her away"
    memory.set_consent(True)
    assert not memory.found(token, "face", face=Face(Box(0, 0, 9, 9), True)), "begun before her no"
    assert memory.found(memory.token, "face", face=Face(Box(0, 0, 9, 9), True))


def test_where_the_shop_has_estimates_off_a_yes_counts_for_nothing() -> None:
    memory = ShopperMemory(consent="off")
    memory.begin()
    memory.set_consent(True)
    assert not memory.consent


def test_forgetting_leaves_no_pose_profile_look_or_declaration_behind() -> None:
    memory = ShopperMemory(consent="given")
    token = memory.begin()
    memory.posed(token, figure(500), 3, 0.1)
    memory.declare({"gender": "women", "sizes": {"tops": {"M": 1.0}}})
    memory.found(token, "look", look=Look(), profile=Profile(age=Estimate(30, 25, 35)))
    memory.forget()
    left = memory.recall(3, 0.1)
    assert (left.shopper, left.pose, left.people) == (0, None, ())
    assert left.findings.profile == Profile()
    assert left.findings.done == frozenset()
    assert memory.declared == Declared()
    assert len(memory._poses) == 0


def test_what_is_declared_before_anybody_comes_stands_for_everybody() -> None:
    memory = ShopperMemory()
    memory.declare({"sizes": {"tops": {"L": 1.0}}})
    memory.begin()
    assert memory.declared.sizes == {"tops": {"L": 1.0}}
    memory.declare({"sizes": {"tops": {"S": 1.0}}})
    memory.forget()
    memory.begin()
    assert memory.declared.sizes == {"tops": {"L": 1.0}}


def test_a_frame_gets_its_own_pose_else_a_predicted_one_and_none_after_half_a_second() -> None:
    memory = ShopperMemory()
    token = memory.begin()
    for number in range(10):
        memory.posed(token, figure(500 + 10 * number), number, number / 30)
    own = memory.recall(7, 7 / 30)
    assert own.pose_number == 7
    assert own.pose is not None
    assert own.pose.point("nose")[0] == pytest.approx(570, abs=8)
    ahead = memory.recall(10, 10 / 30)
    assert ahead.pose_number == 9
    assert ahead.pose is not None
    assert ahead.pose.point("nose")[0] == pytest.approx(600, abs=8)
    assert memory.recall(99, 9 / 30 + POSE_LIFE_S + 0.1).pose is None


BODY = BodyShape(0.25, 0.2, 0.18, 0.22, Estimate(22.0, 20.0, 24.0))


def sizes(body: BodyShape, stature: object, female: float | None) -> dict[str, dict[str, float]]:
    return {"tops": {"M": 1.0} if female is None or female >= 0.5 else {"L": 1.0}}  # type: ignore[return-value]


def test_attributes_are_robust_means_over_the_visit_weighted_by_how_well_the_face_was_seen() -> None:
    belief = ProfileBelief(sizes)  # type: ignore[arg-type]
    assert belief.profile(Declared()) == Profile()
    belief.add_face(Estimate(30, 20, 40), 0.9, 3.0)
    assert belief.profile(Declared()).age == Estimate(30, 20, 40)
    belief.add_face(Estimate(33, 23, 43), 0.8, 1.0)
    profile = belief.profile(Declared())
    assert profile.age is not None
    assert profile.age.value == pytest.approx(30.75, abs=0.3)
    assert profile.female == pytest.approx(0.875, abs=0.02)
    rng = np.random.default_rng(0)
    for value in rng.normal(40, 6, 200):
        belief.add_face(Estimate(value, value - 8, value + 8), 0.8, 1.0)
    settled = belief.profile(Declared()).age
    assert settled is not None
    assert settled.value == pytest.approx(40, abs=4)


def test_body_readings_settle_and_what_she_says_stands_over_all() -> None:
    belief = ProfileBelief(sizes)  # type: ignore[arg-type]
    belief.add_body(BODY)
    belief.add_body(BodyShape(0.27, 0.2, 0.18, 0.22, Estimate(26.0, 24.0, 28.0)))
    profile = belief.profile(Declared())
    assert profile.body is not None
    assert profile.body.shoulder == pytest.approx(0.26)
    assert profile.body.bmi.value == pytest.approx(24)
    assert profile.sizes == {"tops": {"M": 1.0}}
    assert profile.sizes_origin == "estimated"
    said = belief.profile(Declared(sizes={"tops": {"XL": 1.0}}, gender="men", age="teen"))
    assert said.sizes == {"tops": {"XL": 1.0}}
    assert said.sizes_origin == "declared"
    assert (said.female, said.female_origin) == (0.0, "declared")
    assert said.age is not None
    assert said.age.origin == "declared"
    assert belief.profile(Declared(gender="men")).sizes == {"tops": {"L": 1.0}}, "sizes follow what she said"


def test_all_and_any_are_answers_after_which_nothing_is_guessed() -> None:
    belief = ProfileBelief(sizes)  # type: ignore[arg-type]
    belief.add_body(BODY)
    belief.add_face(Estimate(30, 20, 40), 0.1, 3.0)
    said = belief.profile(Declared(gender="all", age="any"))
    assert (said.female, said.female_origin, said.age) == (None, "declared", None)
    assert said.sizes == {"tops": {"L": 1.0}}, "her body is what it is, whatever she wants to see"
