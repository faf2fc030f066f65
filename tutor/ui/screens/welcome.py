"""The first minute: which language, what this is, and off to the first exercise."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, ContentSwitcher, Static

from tutor.text import LANGUAGES, Text
from tutor.ui.screens.base import TutorScreen
from tutor.ui.widgets.key_bar import KeyBar

_LANGUAGE, _PURPOSE = "ask-language", "say-purpose"

_PICTURE = """\
       3
x ●──────────▶╭───╮
      dx ?    │   │    -12
              │ × │──────────▶ L
      -4      │   │     1
y ●──────────▶╰───╯
      dy ?
"""
"""One multiplication: values above the edges, gradients below them."""

_ROLES = ("       v", "", "      gggg             vvv", "", "      vv                g", "", "      gggg")
"""Which cells of the picture are a value, and which a gradient."""

_ASCII_LINES = str.maketrans("─▶╭╮╰╯│●×", "->++++|*x")

_STYLES = {"v": "bold $forward", "g": "bold $backward"}


class WelcomeScreen(TutorScreen):
    """Asks for the language where it is not known, says in three lines what this is, and begins."""

    KEYS = (("Enter", "continue"), ("Arrows", "choose"), ("Ctrl+Q", "quit"), ("F1", "help"))
    _KEYS_OF_PURPOSE = (
        ("Enter", "start"),
        ("Esc", "course"),
        ("F9", "language"),
        ("Ctrl+Q", "quit"),
        ("F1", "help"),
    )

    AUTO_FOCUS = ""  # the buttons may be on the page that is not shown

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", show=False),
        Binding("escape", "to_course", show=False),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
        *(Binding(str(place), f"choose('{code}')", show=False) for place, code in enumerate(LANGUAGES, 1)),
    ]

    def __init__(self, *, ask_language: bool = True) -> None:
        super().__init__()
        self._asks = ask_language

    def compose(self) -> ComposeResult:
        """Lay out both pages; one of them is shown."""
        with ContentSwitcher(initial=_LANGUAGE if self._asks else _PURPOSE):
            with Vertical(id=_LANGUAGE):
                yield Static("tutor", classes="brand", markup=False)
                yield Static(id="which", markup=False)
                with Horizontal(id="languages"):
                    for code, name in LANGUAGES.items():
                        yield Button(Content(name), id=code)
            with Vertical(id=_PURPOSE):
                yield Static("tutor", classes="brand", markup=False)
                yield Static(id="purpose", markup=False)
                yield Static(id="picture", markup=False)
                yield Static(id="ready", markup=False)
        yield KeyBar(self.KEYS if self._asks else self._KEYS_OF_PURPOSE)

    def on_mount(self) -> None:
        """Start at the language that the system speaks, and get the first lesson ready meanwhile."""
        self.relabel()
        if self._asks:
            self.query_one(f"#{self.text.language}", Button).focus()
        self.call_after_refresh(self._get_ready)

    def _get_ready(self) -> None:
        if self.is_current:
            self.tutor.make_ready(self.tutor.recommended())

    def relabel(self) -> None:
        """Write every word anew; the question stands in every language, for nobody has chosen yet."""
        questions = [Text(code)("welcome.which") for code in LANGUAGES]
        self.query_one("#which", Static).update(Content("\n").join(Content(line) for line in questions))
        lines = [self.text(f"welcome.what_{number}") for number in (1, 2, 3)]
        self.query_one("#purpose", Static).update(Content("\n").join(Content(line) for line in lines))
        self.query_one("#picture", Static).update(picture(ascii_only=self.tutor.ascii_only))
        self.query_one("#ready", Static).update(
            Content(f"{self.text('welcome.ready')}\n{self.text('welcome.known')}")
        )

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the language and say what this is in it."""
        event.stop()
        if event.button.id:
            self.action_choose(event.button.id)

    def action_choose(self, language: str) -> None:
        """Take a language."""
        if self._page.current == _LANGUAGE:
            self.tutor.change_settings(language=language)
            self._turn_to(_PURPOSE, self._KEYS_OF_PURPOSE)

    def action_go_on(self) -> None:
        """Begin with the first lesson."""
        following = self.tutor.recommended()
        if self._page.current == _PURPOSE:
            self._keep_language()
            if following is None:
                self.tutor.back_to_map()
            else:
                self.tutor.open_lesson(following.slug)

    def action_to_course(self) -> None:
        """Show the whole course to those who know its beginning."""
        if self._page.current == _PURPOSE:
            self._keep_language()
            self.tutor.back_to_map()

    def _keep_language(self) -> None:
        """Store the language that a first start was given, so that the next start speaks it too."""
        if self.tutor.settings.language is None:
            self.tutor.change_settings(language=self.text.language)

    @property
    def _page(self) -> ContentSwitcher:
        return self.query_one(ContentSwitcher)

    def _turn_to(self, page: str, keys: tuple[tuple[str, str], ...]) -> None:
        self._page.current = page
        self.query_one(KeyBar).keys = keys
        if page == _PURPOSE:
            self.set_focus(None)


def picture(*, ascii_only: bool) -> Content:
    """Return the small graph of the welcome, in the colours of both directions."""
    rows = []
    drawing = _PICTURE.translate(_ASCII_LINES) if ascii_only else _PICTURE
    for drawn, roles in zip(drawing.splitlines(), _ROLES, strict=True):
        cells = zip(drawn, roles.ljust(len(drawn)), strict=True)
        runs = [(role, "".join(cell for cell, _ in run)) for role, run in groupby(cells, key=itemgetter(1))]
        rows.append(Content.assemble(*((run, _STYLES.get(role, "")) for role, run in runs)))
    return Content("\n").join(rows)
