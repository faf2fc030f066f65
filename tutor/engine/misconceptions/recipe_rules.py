"""Misconceptions about a recipe, as formulas that take the place of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from tutor.engine.expressions import Expression, Value, evaluate, names
from tutor.engine.formulas import read_expression
from tutor.engine.graph import Graph
from tutor.engine.misconceptions.base import Confined, ForwardSite, Misconception, Parts, Site
from tutor.engine.nodes import Array
from tutor.engine.recipes import Occurrence, named, occurrences, point_of

Formulas = Mapping[str, str]
"""A formula for each of some names of a recipe."""


Result = TypeVar("Result")
At = TypeVar("At", Site, ForwardSite)


@dataclass(frozen=True, slots=True)
class _InRecipes(Confined, Generic[At, Result]):
    """A rule for some targets of some recipes; a graph without these recipes is left alone."""

    targets: Mapping[str, Collection[str]]
    rule: Callable[[At], Result]

    def __call__(self, site: At) -> Result:
        return self.rule(site)

    def places(self, graph: Graph) -> list[int]:
        """Return the nodes that the targets stand for."""
        return sorted(
            {
                occurrence.bound[target]
                for occurrence in occurrences(graph)
                for target in self.targets.get(occurrence.recipe.name, ())
                if target in occurrence.bound
            }
        )


def _in_recipes(
    targets: Mapping[str, Collection[str]],
) -> Callable[[Callable[[At], Result]], _InRecipes[At, Result]]:
    return lambda rule: _InRecipes(targets, rule)


def computes(id_: str, by_recipe: Mapping[str, Formulas], *, first_only: bool = False) -> Misconception:
    """Return the misconception that computes targets of recipes by other formulas.

    A formula may use every name of its recipe, what it has `moved`, and standard names of the graph. With
    `first_only` it is followed in the first occurrence alone.
    """
    rules = {recipe: _read(formulas) for recipe, formulas in by_recipe.items()}

    @_in_recipes(rules)
    def forward(site: ForwardSite) -> Array | None:
        seen: set[str] = set()
        for occurrence in occurrences(site.graph):
            recipe = occurrence.recipe.name
            if first_only and recipe in seen:
                continue
            seen.add(recipe)
            for target, formula in rules.get(recipe, {}).items():
                if occurrence.bound.get(target) == site.node.index:
                    return _computed(formula, occurrence, site)
        return None

    return Misconception(id_, forward=forward)


def sends(id_: str, recipe: str, by_node: Mapping[str, Formulas]) -> Misconception:
    """Return the misconception that sends other contributions back.

    `by_node` gives, for a target of the recipe, the formula of what it sends to each of its arguments, in
    the values of the recipe, its true gradients as d<name>, and `dout`, the gradient that arrived; it is
    summed to the argument's shape.
    """
    rules = {target: _read(formulas) for target, formulas in by_node.items()}

    @_in_recipes({recipe: rules})
    def at(site: Site) -> Parts | None:
        for occurrence in occurrences(site.graph):
            if occurrence.recipe.name != recipe:
                continue
            for target, formulas in rules.items():
                if occurrence.bound.get(target) == site.node.index:
                    return _sent(formulas, occurrence, site)
        return None

    return Misconception(id_, at=at)


def _read(formulas: Formulas) -> Mapping[str, Expression]:
    return {name: read_expression(formula) for name, formula in formulas.items()}


def _sent(formulas: Mapping[str, Expression], occurrence: Occurrence, site: Site) -> Parts:
    known: dict[str, Value] = {}
    for name, index in occurrence.bound.items():
        known[name], known[f"d{name}"] = site.graph.value(index), site.graph.gradient(index)
    known["dout"] = site.upstream
    sent = {
        occurrence.bound[name]: np.asarray(evaluate(formula, known)) for name, formula in formulas.items()
    }
    return [sent.get(source, part) for source, part in zip(site.node.arguments, site.true(), strict=True)]


def _computed(formula: Expression, occurrence: Occurrence, site: ForwardSite) -> Array | None:
    """Return the value of a formula; None where the graph lacks something that it speaks about."""
    known: dict[str, Value] = {}
    for name in names(formula):
        value = _value(name, occurrence, site)
        if value is None:
            return None
        known[name] = value
    result = np.asarray(evaluate(formula, known))
    try:
        return np.broadcast_to(result, site.graph.value(site.node.index).shape)
    except ValueError:
        return None


def _value(name: str, occurrence: Occurrence, site: ForwardSite) -> Value | None:
    recipe = occurrence.recipe
    if name in recipe.moved:
        return _elsewhere(recipe.moved[name], occurrence, site.graph)
    if name in recipe.defaults and name not in occurrence.bound:
        return recipe.defaults[name]
    index = occurrence.bound.get(name, named(site.graph, name))
    return None if index is None else site.values.get(index)


def _elsewhere(place: str, occurrence: Occurrence, graph: Graph) -> Array:
    """Return what the recipe's function gives at another point."""
    function = next(iter(occurrence.recipe.points))
    bound = occurrence.bound
    expression = read_expression(place)
    point = evaluate(expression, {name: graph.value(bound[name]) for name in names(expression)})
    return graph.follow_forward({bound[point_of(function)]: np.asarray(point)})[bound[function]]
