"""Mark worked numbers from anywhere: read a grade file, judge every answer, name the mistake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from tutor.course.files import read_table
from tutor.course.mathematics import gradient_name
from tutor.engine.formulas import Statement, read_statements
from tutor.engine.graph import Graph
from tutor.engine.nodes import Array
from tutor.tutoring.judging import judge_numbers
from tutor.tutoring.problem import Asked, Blank, Problem
from tutor.tutoring.verdict import BlankVerdict, Outcome

KEYS = ("nodes", "inputs", "upstream", "answers", "forward")


class GradeFileError(ValueError):
    """A grade file that cannot be used: `code` says why, `key` names the entry at fault."""

    def __init__(self, code: str, key: str, detail: str = "") -> None:
        super().__init__(f"{code}: {key} {detail}".strip())
        self.code, self.key, self.detail = code, key, detail


@dataclass(frozen=True, slots=True)
class GradeFile:
    """The nodes with their inputs, and what somebody wrote for gradients and forward values."""

    nodes: tuple[str, ...]
    inputs: Mapping[str, Array]
    upstream: Array
    answers: Mapping[str, str]
    forward: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of one answer."""

    verdict: BlankVerdict
    expected: Array


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a grade file, by name."""

    answers: Mapping[str, Mark]
    forward: Mapping[str, Mark]


def read_grade_file(text: str, name: str) -> GradeFile:
    """Read the TOML of a grade file; LessonError where it is no TOML, GradeFileError for what is in it."""
    table = read_table(text, name)
    for key in table:
        if key not in KEYS:
            raise GradeFileError("unknown_key", key, ", ".join(KEYS))
    nodes = table.get("nodes")
    if not isinstance(nodes, list) or not nodes or not all(isinstance(node, str) for node in nodes):
        raise GradeFileError("nodes", "nodes")
    return GradeFile(
        tuple(nodes),
        {key: _array(value, f"inputs.{key}") for key, value in _table(table, "inputs").items()},
        _array(table.get("upstream", 1.0), "upstream"),
        {key: _written(value, f"answers.{key}") for key, value in _table(table, "answers").items()},
        {key: _written(value, f"forward.{key}") for key, value in _table(table, "forward").items()},
    )


def grade(file: GradeFile) -> Marks:
    """Judge every answer of a grade file.

    Raises ReadingError or GraphError where the nodes are no graph, GradeFileError for an unknown name.
    """
    graph = Graph.from_statements(_statements(file), file.inputs)
    graph.forward()
    graph.backward(file.upstream)
    for part, written in (("answers", file.answers), ("forward", file.forward)):
        for name in written:
            if name not in graph.names:
                raise GradeFileError("unknown_name", f"{part}.{name}", ", ".join(graph.names))
    problem = _Sheet(graph, file)
    entries = {
        **{gradient_name(name): text for name, text in file.answers.items()},
        **{f"{_FORWARD}{name}": text for name, text in file.forward.items()},
    }
    verdict = judge_numbers(problem, entries, {}, _names)
    marks = {
        blank.key: Mark(found, blank.truth)
        for blank, found in zip(problem.blanks, verdict.blanks, strict=True)
    }
    return Marks(
        {name: marks[gradient_name(name)] for name in file.answers},
        {name: marks[f"{_FORWARD}{name}"] for name in file.forward},
    )


def outcome_name(outcome: Outcome) -> str:
    """Return the outcome as reports call it: too few digits are rounded, another convention is wrong."""
    return {Outcome.MORE_DIGITS: Outcome.ROUNDED, Outcome.CONVENTION: Outcome.WRONG}.get(
        outcome, outcome
    ).value


_FORWARD = "forward "


class _Sheet(Problem):
    def __init__(self, graph: Graph, file: GradeFile) -> None:
        super().__init__(graph)
        self._file = file

    @cached_property
    def blanks(self) -> tuple[Blank, ...]:
        values = [self.value_blank(name, key=f"{_FORWARD}{name}") for name in self._file.forward]
        return (*values, *(self.gradient_blank(name) for name in self._file.answers))


def _names(problem: Problem) -> Mapping[str, Array]:
    """Return what a formula may use: values, the upstream gradient, and the gradients that are not asked."""
    assert problem.graph is not None
    asked = {gradient_name(blank.node) for blank in problem.blanks if blank.asked is Asked.GRADIENT}
    known = {name: value for name, value in problem.namespace.items() if name not in asked}
    return {**known, "dout": problem.graph.upstream}


def _statements(file: GradeFile) -> tuple[Statement, ...]:
    targets = [node.partition("=")[0].strip() for node in file.nodes]
    known = tuple(dict.fromkeys([*file.inputs, *targets]))
    return tuple(statement for node in file.nodes for statement in read_statements(node, known))


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = table.get(key, {})
    if not isinstance(found, dict):
        raise GradeFileError("table", key)
    return found


def _array(value: object, key: str) -> Array:
    try:
        array = np.asarray(value, dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise GradeFileError("not_a_number", key) from error
    if isinstance(value, str | bool) or not np.isfinite(array).all():
        raise GradeFileError("not_a_number", key)
    return array


def _written(value: object, key: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | list):
        raise GradeFileError("not_an_answer", key)
    return repr(value)
