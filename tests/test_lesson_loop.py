"""A lesson without a terminal: present, answer, verdict, hint, next, and what is recorded."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tutor.course.loader import course_folder, load_lesson
from tutor.course.mathematics import usable_names
from tutor.course.model import (
    Choice,
    CodeTask,
    FaultyCode,
    FaultySolution,
    FormulaEntry,
    GraphFill,
    LabVisit,
    Lesson,
    LineOrder,
    NumberEntry,
    Ordering,
    ShapeFill,
    SignFill,
    Sorting,
    Worked,
    is_answered,
)
from tutor.engine.expressions import to_text
from tutor.student.events import Event, EventKind
from tutor.student.progress import Progress
from tutor.tutoring.derived_formula import derived
from tutor.tutoring.exercise import ANSWER, ARRANGED, CHOSEN, MARKED
from tutor.tutoring.lesson_loop import HINT_PAUSE, LessonLoop
from tutor.tutoring.verdict import Outcome

LESSONS = sorted(path for path in course_folder().iterdir() if (path / "lesson.toml").is_file())


class Learner:
    """A lesson in progress with everything that it recorded."""

    def __init__(self, lesson: Lesson, **options: object) -> None:
        self.events: list[Event] = []
        self.loop = LessonLoop(lesson, self.record, **options)  # type: ignore[arg-type]

    def record(self, events: Sequence[Event]) -> None:
        self.events += events

    def kinds(self) -> list[EventKind]:
        return [event.kind for event in self.events]

    def right_answer(self) -> dict[str, str]:
        exercise, step = self.loop.exercise, self.loop.step
        numbers = {
            blank.key: str(blank.truth.tolist()) if blank.truth.ndim else f"{float(blank.truth):.10g}"
            for blank in exercise.blanks
        }
        match step:
            case Choice():
                return {CHOSEN: " ".join(exercise.right_options())}
            case Ordering():
                return {ARRANGED: " ".join(topological(self.loop))}
            case Sorting(items=items):
                return {item.id: item.bin for item in items}
            case LineOrder():
                return {ARRANGED: " ".join(line.id for line in step.lines if line.mistake is None)}
            case FaultyCode():
                return {MARKED: str(step.line), CHOSEN: " ".join(exercise.right_options())}
            case FaultySolution():
                return {MARKED: exercise.wrong_line, **numbers}
            case FormulaEntry(quantity=quantity):
                assert exercise.graph is not None
                return {
                    ANSWER: to_text(derived(exercise.graph, quantity, usable_names(step, exercise.graph)))
                }
            case ShapeFill():
                return {blank.key: "x".join(map(str, blank.truth.shape)) or "1" for blank in exercise.blanks}
            case SignFill():
                return {blank.key: "-0+"[int(np.sign(blank.truth)) + 1] for blank in exercise.blanks}
            case _:
                return numbers


def topological(loop: LessonLoop) -> list[str]:
    assert loop.exercise.graph is not None
    assert isinstance(loop.step, Ordering)
    names = [node.name for node in loop.exercise.graph.nodes if node.name and not node.is_leaf]
    return names if loop.step.direction == "forward" else names[::-1]


@pytest.fixture
def multiply() -> Lesson:
    return load_lesson(next(path for path in LESSONS if path.name == "03-add-and-multiply"))


def first(lesson: Lesson, kind: type, **wanted: object) -> str:
    return next(
        step.id
        for step in lesson.steps
        if isinstance(step, kind) and all(getattr(step, name) == value for name, value in wanted.items())
    )


def solve(learner: Learner) -> None:
    """Do whatever the step on the screen asks for."""
    while not learner.loop.may_advance:
        if isinstance(learner.loop.step, Worked):
            learner.loop.reveal()
        else:
            learner.loop.check(learner.right_answer())


def test_the_next_step_is_one_that_is_open_and_the_last_open_one_ends_the_lesson() -> None:
    lesson = load_lesson(LESSONS[0])
    ids = [step.id for step in lesson.steps]
    learner = Learner(lesson, done=frozenset(ids) - {ids[1], ids[4]})
    assert learner.loop.step.id == ids[1]
    solve(learner)
    assert learner.loop.advance()
    assert learner.loop.step.id == ids[4]
    solve(learner)
    assert not learner.loop.advance()
    assert learner.loop.finished


def test_steps_that_were_passed_over_are_found_again_from_the_end() -> None:
    lesson = load_lesson(LESSONS[0])
    ids = [step.id for step in lesson.steps]
    learner = Learner(lesson, done=frozenset(ids[2:]), start=ids[1])
    solve(learner)
    assert not learner.loop.advance()
    assert learner.loop.go_to_open_step()
    assert learner.loop.step.id == ids[0]
    solve(learner)
    assert not learner.loop.advance()
    assert not learner.loop.go_to_open_step()


def test_a_lesson_that_is_read_again_goes_on_step_by_step() -> None:
    lesson = load_lesson(LESSONS[0])
    ids = [step.id for step in lesson.steps]
    learner = Learner(lesson, done=frozenset(ids), start=ids[0])
    visited = [learner.loop.step.id]
    while learner.loop.advance():
        visited.append(learner.loop.step.id)
    assert visited == ids


@pytest.mark.parametrize("folder", LESSONS, ids=lambda path: path.name)
def test_a_whole_lesson_is_walked_by_answering_right(folder: Path) -> None:
    learner = Learner(load_lesson(folder))
    loop = learner.loop
    visited = [loop.step.id]
    while True:
        if isinstance(loop.step, Worked):
            assert not loop.may_advance
            while loop.reveal():
                pass
            assert loop.revealed == tuple(loop.step.show)
        elif is_answered(loop.step):
            assert not loop.may_advance
            verdict = loop.check(learner.right_answer())
            assert verdict.solved, (loop.step.id, verdict)
        elif isinstance(loop.step, LabVisit | CodeTask) and not loop.may_advance:
            loop.done_elsewhere(loop.step.id)
        assert loop.may_advance
        if not loop.advance():
            break
        visited.append(loop.step.id)
    assert loop.finished
    in_order = [step.id for step in loop.lesson.steps]
    assert visited == [id_ for id_ in in_order if id_ in visited]
    progress = Progress.from_events(learner.events)
    assert progress.done(loop.lesson.slug) == set(in_order)
    assert all(record.first_try is not False for record in progress.steps.values())


@pytest.mark.parametrize("folder", LESSONS, ids=lambda path: path.name)
def test_every_listed_mistake_is_named_when_it_is_made(folder: Path) -> None:
    lesson = load_lesson(folder)
    for step in lesson.steps:
        if not isinstance(step, GraphFill | NumberEntry):
            continue
        for mistake in step.mistakes:
            learner = Learner(lesson, start=step.id)
            exercise = learner.loop.exercise
            entries = {}
            for blank in exercise.blanks:
                wrong = exercise.wrong_answers[blank.key].get(mistake)
                value = blank.truth if wrong is None else wrong[0]
                entries[blank.key] = str(value.tolist()) if value.ndim else f"{float(value):.10g}"
            verdict = learner.loop.check(entries)
            assert not verdict.solved, (step.id, mistake)
            named = {id_ for blank in verdict.blanks for id_ in blank.misconceptions}
            assert mistake in named, (step.id, mistake, verdict)


def test_blanks_are_judged_one_by_one_and_the_rest_wait(multiply: Lesson) -> None:
    learner = Learner(multiply, start=first(multiply, GraphFill, ask=("dx", "dy"), inputs={"x": 3, "y": -4}))
    verdict = learner.loop.check({"dx": "-10", "dy": ""})
    assert [blank.outcome for blank in verdict.blanks] == [Outcome.CORRECT, Outcome.UNANSWERED]
    assert not verdict.solved
    assert learner.loop.open_blanks == ("dy",)
    assert learner.loop.check({"dx": "-10", "dy": "15/2"}).solved


def test_a_refusal_costs_nothing_and_is_not_recorded(multiply: Lesson) -> None:
    learner = Learner(multiply, start=first(multiply, GraphFill))
    before = len(learner.events)
    verdict = learner.loop.check(dict.fromkeys(("dx", "dy"), "0.25 or 0.5"))
    assert {blank.outcome for blank in verdict.blanks} == {Outcome.UNREADABLE}
    assert verdict.cause is not None
    assert verdict.cause.refusal is not None
    assert len(learner.events) == before
    assert learner.loop.state.times_wrong == {}


def test_times_wrong_grow_and_the_same_answer_again_is_no_new_attempt(multiply: Lesson) -> None:
    learner = Learner(multiply, start=first(multiply, GraphFill, ask=("dx", "dy"), inputs={"x": 3, "y": -4}))
    swapped = {"dx": "7.5", "dy": "-10"}
    assert learner.loop.check(swapped)["dx"].times_wrong == 1
    learner.loop.check(swapped)
    assert learner.loop.check({"dx": "7.5", "dy": "7.5"})["dx"].times_wrong == 2
    assert learner.kinds().count(EventKind.ATTEMPT) == 2


def test_the_hint_ladder_ends_and_costs_the_first_try(multiply: Lesson) -> None:
    seconds = itertools.count(step=HINT_PAUSE)
    learner = Learner(multiply, start=first(multiply, GraphFill), clock=lambda: next(seconds))
    assert [learner.loop.hint() for _ in range(5)] == [1, 2, 3, 3, 3]
    assert learner.kinds().count(EventKind.HINT) == 3
    learner.loop.check(learner.right_answer())
    record = Progress.from_events(learner.events).step(multiply.slug, learner.loop.step.id)
    assert record.done
    assert record.first_try is False


def test_an_answer_is_recorded_before_its_verdict_is_known(multiply: Lesson) -> None:
    def refuse(events: Sequence[Event]) -> None:
        if any(event.kind is EventKind.ATTEMPT for event in events):
            raise OSError("disk full")

    loop = LessonLoop(multiply, refuse, start=first(multiply, GraphFill))
    with pytest.raises(OSError, match="disk full"):
        loop.check({blank.key: "999" for blank in loop.exercise.blanks})
    assert not loop.state.solved


def test_whole_numbers_are_a_slip_however_near_they_are() -> None:
    lesson = load_lesson(next(path for path in LESSONS if path.name == "02-sensitivity"))
    verdict = Learner(lesson, start="passes").loop.check({"parameters": "39700", "passes": "79400"})
    assert (verdict["parameters"].follows, verdict["parameters"].diagnosis) == (False, "nd_no_bias")
    assert verdict["passes"].follows


@pytest.mark.parametrize("skill", ["add.backward", "mul.backward", "relu.backward", "sgd.update"])
def test_what_can_be_found_out_is_tried_before_its_example(skill: str) -> None:
    lesson, first_step = next(
        (lesson, step)
        for lesson in map(load_lesson, LESSONS)
        for step in lesson.steps
        if getattr(step, "skill", None) == skill
    )
    right, wrong = (Learner(lesson, start=first_step.id) for _ in range(2))
    wrong.loop.check(dict.fromkeys(right.right_answer(), "987"))
    for learner in (right, wrong):
        assert learner.loop.check(learner.right_answer()).solved
        assert learner.loop.advance()
    assert isinstance(wrong.loop.step, Worked)
    assert right.loop.index > wrong.loop.index


def test_what_follows_from_ones_own_slip_is_credited() -> None:
    lesson = load_lesson(next(path for path in LESSONS if path.name == "03-add-and-multiply"))
    chains = [step for step in lesson.steps if isinstance(step, GraphFill) and len(step.ask) >= 4]
    learner = Learner(lesson, start=chains[0].id)
    graph = learner.loop.exercise.graph
    assert graph is not None
    asked = [
        blank for blank in learner.loop.exercise.blanks if not graph.nodes[graph.index(blank.node)].is_leaf
    ]
    if not asked:
        pytest.skip("the long exercise asks for leaves only")
    slip = asked[0]
    entries = learner.right_answer() | {slip.key: "17"}
    led_to = graph.follow(given={graph.index(slip.node): slip.truth * 0 + 17})
    followers = [
        blank for blank in learner.loop.exercise.blanks
        if blank.key != slip.key and led_to.gradients[graph.index(blank.node)] != blank.truth
    ]  # fmt: skip
    for blank in followers:
        entries[blank.key] = f"{float(led_to.gradients[graph.index(blank.node)]):.10g}"
    verdict = learner.loop.check(entries)
    assert followers
    assert verdict.cause is not None
    assert verdict.cause.key == slip.key
    assert all(verdict[blank.key].follows for blank in followers)


def test_any_topological_order_is_right_and_the_first_slip_is_named() -> None:
    for folder in LESSONS:
        lesson = load_lesson(folder)
        for step in lesson.steps:
            if isinstance(step, Ordering):
                learner = Learner(lesson, start=step.id)
                order = topological(learner.loop)
                verdict = learner.loop.check({ARRANGED: " ".join(order[::-1])})
                assert verdict.blanks[0].missing is not None
                assert learner.loop.exercise.misplaced(learner.loop.exercise.items) is not None
                assert learner.loop.check({ARRANGED: " ".join(order)}).solved
