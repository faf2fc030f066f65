"""Numbers put into formulas, as they are shown: short, with the functions among them worked out."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from tutor.engine.expressions import OPERATORS, Call, Expression, Number, evaluate, to_text
from tutor.engine.expressions import Array as ArrayLiteral
from tutor.engine.expressions import names as expression_names
from tutor.engine.nodes import Array

_SHOWN_DIGITS, _MOST_DIGITS, _NOTHING = 4, 6, 1e-9
_NEGATED = re.compile(r"[-−]\((\d[\d.]*)\)")
_SIGNS = {*OPERATORS, "neg", "transpose"}


def literal(value: Array) -> Expression:
    """Return a number or an array as it stands in a formula, its entries rounded."""
    value = np.asarray(value, dtype=np.float64)
    return ArrayLiteral(np.vectorize(_round)(value)) if value.ndim else Number(rounded(value))


def rounded(value: Array) -> float:
    """Return a single number as it is shown."""
    return _round(float(value))


def _round(value: float) -> float:
    """Return a number as it is shown: short, but no whole one where it is none, as 0.99995 is not 1."""
    short = float(f"{value:.{_SHOWN_DIGITS}g}")
    if short != round(short) or abs(value - short) < _NOTHING or abs(value) >= 10 ** (_SHOWN_DIGITS - 1):
        return short
    return float(f"{value:.{_MOST_DIGITS}g}")


def number_text(numbers: Expression) -> str:
    """Return a formula of numbers as text, a negated number without brackets."""
    return _NEGATED.sub(r"-\1", to_text(numbers, pretty=True))


def evaluated_text(numbers: Expression) -> str:
    """Return numbers as text with every function among them worked out; empty where there is none."""
    if not isinstance(numbers, Call):
        return ""
    inner = replace(numbers, arguments=tuple(map(_worked_out, numbers.arguments)))
    return "" if inner == numbers else number_text(inner)


def _worked_out(part: Expression) -> Expression:
    if not isinstance(part, Call):
        return part
    if part.kind in _SIGNS or expression_names(part):
        return replace(part, arguments=tuple(map(_worked_out, part.arguments)))
    return literal(np.asarray(evaluate(part, {})))
