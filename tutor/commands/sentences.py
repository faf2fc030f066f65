"""Sentences for what is wrong with the input, from the codes of the parts that found it."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len

from tutor.course.faults import Fault
from tutor.engine.formulas import ReadingError
from tutor.engine.graph import GraphError
from tutor.text import Text


def reading_sentence(error: ReadingError, written: str, text: Text, *, about: str = "") -> str:
    """Return why a formula cannot be read, with the formula and a mark under the place."""
    reason = text(f"reading.{error.code}", **error.fields)
    line = " ".join(written.splitlines())
    indent = " " * cell_len(line[: error.column - 1])
    return f"{about}{reason}\n  {line}\n  {indent}^"


def graph_sentence(error: GraphError, text: Text) -> str:
    """Return why statements make no graph."""
    return text(f"graph.{error.code}", subject=error.subject, detail=error.detail)


def fault_sentence(fault: Fault, text: Text) -> str:
    """Return `file:line: message` for what is wrong with a lesson."""
    data = dict(fault.data)
    details = data.get("details")
    if isinstance(details, Mapping):  # a formula that cannot be read, said in its reader's words
        data["why"] = text(f"reading.{data['reason']}", column=data["column"], **details)
    said = f"{fault.file}:{fault.line}: {text(f'course.fault.{fault.code}', **data)}"
    return f"{said} {text('course.nearest', near=data['near'])}" if "near" in data else said
