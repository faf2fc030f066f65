"""A set of practice mixes what is new with look-alikes, reviews and mistakes, always with fresh numbers."""

import random
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest

from tutor.course.skills import skill_of, skills
from tutor.student.events import Event, EventKind, attempt
from tutor.student.learning import Learning
from tutor.student.mastery import FRUITLESS, Level
from tutor.text import LANGUAGES, Text
from tutor.tutoring.exercise import ANSWER, MARKED, Exercise
from tutor.tutoring.judges import judge_of
from tutor.tutoring.lesson_loop import LessonLoop
from tutor.tutoring.practice import (
    BLOCKED,
    PRACTICE,
    SET,
    WANTED,
    Planned,
    PracticeSet,
    Reason,
    focus_of,
    make_set,
    outcomes,
    plan,
    practisable,
    ratings_of,
    templates_of,
)

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
SOON = START + timedelta(hours=1)
WORDS = {language: Text(language) for language in LANGUAGES}
_NUMBERS = count(1)


def answer(skill: str, right: bool = True, *, at: datetime = START, **data: Any) -> Event:
    number = next(_NUMBERS)
    made = attempt(
        "a-lesson",
        f"step-x{number}",
        right=right,
        entries={},
        outcomes={},
        skill=skill,
        milliseconds=9000,
        **data,
    )
    return Event(made.kind, made.lesson, made.step, made.data, number, at)


def mastered(*names: str, at: datetime = START) -> list[Event]:
    between = answer("graph.local", typed=False, at=at)
    return [*(answer(name, at=at) for name in names), between, *(answer(name, at=at) for name in names)]


def learned(*events: Event) -> Learning:
    return Learning.from_events(events, skill_of)


def planned(learning: Learning, now: datetime = SOON, **options: Any) -> tuple[Planned, ...]:
    return plan(learning, now, random.Random(1), **options)


def walk(practised: PracticeSet, learning: Learning, *, right: bool = True) -> list[Event]:
    """Answer every step of a set, count what is recorded in, and return it."""
    recorded: list[Event] = []

    def record(events: Any) -> None:
        for event in practised.annotated(events):
            stamped = Event(event.kind, event.lesson, event.step, event.data, next(_NUMBERS), SOON)
            recorded.append(stamped)
            learning.add(stamped)

    loop = LessonLoop(practised.lesson, record)
    for _ in practised.lesson.steps:
        while loop.reveal():
            pass
        truths = {blank.key: repr(blank.truth.tolist()) for blank in loop.exercise.blanks}
        if loop.step.kind == "bug":
            truths[MARKED] = loop.exercise.wrong_line
        if truths:
            loop.check(truths if right else dict.fromkeys(truths, "123.456"))
        if not loop.may_advance:
            loop.go_to(practised.lesson.steps[min(loop.index + 1, len(practised.lesson.steps) - 1)].id)
        else:
            loop.advance()
    return recorded


def test_a_new_skill_is_blocked_twice_and_then_mixed() -> None:
    learning = learned(*mastered("add.backward", "div.backward"))
    places = planned(learning, skill="mul.backward")
    names = [place.skill for place in places]
    assert len(places) == SET
    assert names[:3] == ["mul.backward", "mul.backward", names[2]]
    assert names.count("mul.backward") == SET // 2
    assert all(a != b for a, b in pairwise(names[BLOCKED - 1 :]))


def test_later_no_two_neighbours_are_of_one_skill() -> None:
    learning = learned(*mastered("add.backward", "mul.backward", "div.backward"))
    names = [place.skill for place in planned(learning, skill="mul.backward")]
    assert all(a != b for a, b in pairwise(names))
    assert set(names) <= {"mul.backward", "add.backward", "div.backward"}
    assert set(names) & set(skills()["mul.backward"].alike)


def test_a_set_holds_as_many_items_as_are_asked_for() -> None:
    learning = learned(*mastered("add.backward", "mul.backward"))
    for wanted in (1, 2, 6, 15):
        places = planned(learning, skill="mul.backward", count=wanted)
        assert len(places) <= wanted
        assert places[0].skill == "mul.backward"
    assert len(planned(learned(), count=1)) == 1


