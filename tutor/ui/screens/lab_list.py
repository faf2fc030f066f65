"""The list of labs: every experiment of the course, free training, and the bug hunt."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tutor.student.events import EventKind
from tutor.student.progress import LAB
from tutor.ui.lab_messages import OpenLab
from tutor.ui.screens.column import ColumnScreen
from tutor.ui.signs import in_ascii
from tutor.ui.widgets.heading import Heading
from tutor.ui.widgets.key_bar import KeyBar
from tutor.ui.widgets.prose import inline

FREE, HUNT = "free:", "hunt:"
"""The ids of the entries that are no lab of the course."""


class LabList(ColumnScreen):
    """Any lab may be opened, in the order of the lessons that visit them; those compared once are marked."""

    KEYS = (("Enter", "open"), ("Arrows", "choose"), ("Esc", "back"), ("F1", "help"))
    BINDINGS = [("escape", "leave", "")]  # noqa: RUF012 - as Textual declares it

    class OpenTraining(Message):
        """The learner wants to train freely."""

    class OpenHunt(Message):
        """The learner wants to hunt a bug."""

    class Left(Message):
        """The learner goes back."""

    DEFAULT_CSS = """
    LabList {
        & #labs {
            height: 1fr; min-width: 20;
            border: none; padding: 0 1; background: transparent; scrollbar-size-vertical: 1;
        }
        & #labs > .option-list--option { color: $foreground; padding: 0; }
        & #labs > .option-list--option-highlighted {
            background: $panel; color: $foreground; text-style: none;
        }
        & #about { height: 6; margin: 0 1 1 1; padding: 0 1; border-top: solid $line; }
        &.-wide.-high #labs { height: auto; max-height: 80%; margin-bottom: 1; }
    }
    .-ascii LabList #about { border-top: ascii $line; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._labs: Mapping[str, tuple[Mapping[str, str], Mapping[str, str], int]] = {}
        self._lessons: Mapping[str, int] = {}
        self._compared: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        """Lay out the list and what is said about its chosen entry."""
        yield Heading()
        yield OptionList(id="labs", markup=False)
        yield Static(id="about", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """List what needs no reading; the labs follow once they are read."""
        self._list.add_options([Option("", id=FREE), Option("", id=HUNT)])
        self._list.highlighted = 0
        self._list.focus()
        self.relabel()
        self.run_worker(self._read())

    async def _read(self) -> None:
        labs = await self.tutor.read_labs()
        visits = [(step.lab, lesson.number) for lesson in self.tutor.outlines for step in lesson.steps]
        self._lessons = dict(reversed(visits))  # the first visit counts
        order = [slug for slug, _ in visits if slug in labs]
        self._labs = {
            slug: (labs[slug].title, labs[slug].intro, labs[slug].table.minutes)
            for slug in dict.fromkeys([*order, *labs])
        }
        self._list.add_options([Option("", id=slug) for slug in self._labs])
        self.relabel()

    def on_screen_resume(self) -> None:
        """Mark what was compared meanwhile."""
        self._compared = frozenset(
            event.step
            for event in self.tutor.store.events()
            if event.kind is EventKind.RUN and event.lesson == LAB and "kept" in event.data
        )
        self.relabel()

    def relabel(self) -> None:
        """Write every word anew."""
        if not self._list.option_count:
            return
        self.query_one(Heading).show(self.text("labs.title"))
        for index in range(self._list.option_count):
            entry = self._list.get_option_at_index(index).id or ""
            self._list.replace_option_prompt_at_index(index, self._entry(entry))
        self.query_one("#about", Static).update(inline(self._about()))

    def on_resize(self, event: events.Resize) -> None:
        """Write the part about the chosen entry as its room allows."""
        super().on_resize(event)
        self.call_later(self.relabel)

    @property
    def _list(self) -> OptionList:
        return self.query_one("#labs", OptionList)

    @property
    def _chosen(self) -> str:
        option = self._list.highlighted_option
        return option.id or "" if option else ""

    @property
    def _widest(self) -> int:
        """Cells of the longest title, behind which the lessons stand below each other."""
        return max(cell_len(title[self.text.language]) for title, _, _ in self._labs.values())

    def _entry(self, entry: str) -> Content:
        arrow = ">" if self.tutor.ascii_only else "▸"
        mark = (f"{arrow} " if entry == self._chosen else "  ", "bold $accent")
        if entry in (FREE, HUNT):
            return Content.assemble(mark, "  ", (self.text(f"labs.{entry[:-1]}"), "bold"))
        title, _, minutes = self._labs[entry]
        number = self._lessons.get(entry)
        done = entry in self._compared
        sign = ("+" if self.tutor.ascii_only else "✓") if done else " "
        words = self.text("labs.compared") if done else self.text("labs.minutes", minutes=minutes)
        if number is not None:
            words = f"{self.text('labs.lesson', number=number)}, {words}"
        return Content.assemble(
            mark,
            (f"{sign} ", "$success"),
            (self._plain(title[self.text.language]), "bold"),
            " " * (self._widest - cell_len(title[self.text.language]) + 3),
            (words, "$text-muted"),
        )

    def _about(self) -> str:
        if self._chosen in (FREE, HUNT):
            return self._plain(self.text(f"labs.{self._chosen[:-1]}_about"))
        if self._chosen in self._labs:
            return self._plain(" ".join(self._labs[self._chosen][1][self.text.language].split()))
        return ""

    def _plain(self, text: str) -> str:
        return in_ascii(text) if self.tutor.ascii_only else text

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Say more about the chosen entry."""
        event.stop()
        self.relabel()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Open the chosen entry."""
        event.stop()
        if event.option_id == FREE:
            self.post_message(self.OpenTraining())
        elif event.option_id == HUNT:
            self.post_message(self.OpenHunt())
        elif event.option_id:
            self.post_message(OpenLab(event.option_id))

    def action_leave(self) -> None:
        """Go back."""
        self.post_message(self.Left())
