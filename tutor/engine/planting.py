"""A misconception planted in the backward pass of a graph: it then trains, or fails to, by the wrong rule."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from tutor.engine.graph import Graph, Node, Planting
from tutor.engine.misconceptions import MISCONCEPTIONS
from tutor.engine.misconceptions.base import Misconception, Site, fitted
from tutor.engine.nodes import NODES, Array, Backward, Step, Wiring


def can_be_planted(misconception: Misconception) -> bool:
    """Return whether a rule says what a node sends back, in the shapes of its inputs."""
    return misconception.at is not None and not misconception.reshapes


PLANTABLE = tuple(name for name, misconception in MISCONCEPTIONS.items() if can_be_planted(misconception))
"""The ids of all rules that can be planted somewhere."""


def plantable(graph: Graph) -> tuple[str, ...]:
    """Return the ids of the rules that change a gradient of this graph, which has been run both ways.

    Rules that give the true gradients, here and now, are left out.
    """
    found = []
    for name in PLANTABLE:
        misconception = MISCONCEPTIONS[name]
        sites = affected(graph, misconception)
        if any(_differs(graph, graph.nodes[index], misconception) for index in sites):
            found.append(name)
    return tuple(found)


def _differs(graph: Graph, node: Node, misconception: Misconception) -> bool:
    upstream = graph.gradient(node.index)
    with np.errstate(all="ignore"):
        wrong = _wrong(graph, node, upstream, misconception)
        if wrong is None:
            return False
        true = graph.pull(node, upstream)
        return any(
            right is not None and part is not None and not np.allclose(right, part, rtol=1e-6, atol=1e-12)
            for right, part in zip(true, wrong, strict=True)
        )


def affected(graph: Graph, misconception: Misconception) -> frozenset[int]:
    """Return the nodes of a graph, which has been run both ways, at which a rule has something to say."""
    with np.errstate(all="ignore"):
        return frozenset(
            node.index
            for node in graph.nodes
            if not node.is_leaf and _wrong(graph, node, graph.gradient(node.index), misconception) is not None
        )


def _wrong(
    graph: Graph, node: Node, upstream: Array, misconception: Misconception
) -> list[Array | None] | None:
    """Return what a rule sends to each input, in the shape of the input; None where it says nothing."""
    assert misconception.at is not None
    parts = misconception.at(Site(graph, node, upstream))
    if parts is None:
        return None
    shapes = [x.shape for x in graph.inputs_of(node)]
    return [None if part is None else fitted(part, shape) for part, shape in zip(parts, shapes, strict=True)]


def planting(misconception: Misconception, sites: frozenset[int]) -> Planting:
    """Return what makes a graph follow a rule at these nodes whenever it goes backward."""

    def planted(graph: Graph, node: Node, wiring: Wiring, true: Backward) -> Backward:
        if node.index not in sites:
            return true
        targets = tuple(wiring.target(k) if wanted else None for k, wanted in enumerate(wiring.wanted))

        def follow() -> None:
            parts = _wrong(graph, node, wiring.upstream, misconception)
            sent = graph.pull(node, wiring.upstream) if parts is None else parts
            for target, part in zip(targets, sent, strict=True):
                if target is not None:
                    target[...] = 0.0 if part is None else part

        return Backward((follow,), targets)

    return planted


def scaling(name: str, factor: Array, offset: Array) -> Planting:
    """Return what makes a graph multiply the gradient that arrives at a node, then add to it, ever after.

    `factor` and `offset` have the shape of the node's value. The node is named and is no input.
    """

    def planted(graph: Graph, node: Node, wiring: Wiring, true: Backward) -> Backward:
        if node.name != name:
            return true
        changed = np.empty_like(wiring.output)
        backward = NODES[node.kind].backward(replace(wiring, upstream=changed))
        steps: tuple[Step, ...] = (
            partial(np.multiply, wiring.upstream, factor, changed),
            partial(np.add, changed, offset, changed),
            *backward.steps,
        )
        return Backward(steps, backward.contributions)

    return planted
