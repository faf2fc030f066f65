"""Items that are put into bins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.content import Content

from tutor.tutoring.verdict import Outcome, Verdict
from tutor.ui.lesson_words import Tone, sign
from tutor.ui.widgets.answer import AnswerChanged
from tutor.ui.widgets.item_list import TONE_STYLES, ItemList
from tutor.ui.widgets.prose import inline

if TYPE_CHECKING:
    from tutor.ui.lesson_words import LessonWords


_WIDEST_BIN = 0.3
"""Of the width: a wider name of a bin is written above the items only, and its number before each of them."""


class BinSort(ItemList):
    """A digit puts the item at the cursor into the bin of that number; left and right go through the bins."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", show=False),
        Binding("right", "turn(1)", show=False),
    ]

    def __init__(self, items: Sequence[str], bins: Sequence[str], *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self._items, self._bins = tuple(items), tuple(bins)
        self._put = dict.fromkeys(self._items, "")
        self._texts = dict.fromkeys(self._items, Content(""))
        self._names = {bin_: bin_ for bin_ in self._bins}
        self._tones: dict[str, Tone] = {}

    def say(self, words: LessonWords) -> None:
        """Write the bins and the items in the learner's language."""
        self._names = {bin_: inline(words.part(f"bin {bin_}")).plain for bin_ in self._bins}
        self._texts = {id_: inline(words.sort_item(id_)) for id_ in self._items}
        self.show()

    def heading(self) -> Sequence[Content]:
        """Return the bins with their numbers."""
        return [
            Content.assemble((f"{number} ", "$text-muted"), (self._names[bin_], "bold"))
            for number, bin_ in enumerate(self._bins, start=1)
        ]

    def count(self) -> int:
        """Return how many items there are."""
        return len(self._items)

    def lead(self, position: int) -> Content:
        """Return the bin of an item."""
        id_ = self._items[position]
        names = self._names
        if max(map(cell_len, names.values())) > self._width * _WIDEST_BIN:
            names = {bin_: str(number) for number, bin_ in enumerate(self._bins, start=1)}
        widest = max(map(cell_len, names.values()))
        name = names.get(self._put[id_], "")
        tone = self._tones.get(id_)
        return Content.assemble(
            (f"[{name}{' ' * (widest - cell_len(name))}]", "bold $accent" if name else "$text-muted"),
            (f" {sign(tone, self.ascii_only) if tone else ' '} ", TONE_STYLES[tone] if tone else ""),
        )

    def body(self, position: int) -> Content:
        """Return the text of an item."""
        return self._texts[self._items[position]]

    # -- keys --------------------------------------------------------------------------------------------

    def choose(self, position: int) -> None:
        """Put the item into the next bin."""
        self._turn(position, 1)

    def action_turn(self, by: int) -> None:
        """Put the item at the cursor into the bin after or before."""
        if not self.settled:
            self._turn(self.cursor, by)
            self.show()

    def action_digit(self, digit: int) -> None:
        """Put the item at the cursor into a bin by its number, and go on to an item that needs one."""
        if self.settled or digit > len(self._bins):
            return
        self._into(self.cursor, self._bins[digit - 1])
        order = [(self.cursor + step) % self.count() for step in range(1, self.count())]
        empty = [place for place in order if not self._put[self._items[place]]]
        wrong = [place for place in order if self._tones.get(self._items[place]) is Tone.WRONG]
        self.cursor = (empty + wrong + order + [self.cursor])[0]
        self.show()

    def _turn(self, position: int, by: int) -> None:
        places = ["", *self._bins]
        at = places.index(self._put[self._items[position]])
        following = (at + by) % len(places) or (1 if by > 0 else len(self._bins))
        self._into(position, places[following])

    def _into(self, position: int, bin_: str) -> None:
        id_ = self._items[position]
        self._put[id_] = bin_
        self._tones.pop(id_, None)
        self.post_message(AnswerChanged(id_, bin_))

    # -- answer ------------------------------------------------------------------------------------------

    def entries(self) -> dict[str, str]:
        """Return the bin of each item that has one."""
        return {id_: bin_ for id_, bin_ in self._put.items() if bin_}

    def restore(self, entries: Mapping[str, str]) -> None:
        """Put the items into the bins that they were in."""
        self._put |= {id_: bin_ for id_, bin_ in entries.items() if id_ in self._put and bin_ in self._bins}
        self.show()

    def show_verdict(self, verdict: Verdict) -> None:
        """Put a sign at each item that has a bin, and go to the first that needs another."""
        tones = {Outcome.CORRECT: Tone.RIGHT, Outcome.WRONG: Tone.WRONG}
        self._tones = {blank.key: tones[blank.outcome] for blank in verdict.blanks if blank.outcome in tones}
        self.settled = verdict.solved
        if verdict.cause is not None:
            self.cursor = self._items.index(verdict.cause.key)
        self.show()

    def settle(self, answers: Mapping[str, str]) -> None:
        """Show every item in its bin for good."""
        self._put |= answers
        self._tones = dict.fromkeys(self._items, Tone.RIGHT)
        self.settled = True
        self.can_focus = False
        self.show()
