"""Mastery follows from the first answers to different items, and can fall."""

from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from tutor.student.events import Event, EventKind, attempt
from tutor.student.learning import Learning
from tutor.student.mastery import FRUITLESS, REST, Level
from tutor.student.opportunities import DRILL
from tutor.student.ratings import Ratings

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
_NUMBERS = count(1)


def answer(
    skill: str = "mul",
    right: bool = True,
    *,
    step: str | None = None,
    typed: bool = True,
    hints: int = 0,
    lesson: str = "practice:",
    at: datetime = START,
) -> Event:
    made = attempt(
        lesson,
        step or f"item-{next(_NUMBERS)}",
        right=right,
        entries={"dx": "1"},
        outcomes={"dx": "correct" if right else "wrong"},
        hints=hints,
        skill=skill,
        typed=typed,
    )
    return Event(made.kind, made.lesson, made.step, made.data, next(_NUMBERS), at)


def learned(*events: Event) -> Learning:
    return Learning.from_events(events, lambda name: name or None)


def level(*events: Event) -> Level:
    return learned(*events).level("mul")


def test_two_typed_in_a_row_make_mastery_once_one_of_them_was_interleaved() -> None:
    assert level() is Level.UNSEEN
    assert level(answer()) is Level.PRACTISED
    assert level(answer(), answer(), answer()) is Level.PRACTISED
    assert level(answer(), answer("add"), answer()) is Level.MASTERED
    assert level(answer("add"), answer(), answer()) is Level.PRACTISED, "the first of a skill is not a choice"


def test_a_wrong_answer_or_help_between_them_begins_the_row_anew() -> None:
    assert level(answer(), answer("add"), answer(right=False), answer()) is Level.PRACTISED
    assert level(answer(), answer("add"), answer(hints=1)) is Level.PRACTISED
    shown = Event(EventKind.STEP_SHOWN, "practice:", "known", {}, 1, START)
    assert level(answer(), answer("add"), shown, answer(step="known")) is Level.PRACTISED
    assert learned(answer(), answer("add"), shown, answer(step="known")).record("mul").alone == 1


def test_one_answer_is_never_mastery_however_mixed() -> None:
    fallen = [answer(), answer(right=False), answer("add")]
    assert level(*fallen, answer()) is Level.PRACTISED
    assert level(*fallen, answer(), answer()) is Level.MASTERED


def test_the_same_numbers_count_once() -> None:
    assert level(answer(step="same"), answer("add"), answer(step="same")) is Level.PRACTISED


def test_only_the_first_answer_to_an_item_counts() -> None:
    learning = learned(answer(right=False, step="a"), answer(step="a"))
    assert (learning.record("mul").count, learning.level("mul")) == (1, Level.STARTED)


def test_chosen_answers_need_four_in_a_row_or_three_beside_a_typed_one() -> None:
    chosen = [answer(typed=False) for _ in range(4)]
    assert level(*chosen[:3]) is Level.PRACTISED
    assert level(*chosen) is Level.MASTERED
    assert level(*chosen[:3], answer()) is Level.MASTERED
    assert level(*chosen[:2], answer()) is Level.PRACTISED


def test_mastery_falls_one_level_at_a_time_and_never_to_nothing() -> None:
    mastered = [answer(), answer("add"), answer()]
    assert level(*mastered, answer(right=False)) is Level.PRACTISED
    assert level(*mastered, answer(right=False), answer(right=False)) is Level.STARTED
    assert level(*mastered, *(answer(right=False) for _ in range(5))) is Level.STARTED
    assert level(*mastered, answer(hints=2)) is Level.MASTERED, "a hint is no failure"


def test_a_drill_counts_for_nothing() -> None:
    assert level(answer(lesson=DRILL), answer("add"), answer(lesson=DRILL)) is Level.UNSEEN


def test_eight_fruitless_tries_ask_for_another_representation_and_a_rest() -> None:
    tries = [answer(right=number % 2 == 0) for number in range(FRUITLESS)]
    assert not learned(*tries[:-1]).record("mul").is_fruitless
    assert learned(*tries).record("mul").is_fruitless
    shown = Event(EventKind.REPRESENTATION, "practice:", "", {"skill": "mul"}, 1, START)
    after = learned(*tries, shown).record("mul")
    assert not after.is_fruitless
    assert after.rests(START + REST / 2)
    assert not after.rests(START + REST)
    assert not learned(*tries, shown, answer(at=START)).record("mul").rests(START), "the learner may go on"


def test_a_skill_that_nobody_knows_is_left_out() -> None:
    learning = Learning.from_events([answer("mul"), answer("gone")], lambda name: {"mul": "mul"}.get(name))
    assert [opportunity.skill for opportunity in learning.opportunities] == ["mul"]


def test_events_of_other_versions_are_survived() -> None:
    odd = Event(
        EventKind.ATTEMPT,
        "a",
        "b",
        {"skill": 3, "ms": "x", "hints": None, "misconceptions": [1], "outcomes": 2, "graph": [], "right": 1},
        1,
        START,
    )
    assert learned(odd).opportunities == []
    assert len(learned(odd).notebook.mistakes) == 1


def test_ability_rises_with_success_and_easier_kinds_are_expected_to_succeed() -> None:
    failing = learned(*(answer(step=f"hard-{n}", right=n % 3 == 0) for n in range(30)))
    ratings = Ratings(failing.opportunities, lambda kind: 0.0)
    assert ratings.success_rate("mul", "hard") < 0.5
    passing = learned(*(answer(step=f"easy-{n}") for n in range(30)))
    ratings = Ratings(passing.opportunities, {"easy": 0.0, "hard": 3.0}.__getitem__)
    assert ratings.success_rate("mul", "easy") > 0.8
    assert ratings.success_rate("mul", "easy") > ratings.success_rate("mul", "hard")


def test_time_between_events_is_counted_but_not_the_pauses() -> None:
    at = [
        START,
        START + timedelta(minutes=2),
        START + timedelta(hours=3),
        START + timedelta(hours=3, seconds=30),
    ]
    learning = learned(*(answer(at=moment) for moment in at))
    assert learning.seconds == 150
    assert learning.days == {"2026-03-01": 150}


answers = st.lists(
    st.tuples(
        st.sampled_from(["mul", "add", "relu"]),
        st.booleans(),
        st.booleans(),
        st.integers(0, 2),
        st.integers(0, 9),
    ),
    max_size=40,
)


@given(answers)
def test_a_log_added_event_by_event_gives_what_the_whole_log_gives(
    made: list[tuple[str, bool, bool, int, int]],
) -> None:
    events = [
        answer(
            skill, right, typed=typed, hints=hints, step=f"s-{step}", at=START + timedelta(days=number / 3)
        )
        for number, (skill, right, typed, hints, step) in enumerate(made)
    ]
    whole, grown = learned(*events), learned()
    for event in events:
        before = grown.level(str(event.data["skill"]))
        grown.add(event)
        assert grown.level(str(event.data["skill"])) >= before - 1
    for skill in ("mul", "add", "relu"):
        assert grown.record(skill) == whole.record(skill)
        assert grown.reviews.due_at(skill) == whole.reviews.due_at(skill)
