"""The kinds of step beyond numbers: what is right, what is not, and which mistake it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tutor.course.loader import course_folder, load_lesson
from tutor.course.mathematics import shown_values
from tutor.course.model import FaultySolution, FormulaEntry, Lesson, is_answered
from tutor.engine.expressions import to_text
from tutor.student.events import Event, EventKind
from tutor.tutoring.derived_formula import derived
from tutor.tutoring.exercise import ANSWER, ARRANGED, CHOSEN, MARKED, Exercise
from tutor.tutoring.judges import judge_of
from tutor.tutoring.lesson_loop import LessonLoop
from tutor.tutoring.verdict import Outcome, Verdict
from tutor.tutoring.worked_step import work_out
from tutor.tutoring.written_answers import read_shape, read_sign

FORMS = Path(__file__).parent / "data" / "course" / "03-forms"


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    return load_lesson(FORMS)


def judged(lesson: Lesson, step_id: str, entries: Mapping[str, str]) -> Verdict:
    step = lesson.step(step_id)
    assert step is not None
    return judge_of(step)(Exercise(step), entries, {})


# -- written answers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["dout * y", "y*dout", "upstream y", "y·dout", "dout*(y+y)/2"])
def test_every_form_of_the_formula_is_right(lesson: Lesson, typed: str) -> None:
    assert judged(lesson, "try", {ANSWER: typed}).solved


def test_a_wrong_formula_is_diagnosed(lesson: Lesson) -> None:
    blank = judged(lesson, "try", {ANSWER: "dout * x"})[ANSWER]
    assert (blank.outcome, blank.diagnosis) == (Outcome.WRONG, "mul_no_swap")


@pytest.mark.parametrize(
    ("typed", "code"), [("-10", "number_for_formula"), ("dx", "unknown_name"), ("dout *", "incomplete")]
)
def test_what_is_no_formula_of_the_names_costs_nothing(lesson: Lesson, typed: str, code: str) -> None:
    verdict = judged(lesson, "try", {ANSWER: typed})
    refusal = verdict[ANSWER].refusal
    assert refusal is not None
    assert refusal.code == code
    assert not verdict.counts


def test_a_number_put_in_for_a_name_is_no_formula(lesson: Lesson) -> None:
    assert judged(lesson, "try", {ANSWER: "dout * -4"})[ANSWER].outcome is Outcome.WRONG


@pytest.mark.parametrize(
    ("typed", "outcome"),
    [
        ("X.T @ dout", Outcome.CORRECT),
        ("X^T @ dout", Outcome.CORRECT),
        ("(dout.T @ X).T", Outcome.CORRECT),
        ("X.T @ X @ W", Outcome.WRONG),
        ("dout.T @ X", Outcome.SHAPE),
        ("X @ dout", Outcome.UNREADABLE),
    ],
)
def test_a_line_of_matrices_is_judged_by_shape_then_value(
    lesson: Lesson, typed: str, outcome: Outcome
) -> None:
    assert judged(lesson, "puzzle", {ANSWER: typed})[ANSWER].outcome is outcome


@pytest.mark.parametrize("typed", ["2x3", "(2, 3)", "2 3", "2×3", "２ｘ３", "2*3", "[2, 3]"])
def test_a_shape_is_read_in_every_spelling(typed: str) -> None:
    assert read_shape(typed) == (2, 3)


@pytest.mark.parametrize(("typed", "sign"), [("+", 1), ("＋", 1), ("−", -1), ("–", -1), ("０", 0)])
def test_a_sign_is_read_in_every_spelling(typed: str, sign: int) -> None:
    assert read_sign(typed) == sign


def test_shapes_are_judged_each_by_itself(lesson: Lesson) -> None:
    verdict = judged(lesson, "shapes", {"Y": "2x2", "dX": "3x2", "dW": "two"})
    assert [blank.outcome for blank in verdict.blanks] == [
        Outcome.CORRECT,
        Outcome.WRONG,
        Outcome.UNREADABLE,
    ]


def test_a_sign_shows_the_listed_mistake(lesson: Lesson) -> None:
    assert judged(lesson, "signs", {"dx": "+", "dy": "-"}).solved
    assert judged(lesson, "signs", {"dx": "-", "dy": "-"})["dx"].diagnosis == "mul_no_swap"


# -- arranged answers ------------------------------------------------------------------------------------


def test_an_item_in_the_wrong_bin_states_its_mistake(lesson: Lesson) -> None:
    verdict = judged(lesson, "sort", {"slope": "local", "arrives": "local"})
    assert verdict["slope"].outcome is Outcome.CORRECT
    assert verdict["arrives"].diagnosis == "no_upstream"
    assert judged(lesson, "sort", {"slope": "local", "arrives": "total"}).solved


@pytest.mark.parametrize(
    ("kept", "missing", "diagnosis"),
    [
        ("forward delta update", None, None),
        ("delta forward update", ("delta", "forward"), None),
        ("forward update", ("delta", ""), None),
        ("forward early delta update", None, "delta_updated_w"),
    ],
)
def test_lines_are_judged_by_what_is_kept_and_in_which_order(
    lesson: Lesson, kept: str, missing: tuple[str, str] | None, diagnosis: str | None
) -> None:
    blank = judged(lesson, "procedure", {ARRANGED: kept})[ARRANGED]
    assert (blank.missing, blank.diagnosis) == (missing, diagnosis)
    assert blank.outcome.is_right is (missing is None and diagnosis is None)


# -- marked answers --------------------------------------------------------------------------------------


def test_the_planted_line_is_marked_then_put_right(lesson: Lesson) -> None:
    assert not judged(lesson, "faulty", {MARKED: "dt"}).counts  # not yet wrong, not yet all right
    assert judged(lesson, "faulty", {MARKED: "dc", ANSWER: "-10"})[MARKED].outcome is Outcome.WRONG
    assert judged(lesson, "faulty", {MARKED: "da"})[MARKED].outcome is Outcome.WRONG


def test_the_number_of_the_planted_line_is_computed(lesson: Lesson) -> None:
    step = lesson.step("faulty")
    assert step is not None
    exercise = Exercise(step)
    assert {name: float(value) for name, value in exercise.solution.items()} == {
        "dt": 14.0,
        "dc": -10.0,
        "da": 14.0,
    }
    assert exercise.wrong_line == "dt"
    assert judged(lesson, "faulty", {MARKED: "dt", ANSWER: "-10"}).solved
    assert judged(lesson, "faulty", {MARKED: "dt", ANSWER: "14"})[ANSWER].diagnosis == "mul_no_swap"


def test_values_among_the_lines_of_a_faulty_solution_are_not_drawn(lesson: Lesson) -> None:
    step = lesson.step("faulty")
    assert isinstance(step, FaultySolution)
    assert shown_values(step)
    assert not shown_values(step.model_copy(update={"show": ("t", "z", "dt")}))


def test_a_line_of_code_is_marked_then_repaired(lesson: Lesson) -> None:
    assert not judged(lesson, "code", {MARKED: "2"}).counts
    assert judged(lesson, "code", {MARKED: "2", CHOSEN: "input"}).solved
    assert judged(lesson, "code", {MARKED: "2", CHOSEN: "inverted"})[CHOSEN].diagnosis == "relu_inverted"
    assert judged(lesson, "code", {MARKED: "1", CHOSEN: "input"})[MARKED].outcome is Outcome.WRONG


# -- worked steps ----------------------------------------------------------------------------------------


def test_the_worked_step_of_a_shape_tells_where_it_comes_from(lesson: Lesson) -> None:
    step = lesson.step("shapes")
    assert step is not None
    exercise = Exercise(step)
    lines = [work_out(exercise, blank)[0] for blank in exercise.blanks]
    assert [(line.name, line.formula, line.numbers) for line in lines] == [
        ("Y", "X @ W", "2x3 @ 3x2"),
        ("dX", "X", ""),
        ("dW", "W", ""),
    ]


def formula_steps() -> list[FormulaEntry]:
    folders = [FORMS, *(path.parent for path in sorted(course_folder().glob("*/lesson.toml")))]
    steps = [step for folder in folders for step in load_lesson(folder).steps]
    return [step for step in steps if isinstance(step, FormulaEntry)]


@pytest.mark.parametrize("step", formula_steps(), ids=lambda step: step.id)
def test_the_formula_that_the_engine_derives_is_right(step: FormulaEntry) -> None:
    exercise = Exercise(step)
    (line,) = work_out(exercise, exercise.blanks[0])
    assert judge_of(step)(exercise, {ANSWER: line.formula}, {}).solved, line.formula


def test_a_derived_formula_uses_the_usable_names_alone(lesson: Lesson) -> None:
    step = lesson.step("try")
    assert step is not None
    graph = Exercise(step).graph
    assert graph is not None
    assert to_text(derived(graph, "dx", ("x", "y", "dout"))) == "dout * y"
    assert to_text(derived(graph, "z", ("x", "y"))) == "x * y"


# -- help that fades -------------------------------------------------------------------------------------


def walk(lesson: Lesson, *entries: Mapping[str, str], hint: bool = False) -> tuple[LessonLoop, list[Event]]:
    events: list[Event] = []
    loop = LessonLoop(lesson, events.extend)
    if hint:
        loop.hint()
    for answer in entries:
        loop.check(answer)
    loop.advance()
    return loop, events


def passed_over(events: Sequence[Event]) -> list[str]:
    return [event.step for event in events if event.kind is EventKind.STEP_DONE and event.data]


def test_a_right_first_try_passes_over_the_example(lesson: Lesson) -> None:
    loop, events = walk(lesson, {ANSWER: "dout*y"})
    assert loop.step.id == "puzzle"
    assert passed_over(events) == ["shown", "partly"]
    assert {"shown", "partly"} <= loop.done


@pytest.mark.parametrize(
    ("entries", "hint"), [([{ANSWER: "x"}, {ANSWER: "dout*y"}], False), ([{ANSWER: "dout*y"}], True)]
)
def test_a_try_with_help_or_a_slip_is_followed_by_the_example(
    lesson: Lesson, entries: list[Mapping[str, str]], hint: bool
) -> None:
    loop, events = walk(lesson, *entries, hint=hint)
    assert loop.step.id == "shown"
    assert passed_over(events) == []


def test_what_was_passed_over_can_be_visited(lesson: Lesson) -> None:
    loop, _ = walk(lesson, {ANSWER: "dout*y"})
    loop.go_to("shown")
    loop.back()
    loop.advance(over_done=False)
    assert loop.step.id == "shown"


def test_every_answered_kind_has_a_judge_that_leaves_nothing_typed_unanswered(lesson: Lesson) -> None:
    for step in lesson.steps:
        if is_answered(step):
            verdict = judge_of(step)(Exercise(step), {}, {})
            assert {blank.outcome for blank in verdict.blanks} == {Outcome.UNANSWERED}, step.id
