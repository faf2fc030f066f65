"""The recipes of the field: small sets of statements that are recognised wherever a graph contains them.

A recipe is recognised by its formulas and by the standard names of its settings (`lr`, `mu`, `h` …); the
other values, and the targets, may be called anything. Misconceptions about a recipe say what somebody
computes in place of one of its statements.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np

from tutor.engine.expressions import Call, Expression, Name, Number
from tutor.engine.formulas import read_expression, read_statements
from tutor.engine.graph import CONSTANT, Graph, Node

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "lr": ("lr", "eta", "η", "learning_rate"),
    "mu": ("mu", "μ", "momentum"),
    "rho": ("rho", "ρ", "decay"),
    "b1": ("b1", "beta1", "β1"),
    "b2": ("b2", "beta2", "β2"),
    "max_norm": ("max_norm", "limit"),
    "fan_in": ("fan_in", "n_in"),
    "depth": ("depth", "layers"),
    "batch": ("batch", "batch_size"),
}
"""Other names that a setting goes by."""

_COMMUTES = ("add", "mul", "max", "min")


@dataclass(frozen=True)
class Recipe:
    """A named set of statements.

    `forms` are ways to write it, the usual one first; the last target of each is the result. `settings` are
    the names that must stand in the graph as they are, or as in SPELLINGS. `points` says of a free value
    that it is a function of one node, given by its formula; `moved` names what the function of the first
    point gives elsewhere, by the formula of the other point. `defaults` are values of names that a form
    leaves out. What this recipe computes is not taken for a result of those in `hides`.
    """

    name: str
    forms: tuple[str, ...]
    settings: tuple[str, ...] = ()
    points: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, float] = field(default_factory=dict)
    hides: tuple[str, ...] = ()

    @cached_property
    def definitions(self) -> tuple[Mapping[str, Expression], ...]:
        """The expression of every target, for each form."""
        return tuple(
            {statement.target: statement.expression for statement in read_statements(form)}
            for form in self.forms
        )

    @cached_property
    def kinds(self) -> tuple[frozenset[str], ...]:
        """The kinds of node that every occurrence has, by form; a square may be written in many ways."""
        return tuple(
            frozenset(kind for formula in form.values() for kind in _kinds(formula)) - {"power"}
            for form in self.definitions
        )

    @cached_property
    def places(self) -> Mapping[str, Expression]:
        """The formulas of `points`."""
        return {name: read_expression(formula) for name, formula in self.points.items()}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A recipe in a graph: `bound` gives the node, by index, that each of its names stands for."""

    recipe: Recipe
    bound: Mapping[str, int]
    result: int

    @property
    def computed(self) -> tuple[int, ...]:
        """The nodes that the targets of the recipe stand for."""
        return tuple(self.bound[target] for target in self.recipe.definitions[0])


