"""A lab line by line: question, prediction, run, comparison; curves as a small table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tutor.plain.lines import Conversation
from tutor.student.events import Event

Record = Callable[[Sequence[Event]], None]


def visit(talk: Conversation, slug: str, record: Record) -> None:
    """Let the learner predict, run the lab, and compare."""
    raise NotImplementedError(slug)