def test_somebody_who_begins_gets_the_first_skill() -> None:
    assert focus_of(learned(), START) == practisable()[0]
    places = planned(learned())
    assert len(places) == SET
    assert places[0].skill == practisable()[0]


def test_the_focus_is_the_first_that_was_met_and_is_not_mastered() -> None:
    learning = learned(*mastered("add.backward", "mul.backward"), answer("relu.backward", right=False))
    assert focus_of(learning, SOON) == "relu.backward"


def test_when_all_is_mastered_and_nothing_is_due_practice_leads_on_with_an_example() -> None:
    known = practisable()[:4]
    learning = learned(*mastered(*known))
    assert focus_of(learning, SOON) == practisable()[4]
    further = next(skill for skill in practisable() if skills()[skill].lesson == 3)
    taught = [skill for skill in practisable() if skills()[skill].lesson < 3]
    learning = learned(*mastered(*taught))
    first, second, *_ = planned(learning)
    assert (first, second) == (Planned(further, Reason.NEW), Planned(further, Reason.FOCUS))
    assert focus_of(learning, START + timedelta(days=60)) in taught, "what is due comes before what is new"
    everything = learned(*mastered(*practisable()))
    assert focus_of(everything, SOON) in practisable()


def test_what_is_due_comes_unasked_and_is_not_crowded_out() -> None:
    learning = learned(*mastered("add.backward", "mul.backward", "relu.backward"), answer("tanh.backward"))
    later = START + timedelta(days=60)
    due = set(learning.due(later))
    assert {"add.backward", "mul.backward", "relu.backward"} <= due
    places = planned(learning, later)
    reviews = [place.skill for place in places if place.reason is Reason.REVIEW]
    assert {"add.backward", "mul.backward", "relu.backward"} <= set(reviews)


def test_a_misconception_is_asked_for_with_an_item_that_shows_it() -> None:
    habit = "mul_no_swap"
    learning = learned(
        *mastered("add.backward"), answer("mul.backward", right=False, diagnosis={"dx": habit})
    )
    assert habit not in [place.asks for place in planned(learning, START)], "not at once"
    practised = make_set(learning, SOON, 3, WORDS)
    asking = [step for step, place in practised.plan.items() if place.asks == habit]
    assert len(asking) == 1
    step = practised.lesson.step(asking[0])
    assert step is not None
    assert habit in getattr(step, "mistakes", ())
    assert skill_of(getattr(step, "skill", "")) == "mul.backward"
    walk(practised, learning)
    assert learning.notebook.misconceptions[habit].beaten == 1


def test_a_walk_through_a_set_makes_mastery_and_says_so() -> None:
    learning = learned(*mastered("add.backward"), answer("mul.backward", right=False))
    practised = make_set(learning, SOON, 5, WORDS, skill="mul.backward")
    recorded = walk(practised, learning)
    assert EventKind.POSITION not in {event.kind for event in recorded}
    assert {event.lesson for event in recorded} == {PRACTICE}
    outcome = {outcome.skill: outcome for outcome in outcomes(practised, learning)}["mul.backward"]
    assert (outcome.right, outcome.count) == (3, 3)
    assert (outcome.before, outcome.now) == (Level.STARTED, Level.MASTERED)


def test_wrong_answers_make_no_mastery() -> None:
    learning = learned(*mastered("add.backward"))
    practised = make_set(learning, SOON, 5, WORDS, skill="mul.backward")
    walk(practised, learning, right=False)
    found = {outcome.skill: outcome for outcome in outcomes(practised, learning)}
    assert (found["mul.backward"].right, found["mul.backward"].now) == (0, Level.STARTED)
    assert (found["add.backward"].before, found["add.backward"].now) == (Level.MASTERED, Level.STARTED)


