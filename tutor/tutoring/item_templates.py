"""Templates of exercises as data: which numbers are drawn, what is asked, which mistakes have to show.

They are read from `item_templates.toml` beside this file; nothing in it is code.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal, NoReturn

from tutor.course.model import Tensor
from tutor.engine.nodes import Array
from tutor.engine.tolerance import DIGITS

RANGE = (0.01, 100.0)
"""Bounds of the size of a right answer, unless its template has others."""

Uniform = Callable[[], float]
"""Draws from [0, 1)."""


def _logit(p: float) -> float:
    return math.log(p / (1 - p))


_BEFORE: Mapping[str, Callable[[float], float]] = {
    "logit": _logit,
    "log": math.log,
    "artanh": math.atanh,
}
"""What an input is computed by where its node is to have a pleasant output."""


class TemplateError(ValueError):
    """A template that cannot be read; says which and why. A mistake of ours, not of a learner."""

    def __init__(self, template: str, reason: str) -> None:
        super().__init__(f"{template}: {reason}")
        self.template, self.reason = template, reason


@dataclass(frozen=True, slots=True)
class Source:
    """Where the numbers of one input come from.

    Entries are drawn from `choices` one by one; of `one_hot` rows each has a single 1; `shares` are rows of
    probabilities. `before` names the inverse of the function that the number goes into.
    """

    choices: tuple[float, ...] = ()
    shape: tuple[int, ...] = ()
    rows: str = ""
    before: str = ""

    def draw(self, uniform: Uniform) -> Tensor:
        """Return a number, a vector or a matrix."""
        if not self.shape:
            return self._entry(uniform)
        *lead, length = self.shape
        rows = [self._row(length, uniform) for _ in range(lead[0] if lead else 1)]
        return tuple(rows) if lead else rows[0]

    def _entry(self, uniform: Uniform) -> float:
        return self._prepared(self.choices[int(uniform() * len(self.choices))])

    def _row(self, length: int, uniform: Uniform) -> tuple[float, ...]:
        if self.rows == "one_hot":
            hot = int(uniform() * length)
            return tuple(float(k == hot) for k in range(length))
        if self.rows == "shares":
            return tuple(self._prepared(share) for share in _shares(length, uniform))
        return tuple(self._entry(uniform) for _ in range(length))

    def _prepared(self, value: float) -> float:
        return _BEFORE[self.before](value) if self.before else value


def _shares(length: int, uniform: Uniform) -> tuple[float, ...]:
    """Return probabilities in steps of 0.05, all different, that sum to 1."""
    while True:
        parts = [1 + int(uniform() * 12) for _ in range(length - 1)]
        parts.append(20 - sum(parts))
        if parts[-1] > 0 and len(set(parts)) == length:
            return tuple(part / 20 for part in parts)


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A kind of exercise whose numbers are drawn anew each time.

    Either `ask` (blanks on the graph) or `quantity` (one answer below the question) is set. `mistakes` are
    the misconceptions that its items must tell apart, None for every one that shows but those `without`.
    `require` are comparisons that the numbers have to fulfil; `rounded` allows right answers that no few
    digits can write.
    """

    id: str
    code: str
    skill: str
    wording: str
    statements: tuple[str, ...]
    inputs: Mapping[str, Source]
    upstream: Source | None = None
    ask: tuple[str, ...] = ()
    quantity: str = ""
    digits: int = DIGITS
    magnitude: bool = False
    mistakes: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    rounded: bool = False
    zeros: bool = False
    """Whether a right answer may be exactly 0."""
    range: tuple[float, float] = RANGE
    known: tuple[str, ...] = ()
    picture: Literal["graph", "formulas", "values"] = "graph"


_SOURCE = re.compile(r"(?:(?P<before>[a-z]+) )?(?P<name>[a-z_]+)(?:\[(?P<shape>\d+(?:,\d+)?)\])?")
_ROWS = ("one_hot", "shares")


