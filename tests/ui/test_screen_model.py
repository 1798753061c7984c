"""The state machine: what is seen and pressed, and the screen that follows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ui_stage import look

from mirror.domain import Look
from mirror.pipeline.state import CONSENT_STAGES
from mirror.ui.screens import (
    Consent,
    Declare,
    Do,
    Effect,
    Forget,
    Guidance,
    Intent,
    Pick,
    Rest,
    Screen,
    Sight,
    Still,
    trouble_of,
)
from mirror.ui.states import ScreenModel

NOBODY = Sight()
FAR = Sight(shopper=1, distance="far", full_body=True, frontal=True)
READY = Sight(shopper=1, distance="ok", full_body=True, frontal=True)
SERVED = replace(READY, consent=True)
DONE = replace(SERVED, stages_done=CONSENT_STAGES, look=look(), sizes={"tops": ("M", "L"), "bottoms": ("M",)})
STEP = 0.1


class Visit:
    """Drives a model through time in steps of a tenth of a second and keeps every effect."""

    def __init__(self, consent: str = "ask", **options: bool) -> None:
        self.model = ScreenModel(consent, 0.0, **options)  # type: ignore[arg-type]
        self.now = 0.0
        self.effects: list[Effect] = []

    def see(self, sight: Sight, seconds: float = STEP) -> Visit:
        for _ in range(max(1, round(seconds / STEP))):
            self.now += STEP
            self.effects += self.model.look_at(sight, self.now)
        return self

    def press(self, *intents: Intent) -> Visit:
        for intent in intents:
            self.effects += self.model.press(intent, self.now)
        return self

    @property
    def screen(self) -> Screen:
        return self.model.screen


def asked() -> Visit:
    return Visit().see(READY, 1.2)


def at_look() -> Visit:
    return asked().press(Intent.YES).see(SERVED, 0.2).see(DONE, 2.0)


def test_somebody_near_is_asked_and_somebody_far_is_not() -> None:
    assert Visit().see(FAR, 5).screen is Screen.APPROACH
    assert Visit().see(READY, 0.5).screen is Screen.APPROACH
    assert asked().screen is Screen.CONSENT


def test_she_who_is_seen_from_afar_is_shown_the_mark_and_whoever_passes_by_is_let_go() -> None:
    visit = Visit().see(FAR)
    assert visit.screen is Screen.APPROACH
    assert visit.see(NOBODY, 1.5).screen is Screen.APPROACH
    assert visit.see(NOBODY, 0.7).screen is Screen.ATTRACT
    assert visit.effects == []
    assert Visit("off").see(FAR, 3).screen is Screen.ATTRACT
    assert Visit().see(FAR).press(Intent.ASK).screen is Screen.CONSENT


def test_yes_starts_the_look_and_is_told_to_the_pipeline() -> None:
    visit = asked().press(Intent.YES)
    assert visit.effects == [Consent(True)]
    assert visit.screen is Screen.LOOKING
    assert visit.see(DONE, 2.0).screen is Screen.LOOK


@pytest.mark.parametrize("answer", [Intent.NO, Intent.STOP, None])
def test_no_and_no_answer_give_a_plain_mirror(answer: Intent | None) -> None:
    visit = asked()
    visit = visit.press(answer) if answer else visit.see(READY, 20.2)
    assert visit.screen is Screen.PLAIN
    assert visit.effects == []
    assert visit.see(READY, 60).screen is Screen.PLAIN
    assert visit.see(NOBODY, 2.2).screen is Screen.ATTRACT


def test_consent_by_flag_asks_nobody() -> None:
    visit = Visit("given").see(READY, 1.2)
    assert visit.screen is Screen.LOOKING
    assert visit.effects == [Consent(True)]


def test_where_consent_is_given_the_next_person_is_served_at_once_and_forgotten_by_the_window_alone() -> None:
    visit = Visit("given").see(READY, 1.2).see(DONE, 3)
    assert visit.screen is Screen.LOOK
    other = replace(READY, shopper=DONE.shopper + 1)
    visit.see(other, 0.1)
    assert (visit.screen, bool(visit.model.look)) == (Screen.LOOKING, False)
    assert visit.effects.count(Forget(drawn_only=True)) == 1
    visit.see(replace(DONE, shopper=other.shopper), 3)
    assert visit.screen is Screen.LOOK
    assert Forget() not in visit.effects, "the pipeline has begun anew by itself; told to, it would again and again"


def test_a_shop_that_has_it_off_is_a_plain_mirror_even_for_a_yes() -> None:
    visit = Visit("off").see(READY, 2).press(Intent.YES, Intent.ASK)
    assert visit.screen is Screen.PLAIN
    assert visit.effects == []


@pytest.mark.parametrize(("sight", "expected"), [
    (replace(READY, distance="near"), Guidance.BACK),
    (replace(READY, full_body=False), Guidance.BACK),
    (replace(READY, distance="far"), Guidance.CLOSER),
    (replace(READY, frontal=False), Guidance.FACE),
    (replace(READY, crowd=True, frontal=False), Guidance.ONE),
    (READY, None),
])
def test_guidance_names_the_first_thing_to_mend(sight: Sight, expected: Guidance | None) -> None:
    assert trouble_of(sight) is expected


def test_guidance_waits_until_all_is_well_for_a_moment() -> None:
    too_near = replace(SERVED, distance="near", full_body=False)
    visit = Visit().see(too_near, 1.2).press(Intent.YES).see(too_near)
    assert (visit.screen, visit.model.guidance) == (Screen.GUIDANCE, Guidance.BACK)
    visit.see(replace(SERVED, frontal=False))
    assert visit.model.guidance is Guidance.FACE
    assert visit.see(SERVED, 0.5).screen is Screen.GUIDANCE
    assert visit.see(SERVED, 0.4).screen is Screen.LOOKING


def test_a_short_turn_of_the_head_does_not_call_guidance() -> None:
    visit = asked().press(Intent.YES).see(replace(SERVED, frontal=False), 0.6).see(SERVED, 0.3)
    assert visit.screen is Screen.LOOKING
    assert visit.see(replace(SERVED, frontal=False), 1.3).screen is Screen.GUIDANCE


def test_the_four_bars_are_the_stages_that_are_really_done() -> None:
    visit = asked().press(Intent.YES).see(replace(SERVED, stages_done=frozenset({"garments", "look"})))
    assert visit.model.stages == (True, False, False, True)
    bare = Visit(estimates=False).see(READY, 1.2).press(Intent.YES)
    bare.see(replace(SERVED, stages_done=frozenset({"mask"})))
    assert bare.model.stages == (False, False, True, False)


def test_after_six_seconds_the_best_so_far_is_shown() -> None:
    unfinished = replace(DONE, stages_done=frozenset({"garments"}))
    assert asked().press(Intent.YES).see(unfinished, 5.5).screen is Screen.LOOKING
    assert asked().press(Intent.YES).see(unfinished, 6.5).screen is Screen.LOOK


def test_nothing_found_is_said_only_after_it_was_searched() -> None:
    nothing = replace(DONE, look=Look())
    unsearched = replace(nothing, stages_done=frozenset({"garments", "embedding", "body"}))
    assert asked().press(Intent.YES).see(unsearched, 20).screen is Screen.LOOKING
    visit = asked().press(Intent.YES).see(nothing, 6.5)
    assert (visit.screen, visit.model.suggestions) == (Screen.LOOK, ())
    visit.press(Intent.FORWARD, Intent.CHOOSE, Intent.SWITCH)
    assert visit.see(DONE, 0.2).model.look == look()
    bare = Visit("given", offers=False).see(READY, 1.2).see(unsearched, 6.5)
    assert bare.screen is Screen.LOOK


def test_paging_past_the_last_card_opens_the_outfit_and_back_again() -> None:
    visit = at_look().press(*[Intent.FORWARD] * 5)
    assert (visit.model.tab, visit.model.index) == ("similar", 5)
    visit.press(Intent.FORWARD)
    assert (visit.model.tab, visit.model.index) == ("complete", 0)
    visit.press(Intent.BACK)
    assert (visit.model.tab, visit.model.index) == ("similar", 5)


def test_an_empty_tab_is_stepped_over() -> None:
    visit = asked().press(Intent.YES).see(replace(DONE, look=look(3, 0)), 2).press(*[Intent.FORWARD] * 3)
    assert (visit.model.tab, visit.model.index) == ("similar", 0)


@pytest.mark.parametrize(("intents", "tab"), [
    ([Intent.SWITCH], "complete"), ([Intent.SWITCH, Intent.SWITCH], "similar"),
    ([Intent.OUTFIT, Intent.OUTFIT], "complete"), ([Intent.OUTFIT, Intent.SIMILAR], "similar"),
])
def test_tabs_switch(intents: list[Intent], tab: str) -> None:
    assert at_look().press(*intents).model.tab == tab


def other_look() -> Look:
    """None of whose pieces is in :func:`ui_stage.look`."""
    return Look(tuple(replace(s, item=replace(s.item, id=f"other-{s.item.id}")) for s in look().similar))


def test_pieces_seen_in_an_earlier_look_are_found_again_by_hand_key_and_touch_until_she_goes() -> None:
    visit = at_look().see(DONE).press(Intent.FORWARD).see(DONE)
    assert visit.model.tabs == ("similar", "complete"), "nothing is gone yet"
    visit.see(replace(DONE, look=other_look()), 2.0)
    assert visit.model.tabs == ("similar", "complete", "seen")
    wanted = [s.item.id for s in look().similar[:2]]
    visit.press(*[Intent.FORWARD] * 5)  # the second card was in hand, the second is
    assert (visit.model.tab, visit.model.index) == ("seen", 0)
    assert [s.item.id for s in visit.model.suggestions] == wanted
    visit.press(Intent.FORWARD, Intent.FORWARD)
    assert visit.model.tab == "similar"
    assert visit.press(Intent.BACK).model.tab == "seen"
    assert visit.press(Intent.SIMILAR, Intent.SWITCH, Intent.SWITCH).model.tab == "seen"
    assert visit.press(Intent.SIMILAR, Intent.SEEN, Intent.CHOOSE).screen is Screen.DETAIL
    assert visit.model.opened is not None
    assert visit.model.opened.item.id == wanted[0]
    visit.press(Intent.STOP)
    assert (visit.model.earlier, visit.model._in_hand) == ((), frozenset())


def test_what_is_offered_again_is_not_called_seen_and_a_tab_that_empties_is_left() -> None:
    visit = at_look().see(DONE).see(replace(DONE, look=other_look()), 2.0).press(Intent.SEEN)
    assert visit.model.tab == "seen"
    visit.see(DONE, 9.0)
    assert [s.item.id for s in visit.model.suggestions] == [other_look().similar[0].item.id]
    visit.model.earlier = ()
    visit.see(replace(DONE, look=look(2, 2)), 9.0)
    assert visit.model.opened is not None


def test_choosing_opens_the_card_and_marks_it_and_a_touch_on_it_unmarks_it() -> None:
    visit = at_look().press(Intent.FORWARD, Intent.CHOOSE)
    assert visit.screen is Screen.DETAIL
    assert visit.model.chosen == {look().similar[1].item.id}
    assert visit.press(Intent.KEEP).model.chosen == frozenset()
    assert visit.press(Intent.KEEP, Intent.CLOSE).screen is Screen.LOOK
    assert visit.model.chosen == {look().similar[1].item.id}


def test_a_card_seen_closer_stays_under_her_eyes_pages_and_closes_by_itself() -> None:
    visit = at_look().press(Intent.CHOOSE)
    opened = visit.model.opened
    visit.see(replace(DONE, look=look(4, 4)), 10)
    assert visit.model.opened == opened
    assert visit.press(Intent.FORWARD).model.opened == look().similar[1]
    assert visit.see(DONE, 44).screen is Screen.DETAIL
    assert visit.see(DONE, 2).screen is Screen.LOOK


def test_a_chip_corrects_every_lettered_kind_at_once_and_no_estimate_comes_back() -> None:
    visit = at_look().press(Intent.CHANGE)
    assert visit.screen is Screen.CORRECTION
    assert visit.model.choices.origin("size") == ""
    visit.see(replace(DONE, estimated={"size": "M"}))
    assert (visit.model.choices.chip("size"), visit.model.choices.origin("size")) == ("M", "estimated")
    visit.press(Pick("size", "XL"))
    assert visit.effects[-1] == Declare({"tops": "XL", "bottoms": "XL"})
    assert visit.model.sizes == {"tops": ("XL",), "bottoms": ("XL",)}
    visit.see(replace(DONE, estimated={"size": "S"}, sizes={"tops": ("S",), "bottoms": ("S",)}), 60)
    assert (visit.model.choices.chip("size"), visit.model.choices.origin("size")) == ("XL", "yours")
    assert visit.model.sizes["tops"] == ("XL",), "she said so: nobody argues"
    visit.press(Intent.STOP)
    assert not visit.model.choices.yours
    numbered = at_look().see(replace(DONE, sizes={"tops": ("XXL",), "bottoms": ("40",)})).press(Pick("size", "XS"))
    assert numbered.effects[-1] == Declare({"tops": "XS"})


def test_a_choice_that_leaves_nothing_is_said_and_not_hidden_behind_the_old_cards() -> None:
    visit = at_look().see(replace(DONE, look=Look()), 5)
    assert visit.model.look == look(), "clothes are lost from sight for a moment: the cards stay"
    visit.press(Intent.CHANGE, Pick("department", "men")).see(replace(DONE, look=Look()))
    assert not visit.model.suggestions
    assert visit.press(Pick("department", "any")).see(DONE).model.look == look()


def test_every_choice_is_one_gesture_or_one_tap() -> None:
    visit = at_look().see(replace(DONE, estimated={"size": "M", "department": "women", "age": "estimated"}))
    visit.press(Intent.CHANGE, Intent.FORWARD)
    assert visit.effects[-1] == Declare({"tops": "L", "bottoms": "L"})
    visit.press(Intent.CHOOSE, Intent.FORWARD)
    assert visit.effects[-1] == Declare(rows={"department": "men"})
    visit.press(Intent.DOWN, Intent.BACK)
    assert visit.effects[-1] == Declare(rows={"style": "sporty"})
    assert visit.model.choices.chip("age") == "", "nobody is told what a mirror thinks of her age"
    visit.press(Intent.CHOOSE, Intent.FORWARD)
    assert visit.effects[-1] == Declare(rows={"age": "under18"})
    assert visit.press(Pick("department", "any")).effects[-1] == Declare(rows={"department": "any"})
    assert visit.press(Intent.CLOSE).screen is Screen.LOOK
    before = list(visit.effects)
    assert visit.press(Pick("price", "low")).effects == before, "prices are no choice in this shop"
    assert asked().press(Pick("size", "M")).effects == [], "before her yes a touch on nothing is nothing"


def test_comparing_takes_a_still_renews_it_and_erases_it_on_leaving() -> None:
    visit = at_look().press(Intent.CHOOSE, Intent.CHOOSE)
    assert (visit.screen, visit.effects[-1]) == (Screen.COMPARE, Still(True))
    visit.press(Intent.CHOOSE)
    assert visit.effects[-2:] == [Still(True), Still(True)]
    assert visit.press(Intent.CLOSE).screen is Screen.LOOK
    assert visit.effects[-1] == Still(False)
    assert visit.press(Intent.FREEZE, Intent.FREEZE).screen is Screen.LOOK


def test_the_mirror_rests_until_it_is_touched_and_sees_nothing_meanwhile() -> None:
    visit = at_look().press(Intent.PAUSE)
    assert visit.screen is Screen.PAUSED
    assert visit.effects[-2:] == [Forget(), Rest(True)]
    assert not visit.model.look
    assert visit.see(DONE, 60).screen is Screen.PAUSED
    assert visit.press(Intent.FORWARD, Intent.STOP).screen is Screen.PAUSED
    assert visit.press(Intent.ASK).screen is Screen.ATTRACT
    assert visit.effects[-1] == Rest(False)
    opening = Sight(source="opening")
    assert visit.see(opening, 2.5).screen is Screen.ATTRACT
    assert visit.see(opening, 1.0).screen is Screen.LOST


def test_a_new_look_keeps_the_card_in_hand() -> None:
    visit = at_look().press(Intent.FORWARD, Intent.FORWARD)
    held = visit.model.suggestions[2].item.id
    shuffled = Look(tuple(reversed(look().similar)), look().complete)
    visit.see(replace(DONE, look=shuffled), 4)
    assert visit.model.suggestions[visit.model.index].item.id == held


def test_a_look_that_flickers_does_not_move_under_the_reader() -> None:
    visit = at_look()
    first = visit.model.look
    visit.see(replace(DONE, look=look(4, 4)), 0.5)
    assert visit.model.look == first
    assert visit.see(replace(DONE, look=look(4, 4)), 3).model.look == look(4, 4)


@pytest.mark.parametrize("leave", ["stop", "walk", "other"])
def test_whoever_leaves_is_forgotten_and_told_so(leave: str) -> None:
    visit = at_look().press(Intent.CHOOSE, Intent.CLOSE)
    if leave == "stop":
        visit.press(Intent.STOP)
    elif leave == "walk":
        visit.see(replace(DONE, shopper=0), 1.5)
        assert visit.screen is Screen.LOOK
        visit.see(replace(DONE, shopper=0), 0.7)
    else:
        visit.see(replace(DONE, shopper=2))
    assert visit.screen is Screen.GOODBYE
    assert visit.effects.count(Forget()) == 1
    model = visit.model
    assert (bool(model.look), model.chosen, dict(model.sizes)) == (False, frozenset(), {})
    visit.see(NOBODY, 4.2)
    assert visit.screen is Screen.ATTRACT


def test_she_who_stops_and_stays_gets_a_mirror_and_not_the_question_again() -> None:
    visit = at_look().press(Intent.STOP).see(READY, 4.2)
    assert visit.screen is Screen.PLAIN
    assert visit.see(READY, 30).screen is Screen.PLAIN
    assert visit.press(Intent.ASK).screen is Screen.CONSENT


@pytest.mark.parametrize("leave", ["walk", "other", "stop and walk"])
def test_whoever_comes_while_goodbye_is_said_to_another_is_asked(leave: str) -> None:
    visit, other = at_look(), replace(READY, shopper=2)
    if leave == "stop and walk":
        visit.press(Intent.STOP)
    if leave != "other":
        visit.see(NOBODY, 2.2)
    visit.see(other, 0.1)
    assert visit.screen is Screen.GOODBYE
    visit.see(other, 4.2)
    assert visit.see(other, 1.2).screen is Screen.CONSENT


def test_a_stop_holds_although_consent_is_taken_as_given() -> None:
    visit = Visit("given").see(READY, 1.2).press(Intent.STOP)
    visit.see(replace(SERVED, shopper=2))
    assert visit.effects[-1] == Consent(False)


def test_a_yes_before_she_was_seen_is_said_again_when_she_is() -> None:
    visit = Visit().press(Intent.YES)
    assert visit.effects == [Consent(True)]
    visit.see(READY)
    assert visit.effects == [Consent(True), Consent(True)]
    assert visit.see(SERVED).effects == [Consent(True), Consent(True)]


def test_a_lost_camera_forgets_her_and_comes_back_to_attract() -> None:
    visit = at_look().see(replace(DONE, source="lost"))
    assert visit.screen is Screen.LOST
    assert visit.effects[-1] == Forget()
    assert visit.press(Intent.YES, Intent.STOP, Intent.FORWARD).screen is Screen.LOST
    assert visit.see(DONE).screen is Screen.ATTRACT


def test_a_camera_that_never_opens_is_called_lost() -> None:
    assert Visit().see(Sight(source="opening"), 2.5).screen is Screen.ATTRACT
    assert Visit().see(Sight(source="opening"), 3.2).screen is Screen.LOST


def test_engineer_fullscreen_and_quit_work_on_every_screen() -> None:
    for visit in (Visit(), asked(), at_look(), Visit().see(Sight(source="lost"))):
        visit.press(Intent.ENGINEER, Intent.QUIT, Intent.FULLSCREEN)
        assert visit.model.engineer
        assert visit.effects[-2:] == [Do(Intent.QUIT), Do(Intent.FULLSCREEN)]
