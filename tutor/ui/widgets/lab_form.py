"""The rows of a lab's form: a setting to cycle through, a number, more behind a row, and a short menu."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult, RenderResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tutor.ui.widgets.blank import Blank
from tutor.ui.widgets.item_list import ItemList

LABEL_CELLS = 14


class SettingChanged(Message):
    """A setting of the form has another value now."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class FieldEntered(Message):
    """Enter was pressed on a part of the form."""


def lead(here: bool, ascii_only: bool) -> Content:
    """Return what stands before a row: an arrow where the focus is."""
    return Content.styled(" > " if ascii_only else " ▸ ", "bold $accent") if here else Content("   ")


def label_text(label: str) -> str:
    """Return a label filled to the width of the column."""
    return label + " " * max(1, LABEL_CELLS - cell_len(label))


class FormRow(Widget, can_focus=True):
    """One row of a form, with its label, the value, and signs for the keys where these can be used."""

    DEFAULT_CSS = """
    FormRow { height: 1; width: 100%; }
    FormRow:disabled { opacity: 100% !important; }
    """

    def __init__(self, name: str) -> None:
        super().__init__(id=f"setting-{name}")
        self.setting = name
        self.label = ""
        self.ascii_only = False

    def row(self, value: str, arrows: str) -> Content:
        """Return the row with this value."""
        weight = "bold" if self.has_focus else ""
        return Content.assemble(
            lead(self.has_focus, self.ascii_only),
            (label_text(self.label), "$text-muted"),
            (value, weight),
            ("" if self.disabled else f" {arrows}", f"{weight} $accent"),
        )

    def on_focus(self) -> None:
        """Show that the keys work here."""
        self.refresh()

    def on_blur(self) -> None:
        """Show that they do not any more."""
        self.refresh()


class Cycle(FormRow):
    """One of a few values; the arrow keys to the left and the right go through them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", show=False),
        Binding("right,space", "turn(1)", show=False),
        Binding("enter", "enter", show=False),
    ]

    def __init__(self, name: str, options: Sequence[str]) -> None:
        super().__init__(name)
        self.options = tuple(options)
        self.value = self.options[0]
        self.words: Sequence[str] = self.options

    def write(self, label: str, words: Sequence[str]) -> None:
        """Write the label and the values in the learner's language."""
        self.label, self.words = label, words
        self.refresh()

    def put(self, value: str) -> None:
        """Set the value without telling anyone."""
        self.value = value
        self.refresh()

    def action_turn(self, by: int) -> None:
        """Go to the next value or the one before."""
        self.value = self.options[(self.options.index(self.value) + by) % len(self.options)]
        self.refresh()
        self.post_message(SettingChanged(self.setting))

    def action_enter(self) -> None:
        """Go on."""
        self.post_message(FieldEntered())

    def on_click(self) -> None:
        """Turn to the next value."""
        if not self.disabled:
            self.action_turn(1)

    def render(self) -> RenderResult:
        """Return the row."""
        return self.row(self.words[self.options.index(self.value)], "<>" if self.ascii_only else "◂▸")


class Opener(FormRow):
    """A row behind which there are more settings; Enter or the arrow key to the right opens them."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,right,space", "open", show=False)]

    class Opened(Message):
        """The settings behind the row are wanted."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.value = ""

    def write(self, label: str, value: str) -> None:
        """Write the label, and in a word what is behind it, in the learner's language."""
        self.label, self.value = label, value
        self.refresh()

    def action_open(self) -> None:
        """Ask for what is behind."""
        self.post_message(self.Opened())

    def on_click(self) -> None:
        """Ask for what is behind."""
        if not self.disabled:
            self.action_open()

    def render(self) -> RenderResult:
        """Return the row."""
        return self.row(self.value, ">" if self.ascii_only else "▸")


