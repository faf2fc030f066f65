"""The notebook of mistakes as a file: Markdown to read and print, CSV for a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from tutor.student.backups import put_in_place
from tutor.student.notebook import BEATEN, Mistake, Notebook
from tutor.text import Text
from tutor.ui.mistake_words import (
    given,
    looks_like,
    number_words,
    principle,
    skill_name,
    typed,
    upstream,
    when,
)

_COLUMNS = (
    *("time", "lesson", "step", "skill", "graph", "inputs"),
    *("upstream", "blank", "typed", "misconception", "words"),
)


def write_notebook(path: Path, notebook: Notebook, text: Text) -> int:
    """Write the notebook as the ending of the name says, and return how many mistakes; raises OSError."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(WRITERS[path.suffix](notebook, text), encoding="utf-8", newline="\n")
    put_in_place(partial, path)
    return len(notebook.mistakes)


def as_markdown(notebook: Notebook, text: Text) -> str:
    """Return the notebook as Markdown: each misconception and its state, then every mistake, newest first."""
    return "\n".join([f"# {text('notebook.title')}", "", *_table(notebook, text), *_entries(notebook, text)])


def _table(notebook: Notebook, text: Text) -> Iterator[str]:
    if not notebook.misconceptions:
        return
    heads = (text(f"notebook.column.{name}") for name in ("mistake", "times", "beaten", "last"))
    yield f"| {' | '.join(heads)} |"
    yield "|---|---:|---:|---|"
    for record in sorted(notebook.misconceptions.values(), key=lambda record: (-record.count, record.id)):
        cells = (
            _cell(looks_like(record.id, text)),
            record.count,
            f"{record.beaten}/{BEATEN}",
            when(record.last),
        )
        yield f"| {' | '.join(map(str, cells))} |"
    yield ""


def _entries(notebook: Notebook, text: Text) -> Iterator[str]:
    for mistake in reversed(notebook.mistakes):
        yield f"## {when(mistake.at)} · {skill_name(mistake.skill, text) or mistake.step}"
        yield ""
        if mistake.statements:
            yield from ("```", *mistake.statements, "```", "")
            yield (
                text("notebook.given", given=f"`{given(mistake)}`", upstream=f"`{upstream(mistake)}`") + "  "
            )
        yield text("notebook.typed", typed=f"`{typed(mistake, text).replace('`', '')}`") + "  "
        found = list(dict.fromkeys(mistake.diagnosis.values()))
        for id_ in found:
            yield f"{looks_like(id_, text)} {principle(id_, text)}"
        if not found:
            yield text("notebook.unexplained")
        yield ""


def as_csv(notebook: Notebook, text: Text) -> str:
    """Return the notebook as CSV, a line for each wrong entry, with the mark that spreadsheets need."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(_COLUMNS)
    for mistake in notebook.mistakes:
        table.writerows(_lines(mistake, text))
    return "\ufeff" + written.getvalue()


def _lines(mistake: Mistake, text: Text) -> Iterator[tuple[str, ...]]:
    place = (mistake.at.isoformat() if mistake.at else "", mistake.lesson, mistake.step, mistake.skill)
    inputs = "; ".join(f"{name}={number_words(value)}" for name, value in mistake.inputs.items())
    graph = ("; ".join(mistake.statements), inputs, upstream(mistake) if mistake.statements else "")
    for blank, entry in mistake.entries.items():
        id_ = mistake.diagnosis.get(blank, "")
        yield (*place, *graph, blank, entry, id_, looks_like(id_, text) if id_ else "")


def _cell(words: str) -> str:
    return words.replace("|", "\\|")


WRITERS: Mapping[str, Callable[[Notebook, Text], str]] = MappingProxyType(
    {".md": as_markdown, ".csv": as_csv}
)
"""How the notebook is written, by the ending of the file's name."""
