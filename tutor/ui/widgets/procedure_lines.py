"""The lines of a procedure, to be put into order, those that do not belong left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from tutor.tutoring.exercise import ARRANGED
from tutor.tutoring.verdict import Outcome, Verdict
from tutor.ui.lesson_words import Tone
from tutor.ui.widgets.node_order import NodeOrder
from tutor.ui.widgets.prose import inline

if TYPE_CHECKING:
    from tutor.ui.lesson_words import LessonWords


class ProcedureLines(NodeOrder):
    """Lines are moved like nodes; Delete leaves one out, or takes it back. What is left out stands last."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("delete,backspace", "leave_out", show=False)]

    def __init__(self, ids: Sequence[str], *, ascii_only: bool = False) -> None:
        super().__init__(dict.fromkeys(ids, ""), ascii_only=ascii_only)
        self._texts = dict.fromkeys(ids, Content(""))
        self._left_out: set[str] = set()

    def say(self, words: LessonWords) -> None:
        """Write the lines in the learner's language."""
        self._texts = {id_: inline(" ".join(words.part(f"line {id_}").split())) for id_ in self._texts}
        self.show()

    def lead(self, position: int) -> Content:
        """Return the digit of a line, or a dash where it is left out."""
        if self._order[position] not in self._left_out:
            return super().lead(position)
        dash = "-" if self.ascii_only else "–"
        return Content.styled(f"{dash} {' ' * (super().lead(position).cell_length - 2)}", "$text-muted")

    def body(self, position: int) -> Content:
        """Return the text of a line."""
        id_ = self._order[position]
        return self._texts[id_].stylize("strike $text-muted") if id_ in self._left_out else self._texts[id_]

    # -- keys --------------------------------------------------------------------------------------------

    def action_leave_out(self) -> None:
        """Leave the line at the cursor out, or take it back as the last line."""
        if self.settled or self._held:
            return
        id_ = self._order.pop(self.cursor)
        self._left_out ^= {id_}
        self._order.insert(len(self._order) if id_ in self._left_out else self._kept_count, id_)
        if id_ not in self._left_out:
            self.cursor = self._order.index(id_)
        self._changed()
        self.show()

    @property
    def _kept_count(self) -> int:
        return sum(id_ not in self._left_out for id_ in self._order)

    def choose(self, position: int) -> None:
        """Pick the line up, or put it down; one that is left out is taken back first."""
        if self._order[position] in self._left_out:
            self.action_leave_out()
        super().choose(self.cursor)

    def choose_digit(self, digit: int) -> None:
        """Name the next line of the order by its digit."""
        self._left_out -= {id_ for id_, own in self._digits.items() if own == digit}
        super().choose_digit(digit)

    def action_move(self, by: int) -> None:
        """Move the cursor, and the line with it when it is in the hand, among the lines that are kept."""
        if not (self._held and self.cursor + by >= self._kept_count):
            super().action_move(by)

    # -- answer ------------------------------------------------------------------------------------------

    def entries(self) -> dict[str, str]:
        """Return the ids of the lines that are kept, in order."""
        return {ARRANGED: " ".join(id_ for id_ in self._order if id_ not in self._left_out)}

    def restore(self, entries: Mapping[str, str]) -> None:
        """Put the lines back as they stood."""
        kept = [id_ for id_ in entries.get(ARRANGED, "").split() if id_ in self._texts]
        if kept:
            self._put(kept)

    def _put(self, kept: Sequence[str]) -> None:
        self._left_out = set(self._order) - set(kept)
        self._order = [*kept, *(id_ for id_ in self._order if id_ in self._left_out)]
        self.show()

    def show_verdict(self, verdict: Verdict) -> None:
        """Put a sign at the line that stands too early, or at all when they are in order."""
        super().show_verdict(verdict)
        if verdict[ARRANGED].outcome is Outcome.CORRECT:
            self._tones = {id_: Tone.RIGHT for id_ in self._order if id_ not in self._left_out}
            self.show()

    def settle(self, answers: Mapping[str, str]) -> None:
        """Show the right order for good."""
        kept = answers[ARRANGED].split()
        self._put(kept)
        self._tones = dict.fromkeys(kept, Tone.RIGHT)
        self.settled = True
        self.can_focus = False
        self.show()
