"""A computation graph: nodes in topological order over preallocated buffers, forward and backward.

Nothing here recurses, so a graph may be as deep as memory allows. Every edge keeps its own contribution;
where a value forks, the contributions of its users are added up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Protocol

import numpy as np

from tutor.engine.formulas import Statement
from tutor.engine.graph_nodes import CONSTANT, INPUT, Edge, GraphError, Node, nodes_of
from tutor.engine.nodes import NODES, Array, Backward, Step, Wiring
from tutor.engine.nodes.base import ONE

__all__ = [
    "CONSTANT",
    "INPUT",
    "BackwardRule",
    "Edge",
    "Followed",
    "Graph",
    "GraphError",
    "Node",
    "Planting",
]


class BackwardRule(Protocol):
    """A way to go backward that differs from the true one; None means: as it should be."""

    def contribute(self, graph: Graph, node: Node, upstream: Array) -> Sequence[Array | None] | None:
        """Return what this rule sends to each argument of a node."""

    def gather(self, graph: Graph, node: Node, contributions: Mapping[Edge, Array]) -> Array | None:
        """Return what this rule makes of the contributions that arrive at a fork, first user first."""


class Planting(Protocol):
    """Puts another backward pass in the place of a node's own, bound to the same buffers."""

    def __call__(self, graph: Graph, node: Node, wiring: Wiring, true: Backward) -> Backward:
        """Return the backward pass to bind; `true` where the node goes its own way."""


@dataclass(frozen=True, slots=True)
class Followed:
    """The gradients, by node, and the contributions, by edge, that a rule leads to.

    A node whose gradient was given still shows here what would have arrived at it.
    """

    gradients: Mapping[int, Array]
    contributions: Mapping[Edge, Array]


