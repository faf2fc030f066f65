"""What a misconception is: a wrong rule that can be executed on any graph.

A rule answers for one node; executing it at every node of its kind gives what a person who believes in it
would write, executing it at a single node gives what a slip would.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
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
class ForwardSite:
    """One operation node as a forward rule sees it.

    `values` holds what the nodes before it have become under the same rule, by index.
    """

    graph: Graph
    node: Node
    values: Mapping[int, Array]

    @property
    def inputs(self) -> tuple[Array, ...]:
        """The values that go in."""
        return self.inputs_of(self.node)

    @property
    def sources(self) -> tuple[Node, ...]:
        """The nodes that the inputs come from."""
        return tuple(self.graph.nodes[source] for source in self.node.arguments)

    def inputs_of(self, node: Node) -> tuple[Array, ...]:
        """Return the values that go into this or an earlier node."""
        return tuple(self.values[source] for source in node.arguments)


Gradients = Mapping[int, Array]


class Confined:
    """A rule that knows from the form of a graph alone where it cannot apply."""

    __slots__ = ()

    def places(self, graph: Graph) -> Sequence[int]:
        """Return the nodes at which the rule may have something to say."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class AtKinds(Confined):
    """A backward rule for nodes of some kinds alone; that it is tried at no others saves most of the work."""

    kinds: frozenset[str]
    rule: Callable[[Site], Parts | None]

    def __call__(self, site: Site) -> Parts | None:
        """Return what the rule sends back; None at a node of another kind."""
        return self.rule(site) if site.node.kind in self.kinds else None

    def places(self, graph: Graph) -> list[int]:
        """Return the nodes at which the rule may have something to say."""
        if self.kinds.isdisjoint(graph.kinds):
            return []
        return [node.index for node in graph.nodes if node.kind in self.kinds]


def at_kinds(*kinds: str) -> Callable[[Callable[[Site], Parts | None]], AtKinds]:
    """Confine a backward rule to nodes of these kinds."""
    return lambda rule: AtKinds(frozenset(kinds), rule)


@dataclass(frozen=True, slots=True)
class Misconception:
    """A wrong rule with its id; exactly one of the four ways to be wrong is set.

    `at` replaces what a node sends back (None: does not apply there), `fork` how contributions are put
    together, `results` yields the gradients of nodes outright, likeliest first, `forward` replaces the value
    of one node. What an `at` rule sends back is brought to the shape of the input, unless it `reshapes`:
    then the gradient has another shape, as a sum that was left out gives it.
    """

    id: str
    at: Callable[[Site], Parts | None] | None = None
    fork: Callable[[Sequence[Array]], Array] | None = None
    results: Callable[[Graph], Iterator[Gradients]] | None = None
    forward: Callable[[ForwardSite], Array | None] | None = None
    reshapes: bool = False


def at_each_node(rule: Callable[[Graph, Node], Array | None]) -> Callable[[Graph], Iterator[Gradients]]:
    """Return the `results` of a rule that says of every node by itself what its gradient is."""

    def results(graph: Graph) -> Iterator[Gradients]:
        yield {node.index: wrong for node in graph.nodes if (wrong := rule(graph, node)) is not None}

    return results


def fitted(part: Array, shape: tuple[int, ...]) -> Array:
    """Bring what a rule sends back to a shape, as a true node would; ValueError where that cannot be."""
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
    """A misconception as the graph's backward rule, at some nodes."""

    misconception: Misconception
    sites: Collection[int]
    applied: bool = False

    def contribute(self, graph: Graph, node: Node, upstream: Array) -> Parts | None:
        upstream = _entering(graph, node, upstream)
        at = self.misconception.at
        parts = None
        if at is not None and node.index in self.sites:
            parts = at(Site(graph, node, upstream))
        if parts is None:
            return graph.pull(node, upstream)
        self.applied = True
        if self.misconception.reshapes:
            return parts
        shapes = [x.shape for x in graph.inputs_of(node)]
        return [
            None if part is None else fitted(part, shape) for part, shape in zip(parts, shapes, strict=True)
        ]

    def gather(self, graph: Graph, node: Node, contributions: Mapping[Edge, Array]) -> Array | None:
        parts = list(contributions.values())
        if self.misconception.reshapes:
            return np.asarray(sum(_entering(graph, node, part) for part in parts))
        fork = self.misconception.fork
        if fork is None or node.index not in self.sites:
            return None
        self.applied = True
        return np.asarray(fork(parts))


def _entering(graph: Graph, node: Node, upstream: Array) -> Array:
    """Return a gradient in the shape that its node can go on with, or the true one where it has none."""
    shape = graph.value(node.index).shape
    if upstream.shape == shape:
        return upstream
    try:
        return fitted(upstream, shape)
    except ValueError:
        return graph.gradient(node.index)


