"""From a computation graph with its numbers to the boxes, wires and labels of its drawing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from tutor.engine.graph import CONSTANT, INPUT, Edge, Graph, Node
from tutor.engine.nodes import NODES, Array
from tutor.engine.written_numbers import array_text, shape_text
from tutor.ui.graph_drawing import Drawing, draw_graph
from tutor.ui.graph_layout import Box, Label, Role, Wire

_ASCII_SYMBOLS = {"×": "*", "÷": "/", "−": "-", "−1×": "neg", "σ": "sigmoid", "Σ": "sum", "√": "sqrt"}
_ASCII_SYMBOLS |= {"≥": ">=", "≤": "<=", "x²": "square", "½SSE": "half SSE", "σ+BCE": "sigmoid+BCE"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a graph is written into its drawing; None shows all.

    `values` and `gradients` are names; the values of inputs and constants are always shown, and so is the
    upstream gradient unless `upstream` is off. `blanks` maps what is asked (`z`, `dx`) to the cells that its
    blank needs.
    """

    values: Collection[str] | None = None
    gradients: Collection[str] | None = None
    blanks: Mapping[str, int] = field(default_factory=dict)
    upstream: bool = True
    shapes: bool = False
    """Whether shapes stand for the numbers."""


def draw(graph: Graph, shown: Shown, *, ascii_only: bool = False, max_width: int | None = None) -> Drawing:
    """Draw a graph with values above the wires and gradients below them."""
    picture = _Picture(graph, shown, ascii_only)
    boxes = [picture.box(node) for node in graph.nodes if _is_drawn(graph, node)]
    wires = [picture.wire(edge) for edge in graph.edges]
    return draw_graph(boxes, [*wires, picture.end()], ascii=ascii_only, max_width=max_width)


def node_label(node: Node, ascii_only: bool) -> str:
    """Return what stands in the box of a node."""
    if node.kind == INPUT:
        return node.name or ""
    if node.kind == CONSTANT:
        return node.name or array_text(np.asarray(node.value))
    symbol = NODES[node.kind].symbol
    return _ASCII_SYMBOLS.get(symbol, symbol) if ascii_only else symbol


def _is_drawn(graph: Graph, node: Node) -> bool:
    return bool(graph.users[node.index]) or node.index == graph.output or node.kind != CONSTANT


class _Picture:
    def __init__(self, graph: Graph, shown: Shown, ascii_only: bool) -> None:
        self.graph, self.shown, self.ascii_only = graph, shown, ascii_only
        self.names = {index: name for name, index in reversed(graph.names.items())}

    def box(self, node: Node) -> Box:
        role: Role = "input" if node.kind == INPUT else "constant" if node.kind == CONSTANT else "operation"
        below = self._gradient(node.index) if self._forks(node.index) else None
        return Box(str(node.index), node_label(node, self.ascii_only), role, below)

    def wire(self, edge: Edge) -> Wire:
        first = edge == self.graph.users[edge.source][0]
        below = self._contribution(edge) if self._forks(edge.source) else self._gradient(edge.source)
        return Wire(str(edge.source), str(edge.target), edge.slot, self._value(edge.source, first), below)

    def end(self) -> Wire:
        output = self.graph.output
        name = self.names.get(output, "")
        value = self._value(output, first=not self.graph.users[output], prefix=False)
        below = self._gradient(output, upstream=self.shown.upstream)
        return Wire(str(output), None, 0, value, below, name)

    def _forks(self, index: int) -> bool:
        return len(self.graph.users[index]) > 1

    def _value(self, index: int, first: bool, prefix: bool = True) -> Label | None:
        node, name = self.graph.nodes[index], self.names.get(index)
        if name and name in self.shown.blanks and first:
            return Label("", self.shown.blanks[name], "blank", name, f"{name} ")
        if node.kind == CONSTANT and node.name is None:
            return None
        visible = node.is_leaf or self.shown.values is None or name in self.shown.values
        if not visible:
            return Label(name, role="name") if name and prefix else None
        lead = f"{name} = " if name and prefix and not node.is_leaf else ""
        return Label(self._text(self.graph.value(index)), role="value", prefix=lead)

    def _gradient(self, index: int, upstream: bool = False) -> Label | None:
        name = self.names.get(index)
        key = f"d{name}"
        if name and key in self.shown.blanks:
            return Label("", self.shown.blanks[key], "blank", key, f"{key} ")
        visible = upstream or self.shown.gradients is None or name in self.shown.gradients
        node = self.graph.nodes[index]
        if not visible or (node.kind == CONSTANT and node.name is None):
            return None
        lead = f"{key} = " if name and (not upstream) and self._forks(index) else ""
        return Label(self._text(self.graph.gradient(index)), role="gradient", prefix=lead)

    def _contribution(self, edge: Edge) -> Label | None:
        part = self.graph.contribution(edge)
        if part is None or self.shown.gradients is not None:
            return None
        return Label(self._text(part), role="gradient")

    def _text(self, value: Array) -> str:
        return shape_text(value.shape) if self.shown.shapes else array_text(value + 0.0)  # no "-0"
