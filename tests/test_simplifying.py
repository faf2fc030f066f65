"""A formula without what adds nothing to it has the same value, and is shorter to read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tutor.engine.expressions import Call, Expression, Name, Number, Value, evaluate, to_text
from tutor.engine.formulas import read_expression
from tutor.engine.simplifying import simplified

BINDINGS: dict[str, Value] = {
    "x": np.array([0.5, -2.0, 3.0]),
    "y": np.array([1.5, 4.0, -0.25]),
    "t": np.array([0.0, 1.0, 0.0]),
    "s": 2.0,
}


def expressions() -> st.SearchStrategy[Expression]:
    leaves: st.SearchStrategy[Expression] = st.sampled_from(
        [Name("x"), Name("y"), Name("t"), Name("s"), Number(1.0), Number(3.0)]
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(
                lambda kind, a, b: Call(kind, (a, b)),
                st.sampled_from(["add", "sub", "mul", "div"]),
                inner,
                inner,
            ),
            st.builds(lambda kind, a: Call(kind, (a,)), st.sampled_from(["neg", "sum", "exp"]), inner),
        ),
        max_leaves=8,
    )


@pytest.mark.parametrize(
    ("text", "shorter"),
    [
        ("-(1) * t / y / 1", "-(t / y)"),
        ("y * (-(t / y) - sum(-(t / y) * y))", "y * sum(t) - t"),
        ("y * (x - t / y)", "y * x - t"),
        ("s * (x - t / s)", "s * x - t"),
        ("y * (x - s / y)", "y * (x - s / y)"),
        ("x * 1 + -y", "x - y"),
        ("-(-x)", "x"),
        ("sum(-x, axis=0)", "-sum(x, axis=0)"),
        ("x / y * y", "x"),
        ("s / y * y", "s / y * y"),
        ("x / y * x", "x / y * x"),
    ],
)
def test_what_adds_nothing_goes(text: str, shorter: str) -> None:
    assert to_text(simplified(read_expression(text, tuple(BINDINGS)), BINDINGS)) == shorter


@settings(max_examples=150)
@given(expressions())
def test_the_value_stays(expression: Expression) -> None:
    before, after = (
        np.asarray(evaluate(form, BINDINGS)) for form in (expression, simplified(expression, BINDINGS))
    )
    assume(np.isfinite(before).all() and np.max(np.abs(before), initial=1) < 1e9)
    assert after.shape == before.shape
    assert np.allclose(after, before, rtol=1e-9, atol=1e-6)


def test_simplifying_twice_changes_nothing_more() -> None:
    formula = read_expression("y * (-(1) * t / y / 1 - sum(-(1) * t / y / 1 * y))", tuple(BINDINGS))
    once = simplified(formula, BINDINGS)
    assert simplified(once, BINDINGS) == once
