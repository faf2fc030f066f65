"""Help: the keys of the screen it was asked from, the keys of every screen, and what the course agrees on."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tutor.course.glossary import Term
from tutor.ui.screens.column import ColumnScreen
from tutor.ui.signs import in_ascii
from tutor.ui.term_display import glossary_lines
from tutor.ui.widgets.heading import Heading
from tutor.ui.widgets.key_bar import KeyBar

EVERYWHERE = (
    ("Esc", "back"),
    ("F1", "help"),
    ("F4", "settings"),
    ("F5", "training"),
    ("F6", "practice"),
    ("F7", "progress"),
    ("F9", "language"),
    ("Ctrl+L", "redraw"),
    ("Ctrl+Z", "suspend"),
    ("Ctrl+Q", "quit"),
)
SIGNS = ("value", "gradient", "dx", "upstream", "local", "contribution", "verdict")
CONVENTIONS = ("relu", "max", "losses", "mean", "rows", "update", "momentum", "adam")

_KEY = 14
"""Cells for the printed form of a key."""


class HelpScreen(ColumnScreen):
    """Tells about `keys`, those of the screen below, and about the rest of the tutor."""

    KEYS = (("Arrows", "scroll"), ("Esc", "back"), ("F9", "language"), ("Ctrl+Q", "quit"))

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,enter", "back", show=False)]

    def __init__(self, keys: tuple[tuple[str, str], ...]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Lay out one text that scrolls."""
        yield Heading()
        with VerticalScroll(id="scroll"):
            yield Static(id="help", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Write the text and let the arrow keys scroll it."""
        self.relabel()
        self.query_one("#scroll").focus()

    def relabel(self) -> None:
        """Write every word anew."""
        self.query_one(Heading).show(self.text("help.title"))
        here = [entry for entry in self._keys if entry not in EVERYWHERE]
        taken = {key for key, _ in here}
        elsewhere = [entry for entry in EVERYWHERE if entry[0] not in taken]
        sections = [
            self._section("here", [self._key(*entry) for entry in here]),
            self._section("everywhere", [self._key(*entry) for entry in elsewhere]),
            self._section("signs", [self._sentence(f"sign.{name}") for name in SIGNS]),
            self._section(
                "conventions",
                [*(self._sentence(f"convention.{name}") for name in CONVENTIONS), self._sentence("other")],
            ),
        ]
        if terms := self.tutor.terms:
            sections.append(self._section("terms", self._glossary(terms)))
        self.query_one("#help", Static).update(Content("\n\n").join(sections))

    def _section(self, name: str, lines: list[Content]) -> Content:
        title = Content.styled(self.text(f"help.{name}"), "bold $accent")
        return Content("\n").join([title, *lines])

    def _key(self, key: str, name: str) -> Content:
        printed = self.text(f"keys.name.{key}") if f"keys.name.{key}" in self.text else key
        pad = " " * max(2, _KEY - cell_len(printed))
        return Content.assemble((printed, "bold"), pad, self.text(f"keys.{name}"))

    def _glossary(self, terms: tuple[Term, ...]) -> list[Content]:
        lines = [(self._plain(term), others) for term, others in glossary_lines(terms, self.text.language)]
        widest = max(cell_len(term) for term, _ in lines) + 2
        return [
            Content.assemble((term, "bold"), " " * (widest - cell_len(term)), self._plain(others))
            for term, others in lines
        ]

    def _sentence(self, name: str) -> Content:
        return Content(self._plain(self.text(f"help.{name}")))

    def _plain(self, words: str) -> str:
        return in_ascii(words) if self.tutor.ascii_only else words

    def action_back(self) -> None:
        """Go back to where the learner was."""
        self.tutor.pop_screen()
