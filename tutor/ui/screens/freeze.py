"""A frozen run: its graph with the numbers of now, one gradient by hand, and two runs that part from here."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tutor.engine.nodes import Array
from tutor.engine.reading_errors import ReadingError
from tutor.engine.training import Training
from tutor.student.events import Event, EventKind
from tutor.tutoring.freeze import course_of, freeze
from tutor.tutoring.frozen_exercise import askable, exercise_of
from tutor.tutoring.judging import judge_numbers
from tutor.tutoring.reading import Field, read_answer
from tutor.tutoring.verdict import Verdict
from tutor.ui.exercise_picture import drawing_of, number, slots_of
from tutor.ui.fork_run import ForkRun
from tutor.ui.lab_words import LabWords
from tutor.ui.lesson_words import LessonWords, Line, Tone
from tutor.ui.run_thread import RunThread
from tutor.ui.screens.base import TutorScreen
from tutor.ui.widgets.answer import AnswerSubmitted
from tutor.ui.widgets.feedback import rows_of
from tutor.ui.widgets.graph_view import GraphView
from tutor.ui.widgets.heading import Heading
from tutor.ui.widgets.key_bar import KeyBar
from tutor.ui.widgets.loss_plot import LossPlot
from tutor.ui.widgets.prose import inline

_TICK = 1 / 30


def as_row(text: str) -> str:
    """Return typed numbers with the brackets of a matrix of one row, where these were left out."""
    bare = text.strip()
    if bare.startswith("[["):
        return bare
    return f"[{bare}]" if bare.startswith("[") else f"[[{bare}]]"


class FreezeScreen(TutorScreen):
    """One gradient of a run that stands still; F6 lets both runs go on from it."""

    KEYS = (
        ("Enter", "check"),
        ("F6", "drive"),
        ("F2", "next_node"),
        ("F7", "axis"),
        ("Esc", "back"),
        ("F1", "help"),
    )
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("f2", "next_node", show=False, priority=True),
        Binding("f6", "drive", show=False, priority=True),
        Binding("f7", "axis", show=False, priority=True),
    ]

    class Left(Message):
        """The learner goes back to the run."""

    DEFAULT_CSS = """
    FreezeScreen {
        layout: vertical;
        & #about { height: auto; padding: 0 2; margin-bottom: 1; }
        & #graph { height: 1fr; min-height: 8; padding: 0 1; }
        & #graph > GraphView { height: 100%; align: left top; }
        & #said { height: auto; max-height: 7; min-height: 2; padding: 0 2; }
        & LossPlot { display: none; height: 1fr; padding: 0 2; }
        &.-driven LossPlot { display: block; }
        &.-driven.-medium #graph, &.-driven.-low #graph { display: none; }
    }
    """

    def __init__(self, training: Training) -> None:
        super().__init__()
        self.frozen = freeze(training)
        self.names = askable(self.frozen)
        self._place = 0
        self._times_wrong: dict[str, int] = {}
        self._judged: dict[str, str] = {}
        self.verdict: Verdict | None = None
        self.run: ForkRun | None = None
        self._thread: RunThread | None = None

    @property
    def node(self) -> str:
        """The name whose gradient is asked for."""
        return self.names[self._place % len(self.names)]

    @property
    def _may_drive(self) -> bool:
        """Whether the run has steps left on which two copies could part."""
        return not self.frozen.training.finished

    # -- what is shown ---------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """What it is about, the graph, what is said, and the curves once they part."""
        # Kept and never looked for: what a run tells may come when the app is already ending.
        self._heading, self._key_bar, self._graph_place = Heading(), KeyBar(), Vertical(id="graph")
        self._about, self._said = Static(id="about", markup=False), Static(id="said", markup=False)
        yield self._heading
        yield self._about
        yield self._graph_place
        self.plot = LossPlot(logarithmic=True, reduced_motion=not self.tutor.settings.motion)
        yield self.plot
        yield self._said
        yield self._key_bar

    async def on_mount(self) -> None:
        """Show the first node."""
        self._timer = self.set_interval(_TICK, self._tick, pause=True)
        if self.names:
            await self._show_node()
        self.relabel()

    def on_unmount(self) -> None:
        """Let nothing go on."""
        self._timer.stop()
        self._halt()

    async def _show_node(self) -> None:
        exercise = exercise_of(self.frozen, self.node)
        assert exercise is not None
        self.exercise = exercise
        self.verdict = None
        slots = slots_of(exercise)
        drawing = drawing_of(exercise, slots, max(40, self.size.width - 4), ascii_only=self.tutor.ascii_only)
        self.graph = GraphView(drawing, slots, ascii_only=self.tutor.ascii_only)
        self.graph.know({blank.key: number(blank.truth) for blank in exercise.blanks})
        await self._graph_place.remove_children()
        await self._graph_place.mount(self.graph)
        self.graph.take_focus()

    def relabel(self) -> None:
        """Write every word anew."""
        say = self._words.say_frozen
        self.plot.ascii_only = self.tutor.ascii_only
        self._heading.show(say("title", step=self.frozen.step))
        self._about.update(inline(self._about_text()))
        self._key_bar.keys = self._keys()
        self._say()

    def _about_text(self) -> str:
        say = self._words.say_frozen
        if not self.names:
            return say("too_large")
        asked, samples = f"d{self.node}", len(self.frozen.rows)
        if self.run is not None:
            return say("about_copies", asked=asked, step=self.frozen.step)
        return say("about" if samples == 1 else "about_some", asked=asked, samples=samples)

    def _keys(self) -> tuple[tuple[str, str], ...]:
        if self.run is not None:
            return ("F6", "to_node"), ("F7", "axis"), ("F2", "next_node"), *self.KEYS[-2:]
        hidden = {"axis"} | (set() if self._may_drive else {"drive"})
        return tuple(key for key in self.KEYS if key[1] not in hidden)

    @property
    def _words(self) -> LabWords:
        return LabWords(self.text, self.tutor.ascii_only)

    def _say(self) -> None:
        say = self._words.say_frozen
        lines: list[Line] = []
        if self.run is not None:
            mine, true = (self._words.number(value) for value in self.run.ends)
            name = "driving" if self._thread is not None else "parted"
            lines = [Line(Tone.PLAIN, say(name, mine=mine, true=true)), Line(Tone.HINT, self._parting())]
        elif self.verdict is not None:
            lines = LessonWords(self.text, self.exercise, self.tutor.ascii_only).verdict(self.verdict)
            if self._may_drive and self._gradient() is not None:
                lines.append(Line(Tone.HINT, say("may_drive")))
        elif self.names:
            lines = [Line(Tone.HINT, self._how_to_type())]
        rows = rows_of(lines, max(1, self.size.width - 4), self.tutor.ascii_only)
        self._said.update(Content("\n").join(rows))

    def _how_to_type(self) -> str:
        shape = self.exercise.blanks[0].truth.shape
        rows, columns = (1, *shape)[-2:] if shape else (1, 1)
        many = rows > 1, columns > 1
        name = {
            (True, True): "type_rows",
            (True, False): "type_column",
            (False, True): "type_row",
            (False, False): "type_number",
        }[many]
        said = self._words.say_frozen(name, rows=rows, columns=columns)
        return f"{said} {self._words.say_frozen('try_wrong')}" if self._may_drive else said

    def _parting(self) -> str:
        """Say where the learner's gradient leads, beside the true one."""
        say, asked = self._words.say_frozen, f"d{self.node}"
        course, factor = self._course
        return say(f"course.{course.value}", asked=asked, factor=self._words.number(abs(factor)))

    # -- the gradient ----------------------------------------------------------------------------------

    @on(AnswerSubmitted)
    def _check(self) -> None:
        self._judged = self._entries()
        self.verdict = judge_numbers(self.exercise, self._judged, self._times_wrong)
        for blank in self.verdict.blanks:
            self._times_wrong[blank.key] = blank.times_wrong
        self.graph.show_verdict(self.verdict)
        self._say()

    def _entries(self) -> dict[str, str]:
        """Return what is typed; a row alone will do for an array of one row."""
        shapes = {blank.key: blank.truth.shape for blank in self.exercise.blanks}
        return {
            key: as_row(text) if shapes[key][:-1] == (1,) and text.strip() else text
            for key, text in self.graph.entries().items()
        }

    def _gradient(self) -> Array | None:
        """Return the learner's gradient in the shape of the node; None where it is none."""
        truth = self.frozen.truth(self.node)
        if self.verdict is not None and self.verdict.solved:
            return truth  # not the rounded one of hand work, or the runs would part by its last digit
        blank = self.exercise.blanks[0]
        try:
            value = read_answer(self._entries()[blank.key], Field.MATRIX).value
        except ReadingError:
            return None
        array = np.asarray(value, dtype=np.float64)
        return array.reshape(truth.shape) if array.size == truth.size else None

    def action_drive(self) -> None:
        """Let a copy of the run go on with the learner's gradient, beside the true one."""
        if not self.names or not self._may_drive or self._thread is not None:
            return
        if self.run is not None:
            self._stop_driving()
            return
        if self.verdict is None or self._entries() != self._judged:
            self._check()
        gradient = self._gradient()
        if gradient is None:
            return
        assert self.verdict is not None
        mistake = self.verdict.blanks[0].diagnosis
        try:
            fork = self.frozen.fork(self.node, gradient, mistake=mistake)
        except ValueError:  # a misconception that no whole run can follow
            fork = self.frozen.fork(self.node, gradient)
        self.run = ForkRun(fork)
        self._course = course_of(gradient, self.frozen.truth(self.node))
        self.tutor.record(
            [Event(EventKind.RUN, "freeze", self.node, {"step": self.frozen.step, "mistake": mistake})]
        )
        say = self._words.say_frozen
        self.plot.clear_series()
        self.plot.add_series(say("yours"), self.run.mine)
        self.plot.add_series(say("true"), self.run.true)
        self.add_class("-driven")
        self._thread = RunThread(self.run.work)
        self._timer.resume()
        self.relabel()

    def _stop_driving(self) -> None:
        self._halt()
        self.run = None
        self.remove_class("-driven")
        self.relabel()
        self.graph.take_focus()

    def _tick(self) -> None:
        if self._thread is not None and not self._thread.alive:
            self._halt()
        self._say()

    def _halt(self) -> None:
        thread, self._thread = self._thread, None
        self._timer.pause()
        if thread is not None:
            thread.stop()

    # -- keys ------------------------------------------------------------------------------------------

    async def action_next_node(self) -> None:
        """Ask for the gradient of the next node."""
        if self.names:
            self._halt()
            self.run = None
            self.remove_class("-driven")
            self._place += 1
            await self._show_node()
            self.relabel()

    def action_axis(self) -> None:
        """Change between the linear and the logarithmic axis."""
        self.plot.action_toggle_scale()

    def action_leave(self) -> None:
        """Go back: from the curves to the node, from the node to the run."""
        if self.run is not None:
            self._stop_driving()
        else:
            self.post_message(self.Left())
