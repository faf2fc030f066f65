"""Steps put into a lesson while it runs: a twin after a worked step was opened, an item that separates.

A lesson step has no numbers to spare, so both are fresh items of a template that fits it; where none fits,
there is nothing to insert.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TypeAlias

from tutor.course.model import FormulaEntry, GraphFill, NumberEntry, Step
from tutor.course.skills import skill_of
from tutor.student.progress import TWIN
from tutor.tutoring.generating import (
    Item,
    NoItemError,
    UnknownItemError,
    from_code,
    generate,
    separating_item,
)
from tutor.tutoring.item_templates import Template, templates

MOST_TWINS = 2
"""Twins in a row for one step: one more where the first needed help too, then the lesson goes on."""

TypedStep: TypeAlias = GraphFill | NumberEntry | FormulaEntry
"""A step for which there may be generated ones."""

Word: TypeAlias = Callable[[Item], Step]
"""Returns the step of an item with its prose in every language."""


class Purpose(Enum):
    """Why a step was inserted. The values are stored, so they are never renamed."""

    TWIN = TWIN
    """The worked step was opened: the same again with new numbers, without help."""
    SEPARATE = "separate"
    """Several misconceptions explain an answer: an item on which they differ."""


@dataclass(frozen=True, slots=True)
class Inserted:
    """A generated step between the steps of a lesson, until it is solved or left."""

    item: Item
    step: Step
    purpose: Purpose

    @property
    def code(self) -> str:
        """The code that brings the item back."""
        return self.item.code


def twin(step: Step, seed: int) -> Item | None:
    """Return an item of the same kind with other numbers; None where no template fits."""
    template = twin_template(step)
    if template is None:
        return None
    for attempt in range(_OTHER_NUMBERS):
        try:
            item = generate(template.id, seed + attempt)
        except NoItemError:
            return None
        if item.step.inputs != step.inputs:
            return item
    return None


def twin_template(step: Step) -> Template | None:
    """Return the template that is most like a typed step, among those of its skill; None where none is.

    Alike are the same statements, then the same operations, then about as much to fill in.
    """
    if not isinstance(step, TypedStep):
        return None
    own = [template for template in templates() if template.skill == step.skill]
    skill = skill_of(step.skill)
    kin = [template for template in templates() if skill is not None and skill_of(template.skill) == skill]
    return min(own or kin, key=partial(_distance, step=step), default=None)


def separating(ids: tuple[str, ...], step: TypedStep, seed: int) -> Item | None:
    """Return an item on which these misconceptions give different answers; None where there is none.

    Where no item tells all of them apart, it is one for the likelier ones; `ids` come best first.
    """
    some = dict.fromkeys((ids, ids[:3], ids[:2]))
    return next((item for few in some if (item := _separating(few, step, seed))), None)


def _separating(ids: tuple[str, ...], step: TypedStep, seed: int) -> Item | None:
    key = (frozenset(ids), step.skill, step.statements, seed)
    if key not in _FOUND:
        try:
            item = separating_item(ids, seed, skill=step.skill, distance=partial(_distance, step=step))
        except NoItemError:
            item = None
        _FOUND[key] = item
    return _FOUND[key]


_FOUND: dict[tuple[frozenset[str], str, tuple[str, ...], int], Item | None] = {}


def restored(code: str) -> Item | None:
    """Return the item of a code; None where no template has it any more."""
    try:
        return from_code(code)
    except UnknownItemError:
        return None


_OTHER_NUMBERS = 5


def _distance(template: Template, step: TypedStep) -> float:
    """Return how unlike a step the items of a template are: statements, arrays, operations, blanks."""
    arrays = any(source.shape for source in template.inputs.values())
    other = arrays != any(isinstance(value, tuple) for value in step.inputs.values())
    theirs, ours = _operations(template.statements), _operations(step.statements)
    unlike = (theirs - ours).total() + (ours - theirs).total()
    asked = len(step.ask) if isinstance(step, GraphFill) else 1
    blanks = abs(len(template.ask or "1") - asked)
    return 1000 * (template.statements != step.statements) + 100 * other + 10 * unlike + blanks


def _operations(statements: tuple[str, ...]) -> Counter[str]:
    """Return how often each sign of an operation and each function stands in the statements."""
    found: Counter[str] = Counter()
    for statement in statements:
        _, _, formula = statement.partition("=")
        word = ""
        for character in formula + " ":
            if character.isalnum() or character == "_":
                word += character
                continue
            if character == "(" and word:
                found[word] += 1
            elif character in "+-*/@^<>":
                found[character] += 1
            word = ""
    return found
