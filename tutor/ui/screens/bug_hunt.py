"""The bug hunt: a healthy and a sick run, a few gradient checks to buy, and a menu of what may be wrong."""

from __future__ import annotations

import random
from typing import ClassVar

from rich.cells import set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tutor.student.events import Event, EventKind
from tutor.tutoring.bug_hunt import CASES, POINTS, WRONG_COST, BugHunt, Probe
from tutor.ui.chart import marker_sample
from tutor.ui.hunt_run import HuntRun
from tutor.ui.lab_words import LabWords
from tutor.ui.lesson_words import Line, Tone
from tutor.ui.run_thread import RunThread
from tutor.ui.screens.base import TutorScreen
from tutor.ui.signs import in_ascii
from tutor.ui.views.picture import SERIES, Mark, number_text, row
from tutor.ui.views.thermometer import thermometer_rows
from tutor.ui.widgets.feedback import rows_of
from tutor.ui.widgets.heading import Heading
from tutor.ui.widgets.key_bar import KeyBar
from tutor.ui.widgets.lab_form import FieldEntered, Menu
from tutor.ui.widgets.loss_plot import LossPlot
from tutor.ui.widgets.marked_rows import MarkedRows

_TICK = 1 / 10

_COLUMNS = (8, 10, 10, 7)
"""Cells of a weight, both of its gradients and their ratio."""

_GAP = "   "


