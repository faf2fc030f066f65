"""Other conventions of the field, as rules that the engine executes: right elsewhere, not here.

They are read from `conventions.toml` beside this file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from tutor.engine.expressions import Expression, evaluate
from tutor.engine.formulas import read_expression
from tutor.engine.graph import Graph, Node
from tutor.engine.misconceptions.base import (
    ForwardSite,
    Misconception,
    Parts,
    Site,
    backward_variants,
    forward_variants,
)
from tutor.engine.misconceptions.recipe_rules import computes
from tutor.engine.nodes import NODES, Array
from tutor.engine.recipes import occurrences


@dataclass(frozen=True, slots=True)
class Convention:
    """A custom with its id; `about` are the node kinds and recipes in which it differs from this course."""

    id: str
    about: tuple[str, ...]
    rule: Misconception

    def applies_to(self, graph: Graph) -> str | None:
        """Return what of a graph the convention is about, a node kind or a recipe; None where nothing is."""
        kinds = {node.kind for node in graph.nodes}
        found = kinds | {occurrence.recipe.name for occurrence in occurrences(graph)}
        return next((name for name in self.about if name in found), None)

    def gradients(self, graph: Graph) -> Mapping[int, Array]:
        """Return the gradient of every node under the convention, by index."""
        followed = next(backward_variants(graph, self.rule), None)
        return followed.gradients if followed is not None else {}

    def values(self, graph: Graph) -> Mapping[int, Array]:
        """Return the value of every node under the convention, by index."""
        return next(iter(forward_variants(graph, self.rule)), {})


@cache
def conventions() -> tuple[Convention, ...]:
    """Return every convention, the more common ones first."""
    text = (files("tutor.engine.misconceptions") / "conventions.toml").read_text(encoding="utf-8")
    return tuple(_convention(table) for table in tomllib.loads(text)["convention"])


def _convention(table: Mapping[str, Any]) -> Convention:
    id_ = table["id"]
    if "scale" in table:
        factors = {kind: read_expression(factor, ("n", "N")) for kind, factor in table["scale"].items()}
        rule = Misconception(id_, at=_scaled_back(factors), forward=_scaled(factors))
        return Convention(id_, tuple(factors), rule)
    if "slopes" in table:
        slopes = {
            kind: [read_expression(slope, NODES[kind].inputs) for slope in written]
            for kind, written in table["slopes"].items()
        }
        return Convention(id_, tuple(slopes), Misconception(id_, at=_sloped(slopes)))
    return Convention(id_, tuple(table["computes"]), computes(id_, table["computes"]))


def _factor(factors: Mapping[str, Expression], graph: Graph, node: Node) -> Array | None:
    if node.kind not in factors:
        return None
    first = graph.inputs_of(node)[0]
    rows = first.shape[0] if first.ndim == 2 else 1
    return np.asarray(evaluate(factors[node.kind], {"n": float(first.size), "N": float(rows)}))


def _scaled_back(factors: Mapping[str, Expression]) -> Callable[[Site], Parts | None]:
    def at(site: Site) -> Parts | None:
        factor = _factor(factors, site.graph, site.node)
        if factor is None:
            return None
        return [None if part is None else part * factor for part in site.true()]

    return at


def _scaled(factors: Mapping[str, Expression]) -> Callable[[ForwardSite], Array | None]:
    def forward(site: ForwardSite) -> Array | None:
        factor = _factor(factors, site.graph, site.node)
        if factor is None:
            return None
        return NODES[site.node.kind].compute(site.inputs, dict(site.node.options)) * factor

    return forward


def _sloped(slopes: Mapping[str, Sequence[Expression]]) -> Callable[[Site], Parts | None]:
    def at(site: Site) -> Parts | None:
        if site.node.kind not in slopes:
            return None
        known = dict(zip(NODES[site.node.kind].inputs, site.inputs, strict=True))
        return [site.upstream * np.asarray(evaluate(slope, known)) for slope in slopes[site.node.kind]]

    return at