RECIPES = (
    Recipe("gradient_descent", ("w1 = w - lr * g",), settings=("lr",)),
    Recipe(
        "descent_on_square",
        ("g = 2 * w; w1 = w - lr * g",),
        settings=("lr",),
        hides=("gradient_descent",),
    ),
    Recipe("two_descent_steps", ("w1 = w0 - lr * g1; w2 = w1 - lr * g2",), settings=("lr",)),
    Recipe("updates_per_epoch", ("updates = samples / batch",), settings=("batch",)),
    Recipe(
        "momentum",
        ("v1 = mu * v0 - lr * g; w1 = w0 + v1",),
        settings=("mu", "lr"),
        hides=("gradient_descent", "descent_on_square"),
    ),
    Recipe(
        "nesterov",
        ("v1 = mu * v0 - lr * g; w1 = w0 + mu * v1 - lr * g",),
        settings=("mu", "lr"),
        hides=("gradient_descent", "descent_on_square"),
    ),
    Recipe("adagrad", ("h1 = h0 + g^2; w1 = w0 - lr * g / (sqrt(h1) + eps)",), settings=("lr",)),
    Recipe(
        "rmsprop",
        ("h1 = rho * h0 + (1 - rho) * g^2; w1 = w0 - lr * g / (sqrt(h1) + eps)",),
        settings=("lr", "rho"),
    ),
    Recipe(
        "adam",
        (
            "m1 = b1 * m0 + (1 - b1) * g; v1 = b2 * v0 + (1 - b2) * g^2; mh = m1 / (1 - b1^t);"
            "vh = v1 / (1 - b2^t); w1 = w0 - lr * mh / (sqrt(vh) + eps)",
            "m1 = b1 * m0 + (1 - b1) * g; v1 = b2 * v0 + (1 - b2) * g^2; mh = m1 / (1 - b1);"
            "vh = v1 / (1 - b2); w1 = w0 - lr * mh / (sqrt(vh) + eps)",
        ),
        settings=("lr", "b1", "b2"),
        defaults={"t": 1.0},
    ),
    Recipe(
        "clip_by_norm",
        (
            "n = sqrt(sum(g^2)); clipped = g * min(1, max_norm / n)",
            "n = sqrt(sum(g^2)); clipped = g * max_norm / max(n, max_norm)",
        ),
        settings=("max_norm",),
    ),
    Recipe(
        "forward_difference",
        ("d = (p - y) / h",),
        settings=("h",),
        points={"p": "x + h"},
        moved={"y_back": "x - h", "y_right": "x + 0.000001", "y_left": "x - 0.000001"},
    ),
    Recipe(
        "difference_at_kink",
        ("p = relu(x + h); m = relu(x - h); d = (p - m) / (2 * h)",),
        settings=("h",),
        hides=("central_difference",),
    ),
    Recipe(
        "central_difference",
        ("d = (p - m) / (2 * h)",),
        settings=("h",),
        points={"p": "x + h", "m": "x - h"},
        moved={"y": "x", "y_right": "x + 0.000001", "y_left": "x - 0.000001"},
    ),
    Recipe(
        "passes_for_all_slopes",
        ("parameters = weights + biases; passes = 2 * parameters",),
        settings=("weights", "biases"),
    ),
    Recipe("relative_error", ("gap = abs(a - n); scale = max(abs(a), abs(n)); e = gap / scale",)),
    Recipe("bill", ("cost = price * count; pay = cost * tax",), settings=("tax",)),
    Recipe("two_backward_passes", ("first = grad + g; second = first + g",), settings=("grad",)),
    Recipe("xavier", ("std = 1 / sqrt(fan_in)", "std = sqrt(1 / fan_in)"), settings=("fan_in",)),
    Recipe("he", ("std = sqrt(2 / fan_in)", "std = sqrt(2) / sqrt(fan_in)"), settings=("fan_in",)),
    Recipe("slopes_multiplied", ("signal = slope^depth",), settings=("slope", "depth")),
    Recipe(
        "slopes_and_weights_multiplied",
        ("factor = w * slope; signal = factor^depth",),
        settings=("slope", "depth"),
    ),
    Recipe(
        "batch_norm",
        (
            "mean_x = mean(x); c = x - mean_x; q = c^2; v = mean(q); s = sqrt(v); n = c / s;"
            "z = gamma * n; y = z + beta",
            "mean_x = mean(x); c = x - mean_x; q = c^2; v = mean(q); s = sqrt(v + eps); n = c / s;"
            "z = gamma * n; y = z + beta",
        ),
    ),
)
"""Every recipe; for shapes, `batch_norm` takes x of shape (N,) or, with axis=0, (N, features)."""


def occurrences(graph: Graph) -> tuple[Occurrence, ...]:
    """Return every recipe that the graph contains, in topological order of the results."""
    if graph not in _KNOWN:
        possible = [recipe for recipe in RECIPES if _may_occur(recipe, graph)]
        found = [
            Occurrence(recipe, bound, node.index)
            for node in graph.nodes
            for recipe in possible
            if (bound := _find(recipe, graph, node)) is not None
        ]
        hidden = {
            (name, index)
            for occurrence in found
            for name in occurrence.recipe.hides
            for index in occurrence.computed
        }
        _KNOWN[graph] = tuple(
            occurrence for occurrence in found if (occurrence.recipe.name, occurrence.result) not in hidden
        )
    return _KNOWN[graph]


_KNOWN: WeakKeyDictionary[Graph, tuple[Occurrence, ...]] = WeakKeyDictionary()


def _may_occur(recipe: Recipe, graph: Graph) -> bool:
    """Return whether the graph has the settings of a recipe by name, and nodes of the kinds of one form."""
    if any(named(graph, setting) is None for setting in recipe.settings):
        return False
    kinds = {node.kind for node in graph.nodes}
    return any(needed <= kinds for needed in recipe.kinds)