class Graph:
    """A computation graph with its values and gradients.

    `nodes` must be in topological order. `untrained` names inputs whose gradient nobody needs (data).
    `gradient_into` gives, by input name, the buffer that its gradient is written to; `storage`, by name, the
    buffer of a value. With `unit_upstream` the upstream gradient of a scalar output is fixed at 1. `planted`
    may replace the backward pass of any node; `pull` and `follow` go by the true one all the same.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        output: int,
        names: Mapping[str, int],
        *,
        untrained: Collection[str] = (),
        gradient_into: Mapping[str, Array] | None = None,
        storage: Mapping[str, Array] | None = None,
        unit_upstream: bool = False,
        planted: Planting | None = None,
    ) -> None:
        self.nodes = tuple(nodes)
        self.output = output
        self.names = dict(names)
        self.users: dict[int, list[Edge]] = {node.index: [] for node in self.nodes}
        self._wires: list[tuple[Edge, ...]] = []
        """The wires into each node, by its arguments."""
        for node in self.nodes:
            self._wires.append(
                tuple(Edge(source, node.index, slot) for slot, source in enumerate(node.arguments))
            )
            for edge in self._wires[-1]:
                self.users[edge.source].append(edge)
        self._values: list[Array] = []
        self._forward_steps: list[Step] = []
        self._backward_steps: list[Step] = []
        self._workspaces: dict[int, tuple[Array, ...]] = {}
        self._allocate(storage or {})
        self._wanted = self._find_wanted(untrained)
        self._gradients: dict[int, Array] = {}
        self._contributions: dict[Edge, Array] = {}
        self._pullers: dict[int, _Puller] = {}
        self._rates: dict[int, Mapping[int, Array]] = {}
        self._rated_at: tuple[float, ...] = ()
        self._bind_backward(gradient_into or {}, unit_upstream, planted)

    @classmethod
    def from_statements(
        cls,
        statements: Sequence[Statement],
        inputs: Mapping[str, Array | float],
        *,
        untrained: Collection[str] = (),
        gradient_into: Mapping[str, Array] | None = None,
        storage: Mapping[str, Array] | None = None,
        unit_upstream: bool = False,
        planted: Planting | None = None,
    ) -> Graph:
        """Build the graph of statements in any valid order; the last one is the output.

        `storage` gives, by name, a buffer to use as the value itself (a parameter's view, a batch).
        Raises GraphError for a cycle, an unknown or doubly defined name, or shapes that do not fit.
        """
        nodes, names = nodes_of(statements, inputs)
        return cls(
            nodes,
            names[statements[-1].target],
            names,
            untrained=untrained,
            gradient_into=gradient_into,
            storage=storage,
            unit_upstream=unit_upstream,
            planted=planted,
        )

    def with_inputs(self, inputs: Mapping[str, Array], upstream: Array) -> Graph:
        """Return the same graph with other inputs of the same shapes, run forward and backward."""
        nodes = [replace(node, value=inputs.get(node.name or "", node.value)) for node in self.nodes]
        graph = Graph(nodes, self.output, self.names)
        graph.forward()
        graph.backward(upstream)
        return graph

    # -- running ---------------------------------------------------------------------------------------

    @property
    def forward_steps(self) -> tuple[Step, ...]:
        """The bound calls of a forward pass, in order."""
        return tuple(self._forward_steps)

    @property
    def backward_steps(self) -> tuple[Step, ...]:
        """The bound calls of a backward pass, in order; the upstream gradient is what `seed` last set."""
        return tuple(self._backward_steps)

    def forward(self) -> Array:
        """Compute every value from the inputs and return the output's."""
        with np.errstate(all="ignore"):
            for step in self._forward_steps:
                step()
        return self._values[self.output]

    def backward(self, upstream: Array | float = 1.0) -> None:
        """Compute every gradient, starting from `upstream` at the output (broadcast to its shape)."""
        self.seed(upstream)
        with np.errstate(all="ignore"):
            for step in self._backward_steps:
                step()

    def seed(self, upstream: Array | float) -> None:
        """Set the gradient that arrives at the output."""
        if self._seed is ONE:
            if np.any(np.not_equal(upstream, 1.0)):
                raise GraphError("upstream_fixed")
            return
        try:
            self._seed[...] = upstream
        except ValueError as error:
            raise GraphError("upstream_shape", str(np.shape(upstream)), str(self._seed.shape)) from error

    def set_input(self, name: str, value: Array | float) -> None:
        """Write a new value, of the same shape, into an input; the graph has to be run again."""
        self.input_buffer(name)[...] = value

    def input_buffer(self, name: str) -> Array:
        """Return the buffer of an input, to write into before a forward pass; GraphError for other nodes."""
        index = self.index(name)
        if not self.nodes[index].is_leaf:
            raise GraphError("not_an_input", name)
        return self._values[index]

    # -- reading ---------------------------------------------------------------------------------------

    def index(self, name: str) -> int:
        """Return the index of the node with this name; GraphError where there is none."""
        if name not in self.names:
            raise GraphError("unknown_name", name)
        return self.names[name]

    def value(self, node: int | str) -> Array:
        """Return the value of a node, as of the last forward pass."""
        return self._values[self.index(node) if isinstance(node, str) else node]

    def workspace(self, node: int | str) -> tuple[Array, ...]:
        """Return what the forward pass of a node leaves behind for its backward pass."""
        return self._workspaces[self.index(node) if isinstance(node, str) else node]

    def gradient(self, node: int | str) -> Array:
        """Return dL/d(node) summed over its users; 0 where the output does not depend on it."""
        index = self.index(node) if isinstance(node, str) else node
        gradient = self._gradients.get(index)
        return np.zeros_like(self._values[index]) if gradient is None else gradient

    @property
    def gradients(self) -> Mapping[int, Array]:
        """The gradient of each node that the output depends on, by index."""
        return self._gradients

    def contribution(self, edge: Edge) -> Array | None:
        """Return what flowed back along one edge, or None where nothing does."""
        return self._contributions.get(edge)

    @property
    def upstream(self) -> Array:
        """The gradient that arrives at the output."""
        return self._seed

    @property
    def edges(self) -> Iterator[Edge]:
        """Every edge, in topological order of its target."""
        for node in self.nodes:
            for slot, source in enumerate(node.arguments):
                yield Edge(source, node.index, slot)

    @cached_property
    def is_scalar(self) -> bool:
        """Whether every value is a single number."""
        return all(not value.ndim for value in self._values)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of node that there are."""
        return frozenset(node.kind for node in self.nodes)

    def label(self, index: int) -> str:
        """Return a node's name, or its kind where nobody named it."""
        node = self.nodes[index]
        return node.name or node.kind

    def inputs_of(self, node: Node) -> tuple[Array, ...]:
        """Return the values that a node reads."""
        return tuple(self._values[source] for source in node.arguments)

    def pull(self, node: Node, upstream: Array) -> Sequence[Array | None]:
        """Return what one operation node truly sends to each argument for some upstream gradient."""
        if node.index not in self._pullers:
            return (None,) * len(node.arguments)
        return self._pullers[node.index].pull(upstream)

    # -- following another rule ------------------------------------------------------------------------

    def follow(
        self,
        rule: BackwardRule | None = None,
        *,
        given: Mapping[int, Array] | None = None,
        differing: Collection[int] | None = None,
        within: Collection[int] | None = None,
    ) -> Followed:
        """Go backward by another rule, or from gradients that somebody else has written down.

        The graph's own gradients stay as they are; the upstream gradient is the one of the last `seed`.
        `given` maps nodes to gradients that replace what arrives there. Two arguments save work: `differing`
        names the only nodes at which the rule is not the true one, and what these cannot change is copied;
        `within` names the only nodes to visit, every user of theirs among them, and what the result says of
        other nodes means nothing.
        """
        given = given or {}
        nodes = self.nodes
        gradients: dict[int, Array] = {self.output: self._seed}
        contributions: dict[Edge, Array] = {}
        if differing is not None:
            nodes = nodes[: max(differing) + 1]
            gradients, contributions = {**gradients, **self._gradients}, dict(self._contributions)
        changed: set[int] = set()
        with np.errstate(all="ignore"):
            for node in reversed(nodes):
                index = node.index
                if within is not None and index not in within:
                    continue
                users = self.users[index]
                differs = differing is None or index in differing
                if not differs and not any(edge.target in changed for edge in users):
                    continue
                changed.add(index)
                arrived = {edge: contributions[edge] for edge in users if edge in contributions}
                if arrived:
                    gradients[index] = self._gather(rule, node, arrived)
                elif index != self.output:
                    gradients.pop(index, None)
                upstream = given.get(index, gradients.get(index))
                if index not in self._pullers:
                    continue
                sent: Sequence[Array | None] = (None,) * len(node.arguments)
                if upstream is not None:
                    other = rule.contribute(self, node, upstream) if rule else None
                    sent = self.pull(node, upstream) if other is None else other
                for edge, part in zip(self._wires[index], sent, strict=True):
                    if part is not None and edge.source in self._wanted:
                        contributions[edge] = np.asarray(part)
                    else:
                        contributions.pop(edge, None)
        return Followed(gradients, contributions)

    def rates_behind(self, index: int) -> Mapping[int, Array]:
        """Return d(gradient of a node) / d(gradient of this one), for all that this one is computed from.

        For graphs of scalars only, where a node multiplies what arrives by a factor that does not depend on
        it. This node itself is included, with 1.
        """
        point = tuple(map(float, self._values))
        if point != self._rated_at:
            self._rates, self._rated_at = {}, point
        if index not in self._rates:
            rates: dict[int, Array] = {index: np.ones(())}
            for node in reversed(self.nodes[: index + 1]):
                sent = self.pull(node, rates[node.index]) if node.index in rates else ()
                for source, part in zip(node.arguments, sent, strict=False):
                    if part is not None and source in self._wanted:
                        rates[source] = rates.get(source, 0.0) + part
            self._rates[index] = rates
        return self._rates[index]

    def follow_forward(self, given: Mapping[int, Array]) -> Mapping[int, Array]:
        """Go forward from values that somebody else has written down.

        `given` maps nodes to values that replace theirs for the nodes behind them; the node itself still
        shows what would have come out.
        """
        values: dict[int, Array] = {}
        for node in self.nodes:
            if node.is_leaf:
                values[node.index] = self._values[node.index]
                continue
            inputs = [given.get(source, values[source]) for source in node.arguments]
            values[node.index] = NODES[node.kind].compute(inputs, dict(node.options))
        return values

    def _gather(self, rule: BackwardRule | None, node: Node, arrived: Mapping[Edge, Array]) -> Array:
        parts = list(arrived.values())
        if len(parts) == 1:
            return parts[0]
        total = rule.gather(self, node, arrived) if rule else None
        return np.asarray(sum(parts[1:], start=parts[0])) if total is None else total

    # -- binding ---------------------------------------------------------------------------------------

    def _allocate(self, storage: Mapping[str, Array]) -> None:
        for node in self.nodes:
            given = storage.get(node.name or "")
            if node.value is not None:
                value = np.array(node.value, dtype=np.float64) if given is None else given
                self._values.append(value)
                continue
            kind, inputs, options = NODES[node.kind], self.inputs_of(node), dict(node.options)
            try:
                shape = kind.output_shape([x.shape for x in inputs], options)
            except ValueError as error:
                shapes = ", ".join(str(x.shape) for x in inputs)
                raise GraphError("shapes", self.label(node.index), shapes) from error
            self._values.append(np.empty(shape) if given is None else given)
            self._workspaces[node.index] = workspace = kind.workspace(inputs)
            self._forward_steps += kind.forward_into(self._values[-1], inputs, options, workspace)

    def _find_wanted(self, untrained: Collection[str]) -> set[int]:
        """Return the nodes whose gradient is wanted: not bare constants, data, nor what only they feed.

        In a graph without data every node with a name is wanted, for a lesson may ask for any of them.
        """
        wanted: set[int] = set()
        for node in self.nodes:
            if node.is_leaf:
                if (node.kind == INPUT or node.name is not None) and node.name not in untrained:
                    wanted.add(node.index)
            elif any(source in wanted for source in node.arguments) or (node.name and not untrained):
                wanted.add(node.index)
        return wanted

    def _bind_backward(
        self, gradient_into: Mapping[str, Array], unit_upstream: bool, planted: Planting | None
    ) -> None:
        self._seed = ONE if unit_upstream else np.ones_like(self._values[self.output])
        parts: dict[int, list[Array]] = {self.output: [self._seed]}
        for node in reversed(self.nodes):
            index = node.index
            arriving = parts.pop(index, [])[::-1]
            if index not in self._wanted or not arriving:
                continue
            into = gradient_into.get(node.name or "") if node.is_leaf else None
            self._gradients[index] = upstream = self._bind_sum(arriving, into)
            if node.is_leaf:
                continue
            wiring = self._wiring(node, upstream, gradient_into)
            backward = NODES[node.kind].backward(wiring)
            self._pullers[index] = _Puller(node, wiring)
            if planted is not None:
                backward = planted(self, node, wiring, backward)
            self._backward_steps += backward.steps
            for slot, (source, part) in enumerate(zip(node.arguments, backward.contributions, strict=True)):
                if part is not None:
                    self._contributions[Edge(source, index, slot)] = part
                    parts.setdefault(source, []).append(part)

    def _wiring(self, node: Node, upstream: Array, gradient_into: Mapping[str, Array]) -> Wiring:
        into: list[Array | None] = []
        for source in node.arguments:
            leaf = self.nodes[source]
            alone = leaf.is_leaf and len(self.users[source]) == 1
            into.append(gradient_into.get(leaf.name or "") if alone else None)
        wanted = tuple(source in self._wanted for source in node.arguments)
        return Wiring(
            self.inputs_of(node),
            self._values[node.index],
            upstream,
            wanted,
            tuple(into),
            dict(node.options),
            self._workspaces[node.index],
        )

    def _bind_sum(self, parts: Sequence[Array], into: Array | None) -> Array:
        if len(parts) == 1:
            if into is None or into is parts[0]:
                return parts[0]
            self._backward_steps.append(partial(np.copyto, into, parts[0]))
            return into
        total = np.empty_like(parts[0]) if into is None else into
        self._backward_steps.append(partial(np.add, parts[0], parts[1], total))
        self._backward_steps += [partial(np.add, total, part, total) for part in parts[2:]]
        return total


class _Puller:
    """One node's true backward pass for any upstream gradient, on buffers of its own."""

    def __init__(self, node: Node, wiring: Wiring) -> None:
        self._kind, self._wiring = NODES[node.kind], wiring

    @cached_property
    def _bound(self) -> tuple[Array, Backward]:
        """The buffer for the upstream gradient, and the backward pass that reads it."""
        upstream = np.empty_like(self._wiring.output)
        nowhere = (None,) * len(self._wiring.inputs)
        return upstream, self._kind.backward(replace(self._wiring, upstream=upstream, into=nowhere))

    def pull(self, upstream: Array) -> tuple[Array | None, ...]:
        """Return the contribution to each argument."""
        buffer, backward = self._bound
        buffer[...] = upstream
        for step in backward.steps:
            step()
        return tuple(None if part is None else part.copy() for part in backward.contributions)