class BugHuntScreen(TutorScreen):
    """One hunt: look, check a few gradients, name the bug."""

    KEYS = (
        ("Enter", "name_bug"),
        ("F6", "probe"),
        ("F2", "next_weight"),
        ("F5", "another_hunt"),
        ("F7", "axis"),
        ("Esc", "back"),
        ("F1", "help"),
    )
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("enter", "go_on", show=False),
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
        & #both {
            layout: grid; grid-size: 2; grid-columns: 3fr 2fr;
            height: 1fr; min-height: 8; padding: 0 1;
        }
        & LossPlot { height: 100%; padding: 0 1; }
        & #norms { height: 100%; }
        & #choice { height: auto; padding: 0 1; }
        & #probes { height: auto; padding: 0 2; color: $text-muted; }
        & Menu { height: auto; max-height: 9; width: 100%; }
        & #said { height: auto; min-height: 1; max-height: 7; padding: 0 2; }
        &.-medium Menu { max-height: 6; }
        &.-low #both { min-height: 6; }
        &.-low Menu { max-height: 5; }
        &.-low.-begun #both { min-height: 3; }
        &.-low.-begun #about { display: none; }
        &.-narrow #both, &.-too-narrow #both { grid-size: 1; grid-columns: 1fr; }
        &.-narrow #norms, &.-too-narrow #norms { display: none; }
        &.-found Menu { display: none; }
    }
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__()
        self._chance = random.Random(seed)
        self._thread: RunThread | None = None
        self._place = 0
        self._found = False
        self._last: str | None = None
        self._number = self._won = 0
        self._begin()

    def _begin(self) -> None:
        # The networks come in their order first: the first hunt is the easiest.
        case = self._number if self._number < len(CASES) else None
        self._number += 1
        self.hunt = BugHunt(self._chance.randrange(1_000_000), case)
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
        # Kept and never looked for: what a run tells may come when the app is already ending.
        self._heading, self._key_bar, self._choice = Heading(), KeyBar(), Vertical(id="choice")
        self._about, self._probes, self._said = (
            Static(id=name, markup=False) for name in ("about", "probes", "said")
        )
        yield self._heading
        yield self._about
        self.plot = LossPlot(logarithmic=True, reduced_motion=not self.tutor.settings.motion)
        self.norms = MarkedRows(id="norms")
        with Container(id="both"):
            yield self.plot
            yield self.norms
        yield self._probes
        yield self._choice
        yield self._said
        yield self._key_bar

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
        await self._choice.remove_children()
        await self._choice.mount(self.menu)
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
        self.plot.ascii_only = self.menu.ascii_only = self.tutor.ascii_only
        self.plot.clear_series()
        self.plot.add_series(self._text_of("healthy"), self.going.healthy)
        self.plot.add_series(self._text_of("sick"), self.going.sick)
        self._about.update(self._text_of("about", network=self._network(), wrong=WRONG_COST))
        self.menu.write([self._principle(id_, "looks_like") for id_ in self.hunt.options])
        self._show_norms()
        self._show_state()

    def _network(self) -> str:
        config, words = self.hunt.healthy.config, LabWords(self.text, self.tutor.ascii_only)
        activation = words.option("activation", config.activation)
        return f"{words.option('dataset', config.dataset)}, {words.layers(config.layers)}, {activation}"

    def _show_norms(self) -> None:
        width = self.norms.size.width
        rows = []
        for place, (name, look) in enumerate(zip(("healthy", "sick"), self.going.norms, strict=True)):
            sample = Mark(marker_sample(place, ascii_only=self.tutor.ascii_only), SERIES[place])
            rows += [row(sample, f" {self._text_of(f'norms_{name}')}")]
            rows += thermometer_rows(
                look, min(width, 60), beside=self.going.norms, ascii_only=self.tutor.ascii_only
            )
        self.norms.put_rows(rows)

    def _show_state(self) -> None:
        """Show what was bought and named so far, and what it has cost."""
        points = self.hunt.points
        self._heading.show(self._text_of("title", number=self._number, points=points))
        self.set_class(bool(self.hunt.probes or self.hunt.named), "-begun")
        self.set_class(self._found, "-found")
        self._probes.update(Content("\n".join(self._probe_rows())))
        said = rows_of(self._lines(), max(1, self.size.width - 4), self.tutor.ascii_only)
        self._said.update(Content("\n").join(said))
        found = (("Enter", "another_hunt"), ("F7", "axis"), *self.KEYS[-2:])
        self._key_bar.keys = found if self._found else self.KEYS

    def _probe_rows(self) -> list[str]:
        """Return the checks so far, side by side where there is room, and what the next one would be."""
        heads = _in_columns([self._text_of(f"column.{name}") for name in ("weight", "mine", "true", "ratio")])
        across = 2 if self.size.width - 4 >= 2 * sum(_COLUMNS) + len(_GAP) else 1
        cells = [_in_columns(self._probed(probe)) for probe in self.hunt.probes]
        rows = [_GAP.join([heads] * min(across, len(cells)))] if cells else []
        rows += [_GAP.join(cells[first : first + across]) for first in range(0, len(cells), across)]
        if self._found:
            return rows
        if not self.hunt.probes_left:
            return [*rows, self._text_of("no_probes")]
        weight = _weight(*self.weights[self._place])
        return [*rows, self._text_of("next_probe", weight=weight, left=self.hunt.probes_left)]

    def _probed(self, probe: Probe) -> list[str]:
        ratio = number_text(probe.analytic / probe.numeric) if abs(probe.numeric) > 1e-12 else "-"
        weight = _weight(probe.parameter, probe.index)
        return [weight, number_text(probe.analytic), number_text(probe.numeric), ratio]

    def _lines(self) -> list[Line]:
        if self._found:
            rule, right = (self._principle(self.hunt.answer, part) for part in ("looks_like", "principle"))
            score = self._text_of(
                "score", points=self.hunt.points, most=POINTS, won=self._won, all=POINTS * self._number
            )
            found = Line(Tone.RIGHT, self._text_of("found"))
            return [found, Line(Tone.PLAIN, rule), Line(Tone.PLAIN, right), Line(Tone.HINT, score)]
        return [] if self._last is None else [Line(Tone.WRONG, self._text_of("not_that_one"))]

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
        self._show_state()

    def action_probe(self) -> None:
        """Buy one gradient check."""
        if self.hunt.probes_left and not self._found:
            self.hunt.probe(*self.weights[self._place])
            self.action_next_weight(1)

    @on(FieldEntered)
    def _bug_named(self) -> None:
        """Name the bug that is chosen in the menu."""
        chosen = self.menu.chosen
        if chosen is None or self._found:
            return
        self._last = chosen
        self._found = self.hunt.name(chosen)
        if self._found:
            self._won += self.hunt.points
            self.set_focus(None)
        else:
            self.menu.crossed.add(chosen)
        self.menu.settle(self._found)
        self._show_state()
        data = {
            "named": chosen,
            "answer": self.hunt.answer,
            "found": self._found,
            "points": self.hunt.points,
        }
        self.tutor.record(
            [Event(EventKind.RUN, "hunt", self.hunt.answer, {**data, "probes": len(self.hunt.probes)})]
        )

    def action_axis(self) -> None:
        """Change between the linear and the logarithmic axis."""
        self.plot.action_toggle_scale()

    async def action_go_on(self) -> None:
        """Begin another hunt once this one has ended."""
        if self._found:
            await self.action_again()

    async def action_again(self) -> None:
        """Begin another hunt."""
        self._halt()
        self._begin()
        await self._show_hunt()

    def action_leave(self) -> None:
        """Go back to the list."""
        self._halt()
        self.post_message(self.Left())


def _in_columns(texts: list[str]) -> str:
    return "".join(set_cell_size(text, cells) for text, cells in zip(texts, _COLUMNS, strict=True))


def _weight(name: str, index: tuple[int, ...]) -> str:
    """Return a weight with its place counted from 1, `W1[1,2]`."""
    return f"{name}[{','.join(str(number + 1) for number in index)}]"
