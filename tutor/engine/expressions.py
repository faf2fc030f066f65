"""The tree of a formula: what is computed, printed and compared is this one object.

Operators and functions are both `Call`s, named after the node that computes them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Value: TypeAlias = "float | NDArray[np.float64]"
"""A float64 scalar, or an array of them."""

FUNCTIONS: Mapping[str, int] = {
    **dict.fromkeys(
        ("relu", "sigmoid", "tanh", "softplus", "exp", "log", "sqrt", "square", "abs", "sin", "cos", "step"),
        1,
    ),
    **dict.fromkeys(("softmax", "sum", "mean"), 1),
    **dict.fromkeys(("max", "min", "half_sse", "sse", "mse"), 2),
    **dict.fromkeys(("cross_entropy", "softmax_cross_entropy", "sigmoid_cross_entropy"), 2),
    "affine": 3,
    "batch_norm": 3,
}
"""How many arguments each function takes."""

OPTIONS: Mapping[str, tuple[str, ...]] = {"sum": ("axis",), "mean": ("axis",)}
"""The options that a function takes after its arguments, as in `sum(x, axis=0)`."""

OPERATORS: Mapping[str, tuple[str, int]] = {
    "greater": (">", 10),
    "greater_equal": (">=", 10),
    "less": ("<", 10),
    "less_equal": ("<=", 10),
    "add": ("+", 20),
    "sub": ("-", 20),
    "mul": ("*", 30),
    "div": ("/", 30),
    "matmul": ("@", 30),
    "power": ("^", 50),
}
"""Sign and binding power of the operators between two operands; `neg` binds at 40, `transpose` at 60."""

COMPARING, NEGATING, RAISING, TRANSPOSING, _ATOM = 10, 40, 50, 60, 70


@dataclass(frozen=True, slots=True)
class Number:
    """A number written in the formula."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A value that is given from outside, or by another statement."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A node applied to its arguments; `kind` is the name of the node."""

    kind: str
    arguments: tuple[Expression, ...]
    options: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Array:
    """A matrix or vector written in the formula, compared by content; its value is read-only."""

    value: NDArray[np.float64]

    def __post_init__(self) -> None:
        value = np.array(self.value, dtype=np.float64)
        value.setflags(write=False)
        object.__setattr__(self, "value", value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Array) and np.array_equal(self.value, other.value)

    def __hash__(self) -> int:
        return hash((self.value.shape, self.value.sum().item()))


Expression: TypeAlias = Number | Name | Call | Array


def names(expression: Expression) -> tuple[str, ...]:
    """Return the free names of an expression, each once, in order of appearance."""
    return tuple(dict.fromkeys(_names(expression)))


def _names(expression: Expression) -> Iterator[str]:
    if isinstance(expression, Name):
        yield expression.name
    elif isinstance(expression, Call):
        for argument in expression.arguments:
            yield from _names(argument)


def substitute(expression: Expression, mapping: Mapping[str, Expression]) -> Expression:
    """Return the expression with every name in `mapping` replaced, all at once."""
    if isinstance(expression, Name):
        return mapping.get(expression.name, expression)
    if isinstance(expression, Call):
        replaced = tuple(substitute(argument, mapping) for argument in expression.arguments)
        return Call(expression.kind, replaced, expression.options)
    return expression


def evaluate(expression: Expression, bindings: Mapping[str, Value]) -> Value:
    """Compute an expression in float64.

    NaN and infinity are results like any other. Raises KeyError for a name without a value and ValueError
    for shapes that do not fit.
    """
    if isinstance(expression, (Number, Array)):
        return expression.value
    if isinstance(expression, Name):
        return bindings[expression.name]
    arguments = [evaluate(argument, bindings) for argument in expression.arguments]
    return apply(expression, arguments)


def apply(call: Call, arguments: list[Value]) -> Value:
    """Compute one call from the values of its arguments, silently; ValueError for shapes that do not fit."""
    # The registry of nodes is built on this module.
    from tutor.engine.nodes import compute

    with np.errstate(all="ignore"):
        result = compute(call.kind, arguments, dict(call.options))
    return float(result) if np.ndim(result) == 0 else result


def to_text(expression: Expression, *, pretty: bool = False) -> str:
    """Print an expression so that reading the text gives the same expression back.

    `pretty` uses the signs of mathematics (`x · y`, `σ(x)`, `x²`), otherwise everything but names is ASCII.
    Brackets stand where reading needs them, and around a second operand that starts with a minus.
    """
    return _print(expression, pretty)[0]


def _print(expression: Expression, pretty: bool) -> tuple[str, int]:
    """Return the text and how tightly it binds."""
    if isinstance(expression, Number):
        text = _number(expression.value, pretty)
        return text, NEGATING if expression.value < 0 else _ATOM
    if isinstance(expression, Name):
        # A name like dL/dy is one token, but a person would take its power for that of dy.
        return expression.name, NEGATING if "/" in expression.name else _ATOM
    if isinstance(expression, Array):
        return _array(expression.value, pretty), _ATOM
    if expression.kind in OPERATORS:
        return _print_operator(expression, pretty)
    if expression.kind in ("neg", "transpose"):
        return _print_unary(expression, pretty)
    arguments = [_print(argument, pretty)[0] for argument in expression.arguments]
    options = [f"{name}={_number(value, pretty)}" for name, value in expression.options]
    function = _PRETTY_FUNCTIONS.get(expression.kind, expression.kind) if pretty else expression.kind
    return f"{function}({', '.join(arguments + options)})", _ATOM


_PRETTY_FUNCTIONS = {"sigmoid": "σ", "log": "ln", "sqrt": "√"}
_PRETTY_SIGNS = {"*": "·", "-": "−", ">=": "≥", "<=": "≤"}
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _print_operator(call: Call, pretty: bool) -> tuple[str, int]:
    sign, binding = OPERATORS[call.kind]
    left, right = (_print(argument, pretty) for argument in call.arguments)
    if call.kind == "power":
        base = _bracketed(left, RAISING + 1)
        if pretty and (exponent := _superscript(call.arguments[1])):
            return base + exponent, RAISING
        return f"{base}^{_bracketed(right, RAISING, second=True)}", RAISING
    first = _bracketed(left, binding + 1 if binding == COMPARING else binding)
    second = _bracketed(right, binding + 1, second=True)
    return f"{first} {_PRETTY_SIGNS.get(sign, sign) if pretty else sign} {second}", binding


def _print_unary(call: Call, pretty: bool) -> tuple[str, int]:
    operand = call.arguments[0]
    # Without brackets a minus would become part of the number, and a full stop would end it.
    needed = _ATOM + 1 if isinstance(operand, Number) else RAISING if call.kind == "neg" else TRANSPOSING
    text = _bracketed(_print(operand, pretty), needed)
    if call.kind == "neg":
        return ("−" if pretty else "-") + text, NEGATING
    return text + ("ᵀ" if pretty else ".T"), TRANSPOSING


def _bracketed(printed: tuple[str, int], needed: int, *, second: bool = False) -> str:
    text, binding = printed
    return f"({text})" if binding < needed or (second and text[0] in "-−") else text


def _superscript(exponent: Expression) -> str | None:
    if isinstance(exponent, Number) and exponent.value.is_integer() and abs(exponent.value) < 1000:
        return str(int(exponent.value)).translate(_SUPERSCRIPTS)
    return None


def _number(value: float, pretty: bool) -> str:
    if value == math.pi:
        return "π" if pretty else "pi"
    text = str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    return text.replace("-", "−") if pretty else text


def _array(value: NDArray[np.float64], pretty: bool) -> str:
    if value.ndim == 0:
        return _number(value.item(), pretty)
    return f"[{', '.join(_array(row, pretty) for row in value)}]"
