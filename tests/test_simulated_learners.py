"""Simulated learners measure the diagnosis: some follow a misconception, some are right, some only slip."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import pytest

from tutor.engine.misconceptions import Misconception, backward_variants, forward_variants
from tutor.engine.misconceptions.base import ForwardSite, Parts, Site
from tutor.engine.nodes import NODES, Array
from tutor.tutoring.exercise import Exercise
from tutor.tutoring.generating import Item, Separation, generate, separation, written_everywhere
from tutor.tutoring.item_templates import templates
from tutor.tutoring.judging import judge_numbers
from tutor.tutoring.problem import Asked, Blank
from tutor.tutoring.verdict import BlankVerdict, Outcome, Verdict

EVERYDAY, LONG = 149, 20_000
"""Items that are judged: two, or many, of every template."""

FOLLOWERS = 4
"""Learners with a misconception for each item, drawn from all that show on it."""

Manner = Callable[[float], str]
"""How a learner writes a number down."""


# -- writing numbers -------------------------------------------------------------------------------------


def full(value: float) -> str:
    return f"{value:.10g}"


def rounded(digits: int) -> Manner:
    return lambda value: full(value) if value == round(value) else f"{value:.{digits}g}"


def cut(digits: int) -> Manner:
    def write(value: float) -> str:
        if value == round(value):
            return full(value)
        places = digits - 1 - math.floor(math.log10(abs(value)))
        shift = 10.0**places
        return f"{math.trunc(value * shift * (1 + 1e-12)) / shift:.10g}"

    return write


def fraction(value: float) -> str:
    nearest = Fraction(value).limit_denominator(1000)
    return str(nearest) if math.isclose(float(nearest), value, rel_tol=1e-12) else full(value)


MANNERS: Mapping[str, Manner] = {
    "in full": full,
    "rounded to 3": rounded(3),
    "rounded to 4": rounded(4),
    "cut to 3": cut(3),
    "cut to 4": cut(4),
}


def typed(value: Array, manner: Manner) -> str:
    def nested(entry: object) -> str:
        if isinstance(entry, list):
            return f"[{', '.join(nested(inner) for inner in entry)}]"
        assert isinstance(entry, float)
        return manner(entry)

    return nested(np.asarray(value, dtype=np.float64).tolist())


# -- learners --------------------------------------------------------------------------------------------


def four_digits(value: Array) -> Array:
    return np.array([float(f"{x:.4g}") for x in value.flat], dtype=np.float64).reshape(value.shape)


def _rounded_parts(site: Site) -> Parts:
    return [None if part is None else four_digits(part) for part in site.true()]


def _rounded_value(site: ForwardSite) -> Array:
    return four_digits(NODES[site.node.kind].compute(site.inputs, dict(site.node.options)))


def with_rounded_steps(exercise: Exercise) -> dict[str, Array]:
    """Return the answers of somebody who keeps four digits of everything on the way."""
    graph = exercise.graph
    assert graph is not None
    gradients = next(backward_variants(graph, Misconception("rounding", at=_rounded_parts))).gradients
    values = next(iter(forward_variants(graph, Misconception("rounding", forward=_rounded_value))))
    return {
        blank.key: (values if blank.asked is Asked.VALUE else gradients)[graph.index(blank.node)]
        for blank in exercise.blanks
        if blank.asked is not Asked.QUANTITY
    }


def slips(value: float, rng: random.Random) -> Iterator[tuple[str, float]]:
    """Yield what a right number becomes by a slip of the pen or of arithmetic."""
    yield "ten times", value * 10
    yield "a tenth", value / 10
    yield "5 to 40 % off", value * (1 + rng.choice((-1, 1)) * rng.uniform(0.05, 0.4))
    text = f"{value:.3g}"
    digits = [k for k, sign in enumerate(text) if sign.isdigit()]
    pairs = [(j, k) for j, k in itertools.pairwise(digits) if text[j] != text[k] and k == j + 1]
    if pairs and "e" not in text:
        j, k = rng.choice(pairs)
        yield "digits swapped", float(text[:j] + text[k] + text[j] + text[k + 1 :])
    yield "sign", -value


# -- measuring -------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What was measured, with examples of everything that missed."""

    items: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    missed: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def note(self, name: str, hit: bool, example: str = "") -> None:
        self.counts[f"{name} of"] += 1
        self.counts[name] += hit
        if example:
            self.examples.setdefault(name, [])
            self.missed[f"{name}: {example.split(' ', 1)[0].split('-')[0]} {example.split(' ')[1]}"] += 1
            if len(self.examples[name]) < 12:
                self.examples[name].append(example)

    def share(self, name: str) -> float:
        return self.counts[name] / max(1, self.counts[f"{name} of"])

    def table(self) -> str:
        names = [name for name in self.counts if not name.endswith(" of")]
        rows = [
            f"{name:44s}{self.counts[name]:8d} / {self.counts[f'{name} of']:8d}{self.share(name):10.3%}"
            for name in names
        ]
        judged = self.counts["judged"]
        each = 1e3 * self.seconds / max(1, judged)
        rows.append(f"{self.items} items, {judged} answers, {each:.2f} ms per answer")
        return "\n".join(rows)


