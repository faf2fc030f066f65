"""A graph written as a sheet, one row per statement, with blanks behind the formulas.

It is for recipes such as the updates of optimizers, whose drawing would be far larger than their formulas. An
exercise that asks for the formula itself has a sheet without.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len

from tutor.course.mathematics import gradient_name
from tutor.engine.expressions import to_text
from tutor.engine.formulas import Statement
from tutor.engine.graph import Graph
from tutor.engine.nodes import Array
from tutor.engine.written_numbers import array_text
from tutor.ui.graph_drawing import Drawing, Place, Segment

_GAP = 3
"""Cells between two inputs, and between the formulas and their values."""


@dataclass(frozen=True, slots=True)
class SheetShown:
    """What a sheet shows beside the inputs: None for every value, the gradients, and cells per blank.

    Without `formulas` it has rows for values and blanks only.
    """

    values: Collection[str] | None
    gradients: Collection[str]
    blanks: Mapping[str, int]
    upstream: bool
    formulas: bool = True


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    formula: str
    text: str
    role: str
    blank: int = 0


def draw_sheet(
    graph: Graph, statements: Sequence[Statement], shown: SheetShown, *, width: int, ascii_only: bool = False
) -> Drawing:
    """Return the sheet: the inputs, a row for each statement, then the gradients from the output back."""
    given = [
        (name, _as_given(graph.value(name)))
        for name, index in graph.names.items()
        if graph.nodes[index].is_leaf
    ]
    rows = [*_statement_rows(graph, statements, shown, ascii_only), *_gradient_rows(graph, shown)]
    names = max(cell_len(row.name) for row in rows)
    formulas = max(cell_len(row.formula) for row in rows)
    painted = list(_input_rows(given, width))
    painted.append([])
    places: dict[str, Place] = {}
    for row in rows:
        start = names + formulas + (3 if formulas else 0) + _GAP
        lead = f"{row.name:>{names}}"
        middle = f" = {row.formula:<{formulas}}" if row.formula else " " * (formulas + (3 if formulas else 0))
        segments = [Segment(lead, "name"), Segment(middle + " " * _GAP, "prefix")]
        if row.blank:
            places[row.name] = Place(start, len(painted), row.blank)
            segments.append(Segment(" " * row.blank, "blank"))
        else:
            segments.append(Segment(row.text, row.role))
        painted.append(segments)
    return _drawing(painted, places)


def _as_given(value: Array) -> str:
    # What is given is not rounded: two inputs may differ in their last digit alone.
    return array_text(value) if value.ndim else f"{float(value):.8g}".replace("e-0", "e-")


def _statement_rows(
    graph: Graph, statements: Sequence[Statement], shown: SheetShown, ascii_only: bool
) -> Iterator[_Row]:
    for statement in statements:
        name = statement.target
        formula = to_text(statement.expression, pretty=not ascii_only) if shown.formulas else ""
        if name in shown.blanks:
            yield _Row(name, formula, "", "blank", shown.blanks[name])
        elif shown.values is None or name in shown.values:
            yield _Row(name, formula, array_text(graph.value(name)), "value")
        elif formula:
            yield _Row(name, formula, "", "value")


def _gradient_rows(graph: Graph, shown: SheetShown) -> Iterator[_Row]:
    output = next(name for name, index in graph.names.items() if index == graph.output)
    if shown.upstream and gradient_name(output) not in shown.blanks:
        yield _Row(gradient_name(output), "", array_text(graph.upstream), "gradient")
    for name in reversed(graph.names):
        key = gradient_name(name)
        if key in shown.blanks:
            yield _Row(key, "", "", "blank", shown.blanks[key])
        elif name in shown.gradients:
            yield _Row(key, "", array_text(np.asarray(graph.gradient(name)) + 0.0), "gradient")


def _input_rows(given: Sequence[tuple[str, str]], width: int) -> Iterator[list[Segment]]:
    row: list[Segment] = []
    used = 0
    for name, text in given:
        cells = cell_len(name) + 3 + cell_len(text)
        if row and used + _GAP + cells > width:
            yield row
            row, used = [], 0
        if row:
            row.append(Segment(" " * _GAP, ""))
            used += _GAP
        row += [Segment(name, "input"), Segment(" = ", "prefix"), Segment(text, "value")]
        used += cells
    if row:
        yield row


def _drawing(painted: Sequence[list[Segment]], places: dict[str, Place]) -> Drawing:
    widths = [sum(cell_len(segment.text) for segment in row) for row in painted]
    width = max(widths)
    rows = tuple((*row, Segment(" " * (width - used), "")) for row, used in zip(painted, widths, strict=True))
    return Drawing(width, len(rows), rows, places, {})
