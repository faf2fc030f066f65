"""What a graph is made of: nodes in topological order, built from statements in any valid order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tutor.engine.expressions import Array as ArrayLiteral
from tutor.engine.expressions import Call, Expression, Name, Number, names
from tutor.engine.formulas import Statement
from tutor.engine.nodes import Array

INPUT, CONSTANT = "input", "constant"


class GraphError(ValueError):
    """A set of statements that is no graph; `code` says why, `subject` which name or node is meant."""

    def __init__(self, code: str, subject: str = "", detail: str = "") -> None:
        super().__init__(f"{code}: {subject} {detail}".strip())
        self.code, self.subject, self.detail = code, subject, detail


@dataclass(frozen=True, slots=True)
class Node:
    """One node: a kind from the registry, "input" or "constant", and the nodes it reads, by index."""

    index: int
    kind: str
    arguments: tuple[int, ...] = ()
    options: tuple[tuple[str, float], ...] = ()
    name: str | None = None
    """The name that a statement or an input gave it."""
    value: Array | None = None
    """The starting value of an input or a constant."""

    @property
    def is_leaf(self) -> bool:
        """Whether the node reads no other node."""
        return self.kind in (INPUT, CONSTANT)


class Edge(NamedTuple):
    """The wire from `source` into argument `slot` of node `target`."""

    source: int
    target: int
    slot: int


def nodes_of(
    statements: Sequence[Statement], inputs: Mapping[str, Array | float]
) -> tuple[list[Node], dict[str, int]]:
    """Return the nodes of statements in topological order, and the index of every name.

    Inputs come first, in their order. Raises GraphError for a cycle, and for an unknown or doubly defined
    name.
    """
    return _Builder(statements, inputs).build()


class _Builder:
    """Emits each statement after those that it reads, by worklist: a chain of them may be of any length."""

    def __init__(self, statements: Sequence[Statement], inputs: Mapping[str, Array | float]) -> None:
        if not statements:
            raise GraphError("empty")
        self._definitions: dict[str, Expression] = {}
        for statement in statements:
            if statement.target in self._definitions or statement.target in inputs:
                raise GraphError("defined_twice", statement.target)
            self._definitions[statement.target] = statement.expression
        self._inputs = inputs
        self._nodes: list[Node] = []
        self._names: dict[str, int] = {}

    def build(self) -> tuple[list[Node], dict[str, int]]:
        """Return the nodes and the index of every name."""
        for name, value in self._inputs.items():
            self._names[name] = self._add(INPUT, name=name, value=np.asarray(value, dtype=np.float64))
        for name in self._definitions:
            self._define(name)
        return self._nodes, self._names

    def _define(self, wanted: str) -> None:
        pending, opened = [wanted], set[str]()
        while pending:
            name = pending[-1]
            if name in self._names:
                pending.pop()
                continue
            missing = [used for used in names(self._definition(name)) if used not in self._names]
            if missing:
                if name in opened:
                    raise GraphError("cycle", name)
                opened.add(name)
                pending += reversed(missing)
                continue
            self._names[name] = self._emit(self._definitions[name], name)
            pending.pop()

    def _definition(self, name: str) -> Expression:
        if name not in self._definitions:
            raise GraphError("unknown_name", name)
        return self._definitions[name]

    def _emit(self, expression: Expression, name: str | None = None) -> int:
        """Add the nodes of one expression, whose depth its reader has bounded."""
        match expression:
            case Number(value):
                return self._add(CONSTANT, name=name, value=np.array(value))
            case ArrayLiteral(value):
                return self._add(CONSTANT, name=name, value=value)
            case Name(known):
                return self._names[known]
            case Call(kind, arguments, options):
                sources = tuple(self._emit(argument) for argument in arguments)
                return self._add(kind, sources, options, name)
        raise TypeError(expression)

    def _add(
        self,
        kind: str,
        arguments: tuple[int, ...] = (),
        options: tuple[tuple[str, float], ...] = (),
        name: str | None = None,
        value: Array | None = None,
    ) -> int:
        self._nodes.append(Node(len(self._nodes), kind, arguments, options, name, value))
        return len(self._nodes) - 1