class Simulation:
    """All learners at work on items drawn one after another from every template."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.tally = Tally()

    def run(self, items: int) -> Tally:
        every = templates()
        for number in range(items):
            template = every[number % len(every)]
            self.learn(generate(template.id, number // len(every)))
        return self.tally

    def learn(self, item: Item) -> None:
        self.tally.items += 1
        exercise, known = Exercise(item.step), separation(item.template)
        start = time.perf_counter()
        assert exercise.wrong_answers
        self.tally.seconds += time.perf_counter() - start
        written = written_everywhere(exercise, known.applicable)
        for id_ in self.rng.sample(known.showing, min(FOLLOWERS, len(known.showing))):
            self.follow(item, exercise, known, id_, written[id_])
        self.be_right(item, exercise)
        for blank in exercise.blanks[:1]:
            if not blank.magnitude:
                self.slip(item, exercise, blank)

    def judge(self, exercise: Exercise, entries: Mapping[str, str]) -> Verdict:
        start = time.perf_counter()
        verdict = judge_numbers(exercise, entries, {})
        self.tally.seconds += time.perf_counter() - start
        self.tally.counts["judged"] += 1
        self.tally.counts["judged of"] += 1
        return verdict

    def follow(
        self, item: Item, exercise: Exercise, known: Separation, id_: str, values: Mapping[str, Array]
    ) -> None:
        manner = self.rng.choice(list(MANNERS))
        entries = {
            blank.key: typed(values.get(blank.key, blank.truth), MANNERS[manner]) for blank in exercise.blanks
        }
        verdict = self.judge(exercise, entries)
        cause = verdict.cause
        example = f"{item.code} {id_} {manner} {entries}"
        self.tally.note("misconception accepted", verdict.solved, example if verdict.solved else "")
        if verdict.solved or cause is None:
            return
        explained = id_ in cause.misconceptions
        seen = f"{example} -> {cause.key} {cause.outcome.value} {cause.misconceptions[:4]}"
        self.tally.note("misconception explained", explained, "" if explained else seen)
        named = self._named(cause, known, id_)
        self.tally.note("misconception named first", named, "" if named else seen)

    def _named(self, cause: BlankVerdict, known: Separation, id_: str) -> bool:
        first = cause.diagnosis or next(iter(cause.misconceptions), None)
        return any({id_, first} <= group for group in ({id_}, *known.twins))

    def be_right(self, item: Item, exercise: Exercise) -> None:
        answers = {blank.key: blank.truth for blank in exercise.blanks}
        for name, manner in {**MANNERS, "as fractions": fraction}.items():
            arrays = name == "as fractions" and any(value.ndim for value in answers.values())
            if not arrays:
                self._right(item, exercise, "right answer refused", name, answers, manner)
        steps = with_rounded_steps(exercise)
        if steps:
            self._right(item, exercise, "right with rounded steps refused", "steps", steps, full)

    def _right(
        self,
        item: Item,
        exercise: Exercise,
        measure: str,
        name: str,
        answers: Mapping[str, Array],
        manner: Manner,
    ) -> None:
        entries = {key: typed(value, manner) for key, value in answers.items()}
        verdict = self.judge(exercise, entries)
        example = "" if verdict.solved else f"{item.code} {name} {entries} {_outcomes(verdict)}"
        self.tally.note(measure, not verdict.solved, example)

    def slip(self, item: Item, exercise: Exercise, blank: Blank) -> None:
        flat = blank.truth.reshape(-1)
        wherever = [k for k, entry in enumerate(flat) if abs(entry) > 1e-9]
        if not wherever:
            return
        k = self.rng.choice(wherever)
        for name, wrong in slips(float(flat[k]), self.rng):
            entered = flat.copy()
            entered[k] = wrong
            answer = entered.reshape(blank.truth.shape)
            rules = [value for values in exercise.wrong_answers[blank.key].values() for value in values[:1]]
            if name == "sign" and any(
                value.shape == answer.shape and np.allclose(value, answer) for value in rules
            ):
                continue
            entries = {blank.key: typed(answer, rounded(3))}
            verdict = self.judge(exercise, entries)[blank.key]
            if verdict.outcome.is_right or verdict.outcome is Outcome.UNREADABLE:
                continue
            example = f"{item.code} {verdict.diagnosis} {name} {entries} {verdict.misconceptions[:4]}"
            explained = bool(verdict.misconceptions)
            self.tally.note("slip explained by some misconception", explained)
            blamed = verdict.diagnosis is not None
            self.tally.note("slip blamed on a misconception", blamed, example if blamed else "")
            self.tally.note(f"slip blamed: {name}", blamed)


def _outcomes(verdict: Verdict) -> list[str]:
    return [blank.outcome.value for blank in verdict.blanks]


def check(tally: Tally) -> None:
    report = "\n".join((tally.table(), *(f"{name}: {found}" for name, found in tally.examples.items())))
    assert tally.counts["right answer refused"] == 0, report
    assert tally.counts["right with rounded steps refused"] == 0, report
    assert tally.counts["misconception accepted"] == 0, report
    assert tally.share("misconception explained") >= 0.99, report
    assert tally.share("misconception named first") >= 0.97, report
    assert tally.share("slip blamed on a misconception") <= 0.02, report


def test_the_diagnosis_of_simulated_learners() -> None:
    check(Simulation(seed=1).run(EVERYDAY))


def test_steps_kept_to_four_digits_are_right_even_where_they_cancel() -> None:
    simulation = Simulation(seed=3)
    for seed in range(60):
        item = generate("batch-norm-input-three", seed)
        simulation.be_right(item, Exercise(item.step))
    assert simulation.tally.counts["right with rounded steps refused"] == 0
    assert simulation.tally.counts["right with rounded steps refused of"] == 60


@pytest.mark.long
def test_the_diagnosis_of_simulated_learners_at_length() -> None:
    tally = Simulation(seed=2).run(LONG)
    print(f"\n{tally.table()}")  # noqa: T201 - the figures are what the long run is for
    check(tally)
