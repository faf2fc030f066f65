"""Which widget takes the answer of a step, and what it shows once all is right."""

from __future__ import annotations

import numpy as np

from tutor.course.arrangements import one_line_order
from tutor.course.mathematics import statements_of
from tutor.course.model import (
    Choice,
    FaultyCode,
    FaultySolution,
    FormulaEntry,
    GraphFill,
    LineOrder,
    NumberEntry,
    Ordering,
    ShapeFill,
    SignFill,
    Sorting,
)
from tutor.course.prose import LANGUAGES, code_blocks
from tutor.engine.expressions import to_text
from tutor.tutoring.exercise import ANSWER, ARRANGED, CHOSEN, MARKED, Exercise
from tutor.ui.exercise_picture import answer_slot, number, shown_answer
from tutor.ui.lesson_words import one_order, plain_signs
from tutor.ui.widgets.answer import Answer, AnswerBelow
from tutor.ui.widgets.answer_row import AnswerRow
from tutor.ui.widgets.bin_sort import BinSort
from tutor.ui.widgets.found_line import FoundLine
from tutor.ui.widgets.graph_view import GraphView
from tutor.ui.widgets.matrix_grid import MatrixGrid
from tutor.ui.widgets.node_order import NodeOrder
from tutor.ui.widgets.option_choice import OptionChoice
from tutor.ui.widgets.procedure_lines import ProcedureLines


def answer_widget(exercise: Exercise, graph: GraphView | None, *, ascii_only: bool) -> Answer | None:
    """Return what takes the answer of an exercise: its drawn graph, or a widget of its own; None for none."""
    match exercise.step:
        case GraphFill() | ShapeFill() | SignFill():
            assert graph is not None
            graph.know({blank.key: shown_answer(exercise, blank) for blank in exercise.blanks})
            return graph
        case NumberEntry() if exercise.blanks[0].truth.ndim:
            return _grid(exercise, ascii_only=ascii_only)
        case NumberEntry() | FormulaEntry():
            return _row(exercise, ascii_only=ascii_only)
        case Choice(several=several):
            ids = [option.id for option in exercise.options]
            return OptionChoice(ids, several=several, ascii_only=ascii_only)
        case Ordering():
            written = {
                statement.target: plain_signs(to_text(statement.expression, pretty=True), ascii_only)
                for statement in statements_of(exercise.step)
            }
            return NodeOrder({name: written[name] for name in exercise.items}, ascii_only=ascii_only)
        case Sorting(items=items, bins=bins):
            return BinSort([item.id for item in items], bins, ascii_only=ascii_only)
        case LineOrder():
            return ProcedureLines(exercise.items, ascii_only=ascii_only)
        case FaultySolution(show=show):
            return FoundLine(_marked(show, ascii_only=ascii_only), _repair(exercise, ascii_only=ascii_only))
        case FaultyCode():
            count = len(code_blocks(exercise.step.prose[LANGUAGES[0]].text)[0])
            lines = [str(line) for line in range(1, count + 1)]
            fixes = [option.id for option in exercise.options]
            repair = OptionChoice(fixes, ascii_only=ascii_only) if fixes else None
            return FoundLine(_marked(lines, ascii_only=ascii_only), repair)
        case _:
            return None


def _marked(ids: tuple[str, ...] | list[str], *, ascii_only: bool) -> OptionChoice:
    return OptionChoice(ids, field=MARKED, ascii_only=ascii_only)


def _repair(exercise: Exercise, *, ascii_only: bool) -> AnswerBelow:
    truth = exercise.blanks[0].truth
    return (_grid if truth.ndim else _row)(exercise, ascii_only=ascii_only)


def _row(exercise: Exercise, *, ascii_only: bool) -> AnswerRow:
    row = AnswerRow(answer_slot(exercise), ascii_only=ascii_only)
    if not isinstance(exercise.step, FormulaEntry):  # a right formula stays as the learner wrote it
        row.know({ANSWER: shown_answer(exercise, exercise.blanks[0])})
    return row


def _grid(exercise: Exercise, *, ascii_only: bool) -> MatrixGrid:
    truth = exercise.blanks[0].truth
    shown = np.array([number(np.asarray(entry)) for entry in truth.reshape(-1)])
    return MatrixGrid(truth, shown, ascii_only=ascii_only)


def right_answers(exercise: Exercise) -> dict[str, str]:
    """Return the right answers of a solved exercise, by field, as they are shown."""
    match exercise.step:
        case Choice():
            return {CHOSEN: " ".join(sorted(exercise.right_options()))}
        case Ordering():
            return {ARRANGED: " ".join(one_order(exercise))}
        case Sorting(items=items):
            return {item.id: item.bin for item in items}
        case LineOrder(lines=lines):
            return {ARRANGED: " ".join(one_line_order(lines))}
        case FaultyCode():
            return {MARKED: exercise.wrong_line, CHOSEN: " ".join(exercise.right_options())}
        case FaultySolution():
            return {MARKED: exercise.wrong_line, ANSWER: shown_answer(exercise, exercise.blanks[0])}
        case _:
            return {blank.key: shown_answer(exercise, blank) for blank in exercise.blanks}
