"""Progress is what the events add up to, known by ids."""

from hypothesis import given
from hypothesis import strategies as st

from tutor.student.events import Event, EventKind, attempt
from tutor.student.progress import Position, Progress, StepRecord


def answer(step: str, *, right: bool, hints: int = 0) -> Event:
    return attempt(
        "multiply", step, right=right, entries={"dx": "1"}, outcomes={"dx": "correct"}, hints=hints
    )


def event(kind: EventKind, step: str) -> Event:
    return Event(kind, "multiply", step)


def test_nothing_has_happened_at_first() -> None:
    progress = Progress()
    assert progress == Progress.from_events([])
    assert progress.position is None
    assert progress.step("multiply", "first") == StepRecord()
    assert progress.step("multiply", "first").first_try is None
    assert progress.next_step("multiply", ["first", "second"]) == "first"


def test_the_position_is_the_step_last_visited_whatever_happened_since() -> None:
    progress = Progress.from_events(
        [event(EventKind.POSITION, "first"), event(EventKind.POSITION, "second"), answer("first", right=True)]
    )
    assert progress.position == Position("multiply", "second")


def test_attempts_count_and_only_the_first_decides_the_first_try() -> None:
    progress = Progress.from_events(
        [answer("a", right=False), answer("a", right=True), answer("b", right=True)]
    )
    progress = progress.with_event(answer("b", right=False))
    assert progress.step("multiply", "a") == StepRecord(attempts=2, first_try=False)
    assert progress.step("multiply", "b") == StepRecord(attempts=2, first_try=True)


def test_a_right_answer_after_help_is_no_first_try() -> None:
    for helped in (
        [event(EventKind.HINT, "a"), answer("a", right=True)],
        [event(EventKind.STEP_SHOWN, "a"), answer("a", right=True)],
        [answer("a", right=True, hints=1)],
    ):
        assert Progress.from_events(helped).step("multiply", "a").first_try is False


def test_a_step_is_done_when_it_was_completed_not_when_it_was_answered_or_shown() -> None:
    progress = Progress.from_events([answer("a", right=True), event(EventKind.STEP_SHOWN, "a")])
    assert progress.done("multiply") == frozenset()
    assert progress.with_event(event(EventKind.STEP_DONE, "a")).done("multiply") == {"a"}
    assert progress.done("multiply") == frozenset(), "the former progress is unchanged"


def test_a_rearranged_lesson_keeps_its_progress() -> None:
    done = [event(EventKind.STEP_DONE, step) for step in ("a", "b", "dropped")]
    progress = Progress.from_events(done)
    assert progress.next_step("multiply", ["b", "new", "a", "c"]) == "new"
    assert progress.next_step("multiply", ["b", "a"]) is None
    assert progress.next_step("other", ["a", "b"]) == "a"
    assert progress.done("multiply") == {"a", "b", "dropped"}


EVENTS = st.lists(
    st.builds(
        Event,
        st.sampled_from(EventKind),
        st.sampled_from(["add", "multiply"]),
        st.sampled_from(["a", "b", ""]),
        st.fixed_dictionaries({}, optional={"right": st.booleans(), "hints": st.integers(0, 3)}),
    )
)


@given(EVENTS, EVENTS)
def test_adding_events_one_by_one_is_the_same_as_adding_up_all(
    past: list[Event], present: list[Event]
) -> None:
    progress = Progress.from_events(past)
    for new in present:
        progress = progress.with_event(new)
    assert progress == Progress.from_events(past + present)


@given(EVENTS)
def test_progress_counts_what_happened(events: list[Event]) -> None:
    progress = Progress.from_events(events)
    attempts = sum(record.attempts for record in progress.steps.values())
    assert attempts == sum(event.kind is EventKind.ATTEMPT for event in events)
    done = {(event.lesson, event.step) for event in events if event.kind is EventKind.STEP_DONE}
    assert {place for place, record in progress.steps.items() if record.done} == done
