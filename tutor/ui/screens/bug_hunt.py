"""The bug hunt: a healthy and a sick run, a few gradient checks to buy, and a menu of what may be wrong."""

from __future__ import annotations

import random
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tutor.student.events import Event, EventKind
from tutor.tutoring.bug_hunt import BugHunt, Probe
from tutor.ui.hunt_run import HuntRun
from tutor.ui.lab_words import number_text
from tutor.ui.run_thread import RunThread
from tutor.ui.screens.base import TutorScreen
from tutor.ui.signs import in_ascii
from tutor.ui.views.picture import Mark, row
from tutor.ui.views.thermometer import thermometer_rows
from tutor.ui.widgets.heading import Heading
from tutor.ui.widgets.key_bar import KeyBar
from tutor.ui.widgets.lab_form import FieldEntered, Menu
from tutor.ui.widgets.loss_plot import LossPlot
from tutor.ui.widgets.marked_rows import MarkedRows
from tutor.ui.widgets.prose import inline

_TICK = 1 / 10


class BugHuntScreen(TutorScreen):
    """One hunt: look, check a few gradients, name the bug."""

    KEYS = (
        ("Enter", "name_bug"),
        ("F6", "probe"),
        ("F2", "next_weight"),
        ("F7", "axis"),
        ("F5", "another_hunt"),
        ("Esc", "back"),
        ("F1", "help"),
    )
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("f2,right", "next_weight(1)", show=False),
        Binding("left", "next_weight(-1)", show=False),
        Binding("f6", "probe", show=False),
        Binding("f7", "axis", show=False),
        Binding("f5", "again", show=False),
    ]

    class Left(Message):
        """The learner goes back to the list."""

    DEFAULT_CSS = """
    BugHuntScreen {
        layout: vertical;
        & #about { height: auto; padding: 0 2; }
        & #both { layout: grid; grid-size: 2; grid-columns: 3fr 2fr; height: 1fr; padding: 0 1; }
        & LossPlot { height: 100%; padding: 0 1; }
        & #norms { height: 100%; }
        & #choice { height: auto; padding: 0 1; }
        & #probes { height: auto; padding: 0 2; color: $text-muted; }
        & Menu { height: auto; max-height: 9; width: 100%; }
        & #said { height: auto; min-height: 1; max-height: 3; padding: 0 2; }
    }
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__()
        self._chance = random.Random(seed)
        self._thread: RunThread | None = None
        self._place = 0
        self._found = False
        self._last: str | None = None
        self._begin()

    def _begin(self) -> None:
        self.hunt = BugHunt(self._chance.randrange(1_000_000))
        self.going = HuntRun(self.hunt)
        self.weights = [
            (name, index)
            for name, shape in self.hunt.shapes.items()
            for index in ([(0,) * len(shape), tuple(size - 1 for size in shape)])
        ]
        self._place, self._found, self._last = 0, False, None

    # -- what is shown ---------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Curves and norms, the checks bought so far, and the menu."""
        yield Heading()
        yield Static(id="about", markup=False)
        self.plot = LossPlot(logarithmic=True, reduced_motion=not self.tutor.settings.motion)
        self.norms = MarkedRows(id="norms")
        with Container(id="both"):
            yield self.plot
            yield self.norms
        yield Static(id="probes", markup=False)
        yield Vertical(id="choice")
        yield Static(id="said", markup=False)
        yield KeyBar()

    async def on_mount(self) -> None:
        """Begin the first hunt."""
        self._timer = self.set_interval(_TICK, self._tick, pause=True)
        await self._show_hunt()

    def on_unmount(self) -> None:
        """Let nothing go on."""
        self._timer.stop()
        self._halt()

    async def _show_hunt(self) -> None:
        self.menu = Menu("bug", self.hunt.options)
        holder = self.query_one("#choice", Vertical)
        await holder.remove_children()
        await holder.mount(self.menu)
        self.menu.focus()
        self.relabel()
        self._thread = RunThread(self.going.work)
        self._timer.resume()

    def _text_of(self, name: str, **fields: object) -> str:
        text = self.text(f"bug_hunt.{name}", **fields)
        return in_ascii(text) if self.tutor.ascii_only else text

    def _principle(self, id_: str, part: str) -> str:
        text = self.text(f"misconceptions.{id_}.{part}")
        return in_ascii(text) if self.tutor.ascii_only else text

    def relabel(self) -> None:
        """Write every word anew."""
        self.query_one(Heading).show(self._text_of("title"))
        self.query_one("#about", Static).update(Content(self._text_of("about")))
        self.plot.ascii_only = self.menu.ascii_only = self.tutor.ascii_only
        self.plot.clear_series()
        self.plot.add_series(self._text_of("healthy"), self.going.healthy)
        self.plot.add_series(self._text_of("sick"), self.going.sick)
        self.menu.write([self._principle(id_, "looks_like") for id_ in self.hunt.options])
        self._show_norms()
        self._show_probes()
        self._show_said()

    def _show_norms(self) -> None:
        width = self.norms.size.width
        rows = []
        for name, look in zip(("healthy", "sick"), self.going.norms, strict=True):
            rows += [row(Mark(self._text_of(name), "strong"))]
            rows += thermometer_rows(
                look, min(width, 60), beside=self.going.norms, ascii_only=self.tutor.ascii_only
            )
        self.norms.put_rows(rows)

    def _show_probes(self) -> None:
        rows = [self._probed(probe) for probe in self.hunt.probes]
        if self.hunt.probes_left and not self._found:
            name, index = self.weights[self._place]
            rows.append(self._text_of("next_probe", weight=_weight(name, index), left=self.hunt.probes_left))
        elif not self._found:
            rows.append(self._text_of("no_probes"))
        self.query_one("#probes", Static).update(Content("\n".join(rows)))

    def _probed(self, probe: Probe) -> str:
        ratio = probe.analytic / probe.numeric if probe.numeric else float("nan")
        return self._text_of(
            "probed",
            weight=_weight(probe.parameter, probe.index),
            analytic=number_text(probe.analytic),
            numeric=number_text(probe.numeric),
            ratio=number_text(ratio) if probe.numeric else "-",
        )

    def _show_said(self) -> None:
        said = ""
        if self._found:
            said = f"{self._text_of('found')} {self._principle(self.hunt.answer, 'principle')}"
        elif self._last is not None:
            said = self._text_of("not_that_one")
        mark = {True: ("✓ ", "+ "), False: ("✗ ", "x ")}[self._found][self.tutor.ascii_only] if said else ""
        style = "bold $success" if self._found else "bold $error"
        self.query_one("#said", Static).update(Content.assemble((mark, style), inline(said)))

    # -- keys ------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        if self._thread is not None and not self._thread.alive:
            self._halt()
        self._show_norms()

    def _halt(self) -> None:
        thread, self._thread = self._thread, None
        self._timer.pause()
        if thread is not None:
            thread.stop()

    def action_next_weight(self, by: int) -> None:
        """Choose another weight to check."""
        self._place = (self._place + by) % len(self.weights)
        self._show_probes()

    def action_probe(self) -> None:
        """Buy one gradient check of the sick run as it stands."""
        if not self.hunt.probes_left or self._found:
            return
        running = self._thread is not None
        self._halt()
        self.hunt.probe(*self.weights[self._place])
        self._show_probes()
        self.action_next_weight(1)
        if running and not self.hunt.finished:
            self._thread = RunThread(self.going.work)
            self._timer.resume()

    @on(FieldEntered)
    def _bug_named(self) -> None:
        """Name the bug that is chosen in the menu."""
        chosen = self.menu.chosen
        if chosen is None or self._found:
            return
        self._last = chosen
        self._found = self.hunt.name(chosen)
        self.menu.settle(self._found)
        self._show_probes()
        self._show_said()
        data = {"named": chosen, "answer": self.hunt.answer, "found": self._found}
        self.tutor.record(
            [Event(EventKind.RUN, "hunt", self.hunt.answer, {**data, "probes": len(self.hunt.probes)})]
        )

    def action_axis(self) -> None:
        """Change between the linear and the logarithmic axis."""
        self.plot.action_toggle_scale()

    async def action_again(self) -> None:
        """Begin another hunt."""
        self._halt()
        self._begin()
        await self._show_hunt()

    def action_leave(self) -> None:
        """Go back to the list."""
        self._halt()
        self.post_message(self.Left())


def _weight(name: str, index: tuple[int, ...]) -> str:
    """Return a weight with its place counted from 1, `W1[1,2]`."""
    return f"{name}[{','.join(str(number + 1) for number in index)}]"