def backward_variants(
    graph: Graph, misconception: Misconception, within: Collection[int] | None = None
) -> Iterator[Followed]:
    """Yield the gradients that a misconception leads to: followed everywhere first, then at single nodes.

    Yields nothing where it applies nowhere. The graph must have been run forward and backward. `within`
    leaves out the single nodes, and the gradients, that are not among these; with a node it must hold all
    that is behind it.
    """
    if misconception.results is not None:
        with np.errstate(all="ignore"):
            found = [dict(gradients) for gradients in misconception.results(graph)]
        yield from (Followed(gradients, {}) for gradients in found if gradients)
        return
    sites = _sites(graph, misconception)
    yield from _followed_at(graph, misconception, frozenset(sites), within) if sites else ()
    for site in _single(list(sites), within):
        alone = _at_one_node(graph, site, sites[site])
        yield from (
            (alone,) if alone is not None else _followed_at(graph, misconception, {site: sites[site]}, within)
        )


def _followed_at(
    graph: Graph, misconception: Misconception, sites: Collection[int], within: Collection[int] | None
) -> Iterator[Followed]:
    rule = _Rule(misconception, sites)
    followed = graph.follow(rule, differing=sites, within=within)
    if rule.applied:
        yield followed


def _at_one_node(graph: Graph, site: int, parts: Parts) -> Followed | None:
    """Return the gradients where one node alone sends something else; None where it takes a walk to know.

    In a graph of single numbers what is behind the node changes in proportion.
    """
    node = graph.nodes[site]
    true = [graph.contribution(Edge(source, site, slot)) for slot, source in enumerate(node.arguments)]
    others = zip(parts, true, strict=False)
    if not parts or not graph.is_scalar or any((wrong is None) != (right is None) for wrong, right in others):
        return None
    gradients = dict(graph.gradients)
    with np.errstate(all="ignore"):
        for source, wrong, right in zip(node.arguments, parts, true, strict=True):
            if wrong is not None and right is not None and wrong != right:
                for index, rate in graph.rates_behind(source).items():
                    gradients[index] = gradients[index] + (wrong - right) * rate
    return Followed(gradients, {})


def _places(graph: Graph, rule: object) -> Iterator[Node]:
    """Yield the operation nodes at which a rule has to be tried."""
    if isinstance(rule, Confined):
        nodes: Iterable[Node] = (graph.nodes[index] for index in rule.places(graph))
    else:
        nodes = graph.nodes
    yield from (node for node in nodes if not node.is_leaf)


def _single(sites: Sequence[int], within: Collection[int] | None) -> Sequence[int]:
    if len(sites) < 2:
        return ()
    return [site for site in sites if within is None or site in within]


def _sites(graph: Graph, misconception: Misconception) -> Mapping[int, Parts]:
    """Return the nodes at which a backward rule has something to say, and what it sends from there."""
    if misconception.fork is not None:
        return {
            node.index: ()
            for node in graph.nodes
            if sum(graph.contribution(edge) is not None for edge in graph.users[node.index]) > 1
        }
    at = misconception.at
    places = list(_places(graph, at)) if at is not None else []
    if at is None or not places:
        return {}
    with np.errstate(all="ignore"):
        said = {node.index: at(Site(graph, node, graph.gradient(node.index))) for node in places}
    return {index: parts for index, parts in said.items() if parts is not None}


def forward_variants(
    graph: Graph, misconception: Misconception, within: Collection[int] | None = None
) -> Iterator[Mapping[int, Array]]:
    """Yield the values that a misconception about the forward pass leads to, everywhere first.

    `within` leaves out the single nodes that are not among these.
    """
    forward = misconception.forward
    if forward is None:
        return
    places = list(_places(graph, forward))
    if not places:
        return
    with np.errstate(all="ignore"):
        values = {node.index: graph.value(node.index) for node in graph.nodes}
        sites = [node.index for node in places if forward(ForwardSite(graph, node, values)) is not None]
        chosen = [sites, *([site] for site in _single(sites, within))] if sites else []
        found = [_values(graph, forward, some) for some in chosen]
    yield from found


def _values(
    graph: Graph, forward: Callable[[ForwardSite], Array | None], chosen: Sequence[int]
) -> Mapping[int, Array]:
    values: dict[int, Array] = {}
    changed: set[int] = set()
    for node in graph.nodes:
        if node.index not in chosen and changed.isdisjoint(node.arguments):
            values[node.index] = graph.value(node.index)
            continue
        changed.add(node.index)
        site = ForwardSite(graph, node, values)
        wrong = forward(site) if node.index in chosen else None
        values[node.index] = (
            NODES[node.kind].compute(site.inputs, dict(node.options))
            if wrong is None
            else np.broadcast_to(wrong, graph.value(node.index).shape)
        )
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
