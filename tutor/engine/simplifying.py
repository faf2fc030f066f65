"""A shorter form of a formula of the same value, without factors of 1 and needless divisions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tutor.engine.expressions import Call, Expression, Number, Value, evaluate


def simplified(expression: Expression, values: Mapping[str, Value]) -> Expression:
    """Return a formula without what adds nothing to it.

    Factors of 1 and divisions by 1 go, a minus moves to the front of its product or sum, and `x / y * y`
    becomes `x` where `y` does not also widen it, alone or in a difference. `values` tells the shapes of all
    names. KeyError for a name without a value.
    """
    if not isinstance(expression, Call):
        return expression
    arguments = tuple(simplified(argument, values) for argument in expression.arguments)
    call = Call(expression.kind, arguments, expression.options)
    shorter = _shorter(call, values)
    return call if shorter is None else simplified(shorter, values)


def _shorter(call: Call, values: Mapping[str, Value]) -> Expression | None:
    """Return a call with one thing less in it, or None."""
    match call.kind, call.arguments:
        case "neg", (Call("neg", (inner,)),):
            return inner
        case "mul" | "div", (Call("neg", (left,)), right):
            return Call("neg", (Call(call.kind, (left, right)),))
        case "mul", (left, Call("neg", (right,))):
            return Call("neg", (Call("mul", (left, right)),))
        case ("mul", (Number(1), other) | (other, Number(1))) | ("div", (other, Number(1))):
            return other
        case "mul", (Call("div", (numerator, divisor)), factor) if divisor == factor:
            return numerator if _shape(numerator, values) == _shape(call, values) else None
        case "mul", (factor, Call("sub", (left, Call("div", (numerator, divisor))))) if divisor == factor:
            product = Call("sub", (Call("mul", (factor, left)), numerator))
            return product if _shape(numerator, values) == _shape(call, values) else None
        case "sum", (Call("neg", (inner,)),):
            return Call("neg", (Call("sum", (inner,), call.options),))
        case "sub", (left, Call("neg", (right,))):
            return Call("add", (left, right))
        case "add", (left, Call("neg", (right,))) | (Call("neg", (right,)), left):
            return Call("sub", (left, right))
    return None


def _shape(expression: Expression, values: Mapping[str, Value]) -> tuple[int, ...]:
    return np.shape(evaluate(expression, values))
