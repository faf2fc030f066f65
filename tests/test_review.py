"""Reviews come back at growing distances, are graded by what was done, and no clock can spoil them."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tutor.student.clock import LATEST, LONGEST_JUMP, believed
from tutor.student.events import attempt
from tutor.student.learning import Learning
from tutor.student.opportunities import Opportunity
from tutor.student.review import APART, Grade, Reviews, grade
from tutor.student.store import Store

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def answered(at: datetime = START, *, right: bool = True, hints: int = 0, shown: bool = False) -> Opportunity:
    return Opportunity("mul", "l", "s", right, hints=hints, shown=shown, milliseconds=5000, at=at)


def test_the_grade_is_what_the_learner_did() -> None:
    times = [6000, 8000, 7000]
    assert grade(answered(right=False), times) is Grade.AGAIN
    assert grade(answered(right=False, hints=2), times) is Grade.AGAIN
    assert grade(answered(shown=True), times) is Grade.AGAIN
    assert grade(answered(hints=1), times) is Grade.HARD
    assert grade(answered(), times) is Grade.EASY
    assert grade(answered(), [4000, 3000, 3500]) is Grade.GOOD
    assert grade(answered(), times[:2]) is Grade.GOOD, "two times make no median to go by"


def test_a_skill_comes_back_at_growing_distances() -> None:
    reviews, at, distances = Reviews(), START, []
    for _ in range(6):
        reviews.add(answered(at))
        due = reviews.due_at("mul")
        assert due is not None
        assert reviews.due(due - timedelta(seconds=1)) == []
        assert reviews.due(due) == ["mul"]
        distances.append(due - at)
        at = due
    assert distances == sorted(distances)
    assert distances[0] >= DAY
    assert distances[-1] > 30 * DAY


def test_a_failure_brings_it_back_soon() -> None:
    reviews = Reviews()
    reviews.add(answered())
    at = reviews.due_at("mul")
    assert at is not None
    reviews.add(answered(at, right=False))
    due = reviews.due_at("mul")
    assert due is not None
    assert DAY <= due - at <= 3 * DAY


def test_practice_on_the_same_day_is_no_review() -> None:
    reviews = Reviews()
    reviews.add(answered(right=False))
    due = reviews.due_at("mul")
    reviews.add(answered(START + APART / 2))
    assert reviews.due_at("mul") == due
    reviews.add(answered(START + APART))
    assert reviews.due_at("mul") != due


def test_what_is_known_fades() -> None:
    reviews = Reviews()
    assert reviews.recall("mul", START) is None
    reviews.add(answered())
    recalls = [reviews.recall("mul", START + days * DAY) or 0 for days in (0, 3, 30, 300)]
    assert recalls == sorted(recalls, reverse=True)
    assert recalls[0] == pytest.approx(1.0)


JUMPS = {
    "an hour back": START - timedelta(hours=1),
    "an hour ahead": START + timedelta(hours=1),
    "a second back": START - timedelta(seconds=1),
    "a day back": START - DAY,
    "ten years back": START - 3650 * DAY,
    "1970": datetime(1970, 1, 1, tzinfo=UTC),
    "2000, as after a flat battery": datetime(2000, 1, 1, tzinfo=UTC),
    "399 days ahead": START + 399 * DAY,
    "401 days ahead": START + 401 * DAY,
    "ten years ahead": START + 3650 * DAY,
    "2038": datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
    "9999": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
}


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
def test_a_jump_of_the_clock_does_no_harm(jump: datetime, tmp_path: Path) -> None:
    assert len(JUMPS) == 12
    clock = [START]
    with Store.open(tmp_path, lambda: clock[0]) as store:
        for number, moment in enumerate((START, jump, START + DAY, jump, START + 3 * DAY)):
            clock[0] = moment
            store.append(
                attempt("practice:", f"m-{number}", right=True, entries={}, outcomes={}, skill="mul")
            )
        events = list(store.events())
    times = [event.at for event in events if event.at]
    assert times == sorted(times)
    assert all(b - a <= LONGEST_JUMP for a, b in pairwise(times))
    learning = Learning.from_events(events, lambda name: name)
    due = learning.reviews.due_at("mul")
    assert due is not None
    assert due > times[-1] - APART, "never before the last review"
    assert learning.now(jump) >= times[-1]
    assert learning.due(due + DAY) == ["mul"]
    again = Learning.from_events(events, lambda name: name)
    assert again.reviews.due_at("mul") == due


def test_a_first_event_at_the_end_of_time_is_survived() -> None:
    end = datetime(9999, 12, 31, tzinfo=UTC)
    assert believed(end, None) == LATEST
    reviews = Reviews()
    reviews.add(answered(end))
    assert reviews.due_at("mul") is not None
    assert reviews.recall("mul", end) is not None