class NumberRow(Horizontal):
    """A label and a field for a number."""

    DEFAULT_CSS = """
    NumberRow {
        height: 1; width: 100%;
        & > Static { width: 17; height: 1; }
        & > Blank, & > Blank:focus { position: relative; width: 11; }
        & > Blank:disabled { background: transparent; color: $foreground; opacity: 100% !important; }
    }
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setting = name
        self.label = ""
        self.ascii_only = False
        self.field = Blank(name)
        self.field.id = f"setting-{name}"
        self._label = Static(markup=False)

    def compose(self) -> ComposeResult:
        """The label and the field."""
        yield self._label
        yield self.field

    def write(self, label: str) -> None:
        """Write the label in the learner's language."""
        self.label = label
        self._show()

    def _show(self) -> None:
        text = (label_text(self.label), "$text-muted")
        self._label.update(Content.assemble(lead(self.field.has_focus, self.ascii_only), text))

    def on_descendant_focus(self) -> None:
        """Show that the keys work here."""
        self._show()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Show that they do not any more."""
        self.call_later(self._show)


class Menu(ItemList):
    """A few sentences of which one is chosen: Space or a click marks it, Enter marks it and goes on."""

    def __init__(self, name: str, ids: Sequence[str]) -> None:
        super().__init__()
        self.id = f"menu-{name}"
        self.setting = name
        self.ids = tuple(ids)
        self.chosen: str | None = None
        self.crossed: set[str] = set()
        """What was chosen before and is out of the question."""
        self._texts: tuple[str, ...] = ("",) * len(self.ids)

    def write(self, texts: Sequence[str]) -> None:
        """Write the sentences in the learner's language."""
        self._texts = tuple(texts)
        self.show()

    def offer(self, ids: Sequence[str], texts: Sequence[str]) -> None:
        """Ask with other sentences; what is no longer offered is not chosen any more."""
        self.ids, self._texts = tuple(ids), tuple(texts)
        if self.chosen not in self.ids:
            self.chosen, self.cursor = None, 0
        self.show()

    def put(self, chosen: str | None) -> None:
        """Mark one, or none, without telling anyone."""
        self.chosen = chosen
        self.cursor = 0 if chosen is None else self.ids.index(chosen)
        self.show()

    def settle(self, settled: bool) -> None:
        """Keep what is chosen, or let it be chosen anew."""
        self.settled = settled
        self.can_focus = not settled
        self.show()

    def on_resize(self, event: events.Resize) -> None:
        """Wrap for the new width."""
        self.fit(event.size.width)

    def on_focus(self) -> None:
        """Show the cursor, once the focus is known to be here."""
        self.call_later(self.show)

    def on_blur(self) -> None:
        """Hide the cursor, once the focus is gone."""
        self.call_later(self.show)

    def count(self) -> int:
        """Return how many sentences there are."""
        return len(self.ids)

    def lead(self, position: int) -> Content:
        """Return the mark of a sentence."""
        marked = self.ids[position] == self.chosen
        if self.ids[position] in self.crossed:
            return Content.styled("(x) " if self.ascii_only else "✗ ", "bold $error")
        signs = ("( ) ", "(*) ") if self.ascii_only else ("○ ", "● ")
        return Content.styled(signs[marked], "bold $accent" if marked else "$text-muted")

    def body(self, position: int) -> Content:
        """Return a sentence; when settled those not chosen step back."""
        back = self.ids[position] in self.crossed or (self.settled and self.ids[position] != self.chosen)
        return Content.styled(self._texts[position], "$text-muted" if back else "")

    def choose(self, position: int) -> None:
        """Mark a sentence."""
        self.chosen = self.ids[position]
        self.post_message(SettingChanged(self.setting))

    def action_move(self, by: int) -> None:
        """Move the cursor; past the first and the last sentence go to the field there, if there is one."""
        if 0 <= self.cursor + by < self.count() or len(self.screen.focus_chain) == 1:
            super().action_move(by)
        elif by > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    def action_submit(self) -> None:
        """Mark the sentence at the cursor and go on."""
        if not self.settled:
            self.choose(self.cursor)
            self.show()
            self.post_message(FieldEntered())
