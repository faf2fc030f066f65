"""A step with one part left for the learner: the right formula with a gap in it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

import numpy as np

from tutor.engine.expressions import Call, Expression, Name, substitute, to_text
from tutor.engine.expressions import names as expression_names
from tutor.tutoring.exercise import Asked, Blank, Exercise
from tutor.tutoring.node_formulas import added, arriving, branch_formula, forward_formula
from tutor.tutoring.shown_numbers import literal, number_text

GAP = "?"
"""What stands for the part that the learner fills in."""


def partly_filled(exercise: Exercise, blank: Blank, known: Collection[str]) -> tuple[str, str] | None:
    """Return the name of a blank and its formula with GAP in one place, or None where too little is left.

    Of a fork the last branch is left out, elsewhere the last name. Numbers stand for the values and for the
    gradients that are `known`.
    """
    graph = exercise.graph
    if graph is None or blank.asked is Asked.QUANTITY:
        return None
    index = graph.index(blank.node)
    if blank.asked is Asked.VALUE:
        formula, name = forward_formula(graph, graph.nodes[index]), graph.label(index)
    else:
        edges = [edge for edge in graph.users[index] if graph.contribution(edge) is not None]
        if not edges:
            return None
        branches = [branch_formula(graph, edge, arriving(graph, edge.target)) for edge in edges]
        formula = branches[0] if len(branches) == 1 else added([*branches[:-1], Name(GAP)])
        name = f"d{graph.label(index)}"
    if GAP not in expression_names(formula):
        formula = _with_gap(formula)
    asked = {other.node for other in exercise.blanks if other.asked is Asked.VALUE}
    open_ = {*(f"d{other}" for other in graph.names), *asked} - set(known)
    values = {
        other: literal(value)
        for other, value in exercise.namespace.items()
        if not np.ndim(value) and other not in open_
    }
    text = number_text(substitute(formula, values))
    too_little = not re.search(r"\w", text)
    return None if too_little or to_text(literal(blank.truth), pretty=True) in text.split() else (name, text)


def _with_gap(formula: Expression) -> Expression:
    """Return a formula with GAP in the place of its last name."""
    if isinstance(formula, Name):
        return Name(GAP)
    if not isinstance(formula, Call):
        return formula
    last = max((k for k, part in enumerate(formula.arguments) if expression_names(part)), default=None)
    parts = (_with_gap(part) if k == last else part for k, part in enumerate(formula.arguments))
    return replace(formula, arguments=tuple(parts))
