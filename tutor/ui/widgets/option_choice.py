"""The options of a choice: one is marked, or all that are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from tutor.tutoring.exercise import CHOSEN
from tutor.tutoring.verdict import Outcome, Verdict
from tutor.ui.lesson_words import Tone, sign
from tutor.ui.widgets.answer import AnswerChanged
from tutor.ui.widgets.item_list import TONE_STYLES, ItemList
from tutor.ui.widgets.prose import inline

if TYPE_CHECKING:
    from tutor.ui.lesson_words import LessonWords


class OptionChoice(ItemList):
    """Arrow keys or digits choose; with `several`, Space marks as many as are right."""

    def __init__(
        self, ids: Sequence[str], *, several: bool = False, field: str = CHOSEN, ascii_only: bool = False
    ) -> None:
        super().__init__(ascii_only=ascii_only)
        self._ids = tuple(ids)
        self._several = several
        self._field = field
        self._texts = [Content("") for _ in ids]
        self._marked: set[str] = set()
        self.struck: frozenset[str] = frozenset()
        """What is shown as no longer standing."""
        self._tones: dict[str, Tone] = {}

    def word(self, texts: Sequence[str]) -> None:
        """Write the options in the learner's language."""
        # The lines of a program keep their indentation.
        indents = [text[: len(text) - len(text.lstrip())] for text in texts]
        bare = [inline(" ".join(text.split())) for text in texts]
        self._texts = [Content(indent) + text for indent, text in zip(indents, bare, strict=True)]
        self.show()

    def say(self, words: LessonWords) -> None:
        """Write the options that the lesson gives."""
        self.word(words.options())

    def count(self) -> int:
        """Return how many options there are."""
        return len(self._ids)

    def lead(self, position: int) -> Content:
        """Return the number of an option and its mark."""
        id_ = self._ids[position]
        marked = id_ in self._marked
        if self._several:
            mark = f"[{'x' if marked else ' '}]"
        elif self.ascii_only:
            mark = f"({'*' if marked else ' '})"
        else:
            mark = "●" if marked else "○"
        tone = self._tones.get(id_)
        verdict = sign(tone, self.ascii_only) if tone else " "
        style = TONE_STYLES[tone] if tone else ""
        return Content.assemble(
            (f"{position + 1} ", "$text-muted"),
            (mark, "bold $accent" if marked else "$text-muted"),
            (f" {verdict} ", style),
        )

    def body(self, position: int) -> Content:
        """Return the text of an option."""
        text = self._texts[position]
        return text.stylize("strike") if self._ids[position] in self.struck else text

    def choose(self, position: int) -> None:
        """Mark an option, or take the mark away where several may be marked."""
        id_ = self._ids[position]
        self._tones = {}
        if self._several:
            self._marked ^= {id_}
        else:
            self._marked = {id_}
        self.post_message(AnswerChanged(self._field, self.entries()[self._field]))

    def action_submit(self) -> None:
        """Have the answer checked; where one is right, that at the cursor is chosen with it."""
        if not self._several and not self.settled:
            self.choose(self.cursor)
            self.show()
        super().action_submit()

    # -- answer ------------------------------------------------------------------------------------------

    def entries(self) -> dict[str, str]:
        """Return the ids of the options that are marked."""
        return {self._field: " ".join(id_ for id_ in self._ids if id_ in self._marked)}

    def restore(self, entries: Mapping[str, str]) -> None:
        """Mark what was marked before."""
        self._marked = set(entries.get(self._field, "").split()) & set(self._ids)
        if self._marked and not self._several:
            self.cursor = min(self._ids.index(id_) for id_ in self._marked)
        self.show()

    def show_verdict(self, verdict: Verdict) -> None:
        """Put a sign at the option that was chosen; of several, only when they are all right."""
        outcome = verdict[self._field].outcome
        tone = {Outcome.CORRECT: Tone.RIGHT, Outcome.WRONG: Tone.WRONG}.get(outcome)
        shown = tone is Tone.RIGHT or not self._several
        self._tones = dict.fromkeys(self._marked, tone) if tone and shown else {}
        self.settled = outcome is Outcome.CORRECT
        self.show()

    def settle(self, answers: Mapping[str, str]) -> None:
        """Show the right options for good."""
        self._marked = set(answers[self._field].split())
        self._tones = dict.fromkeys(self._marked, Tone.RIGHT)
        self.settled = True
        self.can_focus = False
        self.show()
