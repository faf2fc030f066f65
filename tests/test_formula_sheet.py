"""A sheet of formulas shows what a drawing would: inputs, values, gradients, and room for the blanks."""

import numpy as np

from tutor.engine.formulas import read_statements
from tutor.engine.graph import Graph
from tutor.ui.formula_sheet import SheetShown, draw_sheet
from tutor.ui.graph_drawing import Drawing

MOMENTUM = "v1 = mu * v0 - lr * g; w1 = w0 + v1"
INPUTS = {"w0": 1.0, "v0": -1.0, "mu": 0.9, "lr": 0.5, "g": -1.0}


def sheet(shown: SheetShown, *, width: int = 78, ascii_only: bool = False) -> Drawing:
    statements = read_statements(MOMENTUM)
    graph = Graph.from_statements(statements, {name: np.array(value) for name, value in INPUTS.items()})
    graph.forward()
    graph.backward(np.array(1.0))
    return draw_sheet(graph, statements, shown, width=width, ascii_only=ascii_only)


def test_every_statement_has_a_row_with_its_formula_and_value() -> None:
    shown = SheetShown(values=None, gradients=(), blanks={}, upstream=False)
    assert sheet(shown).plain() == [
        "w0 = 1   v0 = -1   mu = 0.9   lr = 0.5   g = -1",
        "",
        "v1 = mu · v0 − lr · g   -0.4",
        "w1 = w0 + v1            0.6",
    ]


def test_a_blank_lies_behind_its_formula_and_hides_the_value() -> None:
    drawing = sheet(SheetShown(values=(), gradients=(), blanks={"w1": 10}, upstream=False))
    assert drawing.plain()[2:] == ["v1 = mu · v0 − lr · g", "w1 = w0 + v1"]
    place = drawing.places["w1"]
    assert (place.y, place.width) == (3, 10)
    assert place.x + place.width <= drawing.width


def test_without_its_formulas_it_has_the_inputs_and_the_blanks_alone() -> None:
    drawing = sheet(SheetShown(values=(), gradients=(), blanks={"w1": 10}, upstream=False, formulas=False))
    assert drawing.plain()[2:] == ["w1"]
    assert drawing.places["w1"].y == 2


def test_gradients_follow_from_the_output_back() -> None:
    shown = SheetShown(values=None, gradients=("v1",), blanks={"dg": 10, "dmu": 10}, upstream=True)
    drawing = sheet(shown)
    names = [row.split()[0] for row in drawing.plain()[4:]]
    assert names == ["dw1", "dv1", "dg", "dmu"]
    assert [place.y for place in drawing.places.values()] == [6, 7]


def test_rows_are_equally_wide_and_inputs_are_wrapped() -> None:
    drawing = sheet(SheetShown(None, (), {}, upstream=False), width=24)
    assert drawing.plain()[:3] == ["w0 = 1   v0 = -1", "mu = 0.9   lr = 0.5", "g = -1"]
    assert {sum(len(segment.text) for segment in row) for row in drawing.rows} == {drawing.width}


def test_ascii_has_no_other_sign() -> None:
    text = "".join(sheet(SheetShown(None, (), {}, upstream=True), ascii_only=True).plain())
    assert text.isascii()
