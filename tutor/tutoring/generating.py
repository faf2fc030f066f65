"""Fresh items for a skill, with numbers chosen so that a mistake shows and tells itself from the others."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np

from tutor.course.mathematics import compute, gradient_name
from tutor.course.model import GraphFill, NumberEntry, Prose, Step, Tensor
from tutor.engine.formulas import ReadingError
from tutor.engine.misconceptions import (
    MISCONCEPTIONS,
    Misconception,
    Site,
    backward_variants,
    forward_variants,
)
from tutor.engine.misconceptions.base import ForwardSite, Parts
from tutor.engine.nodes import NODES, Array
from tutor.engine.tolerance import Closeness, closeness, same_magnitude, unit
from tutor.engine.written_numbers import array_text
from tutor.tutoring.exercise import Exercise
from tutor.tutoring.item_templates import Template, concerns, is_few_digits, templates, templates_for
from tutor.tutoring.judging import significant_digits
from tutor.tutoring.problem import Asked, Blank

ATTEMPTS = 200
"""How many draws may fail before a template counts as broken."""

FROM_TRUTH, FROM_EACH_OTHER = 8.0, 2.0
"""Units of the last digit asked for by which a mistake must miss the truth, and another mistake."""

SEEDS = 2**20
"""Draws that a code can tell apart."""

_PROBES, _FULL_PROBES = 12, 2
_SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base 32 without the letters that are read as digits or as each other."""
_MISREAD = str.maketrans("OIL", "011")
_ENOUGH = (Closeness.RIGHT, Closeness.ROUNDED_EARLY)
_SMOOTH = ("exp", "log", "sigmoid", "tanh", "softplus", "softmax", "softmax_cross_entropy", "cross_entropy")

Say = Callable[..., str]
"""Returns a sentence of one language by name, with its fields filled in."""

Written = Mapping[str, Mapping[str, Array]]
"""What each misconception, followed everywhere, writes into each blank: by id, then by blank."""


Distance = Callable[[Template], float]
"""Returns how unlike something a template is."""


def _no_distance(template: Template) -> float:
    return 0.0


class NoItemError(RuntimeError):
    """A template whose draws all failed; `template` is its id. A mistake of ours, not of a learner."""

    def __init__(self, template: str) -> None:
        super().__init__(template)
        self.template = template