def _choices(written: Any) -> tuple[float, ...]:
    if isinstance(written, list):
        return tuple(float(value) for value in written)
    step = written.get("step", 1)
    count = round((written["to"] - written["from"]) / step)
    without = written.get("without", [])
    values = [round(written["from"] + k * step, 10) for k in range(count + 1)]
    return tuple(float(value) for value in values if value not in without)


def _source(
    written: Any, numbers: Mapping[str, tuple[float, ...]], fail: Callable[[str], NoReturn]
) -> Source:
    if isinstance(written, int | float):
        return Source((float(written),))
    if isinstance(written, list):
        return Source(tuple(float(value) for value in written))
    match = _SOURCE.fullmatch(written)
    if match is None or (match["before"] or "logit") not in _BEFORE:
        fail(f"cannot read {written!r}")
    name, shape = match["name"], tuple(int(size) for size in (match["shape"] or "").split(",") if size)
    if name not in (*numbers, *_ROWS) or (name in _ROWS and not shape):
        fail(f"no numbers called {written!r}")
    rows = name if name in _ROWS else ""
    return Source(numbers.get(name, ()), shape, rows, match["before"] or "")


_PLAIN_KEYS = ("digits", "magnitude", "rounded", "zeros", "quantity", "picture")
_LIST_KEYS = ("statements", "ask", "mistakes", "without", "require", "range", "known")


def _template(table: Mapping[str, Any], numbers: Mapping[str, tuple[float, ...]]) -> Template:
    def fail(reason: str) -> NoReturn:
        raise TemplateError(str(table.get("id")), reason)

    known = {"id", "code", "skill", "wording", "inputs", "upstream", *_PLAIN_KEYS, *_LIST_KEYS}
    if unknown := set(table) - known:
        fail(f"unknown keys {sorted(unknown)}")
    if ("ask" in table) == ("quantity" in table):
        fail("needs either ask or quantity")
    fields: dict[str, Any] = {key: table[key] for key in _PLAIN_KEYS if key in table}
    fields |= {key: tuple(table[key]) for key in _LIST_KEYS if key in table}
    inputs = {name: _source(written, numbers, fail) for name, written in table["inputs"].items()}
    return Template(
        id=table["id"],
        code=table["code"],
        skill=table["skill"],
        wording=table["wording"],
        inputs=MappingProxyType(inputs),
        upstream=_source(table["upstream"], numbers, fail) if "upstream" in table else None,
        **fields,
    )


@cache
def templates() -> tuple[Template, ...]:
    """Return every template, in the order of the lessons; TemplateError where one cannot be read."""
    text = (files("tutor.tutoring") / "item_templates.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    numbers = {name: _choices(written) for name, written in table["numbers"].items()}
    found = tuple(_template(entry, numbers) for entry in table["template"])
    for attribute in ("id", "code"):
        values = [getattr(template, attribute) for template in found]
        repeated = next((value for value in values if values.count(value) > 1), None)
        if repeated is not None:
            raise TemplateError(repeated, f"{attribute} is used twice")
    return found


def skills() -> tuple[str, ...]:
    """Return every skill that has a template, in the order of the lessons."""
    return tuple(dict.fromkeys(template.skill for template in templates()))


def templates_for(name: str) -> tuple[Template, ...]:
    """Return the template with this id, or those of a skill; empty where neither is known."""
    return tuple(template for template in templates() if name in (template.id, template.skill))


def concerns(template: Template, misconception: str) -> bool:
    """Return whether an item of the template has to reckon with a misconception whose rule applies to it."""
    if template.mistakes is not None:
        return misconception in template.mistakes
    return not any(fnmatchcase(misconception, pattern) for pattern in template.without)


def is_few_digits(value: Array, digits: int = 4) -> bool:
    """Return whether every entry can be written with few significant digits."""
    return all(math.isclose(float(f"{x:.{digits}g}"), x, rel_tol=1e-12, abs_tol=1e-12) for x in value.flat)
