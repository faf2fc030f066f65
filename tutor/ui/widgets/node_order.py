"""The nodes of a graph, to be put into an order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.content import Content

from tutor.tutoring.exercise import ARRANGED
from tutor.tutoring.verdict import Outcome, Verdict
from tutor.ui.lesson_words import Tone, sign
from tutor.ui.widgets.answer import AnswerChanged
from tutor.ui.widgets.item_list import TONE_STYLES, ItemList

if TYPE_CHECKING:
    from tutor.ui.lesson_words import LessonWords


class NodeOrder(ItemList):
    """Space picks a node up and puts it down, arrow keys move it; digits name the nodes in their order.

    Each node keeps the digit that it had at first, wherever it stands.
    """

    def __init__(self, formulas: Mapping[str, str], *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self._formulas = dict(formulas)
        self._digits = {name: position + 1 for position, name in enumerate(formulas)}
        self._order = list(formulas)
        self._held = False
        self._counted = 0
        self._tones: dict[str, Tone] = {}

    def say(self, words: LessonWords) -> None:
        """Formulas need no words."""

    def count(self) -> int:
        """Return how many nodes there are."""
        return len(self._order)

    def lead(self, position: int) -> Content:
        """Return the digit of a node, and whether it is in the hand."""
        name = self._order[position]
        held = self._held and position == self.cursor
        hand = ("<>" if self.ascii_only else "↕ ") if held else "  "
        tone = self._tones.get(name)
        return Content.assemble(
            (f"{self._digits[name]} ", "$text-muted"),
            (hand, "bold $accent"),
            (f"{sign(tone, self.ascii_only) if tone else ' '} ", TONE_STYLES[tone] if tone else ""),
        )

    def body(self, position: int) -> Content:
        """Return what a node computes."""
        name = self._order[position]
        return Content.assemble((name, "bold"), f" = {self._formulas[name]}")

    def choose(self, position: int) -> None:
        """Pick the node up, or put it down."""
        self._held = not self._held
        self._counted = 0

    def choose_digit(self, digit: int) -> None:
        """Name the next node of the order by its digit."""
        name = next(name for name, own in self._digits.items() if own == digit)
        at = self._order.index(name)
        if at < self._counted:
            return
        self._held = False
        self._order.insert(self._counted, self._order.pop(at))
        self.cursor = self._counted
        self._counted = (self._counted + 1) % self.count()
        self._changed()

    def action_move(self, by: int) -> None:
        """Move the cursor, and the node with it when it is in the hand."""
        target = self.cursor + by
        if self._held and not self.settled:
            if not 0 <= target < self.count():
                return
            self._order.insert(target, self._order.pop(self.cursor))
            self._changed()
        super().action_move(by)

    def action_submit(self) -> None:
        """Put the node down, or have the order checked when the hand is empty."""
        if self._held:
            self.choose(self.cursor)
            self.show()
        else:
            super().action_submit()

    def _changed(self) -> None:
        self._tones = {}
        self.post_message(AnswerChanged(ARRANGED, self.entries()[ARRANGED]))

    # -- answer ------------------------------------------------------------------------------------------

    def entries(self) -> dict[str, str]:
        """Return the names in the order in which they stand."""
        return {ARRANGED: " ".join(self._order)}

    def restore(self, entries: Mapping[str, str]) -> None:
        """Put the nodes into the order in which they stood before."""
        order = entries.get(ARRANGED, "").split()
        if sorted(order) == sorted(self._order):
            self._order = order
            self.show()

    def show_verdict(self, verdict: Verdict) -> None:
        """Put a sign at the node that stands too early, or at all when they are in order."""
        judged = verdict[ARRANGED]
        self._counted = 0
        if judged.outcome is Outcome.CORRECT:
            self._tones = dict.fromkeys(self._order, Tone.RIGHT)
            self.settled = True
        elif judged.missing:
            self._tones = {judged.missing[0]: Tone.WRONG}
        self.show()

    def settle(self, answers: Mapping[str, str]) -> None:
        """Show the right order for good."""
        self._order = answers[ARRANGED].split()
        self._tones = dict.fromkeys(self._order, Tone.RIGHT)
        self.settled = True
        self.can_focus = False
        self.show()
