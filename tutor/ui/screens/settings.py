"""The learner's choices. A change applies at once and is kept."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult, RenderResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static

from tutor.text import LANGUAGES
from tutor.ui import themes
from tutor.ui.screens.column import ColumnScreen
from tutor.ui.term_display import FORMS, chosen_form
from tutor.ui.widgets.heading import Heading
from tutor.ui.widgets.key_bar import KeyBar

_PLACE = "place"

_LABEL = 16
"""Cells for the name of a setting."""


class SettingRow(Widget, can_focus=True):
    """One setting with all its options in a row; the one in force has a sign."""

    DEFAULT_CSS = """
    SettingRow { height: 2; width: 100%; margin-bottom: 1; padding: 0 1; }
    SettingRow:focus { background: $panel; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,enter,space", "turn(1)", show=False),
        Binding("left", "turn(-1)", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, setting: str, values: tuple[str | bool, ...]) -> None:
        super().__init__(id=setting)
        self.setting = setting
        self.values = values

    @property
    def _screen(self) -> SettingsScreen:
        assert isinstance(self.screen, SettingsScreen)
        return self.screen

    def action_turn(self, step: int) -> None:
        """Take the next option, or the one before."""
        place = self.values.index(self._screen.value(self.setting))
        self.action_take((place + step) % len(self.values))

    def action_take(self, place: int) -> None:
        """Take an option."""
        if not self.disabled:
            self.focus()
            self._screen.tutor.change_settings(**{self.setting: self.values[place]})

    def render(self) -> RenderResult:
        """Return the name, the options and a line about them."""
        screen = self._screen
        name = screen.text(f"settings.{self.setting}.name")
        sign = ">" if screen.tutor.ascii_only else "▸"
        mark = f"{sign} " if self.has_focus else "  "
        pad = " " * max(2, _LABEL - cell_len(name))
        about = "no_color" if self.disabled else "about"
        return Content.assemble(
            (mark, "bold $accent"),
            (name, "bold"),
            pad,
            *(self._option(place, value) for place, value in enumerate(self.values)),
            "\n  ",
            (screen.text(f"settings.{self.setting}.{about}"), "$text-muted"),
        )

    def _option(self, place: int, value: str | bool) -> Content:
        screen = self._screen
        chosen = screen.value(self.setting) == value
        sign = ("*" if screen.tutor.ascii_only else "✓") if chosen else " "
        style = "bold $accent" if chosen else "$text-muted"
        option = Content.styled(f"{sign} {screen.word(self.setting, value)}", style)
        return option.stylize(Style.from_meta({_PLACE: place})) + Content("   ")

    def on_click(self, event: events.Click) -> None:
        """Take the option that was clicked."""
        event.stop()
        place = event.style.meta.get(_PLACE)
        if place is not None:
            self.action_take(place)


class SettingsScreen(ColumnScreen):
    """Language, theme, signs, motion and the form of the terms."""

    KEYS = (("Arrows", "change"), ("Esc", "back"), ("F9", "language"), ("Ctrl+Q", "quit"), ("F1", "help"))

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f4", "back", show=False)]

    def compose(self) -> ComposeResult:
        """Lay out one row for each setting."""
        yield Heading()
        with VerticalScroll(can_focus=False):
            yield SettingRow("language", tuple(LANGUAGES))
            yield SettingRow("theme", tuple(themes.THEMES))
            yield SettingRow("ascii", (False, True))
            yield SettingRow("motion", (True, False))
            yield SettingRow("terms", FORMS)
            yield Static(id="record", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Start at the first setting."""
        self.query_one("#theme", SettingRow).disabled = self.tutor.no_color
        self.query_one("#language", SettingRow).focus()
        self.relabel()

    def relabel(self) -> None:
        """Write every word anew."""
        self.query_one(Heading).show(self.text("settings.title"))
        for row in self.query(SettingRow):
            row.refresh()
        where = str(self.tutor.store.path or self.text("settings.in_memory"))
        label = self.text("settings.record")
        self.query_one("#record", Static).update(
            Content.assemble((f"{label}: ", "bold"), (where, "$text-muted"))
        )

    def on_descendant_focus(self) -> None:
        """Move the sign to the row in use."""
        self.relabel()

    def value(self, setting: str) -> str | bool:
        """Return what is in force, which is not always what is stored."""
        tutor = self.tutor
        in_force: dict[str, str | bool] = {
            "language": tutor.text.language,
            "theme": themes.known(tutor.theme),
            "ascii": tutor.ascii_only,
            "motion": tutor.settings.motion,
            "terms": chosen_form(tutor.settings.terms),
        }
        return in_force[setting]

    def word(self, setting: str, value: str | bool) -> str:
        """Return an option in words."""
        if setting == "language":
            return LANGUAGES[str(value)]
        name = {True: "on", False: "off"}[value] if isinstance(value, bool) else value
        return self.text(f"settings.{setting}.{name}")

    def action_back(self) -> None:
        """Go back to where the learner was."""
        self.tutor.pop_screen()
