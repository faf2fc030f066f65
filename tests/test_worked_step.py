"""A worked step shows the rule in names, the same in numbers, and which branch of a fork it speaks of."""

import re

import pytest
from test_conversation import graph, words
from test_inserted_steps import Working
from test_lesson_loop import LESSONS

from tutor.course.loader import load_lesson
from tutor.course.model import GraphFill, ShapeFill, is_answered
from tutor.engine.expressions import FUNCTIONS
from tutor.engine.written_numbers import array_text
from tutor.text import LANGUAGES, Text
from tutor.tutoring.exercise import Exercise
from tutor.tutoring.partly_filled import GAP, partly_filled
from tutor.tutoring.worked_step import WorkedLine, work_out
from tutor.ui.lesson_words import LessonWords, Tone

WORDS_IN_NUMBERS = {*FUNCTIONS, "ln", "σ", "axis", "e", "π", "inf"}


def lines_of(statements: str, inputs: dict[str, object], ask: str) -> tuple[WorkedLine, ...]:
    exercise = Working(graph(statements, inputs, (ask,))).loop.exercise
    return work_out(exercise, exercise.blanks[0])


def shown(statements: str, inputs: dict[str, object], ask: str, language: str) -> list[str]:
    working = Working(graph(statements, inputs, (ask,)))
    lines = work_out(working.loop.exercise, working.loop.exercise.blanks[0])
    return [words(working, language).work(line) for line in lines]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("statements", "inputs", "ask", "ways"),
    [
        ("p = x * y; f = p + x", {"x": 2.0, "y": -3.0}, "dx", ["p", "f", None]),
        ("z = w * h + h", {"w": 2.0, "h": 3.0}, "dh", ["z", "z", None]),
        ("b = 3 * a; c = b * b", {"a": 2.0}, "db", ["c", "c", None]),
    ],
)
def test_branches_of_a_fork_are_told_apart_by_the_node_they_feed(
    statements: str, inputs: dict[str, object], ask: str, ways: list[str | None], language: str
) -> None:
    first_rows = [text.partition("\n")[0] for text in shown(statements, inputs, ask, language)]
    assert len(set(first_rows)) == len(ways)
    for row, way in zip(first_rows, ways, strict=True):
        assert row == ask if way is None else re.search(rf"\b{way}\b", row.removeprefix(ask)), first_rows


def test_the_functions_among_the_numbers_are_worked_out() -> None:
    inputs: dict[str, object] = {"a": ((0.0, 0.0), (0.0, 0.0)), "t": ((1.0, 0.0), (0.0, 1.0))}
    (line,) = lines_of("L = softmax_cross_entropy(a, t)", inputs, "da")
    assert "softmax(a) - t" in line.formula.replace("−", "-")
    assert "[[0.5, 0.5], [0.5, 0.5]] - [[1, 0], [0, 1]]" in line.evaluated.replace("−", "-")
    (root,) = lines_of("m = mean(x)", {"x": (1.0, 3.0)}, "m")
    assert root.evaluated == ""  # it would be the result itself


def test_the_gradient_at_the_scores_is_worked_out_as_a_difference() -> None:
    lesson = load_lesson(next(path for path in LESSONS if path.name.startswith("12")))
    exercise = Exercise(next(step for step in lesson.steps if step.id == "write-da"))
    (line,) = work_out(exercise, exercise.blanks[0])
    assert line.formula == "y − t"
    assert line.numbers == "[0.3, 0.2, 0.5] − [0, 1, 0]"


@pytest.mark.parametrize("folder", LESSONS, ids=lambda path: path.name)
def test_every_worked_step_of_the_course_shows_its_numbers(folder: object) -> None:
    for step in load_lesson(folder).steps:  # type: ignore[arg-type]
        if not is_answered(step) or isinstance(step, ShapeFill):
            continue
        exercise = Exercise(step)
        for blank in exercise.blanks:
            for line in work_out(exercise, blank):
                left = set(re.findall(r"[A-Za-zσπ]\w*", line.numbers)) - WORDS_IN_NUMBERS
                assert left == set(), (step.id, line)
                assert line.numbers or not line.formula, (step.id, line)


def gap(exercise: Exercise, blank: int, *known: str) -> tuple[str, str] | None:
    filled = partly_filled(exercise, exercise.blanks[blank], known)
    return filled and (filled[0], filled[1].replace("−", "-"))


@pytest.mark.parametrize(
    ("statements", "inputs", "ask", "filled"),
    [
        ("z = x * y", {"x": 3.0, "y": -4.0}, "dx", ("dx", "1 · ?")),
        ("z = x + y", {"x": 3.0, "y": -4.0}, "dx", None),
        ("p = x * y; f = p + x", {"x": 2.0, "y": -3.0}, "dx", ("dx", "dp · (-3) + ?")),
        ("a = relu(z); L = a * w", {"z": 2.0, "w": 3.0}, "dz", ("dz", "da · (? > 0)")),
        ("z = x * y", {"x": 3.0, "y": -4.0}, "z", ("z", "3 · ?")),
        ("Y = X @ W", {"X": ((1.0, 2.0),), "W": ((3.0,), (4.0,))}, "dX", ("dX", "dY @ ?ᵀ")),
    ],
)
def test_a_step_is_partly_filled_in_with_one_gap(
    statements: str, inputs: dict[str, object], ask: str, filled: tuple[str, str] | None
) -> None:
    exercise = Working(graph(statements, inputs, (ask,))).loop.exercise
    graph_ = exercise.graph
    assert graph_ is not None
    assert gap(exercise, 0, f"d{graph_.label(graph_.output)}") == filled


def test_what_is_not_found_yet_is_no_number_in_a_partly_filled_step() -> None:
    step = graph("a = x * y; b = a * x", {"x": 3.0, "y": -4.0}, ("a", "b"))
    exercise = Working(step).loop.exercise
    assert gap(exercise, 1) == ("b", "a · ?")
    assert gap(exercise, 1, "a") == ("b", "-12 · ?")


def test_a_partly_filled_step_of_the_course_never_holds_its_answer() -> None:
    filled = 0
    for folder in LESSONS:
        for step in load_lesson(folder).steps:
            if not isinstance(step, GraphFill):
                continue
            exercise = Exercise(step)
            for blank in exercise.blanks:
                lines = LessonWords(Text("en"), exercise).stuck(None, blank.key)
                work = [line.text.partition(" = ")[2] for line in lines if line.tone is Tone.WORK]
                filled += bool(work)
                for text in work:
                    assert text.count(GAP) == 1
                    assert array_text(blank.truth + 0.0) not in text.split(), (step.id, text)
    assert filled > 100