def test_a_skill_that_does_not_come_is_shown_another_way_and_rests() -> None:
    learning = learned(
        *mastered("add.backward"), *(answer("mul.backward", right=False) for _ in range(FRUITLESS))
    )
    practised = make_set(learning, SOON, 5, WORDS)
    first = practised.lesson.steps[0]
    assert (practised.focus, first.kind) == ("mul.backward", "worked")
    assert "mul.backward" not in [place.skill for place in practised.plan.values()][1:]
    for language in LANGUAGES:
        assert set(first.prose[language].parts) == set(first.show)  # type: ignore[union-attr]
    walk(practised, learning)
    assert learning.record("mul.backward").rests(SOON + timedelta(hours=1))
    assert not learning.record("mul.backward").is_fruitless
    assert focus_of(learning, SOON + timedelta(hours=1)) != "mul.backward"
    assert focus_of(learning, SOON + timedelta(days=1)) == "mul.backward"


def test_a_skill_that_was_mastered_and_failed_starts_again_with_an_example() -> None:
    learning = learned(*mastered("add.backward", "mul.backward"), answer("mul.backward", right=False))
    assert learning.level("mul.backward") is Level.PRACTISED
    practised = make_set(learning, SOON, 5, WORDS)
    kinds = [step.kind for step in practised.lesson.steps]
    assert (practised.focus, kinds[0], len(kinds)) == ("mul.backward", "worked", SET)
    assert "mul.backward" in [place.skill for place in practised.plan.values()][1:]
    walk(practised, learning)
    assert learning.level("mul.backward") is Level.MASTERED
    assert not learning.record("mul.backward").rests(SOON)


def test_a_longer_set_holds_one_mistake_to_find_in_a_skill_that_was_right_before() -> None:
    learning = learned(*mastered("chain.product", "graph.backward", "fanout.sum"), answer("mul.backward"))
    found = 0
    for seed in range(12):
        practised = make_set(learning, SOON, seed, WORDS)
        places = [place for place in practised.plan.values() if place.reason is Reason.ERRONEOUS]
        assert len(places) <= 1
        for step in practised.lesson.steps:
            if step.kind == "bug":
                found += 1
                exercise = Exercise(step)
                assert exercise.wrong_line != step.show[0]
                put_right = repr(exercise.blanks[-1].truth.tolist())
                judged = [
                    judge_of(step)(exercise, {MARKED: line, ANSWER: put_right}, {}).solved
                    for line in (step.show[0], exercise.wrong_line)
                ]
                assert judged == [False, True]
    assert found > 3
    assert not any(step.kind == "bug" for step in make_set(learned(), SOON, 1, WORDS).lesson.steps)


def test_numbers_do_not_come_back() -> None:
    learning, seen = learned(), set[str]()
    for seed in range(8):
        practised = make_set(learning, SOON, seed, WORDS, skill="mul.backward")
        ids = {step.id for step in practised.lesson.steps}
        assert not ids & seen
        seen |= ids
        walk(practised, learning)


def test_the_same_learning_and_seed_give_the_same_set() -> None:
    learning = learned(*mastered("add.backward", "mul.backward"))
    one, other = (make_set(learning, SOON, 11, WORDS) for _ in range(2))
    assert one.lesson.steps == other.lesson.steps


@pytest.mark.parametrize("skill", practisable())
def test_every_typed_skill_can_be_practised(skill: str) -> None:
    practised = make_set(learned(), SOON, 2, WORDS, skill=skill, count=2)
    first = practised.lesson.steps[0]
    assert skill_of(getattr(first, "skill", "")) == skill


def test_items_are_neither_a_formality_nor_a_wall() -> None:
    learning = learned(*(answer("mul.backward") for _ in range(6)))
    ratings = ratings_of(learning)
    rates = sorted(
        abs(ratings.success_rate("mul.backward", template.code.lower()) - WANTED)
        for template in templates_of("mul.backward")
    )
    practised = make_set(learning, SOON, 4, WORDS, skill="mul.backward", count=1)
    kind = practised.lesson.steps[0].id.rpartition("-")[0]
    assert abs(ratings.success_rate("mul.backward", kind) - WANTED) <= rates[0] + 0.1