class UnknownItemError(ValueError):
    """A name or a code that no template has."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Item:
    """An exercise whose numbers were drawn; `draw` names them among the draws of the template."""

    template: Template
    draw: int
    step: GraphFill | NumberEntry

    @property
    def code(self) -> str:
        """The short code that brings back exactly this item, as `MUL-3F7K`."""
        return _code(self.template, self.draw)

    @property
    def skill(self) -> str:
        """The skill that the item exercises."""
        return self.template.skill

    def worded(self, languages: Mapping[str, Say]) -> GraphFill | NumberEntry:
        """Return the step with its prose in these languages: question, two hints and why."""
        return self.step.model_copy(
            update={"prose": {language: self._prose(say) for language, say in languages.items()}}
        )

    def _prose(self, say: Say) -> Prose:
        exercise = Exercise(self.step)
        assert exercise.graph is not None
        asked = self.template.ask or (self.template.quantity,)
        truths = zip(asked, exercise.blanks, strict=True)
        fields = {
            "asked": ", ".join(f"`{name}`" for name in asked),
            "given": ", ".join(f"`{name}` = {_text(value)}" for name, value in self.step.inputs.items()),
            "formulas": ", ".join(f"`{statement}`" for statement in self.step.statements),
            "upstream": array_text(exercise.graph.upstream),
            "answers": ", ".join(f"`{name}` = {array_text(blank.truth)}" for name, blank in truths),
        }
        key = f"items.{self.template.wording}"
        parts = {
            heading: say(f"{key}.{name}", **fields)
            for heading, name in (("hint 1", "hint_1"), ("hint 2", "hint_2"), ("why", "why"))
        }
        return Prose(say(f"{key}.question", **fields), parts)


def _code(template: Template, draw: int) -> str:
    digits = [_SYMBOLS[draw >> shift & 31] for shift in (15, 10, 5, 0)]
    return f"{template.code}-{''.join(digits)}"


def generate(name: str, seed: int) -> Item:
    """Return a fresh item for a skill or a template; the same seed gives the same item.

    Raises UnknownItemError for a name that is neither, NoItemError where no draw is good enough.
    """
    found = templates_for(name)
    if not found:
        raise UnknownItemError(name)
    rng = random.Random(f"{name} {seed}")
    template = found[int(rng.random() * len(found))]
    for _ in range(ATTEMPTS):
        item, exercise = _drawn(template, int(rng.random() * SEEDS))
        if item is not None and _tells_apart(item, exercise) and _is_steady(exercise):
            return _listing(item)
    raise NoItemError(template.id)


def code_of(step: Step) -> str:
    """Return the code of a generated step; empty for a step that somebody wrote."""
    prefix, _, draw = step.id.rpartition("-")
    template = next((template for template in templates() if template.code.lower() == prefix), None)
    if template is None or not draw.isdigit() or step.statements != template.statements:
        return ""
    return _code(template, int(draw))


def from_code(code: str) -> Item:
    """Return the item that a code names, in either case; UnknownItemError where there is none."""
    prefix, _, digits = code.strip().upper().rpartition("-")
    template = next((template for template in templates() if template.code == prefix), None)
    digits = digits.translate(_MISREAD)
    if template is None or len(digits) != 4 or any(digit not in _SYMBOLS for digit in digits):
        raise UnknownItemError(code)
    item, _ = _drawn(
        template, sum(_SYMBOLS.index(digit) << 5 * k for k, digit in enumerate(reversed(digits)))
    )
    if item is None:
        raise UnknownItemError(code)
    return _listing(item)


# -- telling mistakes apart ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Separation:
    """What the misconceptions of a template can show, over many draws.

    `shown` holds for each blank the ones that miss the truth there, `equal` the pairs that write the same
    into a blank whatever the numbers are; `twins` are the groups that no blank of the template tells apart.
    """

    applicable: tuple[str, ...]
    shown: Mapping[str, frozenset[str]]
    equal: Mapping[str, frozenset[frozenset[str]]]
    twins: tuple[frozenset[str], ...]
    showing: tuple[str, ...]
    """The misconceptions that show in one blank at least, in the order of the catalogue."""

    def tells_apart(self, ids: Iterable[str]) -> bool:
        """Return whether items of the template show all of these misconceptions, and each one as another."""
        wanted = tuple(ids)
        return all(id_ in self.showing for id_ in wanted) and not any(
            {one, other} <= group for one, other in combinations(wanted, 2) for group in self.twins
        )


@cache
def separation(template: Template) -> Separation:
    """Return what the misconceptions can show on a template, found by drawing many times."""
    probes = list(_draws(template, _PROBES))
    if not probes:
        raise NoItemError(template.id)
    written = [written_everywhere(probe, MISCONCEPTIONS) for probe in probes[:_FULL_PROBES]]
    applicable = tuple(
        id_ for id_ in MISCONCEPTIONS if concerns(template, id_) and any(id_ in found for found in written)
    )
    written += [written_everywhere(probe, applicable) for probe in probes[_FULL_PROBES:]]
    keys = [blank.key for blank in probes[0].blanks]
    shown: dict[str, frozenset[str]] = {}
    equal: dict[str, frozenset[frozenset[str]]] = {}
    for k, key in enumerate(keys):
        blanks = [probe.blanks[k] for probe in probes]
        shown[key] = frozenset(id_ for id_ in applicable if _ever_apart(written, blanks, id_, None))
        equal[key] = frozenset(
            frozenset((one, other))
            for one, other in combinations(applicable, 2)
            if not _ever_apart(written, blanks, one, other)
        )
    showing = tuple(id_ for id_ in applicable if any(id_ in ids for ids in shown.values()))
    return Separation(applicable, shown, equal, _twins(shown, equal), showing)


def tells_mistakes_apart(item: Item) -> bool:
    """Return whether each mistake that shows on the item misses the truth, and each looks different.

    In every blank where a misconception can show it must miss the truth by more than FROM_TRUTH units, and
    two of them must differ by FROM_EACH_OTHER units wherever they ever differ.
    """
    return _tells_apart(item, Exercise(item.step))


def _tells_apart(item: Item, exercise: Exercise) -> bool:
    known = separation(item.template)
    written = written_everywhere(exercise, known.applicable)
    for blank in exercise.blanks:
        values = {id_: found[blank.key] for id_, found in written.items() if blank.key in found}
        shown = [id_ for id_ in values if id_ in known.shown[blank.key]]
        if not all(_apart(values[id_], blank.truth, blank, FROM_TRUTH) for id_ in shown):
            return False
        for one, other in combinations(shown, 2):
            if _apart(values[one], values[other], blank, FROM_EACH_OTHER):
                continue
            if frozenset((one, other)) not in known.equal[blank.key]:
                return False
    return all(id_ in written for id_ in known.showing)


def separating_template(
    ids: Collection[str], *, skill: str | None = None, distance: Distance = _no_distance
) -> Template | None:
    """Return a template whose items tell these misconceptions apart, of this skill where there is one.

    Of several it is the one at the least `distance`.
    """
    ordered = sorted(templates(), key=lambda template: (template.skill != skill, distance(template)))
    return next((template for template in ordered if _separates(template, ids)), None)


def separating_item(
    ids: Collection[str], seed: int, *, skill: str | None = None, distance: Distance = _no_distance
) -> Item | None:
    """Return a fresh item on which these misconceptions give different answers; None where there is none."""
    template = separating_template(ids, skill=skill, distance=distance)
    return None if template is None else generate(template.id, seed)


def _separates(template: Template, ids: Collection[str]) -> bool:
    """Return whether a draw shows that the misconceptions differ; cheaper than a whole separation."""
    for exercise in _draws(template, 3):
        written = written_everywhere(exercise, ids)
        if len(written) < len(ids):
            return False
        if any(
            all(
                blank.key in found and _apart(found[blank.key], blank.truth, blank, FROM_TRUTH)
                for found in written.values()
            )
            and all(
                _apart(one[blank.key], other[blank.key], blank, FROM_EACH_OTHER)
                for one, other in combinations(written.values(), 2)
            )
            for blank in exercise.blanks
        ):
            return True
    return False


def written_everywhere(exercise: Exercise, ids: Iterable[str]) -> Written:
    """Return what somebody who follows each misconception everywhere writes, where that is finite."""
    found: dict[str, dict[str, Array]] = {}
    for id_ in ids:
        values = {
            key: value
            for key, value in _answers_of(exercise, MISCONCEPTIONS[id_]).items()
            if np.isfinite(value).all()
        }
        if values:
            found[id_] = values
    return found


def _answers_of(exercise: Exercise, misconception: Misconception) -> dict[str, Array]:
    """Return the answer to each blank of somebody who follows a misconception wherever it applies."""
    graph = exercise.graph
    assert graph is not None
    followed = next(backward_variants(graph, misconception), None)
    values = next(iter(forward_variants(graph, misconception)), None)
    gradients = followed.gradients if followed else {}
    found: dict[str, Array] = {}
    for blank in exercise.blanks:
        if blank.asked is not Asked.QUANTITY:
            by_node = (values or {}) if blank.asked is Asked.VALUE else gradients
            if (value := by_node.get(graph.index(blank.node))) is not None:
                found[blank.key] = value
            continue
        wrong = {gradient_name(name): gradients[k] for name, k in graph.names.items() if k in gradients}
        wrong |= {name: values[k] for name, k in graph.names.items()} if values else {}
        if wrong:
            try:
                found[blank.key] = exercise.computed_quantity({**exercise.namespace, **wrong})
            except ReadingError:
                continue  # Nobody types infinity.
    return found


def _ever_apart(written: Iterable[Written], blanks: Iterable[Blank], one: str, other: str | None) -> bool:
    """Return whether two misconceptions, or one and the truth, differ in any of the draws."""
    for found, blank in zip(written, blanks, strict=True):
        left = found.get(one, {}).get(blank.key)
        right = blank.truth if other is None else found.get(other, {}).get(blank.key)
        if left is not None and right is not None and _apart(left, right, blank, 1.0):
            return True
    return False


def _twins(
    shown: Mapping[str, frozenset[str]], equal: Mapping[str, frozenset[frozenset[str]]]
) -> tuple[frozenset[str], ...]:
    """Return the groups of misconceptions that show, but as the same in every blank."""
    showing = sorted(frozenset[str]().union(*shown.values()), key=list(MISCONCEPTIONS).index)
    groups: list[set[str]] = []
    for id_ in showing:
        for group in groups:
            first = next(iter(group))
            pair = frozenset((id_, first))
            if all(
                (id_ in ids) == (first in ids) and (id_ not in ids or pair in equal[key])
                for key, ids in shown.items()
            ):
                group.add(id_)
                break
        else:
            groups.append({id_})
    return tuple(frozenset(group) for group in groups if len(group) > 1)


def _apart(one: Array, other: Array, blank: Blank, units: float) -> bool:
    """Return whether two answers to a blank differ by more than so many units of their last digits."""
    if one.shape != other.shape:
        return True
    pairs = zip(one.reshape(-1).tolist(), other.reshape(-1).tolist(), strict=True)
    if blank.magnitude:
        return any(not same_magnitude(a, b) for a, b in pairs)
    return any(abs(a - b) > units * (_unit(a, blank) + _unit(b, blank)) for a, b in pairs)


def _unit(value: float, blank: Blank) -> float:
    return unit(value, blank.digits) if abs(value) > 1e-9 else 1e-9


# -- drawing ---------------------------------------------------------------------------------------------


def _draws(template: Template, count: int) -> Iterator[Exercise]:
    """Yield draws of a template whose numbers are pleasant, whether or not mistakes show."""
    rng = random.Random(template.id)
    for _ in range(ATTEMPTS):
        if not count:
            return
        item, exercise = _drawn(template, int(rng.random() * SEEDS))
        if item is not None:
            count -= 1
            yield exercise


def _drawn(template: Template, draw: int) -> tuple[Item | None, Exercise]:
    """Return one draw, the item being None where its numbers break what the template requires."""
    rng = random.Random(f"{template.code} {draw}")
    inputs = {name: source.draw(rng.random) for name, source in template.inputs.items()}
    upstream = None if template.upstream is None else template.upstream.draw(rng.random)
    step = _step(template, inputs, upstream, f"{template.code}-{draw}".lower())
    exercise = Exercise(step)
    try:
        fits = _is_pleasant(template, exercise)
    except ReadingError:
        fits = False
    return (Item(template, draw, step) if fits else None), exercise


def _listing(item: Item) -> Item:
    """Return the item with the misconceptions that it tells apart."""
    mistakes = separation(item.template).showing
    return replace(item, step=item.step.model_copy(update={"mistakes": mistakes}))


def _is_pleasant(template: Template, exercise: Exercise) -> bool:
    """Return whether the numbers fulfil what the template requires and the answers are short and in range."""
    graph = exercise.graph
    assert graph is not None
    if not all(compute(comparison, exercise.namespace).all() for comparison in template.require):
        return False
    short = not template.rounded and not any(node.kind in _SMOOTH for node in graph.nodes)
    least, most = template.range
    for blank in exercise.blanks:
        for size in np.abs(blank.truth).reshape(-1).tolist():
            if not least <= size <= most and not (template.zeros and size == 0):
                return False
        if short and not is_few_digits(blank.truth):
            return False
    return True


def _is_steady(exercise: Exercise) -> bool:
    """Return whether somebody who keeps four digits on the way still comes out right."""
    graph = exercise.graph
    assert graph is not None
    if not any(entry != round(entry, 3) for entry in _everything(exercise)):
        return True
    kept = _answers_of(exercise, _KEEPS_FOUR_BACKWARD) | _answers_of(exercise, _KEEPS_FOUR_FORWARD)
    return all(
        closeness(a, t, blank.digits, typed_digits=significant_digits(f"{a:.10g}")) in _ENOUGH
        for blank in exercise.blanks
        if blank.key in kept and not blank.magnitude
        for a, t in zip(kept[blank.key].flat, blank.truth.flat, strict=True)
    )


def _everything(exercise: Exercise) -> Iterator[float]:
    graph = exercise.graph
    assert graph is not None
    for node in graph.nodes:
        yield from graph.value(node.index).reshape(-1).tolist()
        yield from graph.gradient(node.index).reshape(-1).tolist()


def _four_digits(value: Array) -> Array:
    return np.array([float(f"{entry:.4g}") for entry in value.flat]).reshape(value.shape)


def _four_digits_back(site: Site) -> Parts:
    return [None if part is None else _four_digits(part) for part in site.true()]


def _four_digits_forward(site: ForwardSite) -> Array:
    return _four_digits(NODES[site.node.kind].compute(site.inputs, dict(site.node.options)))


_KEEPS_FOUR_BACKWARD = Misconception("rounding", at=_four_digits_back)
_KEEPS_FOUR_FORWARD = Misconception("rounding", forward=_four_digits_forward)


def _text(value: Tensor) -> str:
    return array_text(np.asarray(value, dtype=np.float64))


def _step(
    template: Template, inputs: Mapping[str, Tensor], upstream: Tensor | None, id_: str
) -> GraphFill | NumberEntry:
    parts: dict[str, Any] = {
        "id": id_,
        "skill": template.skill,
        "review": True,
        "statements": template.statements,
        "inputs": dict(inputs),
        "digits": template.digits,
        "picture": template.picture,
        **({} if upstream is None else {"upstream": upstream}),
    }
    if template.quantity:
        return NumberEntry(kind="number", quantity=template.quantity, magnitude=template.magnitude, **parts)
    return GraphFill(kind="graph", ask=template.ask, known=template.known, **parts)
