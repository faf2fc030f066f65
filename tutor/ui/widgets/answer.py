"""What every way of answering has in common, however the answer is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from textual.message import Message

from tutor.tutoring.verdict import Verdict

if TYPE_CHECKING:
    from tutor.ui.lesson_words import LessonWords


class AnswerChanged(Message):
    """The learner changed what stands in one field of the answer."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__()
        self.field = field
        self.text = text


class AnswerSubmitted(Message):
    """The learner wants the answer checked."""


class TextRefused(Message):
    """A text was too long for its field, which stays as it was; `length` is None for one key too many."""

    def __init__(self, length: int | None, limit: int) -> None:
        super().__init__()
        self.length = length
        self.limit = limit


class Answer(Protocol):
    """A widget that takes an answer."""

    def entries(self) -> dict[str, str]:
        """Return what was given so far, by field."""

    def restore(self, entries: Mapping[str, str]) -> None:
        """Put back what was given before."""

    def show_verdict(self, verdict: Verdict) -> None:
        """Mark what is right and what is not."""

    def settle(self, answers: Mapping[str, str]) -> None:
        """Show the right answers for good; nothing can be changed any more."""

    def take_focus(self, field: str | None = None) -> None:
        """Move the focus to a field, or to where the learner goes on."""


@runtime_checkable
class AnswerBelow(Answer, Protocol):
    """An answer with a place of its own below the graph."""

    def say(self, words: LessonWords) -> None:
        """Write its labels in the learner's language."""

    def fit(self, width: int) -> int:
        """Lay out for a width and return the rows that it needs."""

    def redraw(self, *, ascii_only: bool) -> None:
        """Draw anew, with ASCII signs alone where those are wanted."""
