"""Wrong rules about the deltas of a sigmoid network with a hidden layer, of scalar or of matrix nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tutor.engine.graph import Graph, Node
from tutor.engine.misconceptions.affine import WEIGHTED, matrix_layer, weighted_slots
from tutor.engine.misconceptions.base import Misconception, Parts, Site, at_kinds
from tutor.engine.misconceptions.losses import squares_error
from tutor.engine.nodes import Array


def _users(graph: Graph, node: Node) -> list[Node]:
    return [graph.nodes[edge.target] for edge in graph.users[node.index]]


def _is_output(graph: Graph, node: Node) -> bool:
    """Return whether a node is a sigmoid that goes into a squared error."""
    return node.kind == "sigmoid" and any(squares_error(graph, user) for user in _users(graph, node))


def _products(graph: Graph, node: Node) -> list[Node]:
    """Return the products that weigh the value of a node, in order."""
    found = []
    for edge in graph.users[node.index]:
        slots = weighted_slots(graph, graph.nodes[edge.target])
        if slots is not None and slots[0] == edge.slot:
            found.append(graph.nodes[edge.target])
    return found


def _is_hidden(graph: Graph, node: Node) -> bool:
    """Return whether a node is a sigmoid whose value is weighed and goes on."""
    return node.kind == "sigmoid" and bool(_products(graph, node))


def _fed(graph: Graph, product: Node) -> Node | None:
    """Return the sigmoid that a weighted product goes into, through sums at most."""
    node = product
    while len(graph.users[node.index]) == 1:
        node = _users(graph, node)[0]
        if node.kind != "add":
            return node if node.kind == "sigmoid" else None
    return None


def _layer_input(graph: Graph, activation: Node) -> Array | None:
    """Return the input of the layer that a sigmoid closes, the first one where there are several."""
    todo = [activation.arguments[0]]
    while todo:
        node = graph.nodes[todo.pop()]
        slots = weighted_slots(graph, node)
        if slots is not None:
            return graph.inputs_of(node)[slots[0]]
        if node.kind == "add":
            todo += reversed(node.arguments)
    return None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The weights that leave hidden units, (units, outputs), and their gradients."""

    weights: Array
    gradients: Array
    learning_rate: float


def _learning_rate(graph: Graph) -> float:
    """Return the input named lr where there is one, else 1."""
    rate = graph.value("lr") if "lr" in graph.names else np.array(1.0)
    return float(rate) if rate.ndim == 0 else 1.0


def _hidden_slots(site: Site) -> tuple[int, int] | None:
    """Return the slots of a product that weighs a hidden unit."""
    slots = weighted_slots(site.graph, site.node)
    return slots if slots and _is_hidden(site.graph, site.sources[slots[0]]) else None


def _weighing(rule: Callable[[Outgoing], Array | None]) -> Callable[[Site], Parts | None]:
    """Return a rule that goes back to a hidden layer with other weights than the true ones."""

    @at_kinds(*WEIGHTED)
    def at(site: Site) -> Parts | None:
        slots, layer = _hidden_slots(site), matrix_layer(site)
        if slots is None:
            return None
        parts, graph, rate = list(site.true()), site.graph, _learning_rate(site.graph)
        if layer is not None:
            others = rule(Outgoing(layer.W, layer.X.T @ layer.dout, rate))
            if others is None:
                return None
            parts[0] = (layer.dout @ others.T).reshape(site.inputs[0].shape)
            return parts
        products = _products(graph, site.sources[slots[0]])
        edges = [(product, weighted_slots(graph, product)) for product in products]
        weights = [graph.nodes[product.arguments[found[1]]] for product, found in edges if found]
        if site.output.ndim or any(graph.value(weight.index).ndim for weight in weights):
            return None
        others = rule(
            Outgoing(
                np.array([[graph.value(weight.index) for weight in weights]], dtype=np.float64),
                np.array([[graph.gradient(weight.index) for weight in weights]], dtype=np.float64),
                rate,
            )
        )
        if others is None:
            return None
        parts[slots[0]] = site.upstream * others[0, products.index(site.node)]
        return parts

    return at


