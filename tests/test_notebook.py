"""The notebook keeps every wrong answer, and asks for each misconception until it is beaten twice."""

from datetime import UTC, datetime, timedelta

from tutor.student.events import Event, attempt
from tutor.student.learning import Learning
from tutor.student.notebook import BEATEN, LATER, MisconceptionRecord

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
HABIT = "mul_no_swap"


def answered(number: int, right: bool, *, asks: str = "", named: str = HABIT, at: datetime = START) -> Event:
    made = attempt(
        "practice:",
        f"mul-{number}",
        right=right,
        entries={"dx": "7.5", "dy": "-10"},
        outcomes={"dx": "correct" if right else "wrong", "dy": "correct"},
        misconceptions={} if right else {"dx": [named, "other"]},
        diagnosis={} if right or not named else {"dx": named},
        skill="mul.backward",
        graph=None if right else {"statements": ["z = x * y"], "inputs": {"x": 3, "y": -4}, "upstream": 2.5},
        asks=asks,
    )
    return Event(made.kind, made.lesson, made.step, made.data, number, at)


def learned(*events: Event) -> Learning:
    return Learning.from_events(events, lambda name: name)


def record(*events: Event) -> MisconceptionRecord:
    return learned(*events).notebook.misconceptions[HABIT]


def test_a_wrong_answer_is_kept_with_its_graph_entry_and_diagnosis() -> None:
    (mistake,) = learned(answered(1, False), answered(2, True)).notebook.mistakes
    assert mistake.statements == ("z = x * y",)
    assert mistake.inputs == {"x": 3, "y": -4}
    assert mistake.upstream == 2.5
    assert mistake.entries == {"dx": "7.5"}, "what was right is no mistake"
    assert mistake.diagnosis == {"dx": HABIT}
    assert mistake.misconceptions == {"dx": (HABIT, "other")}
    assert (mistake.lesson, mistake.step, mistake.skill, mistake.seq) == (
        "practice:",
        "mul-1",
        "mul.backward",
        1,
    )


def test_a_misconception_is_counted_once_for_each_answer_that_shows_it() -> None:
    found = record(answered(1, False), answered(2, False))
    assert (found.count, found.beaten, found.is_open) == (2, 0, True)


def test_it_is_asked_for_later_until_beaten_twice() -> None:
    wrong, first = answered(1, False), answered(2, True, asks=HABIT, at=START + LATER[0])
    assert not record(wrong).is_due(START + LATER[0] / 2)
    assert record(wrong).is_due(START + LATER[0])
    once = record(wrong, first)
    assert (once.beaten, once.is_due(START + LATER[0] * 2)) == (1, False)
    assert once.is_due(START + LATER[0] + LATER[1])
    twice = record(wrong, first, answered(3, True, asks=HABIT, at=START + timedelta(days=2)))
    assert twice.beaten == BEATEN
    assert not twice.is_open
    assert not twice.is_due(START + timedelta(days=999))


def test_only_right_answers_to_items_that_ask_for_it_beat_it() -> None:
    assert record(answered(1, False), answered(2, True), answered(3, True)).beaten == 0
    helped = answered(2, True, asks=HABIT)
    helped.data["hints"] = 1  # type: ignore[index]
    assert record(answered(1, False), helped).beaten == 0


def test_when_it_returns_it_has_to_be_beaten_twice_again() -> None:
    events = [answered(1, False), answered(2, True, asks=HABIT), answered(3, False)]
    found = record(*events)
    assert (found.beaten, found.count) == (0, 2)
    settled = [answered(1, False), answered(2, True, asks=HABIT), answered(3, True, asks=HABIT)]
    assert record(*settled, answered(4, False)).is_open


def test_the_most_frequent_is_asked_for_first() -> None:
    learning = learned(answered(1, False, named="rare"), answered(2, False), answered(3, False))
    later = START + timedelta(days=1)
    assert [found.id for found in learning.notebook.due(later)] == [HABIT, "rare"]
