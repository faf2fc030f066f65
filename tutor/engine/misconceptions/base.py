"""What a misconception is: a wrong rule that can be executed on any graph.

A rule answers for one node; executing it at every node of its kind gives what a person who believes in it
would write, executing it at a single node gives what a slip would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tutor.engine.graph import Edge, Followed, Graph, Node
from tutor.engine.nodes import NODES, Array

Parts = Sequence[Array | None]


@dataclass(frozen=True, slots=True)
class Site:
    """One operation node as a backward rule sees it."""

    graph: Graph
    node: Node
    upstream: Array

    @property
    def inputs(self) -> tuple[Array, ...]:
        """The values that went in."""
        return self.graph.inputs_of(self.node)

    @property
    def output(self) -> Array:
        """The value that came out."""
        return self.graph.value(self.node.index)

    @property
    def sources(self) -> tuple[Node, ...]:
        """The nodes that the inputs come from."""
        return tuple(self.graph.nodes[source] for source in self.node.arguments)

    def true(self, upstream: Array | None = None) -> Parts:
        """Return the true contributions, for this or another upstream gradient."""
        return self.graph.pull(self.node, self.upstream if upstream is None else upstream)


@dataclass(frozen=True, slots=True)
class Misconception:
    """A wrong rule with its id; exactly one of the four ways to be wrong is set.

    `at` replaces what a node sends back (None: does not apply there), `fork` how contributions are put
    together, `result` the gradient of one node outright, `forward` the value of one node.
    """

    id: str
    at: Callable[[Site], Parts | None] | None = None
    fork: Callable[[Sequence[Array]], Array] | None = None
    result: Callable[[Graph, Node], Array | None] | None = None
    forward: Callable[[Graph, Node, Sequence[Array]], Array | None] | None = None


def fitted(part: Array, shape: tuple[int, ...]) -> Array:
    """Bring what a rule sends back to the shape of the input, as a true node would."""
    part = np.asarray(part, dtype=np.float64)
    if part.shape == shape:
        return part
    lead = part.ndim - len(shape)
    if lead >= 0 and np.broadcast_shapes(part.shape, shape) == part.shape:
        axes = (
            *range(lead),
            *(lead + k for k, size in enumerate(shape) if size == 1 != part.shape[lead + k]),
        )
        return np.asarray(part.sum(axis=axes, keepdims=True)).reshape(shape)
    return np.broadcast_to(part, shape)


@dataclass(slots=True)
class _Rule:
    """A misconception as the graph's backward rule, at every node or at one."""

    misconception: Misconception
    only: int | None = None
    applied: bool = False

    def contribute(self, graph: Graph, node: Node, upstream: Array) -> Parts | None:
        at = self.misconception.at
        if at is None or (self.only is not None and node.index != self.only):
            return None
        parts = at(Site(graph, node, upstream))
        if parts is None:
            return None
        self.applied = True
        shapes = [x.shape for x in graph.inputs_of(node)]
        return [
            None if part is None else fitted(part, shape) for part, shape in zip(parts, shapes, strict=True)
        ]

    def gather(self, graph: Graph, node: Node, contributions: Mapping[Edge, Array]) -> Array | None:
        fork = self.misconception.fork
        if fork is None or (self.only is not None and node.index != self.only):
            return None
        self.applied = True
        return np.asarray(fork(list(contributions.values())))

    def seed(self, graph: Graph, upstream: Array) -> Array | None:
        return None


def backward_variants(graph: Graph, misconception: Misconception) -> Iterator[Followed]:
    """Yield the gradients that a misconception leads to: followed everywhere first, then at single nodes.

    Yields nothing where it applies nowhere. The graph must have been run forward and backward.
    """
    if misconception.result is not None:
        gradients = {
            node.index: np.asarray(wrong, dtype=np.float64)
            for node in graph.nodes
            if (wrong := misconception.result(graph, node)) is not None
        }
        if gradients:
            yield Followed(gradients, {})
        return
    if misconception.at is None and misconception.fork is None:
        return
    everywhere = _Rule(misconception)
    followed = graph.follow(everywhere)
    if not everywhere.applied:
        return
    yield followed
    for node in graph.nodes:
        once = _Rule(misconception, only=node.index)
        followed = graph.follow(once)
        if once.applied:
            yield followed


def forward_variants(graph: Graph, misconception: Misconception) -> Iterator[Mapping[int, Array]]:
    """Yield the values that a misconception about the forward pass leads to, everywhere first."""
    if misconception.forward is None:
        return
    sites = [
        node.index
        for node in graph.nodes
        if not node.is_leaf and misconception.forward(graph, node, graph.inputs_of(node)) is not None
    ]
    for chosen in ([sites] if len(sites) == 1 else [sites, *([site] for site in sites)]) if sites else []:
        yield _values(graph, misconception.forward, chosen)


def _values(
    graph: Graph, forward: Callable[[Graph, Node, Sequence[Array]], Array | None], chosen: Sequence[int]
) -> Mapping[int, Array]:
    values: dict[int, Array] = {}
    for node in graph.nodes:
        if node.is_leaf:
            values[node.index] = graph.value(node.index)
            continue
        inputs = [values[source] for source in node.arguments]
        wrong = forward(graph, node, inputs) if node.index in chosen else None
        values[node.index] = NODES[node.kind].compute(inputs, dict(node.options)) if wrong is None else wrong
    return values


def wrong_values(
    graph: Graph, misconception: Misconception, name: str, of: str = "gradient"
) -> tuple[Array, ...]:
    """Return what a misconception writes for one name, best first and without repeats.

    `of` is "gradient" or "value". Empty where the misconception has nothing to say about that name.
    """
    index = graph.index(name)
    found: list[Array] = []
    if of == "value":
        candidates = [values[index] for values in forward_variants(graph, misconception)]
    else:
        candidates = [
            followed.gradients[index]
            for followed in backward_variants(graph, misconception)
            if index in followed.gradients
        ]
    for value in candidates:
        if not any(np.array_equal(value, known) for known in found):
            found.append(value)
    return tuple(found)
