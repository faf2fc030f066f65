"""The value of an expression, or the reason why it has none."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

import numpy as np

from tutor.engine.dialect import Limits, too_big
from tutor.engine.expressions import Array, Call, Expression, Name, Number, Value, apply, to_text
from tutor.engine.reading_errors import ReadingError
from tutor.engine.written_numbers import shape_text

_UNLIMITED = Limits()


def checked_value(
    expression: Expression,
    bindings: Mapping[str, Value] = {},
    *,
    column: int = 1,
    limits: Limits = _UNLIMITED,
) -> Value:
    """Compute an expression, every step of which has to be finite; float64.

    Raises ReadingError: div_zero, undefined (no real value), too_big, shapes_apart, product_apart.
    """
    if isinstance(expression, Number):
        value: Value = expression.value
    elif isinstance(expression, Array):
        value = expression.value
    elif isinstance(expression, Name):
        value = bindings[expression.name]
    else:
        arguments = [checked_value(argument, bindings, column=column) for argument in expression.arguments]
        value = _checked_step(expression, arguments, column, limits)
    if np.size(value) and np.max(np.abs(value)) > limits.magnitude:
        raise too_big(column, limits)
    return value + 0.0  # -0 becomes 0


def _shapes_apart(call: Call, arguments: list[Value], column: int) -> ReadingError:
    """Return the refusal of values whose shapes do not meet; of a product with the lengths that differ."""
    written = [shape_text(np.shape(value)) for value in arguments]
    met = to_text(Call(call.kind, tuple(Name(f"({shape})") for shape in written), call.options))
    formula = to_text(call)
    if call.kind == "matmul" and all(np.ndim(value) for value in arguments):
        columns, rows = np.shape(arguments[0])[-1], np.shape(arguments[1])[0]
        return ReadingError("product_apart", column, formula=formula, shapes=met, columns=columns, rows=rows)
    return ReadingError("shapes_apart", column, formula=formula, shapes=met)


def _checked_step(call: Call, arguments: list[Value], column: int, limits: Limits) -> Value:
    try:
        value = apply(call, arguments)
    except (ValueError, IndexError) as error:
        raise _shapes_apart(call, arguments, column) from error
    if isfinite(value) if isinstance(value, float) else np.isfinite(value).all():
        return value
    divides = call.kind == "div" and np.any(np.equal(arguments[1], 0))
    inverts = call.kind == "power" and np.any(np.equal(arguments[0], 0) & np.less(arguments[1], 0))
    if divides or inverts:
        raise ReadingError("div_zero", column)
    if np.isnan(value).any() or call.kind == "log":
        raise ReadingError("undefined", column)
    raise too_big(column, limits)
