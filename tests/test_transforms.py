"""A wrong answer that no misconception explains is told by what was done to the right one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from test_conversation import graph, text_of, words
from test_inserted_steps import Working
from test_lesson_loop import LESSONS, Learner

from tutor.course.loader import load_lesson
from tutor.course.model import GraphFill, NumberEntry
from tutor.engine.nodes import Array
from tutor.text import LANGUAGES, Text
from tutor.tutoring.exercise import Exercise
from tutor.tutoring.grading import GradeFile, grade
from tutor.tutoring.transforms import Transform, Transformed
from tutor.tutoring.verdict import BlankVerdict, Outcome
from tutor.ui.gradient_checks import moved_apart
from tutor.ui.lesson_words import LessonWords, Tone, spoken

X = [[1.0, 2.0, 3.0], [4.0, 5.0, -6.0]]
W = [[0.1, 0.2], [0.3, 0.4], [0.5, -0.7]]
DOUT = np.array([[1.0, 2.0], [3.0, -4.5]])
D_W = np.array(X).T @ DOUT
D_X = DOUT @ np.array(W).T
SHARES = np.array([[1.0, 2.0, -4.0], [8.0, 16.0, 0.5]])


def marked(nodes: str, inputs: dict[str, object], upstream: Array, name: str, answer: str) -> BlankVerdict:
    arrays = {key: np.array(value, dtype=float) for key, value in inputs.items()}
    return grade(GradeFile((nodes,), arrays, upstream, {name: answer})).answers[name].verdict


def of_layer(name: str, answer: str) -> BlankVerdict:
    return marked("Y = affine(X, W, b)", {"X": X, "W": W, "b": [1.0, 2.0]}, DOUT, name, answer)


def of_repeated(answer: str) -> BlankVerdict:
    """Mark the gradient of a row that each of two rows is divided by, element by element."""
    inputs = {"A": SHARES.tolist(), "b": [1.0, 1.0, 1.0]}
    return marked("Y = A * b", inputs, np.ones((2, 3)), "b", answer)


def written(value: Array) -> str:
    return str(np.round(value, 9).tolist())


@pytest.mark.parametrize(
    ("wrong", "transformed", "outcome"),
    [
        (lambda d: -d, Transformed(Transform.NEGATED), Outcome.WRONG),
        (np.abs, Transformed(Transform.SOME_SIGNS), Outcome.WRONG),
        (lambda d: d * 3, Transformed(Transform.TIMES, 3), Outcome.WRONG),
        (lambda d: d / 3, Transformed(Transform.OVER, 3), Outcome.WRONG),
        (lambda d: d / 6, Transformed(Transform.OVER, 6), Outcome.WRONG),
        (lambda d: d * 10, Transformed(Transform.POWER_OF_TEN), Outcome.WRONG),
        (lambda d: d.T, Transformed(Transform.TRANSPOSED), Outcome.SHAPE),
        (lambda d: d[::-1], Transformed(Transform.REORDERED), Outcome.WRONG),
        (lambda d: d[:, ::-1], Transformed(Transform.REORDERED), Outcome.WRONG),
        (lambda d: d[1], Transformed(Transform.ONE_ROW, 2), Outcome.SHAPE),
        (lambda d: d[:1], Transformed(Transform.ONE_ROW, 1), Outcome.SHAPE),
        (lambda d: d[:, 1], Transformed(Transform.ONE_COLUMN, 2), Outcome.SHAPE),
        (lambda d: d.sum(axis=1), Transformed(Transform.SUMMED), Outcome.SHAPE),
    ],
)
@pytest.mark.parametrize(("name", "truth"), [("W", D_W), ("X", D_X)])
def test_a_matrix_is_told_by_what_was_done_to_it(
    wrong: Callable[[Array], Array], transformed: Transformed, outcome: Outcome, name: str, truth: Array
) -> None:
    blank = of_layer(name, written(wrong(truth)))
    assert (blank.outcome, blank.misconceptions, blank.diagnosis) == (outcome, (), None)
    assert blank.transformed == transformed
    assert not blank.is_unmatched


@pytest.mark.parametrize(
    ("wrong", "id_"),
    [(lambda d: d * 2, "stale_grad"), (lambda d: d / 2, "batch_mean_again")],
)
def test_what_a_misconception_explains_is_left_to_it(wrong: Callable[[Array], Array], id_: str) -> None:
    blank = of_layer("W", written(wrong(D_W)))
    assert id_ in blank.misconceptions
    assert blank.transformed is None


@pytest.mark.parametrize(
    ("answer", "transformed"),
    [
        ("-9, -18, 3.5", Transformed(Transform.NEGATED)),
        ("27, 54, -10.5", Transformed(Transform.TIMES, 3)),
        ("8, 16, 0.5", Transformed(Transform.ONE_SHARE, 2)),
        ("18, 9, -3.5", Transformed(Transform.REORDERED)),
    ],
)
def test_a_row_that_is_used_by_several_is_told_too(answer: str, transformed: Transformed) -> None:
    blank = of_repeated(answer)
    assert blank.transformed == transformed, blank


def test_a_sum_over_the_other_axis_is_told_by_its_shares() -> None:
    square = [[1.0, 2.0], [8.0, 16.5]]
    blank = marked("Y = A * b", {"A": square, "b": [1.0, 1.0]}, np.ones((2, 2)), "b", "3, 24.5")
    assert blank.transformed == Transformed(Transform.OTHER_AXIS)


def test_a_formula_is_told_where_the_same_was_done_at_every_point() -> None:
    assert of_layer("W", "-X.T @ dout").transformed == Transformed(Transform.NEGATED)
    assert of_layer("W", "(X.T @ dout).T").transformed == Transformed(Transform.TRANSPOSED)
    assert of_layer("W", "X.T @ dout + 1").transformed is None


def test_nothing_is_told_of_an_answer_that_is_like_nothing() -> None:
    blank = of_layer("W", written(D_W + np.arange(6).reshape(3, 2)))
    assert blank.transformed is None
    assert blank.is_unmatched
    zero = marked("y = x * w", {"x": 3.0, "w": 0.0}, np.array(1.0), "x", "5")
    assert (zero.outcome, zero.transformed) == (Outcome.WRONG, None)


# -- what is said -----------------------------------------------------------------------------------------


def layer() -> GraphFill:
    step = graph("Y = affine(X, W, b)", {"X": X, "W": W, "b": (1.0, 2.0)}, ("dW",), mistakes=())
    return step.model_copy(update={"upstream": DOUT.tolist()})


@pytest.mark.parametrize("language", LANGUAGES)
def test_three_misses_are_met_in_three_ways(language: str) -> None:
    working = Working(layer())
    said = []
    for wrong in (-D_W, -D_W * 3, -D_W):
        verdict = working.loop.check({"dW": written(wrong)})
        worked = working.loop.show_step(working.loop.opened) if working.loop.opened else ()
        said.append(text_of(words(working, language).verdict(verdict, worked)))
    assert len(set(said)) == 3
    assert "X.T @ dY" in said[2].replace("ᵀ", ".T")
    assert "[[13, -16], [17, -18.5], [-15, 33]]" in said[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_entry_is_moved_and_the_upstream_gradient_counts(language: str) -> None:
    working = Working(layer())
    wrong = D_W.copy()
    wrong[2, 0] = 77.7
    said = text_of(words(working, language).verdict(working.loop.check({"dW": written(wrong)})))
    assert "0.5 → 0.501" in said
    assert "0.0777" in said
    assert "dout" in said
    assert {"en": "row 3, column 1 of `W`", "ko": "`W`의 3행 1열"}[language] in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_third_miss_leads_to_the_worked_step_whatever_the_shape(language: str) -> None:
    working = Working(layer())
    for wrong in ("1, 2", "1, 2, 3", "1 2 3; 4 5 6"):
        verdict = working.loop.check({"dW": wrong})
        worked = working.loop.show_step(working.loop.opened) if working.loop.opened else ()
        said = text_of(words(working, language).verdict(verdict, worked))
    assert "@ dY" in said


@pytest.mark.parametrize("folder", LESSONS, ids=lambda path: path.name)
def test_the_third_miss_of_every_blank_of_the_course_leads_to_its_worked_step(folder: Path) -> None:
    lesson = load_lesson(folder)
    for step in lesson.steps:
        if not isinstance(step, GraphFill | NumberEntry) or getattr(step, "magnitude", False):
            continue
        for blank in Exercise(step).blanks:
            learner = Learner(lesson, start=step.id)
            right, explained = learner.right_answer(), learner.loop.exercise.wrong_answers[blank.key]
            values = [wrong[0] for wrong in explained.values() if np.isfinite(wrong[0]).all()]
            unlike = [(blank.truth + 1) * factor for factor in (1.37, 2.71, 13.7)]
            misses = [unlike[0], *_most_ambiguous(values), *unlike[1:]]
            for miss in misses:
                verdict = learner.loop.check({**right, blank.key: written(miss)})
                if learner.loop.opened:
                    break
            assert learner.loop.opened == blank.key, (step.id, blank.key, verdict)
            worked = learner.loop.show_step(learner.loop.opened)
            for language in LANGUAGES:
                say = spoken(learner.loop, verdict, worked)
                lines = say(LessonWords(Text(language), learner.loop.exercise))
                assert any(line.tone is Tone.WORK and line.text for line in lines), (step.id, blank.key)


def _most_ambiguous(values: list[Array]) -> list[Array]:
    """Return the value that most misconceptions lead to; none where no two meet."""
    same = [[other for other in values if np.array_equal(value, other)] for value in values]
    return max(same, key=len, default=[])[:1]


@pytest.mark.parametrize("start", [0.0, 1.0, -3.0, 100.0, 220.5, 123456.0, 1e7 + 0.5, 4.54e-5, 1 / 3, -1e-9])
def test_a_small_step_can_be_seen(start: float) -> None:
    before, after = moved_apart(start)
    assert before != after
    assert float(after) - float(before) == pytest.approx(0.001)