def named(graph: Graph, name: str) -> int | None:
    """Return the node that carries a standard name in one of its spellings."""
    for spelling in SPELLINGS.get(name, (name,)):
        if spelling in graph.names:
            return graph.names[spelling]
    return None


def _find(recipe: Recipe, graph: Graph, node: Node) -> Mapping[str, int] | None:
    if node.is_leaf:
        return None
    for definitions in recipe.definitions:
        result = Name(list(definitions)[-1])
        for bound in _Matcher(recipe, graph, definitions).matches(result, node.index, {}):
            if (complete := _with_points(recipe, graph, bound)) is not None:
                return complete
    return None


def _with_points(recipe: Recipe, graph: Graph, bound: Mapping[str, int]) -> Mapping[str, int] | None:
    """Bind the points too: each function must depend on one node of its formula and no second."""
    complete = dict(bound)
    for function, place in recipe.places.items():
        matcher = _Matcher(recipe, graph, {})
        found = [
            (index, match)
            for index in _behind(graph, bound[function])
            for match in matcher.matches(place, index, complete)
        ]
        if len(found) != 1:
            return None
        index, match = found[0]
        complete = {**match, point_of(function): index}
    return complete


def point_of(function: str) -> str:
    """Return the name of the node that a function's point is bound to."""
    return f"point of {function}"


def _behind(graph: Graph, start: int) -> list[int]:
    """Return a node and everything that it is computed from."""
    seen, todo = {start}, [start]
    while todo:
        new = set(graph.nodes[todo.pop()].arguments) - seen
        seen |= new
        todo += new
    return sorted(seen)


@dataclass(frozen=True, slots=True)
class _Matcher:
    """Finds the ways in which a formula of a recipe fits a node."""

    recipe: Recipe
    graph: Graph
    definitions: Mapping[str, Expression]

    def matches(
        self, pattern: Expression, index: int, bound: Mapping[str, int]
    ) -> Iterator[Mapping[str, int]]:
        """Yield what the names are bound to, for every fit that agrees with `bound`."""
        node = self.graph.nodes[index]
        match pattern:
            case Name(name) if name in bound:
                if bound[name] == index or _equal_constants(self.graph.nodes[bound[name]], node):
                    yield bound
            case Name(name) if name in self.definitions:
                yield from self.matches(self.definitions[name], index, {**bound, name: index})
            case Name(name):
                if name not in self.recipe.settings or node.name in SPELLINGS.get(name, (name,)):
                    yield {**bound, name: index}
            case Number(value):
                if _is_constant(node, value):
                    yield bound
            case Call("power", (base, Number(2.0))):
                if (squared := _squared(self.graph, node)) is not None:
                    yield from self.matches(base, squared, bound)
            case Call(kind, arguments):
                if node.kind == kind:
                    for order in _orders(node):
                        yield from self._all(arguments, order, bound)

    def _all(
        self, patterns: tuple[Expression, ...], nodes: tuple[int, ...], bound: Mapping[str, int]
    ) -> Iterator[Mapping[str, int]]:
        if not patterns:
            yield bound
            return
        for first in self.matches(patterns[0], nodes[0], bound):
            yield from self._all(patterns[1:], nodes[1:], first)


def _kinds(formula: Expression) -> Iterator[str]:
    if isinstance(formula, Call):
        yield formula.kind
        for argument in formula.arguments:
            yield from _kinds(argument)


def _orders(node: Node) -> Iterator[tuple[int, ...]]:
    yield node.arguments
    if node.kind in _COMMUTES:
        yield node.arguments[::-1]


def _squared(graph: Graph, node: Node) -> int | None:
    """Return what is squared in x², x^2 or x · x."""
    if node.kind == "square":
        return node.arguments[0]
    if node.kind == "mul" and node.arguments[0] == node.arguments[1]:
        return node.arguments[0]
    if node.kind == "power" and _is_constant(graph.nodes[node.arguments[1]], 2.0):
        return node.arguments[0]
    return None


def _is_constant(node: Node, value: float) -> bool:
    return node.kind == CONSTANT and node.value is not None and bool(np.all(node.value == value))


def _equal_constants(left: Node, right: Node) -> bool:
    # A number that is written twice is two nodes.
    if left.value is None or right.value is None or not left.kind == right.kind == CONSTANT:
        return False
    return np.array_equal(left.value, right.value)
