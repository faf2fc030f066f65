"""What the drawing of an exercise shows, and where it has blanks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from rich.cells import cell_len

from tutor.course.mathematics import statements_of
from tutor.course.model import (
    FormulaEntry,
    GraphFill,
    ShapeFill,
    SignFill,
    Worked,
)
from tutor.engine.nodes import Array
from tutor.engine.written_numbers import array_text, shape_text
from tutor.tutoring.exercise import ANSWER, Asked, Blank, Exercise
from tutor.tutoring.presented import presented
from tutor.tutoring.worked_step import work_out
from tutor.ui.formula_sheet import SheetShown, draw_sheet
from tutor.ui.graph_drawing import Drawing
from tutor.ui.graph_picture import Shown, draw
from tutor.ui.widgets.graph_view import EDGES, MARK, Slot

CELLS, FEWEST_CELLS = 8, 6
SHAPE_CELLS, SIGN_CELLS, FORMULA_CELLS = 6, 3, 40
"""Cells for a single number, and how few when the drawing would be too wide else."""


def number(value: Array) -> str:
    """Return a value as the drawing prints it."""
    return array_text(np.asarray(value) + 0.0)  # no "-0"


def slots_of(exercise: Exercise) -> tuple[Slot, ...]:
    """Return the places on the edges that are typed into, or revealed."""
    match exercise.step:
        case GraphFill():
            return tuple(_typed(blank) for blank in exercise.blanks)
        case ShapeFill() | SignFill():
            cells = SHAPE_CELLS if isinstance(exercise.step, ShapeFill) else SIGN_CELLS
            return tuple(Slot(blank.key, _role(blank), cells) for blank in exercise.blanks)
        case Worked(show=show):
            return tuple(_revealed(exercise, name) for name in dict.fromkeys(show))
        case _:
            return ()


def shown_answer(exercise: Exercise, blank: Blank) -> str:
    """Return the truth of a blank as it is shown once it is right."""
    match exercise.step:
        case ShapeFill():
            return shape_text(blank.truth.shape)
        case SignFill():
            return sign_text(blank.truth)
        case FormulaEntry():
            return work_out(exercise, blank)[0].formula
        case _:
            return number(blank.truth)


def sign_text(value: Array) -> str:
    """Return the sign of a number."""
    return {1: "+", -1: "-", 0: "0"}[int(np.sign(value))]


def answer_slot(exercise: Exercise) -> Slot:
    """Return the place of an answer that is typed below the graph."""
    blank = exercise.blanks[0]
    if isinstance(exercise.step, FormulaEntry):
        return Slot(ANSWER, "value", FORMULA_CELLS)
    cells = 12 if not blank.truth.ndim else max(24, _cells(blank.truth.shape))
    return Slot(ANSWER, "value", cells, _joint(blank.truth))


def drawing_of(
    exercise: Exercise,
    slots: tuple[Slot, ...],
    width: int,
    *,
    ascii_only: bool,
    fixed: Mapping[str, str] | None = None,
) -> Drawing:
    """Draw the graph of an exercise, with narrower blanks where that makes it fit `width`.

    `fixed` are the numbers that stand where blanks were; they get all the cells that they need.
    """
    least = {key: cell_len(text) + MARK for key, text in (fixed or {}).items()}
    graph = exercise.graph
    assert graph is not None
    if exercise.step.picture != "graph":
        return _sheet(exercise, slots, least, width, ascii_only)
    drawings = []
    for cells in range(CELLS, FEWEST_CELLS - 1, -1):
        blanks = {
            slot.key: max(
                least.get(slot.key, 0),
                (min(slot.cells, cells) if slot.cells <= CELLS else slot.cells) + EDGES,
            )
            for slot in slots
        }
        blanks |= {slot.key: slot.cells for slot in slots if not slot.typed}
        drawings.append(draw(graph, _shown(exercise, blanks), ascii_only=ascii_only, max_width=width))
        if drawings[-1].width <= width:
            return drawings[-1]
    return drawings[0]


def _sheet(
    exercise: Exercise, slots: tuple[Slot, ...], least: Mapping[str, int], width: int, ascii_only: bool
) -> Drawing:
    blanks = {
        slot.key: max(least.get(slot.key, 0), slot.cells + EDGES) if slot.typed else slot.cells
        for slot in slots
    }
    shown = _shown(exercise, blanks)
    told = presented(exercise).formulas
    sheet = SheetShown(shown.values, shown.gradients or (), blanks, shown.upstream, told)
    assert exercise.graph is not None
    statements = statements_of(exercise.step)
    return draw_sheet(exercise.graph, statements, sheet, width=width, ascii_only=ascii_only)


def _shown(exercise: Exercise, blanks: dict[str, int]) -> Shown:
    shown = presented(exercise)
    return Shown(
        values=None if shown.values else (),
        gradients=shown.gradients,
        blanks=blanks,
        upstream=shown.upstream,
        shapes=shown.shapes,
    )


def _role(blank: Blank) -> str:
    return "value" if blank.asked is Asked.VALUE else "gradient"


def _typed(blank: Blank) -> Slot:
    cells = _cells(blank.truth.shape)
    return Slot(blank.key, _role(blank), cells, _joint(blank.truth))


def _revealed(exercise: Exercise, name: str) -> Slot:
    blank = exercise.named_blank(name)
    return Slot(name, _role(blank), cell_len(number(blank.truth)), typed=False)


def _cells(shape: tuple[int, ...]) -> int:
    """Return how wide a field is; arrays by their shape, since the numbers themselves are the answer."""
    if not shape:
        return CELLS
    return min(36, max(14, 5 * int(np.prod(shape)) + (2 * shape[0] if len(shape) == 2 else 0)))


def _joint(truth: Array) -> str:
    return "; " if truth.ndim else " "