def _only(column: int) -> Callable[[Outgoing], Array | None]:
    def rule(of: Outgoing) -> Array | None:
        if of.weights.shape[1] < 2:
            return None
        kept = np.zeros_like(of.weights)
        kept[:, column] = of.weights[:, column]
        return kept

    return rule


def _swapped(of: Outgoing) -> Array | None:
    return of.weights[:, ::-1] if of.weights.shape[1] > 1 else None


def _shares(of: Outgoing) -> Array:
    return np.asarray(of.weights / np.abs(of.weights).sum(axis=1, keepdims=True))


def _no_slope(chosen: Callable[[Graph, Node], bool]) -> Callable[[Site], Parts | None]:
    return at_kinds("sigmoid")(lambda site: [site.upstream] if chosen(site.graph, site.node) else None)


@at_kinds(*WEIGHTED)
def _raw_error(site: Site) -> Parts | None:
    """Return the error of the output, not its delta, sent back through the weights."""
    slots = _hidden_slots(site)
    output = _fed(site.graph, site.node)
    if slots is None or output is None or not _is_output(site.graph, output):
        return None
    error = site.graph.gradient(output.index)
    if error.shape != site.upstream.shape:
        return None
    parts = list(site.true())
    parts[slots[0]] = site.true(error)[slots[0]]
    return parts


@at_kinds("sigmoid")
def _slope_at_x(site: Site) -> Parts | None:
    if not _is_hidden(site.graph, site.node):
        return None
    x = _layer_input(site.graph, site.node)
    return None if x is None or x.shape != site.output.shape else [site.upstream * x * (1 - x)]


@at_kinds(*WEIGHTED)
def _wrong_input(site: Site) -> Parts | None:
    """Return dW with the input of the other layer: x for the hidden unit, or the other way round."""
    slots, fed = weighted_slots(site.graph, site.node), _fed(site.graph, site.node)
    if slots is None or fed is None:
        return None
    source = site.sources[slots[0]]
    if _is_hidden(site.graph, source):
        other = _layer_input(site.graph, source)
    else:
        other = site.graph.value(fed.index) if _is_hidden(site.graph, fed) else None
    if other is None or other.shape != site.inputs[slots[0]].shape:
        return None
    layer, parts = matrix_layer(site), list(site.true())
    if layer is None:
        parts[slots[1]] = site.upstream * other
    else:
        parts[1] = (np.atleast_2d(other).T @ layer.dout).reshape(site.inputs[1].shape)
    return parts


@at_kinds("mul")
def _delta_times_weight(site: Site) -> Parts | None:
    slots = _hidden_slots(site)
    if slots is None:
        return None
    parts = list(site.true())
    parts[slots[1]] = site.upstream * site.inputs[slots[1]]
    return parts


RULES = (
    Misconception("delta_no_fprime", at=_no_slope(_is_output)),
    Misconception("delta_no_fprime_h", at=_no_slope(_is_hidden)),
    Misconception("delta_raw_error", at=_raw_error),
    Misconception("delta_one_output", at=_weighing(_only(0))),
    Misconception("delta_other_output", at=_weighing(_only(-1))),
    Misconception("delta_no_w", at=_weighing(lambda of: np.ones_like(of.weights))),
    Misconception("delta_swapped_w", at=_weighing(_swapped)),
    Misconception("delta_x_deriv", at=_slope_at_x),
    Misconception("delta_wrong_input", at=_wrong_input),
    Misconception("delta_uses_w", at=_delta_times_weight),
    Misconception("delta_updated_w", at=_weighing(lambda of: of.weights - of.learning_rate * of.gradients)),
    Misconception("delta_normalised", at=_weighing(_shares)),
)
