"""`tutor graph`: any formula forward and backward, drawn or as JSON."""

from __future__ import annotations

import argparse
import json
import shutil
from typing import Any

from tutor.commands.output import DONE, InputError, as_json, writes_unicode
from tutor.commands.sentences import graph_sentence, reading_sentence
from tutor.engine.formulas import ReadingError, read_statements, read_value
from tutor.engine.graph import Graph, GraphError
from tutor.engine.nodes import Array
from tutor.text import Text
from tutor.ui.graph_picture import Shown, draw


def run(options: argparse.Namespace, text: Text) -> int:
    """Run a formula and print its graph; InputError where it cannot be read or is no graph."""
    try:
        graph = _read_graph(options, text)
        graph.forward()
        graph.backward(_read_upstream(options.upstream, text))
    except GraphError as error:
        raise InputError(graph_sentence(error, text)) from error
    if options.json:
        print(json.dumps(_graph_as_json(graph), ensure_ascii=False))
        return DONE
    width = shutil.get_terminal_size().columns
    picture = draw(graph, Shown(), ascii_only=options.ascii or not writes_unicode(), max_width=width)
    print("\n".join(picture.plain()))
    return DONE


def _read_graph(options: argparse.Namespace, text: Text) -> Graph:
    inputs: dict[str, Array | float] = {}
    for given in options.values:
        name, sign, written = given.partition("=")
        if not sign or not name.strip():
            raise InputError(text("cli.fault.not_an_assignment", given=given))
        name = name.strip()
        if name in inputs:
            raise InputError(text("cli.fault.given_twice", name=name))
        try:
            inputs[name] = read_value(written)
        except ReadingError as error:
            raise InputError(reading_sentence(error, written, text, about=f"{name}: ")) from error
    try:
        statements = read_statements(options.formula, names=tuple(inputs))
    except ReadingError as error:
        raise InputError(reading_sentence(error, options.formula, text)) from error
    return Graph.from_statements(statements, inputs)


def _read_upstream(written: str, text: Text) -> Array | float:
    try:
        return read_value(written)
    except ReadingError as error:
        raise InputError(reading_sentence(error, written, text, about="--upstream: ")) from error


def _graph_as_json(graph: Graph) -> dict[str, Any]:
    names = graph.names
    return {
        "values": {name: as_json(graph.value(name)) for name in names},
        "gradients": {name: as_json(graph.gradient(name)) for name in names},
        "output": next(name for name in reversed(names) if names[name] == graph.output),
    }
