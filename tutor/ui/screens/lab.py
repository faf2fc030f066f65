"""What all labs share: a run that starts after a committed prediction, its views, and the keys that steer it.

The training goes on in a thread of its own; this screen draws what was recorded, and never waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from math import isfinite
from time import monotonic
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tutor.engine.training import Training
from tutor.student.events import Event
from tutor.student.faults import StoreError
from tutor.text import LANGUAGES
from tutor.ui.chart import Note, NoteKind
from tutor.ui.lab_steps import SLICE, Pace, Steppable, Subject, Traced
from tutor.ui.lab_words import LabWords
from tutor.ui.lesson_words import Line, sign
from tutor.ui.run_thread import RunThread, Slice
from tutor.ui.screens.base import TutorScreen
from tutor.ui.widgets.item_list import TONE_STYLES
from tutor.ui.widgets.lab_keys import LabKeys
from tutor.ui.widgets.lab_views import LabViews, ViewTabs
from tutor.ui.widgets.lesson_heading import DONE, NOW, OPEN, LessonHeading
from tutor.ui.widgets.loss_plot import PERIOD, LossPlot
from tutor.ui.widgets.prose import inline

TICK = 1 / 30
"""Seconds between two looks at the thread."""


class Stage(Enum):
    """How far an experiment is."""

    SETUP = "setup"
    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


PLACES: dict[Stage, int] = {
    Stage.SETUP: 0,
    Stage.READY: 1,
    Stage.RUNNING: 2,
    Stage.PAUSED: 2,
    Stage.ENDED: 3,
}
"""The dot of the heading at which each stage is."""

ALWAYS = (("Esc", "back"), ("F1", "help"))

KEYS: dict[Stage, tuple[tuple[str, str], ...]] = {
    Stage.SETUP: (("Enter", "next"), ("Tab", "field"), ("Arrows", "choose")),
    Stage.READY: (("Enter", "run"), ("F6", "single_step"), ("F3", "freeze"), ("Del", "drop")),
    Stage.RUNNING: (("Space", "pause"), ("↑↓", "speed"), ("Tab", "view"), ("F7", "axis"), ("F5", "again")),
    Stage.PAUSED: (
        ("Space", "go_on"),
        ("F6", "single_step"),
        ("F3", "freeze"),
        ("←→", "read"),
        ("Bksp", "rewind"),
        ("Tab", "view"),
        ("F5", "again"),
        ("F7", "axis"),
    ),
    Stage.ENDED: (
        ("Enter", "change_one"),
        ("Tab", "view"),
        ("F3", "freeze"),
        ("←→", "read"),
        ("F5", "again"),
        ("F7", "axis"),
        ("Del", "clear"),
    ),
}


class LabScreen(TutorScreen):
    """A lab; what is asked before a run, and what is said after it, is its own."""

    class Left(Message):
        """The learner goes back to where they came from."""

    class Frozen(Message):
        """A run that stands is to be opened as the graph that it is."""

        def __init__(self, training: Training) -> None:
            super().__init__()
            self.training = training

    KEYS = (
        ("Enter", "predict"),
        ("Tab", "next_field"),
        ("Arrows", "choose"),
        ("Space", "pause"),
        ("Arrows", "speed"),
        ("F6", "single_step"),
        ("F3", "freeze"),
        ("F5", "restart"),
        ("F7", "axis"),
        ("1-9", "view"),
        ("Arrows", "read_values"),
        ("Bksp", "rewind"),
        ("Del", "drop_run"),
        *ALWAYS,
    )
    AUTO_FOCUS = ""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("enter", "go_on", show=False),
        Binding("space", "pause", show=False),
        Binding("n,ㅜ,f6", "single_step", show=False),
        Binding("r,ㄱ,f5", "restart", show=False),
        Binding("l,ㅣ,f7", "axis", show=False),
        Binding("c,ㅊ", "change", show=False),
        Binding("x,ㅌ,delete", "clear", show=False),
        Binding("b,ㅠ,backspace", "rewind", show=False),
        Binding("f,ㄹ,f3", "freeze", show=False),
        Binding("a,ㅁ,f2", "next_arm", show=False),
        Binding("up", "up(1)", show=False),
        Binding("down", "up(-1)", show=False),
        Binding("left", "cursor(-1)", show=False),
        Binding("right", "cursor(1)", show=False),
        Binding("shift+left,pageup", "cursor(-10)", show=False),
        Binding("shift+right,pagedown", "cursor(10)", show=False),
        Binding("tab", "next_view(1)", show=False),
        Binding("shift+tab", "next_view(-1)", show=False),
        *(Binding(str(digit), f"view({digit})", show=False) for digit in range(1, 10)),
    ]

    DEFAULT_CSS = """
    LabScreen {
        layout: vertical;
        overflow: hidden hidden;
        & #lab {
            layout: grid; grid-size: 2; grid-columns: 30 1fr; grid-rows: 1fr 10;
            height: 1fr; margin-top: 1;
        }
        & #form { height: 100%; row-span: 2; overflow: hidden auto; scrollbar-size-vertical: 1; }
        & .head { height: 1; padding-left: 3; text-style: bold; }
        & #view { height: 100%; padding: 0 1; }
        & #caption { height: 1; color: $text-muted; }
        & #report {
            height: auto; max-height: 9; min-height: 3; margin-top: 1;
            overflow: hidden auto; scrollbar-size-vertical: 1;
        }
        & #report > Static { height: auto; }
        &.-picture #report { max-height: 3; }
        & #say { height: 1; padding: 0 1 0 3; color: $text; }
        & ItemList { width: 100%; height: auto; }
        &.-setup #report { display: none; }
        &.-live #view { row-span: 2; }
    }
    LabScreen.-narrow, LabScreen.-too-narrow {
        & #lab { layout: vertical; margin-top: 0; }
        & #view { width: 100%; height: 1fr; padding: 0; }
        & #caption, & #report { padding: 0 1; }
        & #say { height: 2; padding-left: 1; }
        &.-setup #view, &.-live #form { display: none; }
        &.-live #caption { height: 2; }
        &.-live #report { max-height: 6; margin-top: 0; }
        &.-live #say { height: 1; }
        &.-ended #caption { height: 1; }
        &.-ended #report { max-height: 7; }
        &.-picture #report { max-height: 3; }
    }
    LabScreen.-wide {
        & #lab { grid-columns: 34 1fr; grid-rows: 1fr 12; }
        & #form { padding-right: 3; }
        & #report { max-height: 11; }
        & #say { height: 2; }
    }
    LabScreen.-normal.-high, LabScreen.-wide.-high {
        & #lab { grid-rows: auto 1fr; }
        & #form { height: auto; row-span: 1; }
        & #view { row-span: 2; }
        & LabViews { max-width: 120; }
        &.-picture #report { max-height: 8; }
    }
    LabScreen.-wide.-high { & #lab { grid-columns: 50 1fr; } }
    """

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage.SETUP
        self.pace = Pace.NORMAL
        self._thread: RunThread | None = None
        self.looked_at = 0
        """Which of several arms the pictures are of."""
        self._say_last: Callable[[], str] = str
        self._status_at = 0.0

    # -- what a lab has of its own -----------------------------------------------------------------------

    def compose_form(self) -> ComposeResult:
        """What is asked before a run, at the left."""
        yield from ()

    def compose_more(self) -> ComposeResult:
        """What else is asked, below the views."""
        yield from ()

    def title_text(self) -> str:
        """Return the title of the lab."""
        raise NotImplementedError

    def caption_text(self) -> str:
        """Return what stands above the views."""
        raise NotImplementedError

    @property
    def going(self) -> Steppable:
        """What is run; asked for only after a prediction was committed."""
        raise NotImplementedError

    def traced(self) -> Sequence[Traced]:
        """Return the curves to lay over each other."""
        raise NotImplementedError

    def subject(self) -> Subject | None:
        """Return what the pictures are of; None before there is anything."""
        raise NotImplementedError

    def status_text(self) -> str:
        """Return how far the run is; it may be going on in its thread."""
        raise NotImplementedError

    def ended_lines(self) -> list[Line]:
        """Return what is said about a run that has ended."""
        raise NotImplementedError

    def run_ended(self) -> None:
        """A run has come to its end."""

    def run_left(self) -> None:
        """A run is left before its end."""

    def field_entered(self) -> None:
        """Enter was pressed on a part of the form: go on to what is still open."""

    def action_change(self) -> None:
        """Open the form again for the next run."""

    # -- what every lab does with its form and its record --------------------------------------------------

    def on_input_submitted(self) -> None:
        """Go on from a number."""
        self.field_entered()

    def on_field_entered(self) -> None:
        """Go on from a setting or a menu."""
        self.field_entered()

    def keep(self, event: Event) -> None:
        """Record what happened; say so where it cannot be stored."""
        try:
            self.tutor.record([event])
        except StoreError:
            self.tell("say.not_stored")

    # -- life ------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """The form at the left; the views and what is said about them at the right."""
        # Kept and never looked for: what a run tells may come when the app is already ending.
        self.views = LabViews(id="views", reduced_motion=not self.tutor.settings.motion)
        self._heading, self._key_bar = LessonHeading(id="heading"), LabKeys()
        self._caption, self._line = Static(id="caption", markup=False), Static(id="say", markup=False)
        self._report, self._report_text = Container(id="report"), Static(id="report-text", markup=False)
        yield self._heading
        with Container(id="lab"):
            with Container(id="form"):
                yield from self.compose_form()
            with Vertical(id="view"):
                yield self._caption
                yield from self.compose_before_views()
                yield self.views
                with self._report:
                    yield self._report_text
            yield from self.compose_more()
        yield self._line
        yield self._key_bar

    def compose_before_views(self) -> Iterator[Widget]:
        """What stands where the views will be, until there is a run to look at."""
        yield from ()

    def on_mount(self) -> None:
        """Begin to look at the thread."""
        self._timer = self.set_interval(TICK, self._tick, pause=True)
        self.enter(Stage.SETUP)

    def on_unmount(self) -> None:
        """Let nothing go on."""
        self._timer.stop()
        self._halt()

    def on_screen_suspend(self) -> None:
        """Do not run on where nobody looks."""
        if self.stage is Stage.RUNNING:
            self.enter(Stage.PAUSED)

    @property
    def words(self) -> LabWords:
        """The sentences of this screen."""
        return LabWords(self.text, self.tutor.ascii_only)

    @property
    def plot(self) -> LossPlot:
        """The loss of every run."""
        return self.views.plot

    # -- words -----------------------------------------------------------------------------------------

    def relabel(self) -> None:
        """Write every word anew, and every sign."""
        self.views.write(self.words.say_view, self.tutor.ascii_only)
        self.name_runs()
        self.show_texts()

    def show_texts(self) -> None:
        """Show all that is said, for the stage of now."""
        place = PLACES[self.stage]
        states = [DONE] * place + [NOW] + [OPEN] * (3 - place)
        others = [name for code, name in LANGUAGES.items() if code != self.text.language]
        self._heading.show(self.title_text(), states, f"{others[0]} F9", ascii_only=self.tutor.ascii_only)
        keys = [key for key in self.keys_of_stage() if key[1] != "freeze" or self._freezable() is not None]
        self.show_keys((*keys, *ALWAYS))
        self.show_caption()
        self.show_report()
        self._show_say()

    def show_caption(self) -> None:
        """Show what is trained."""
        self._caption.update(Content(self.caption_text()))

    def show_report(self) -> None:
        """Show how far the run is, and what came out when it has ended."""
        if self.stage is Stage.SETUP:
            return
        words = self.words
        if self.stage is Stage.ENDED:
            rows = [self._said(line) for line in self.ended_lines()]
        else:
            rows = [Content.styled(self.status_text(), "bold"), Content(words.say(self.stage.value))]
            if self.stage is not Stage.READY:
                pace = words.say(f"pace.{self.pace.name.lower()}")
                rows[-1] += Content(" " + words.say("speed", pace=pace))
            rows += [Content.styled(note, "$text-muted") for note in self._notes()]
        self._report_text.update(Content("\n").join(rows))

    def _said(self, line: Line) -> Content:
        mark = sign(line.tone, self.tutor.ascii_only)
        style = TONE_STYLES[line.tone] if mark or line.text is None else ""
        return Content.assemble((f"{mark} ", style) if mark else "", inline(line.text))

    def _notes(self) -> list[str]:
        """Return what the plot cannot show as it is."""
        return [text for note in self.plot.notes if (text := self._note_text(note))]

    def _note_text(self, note: Note) -> str:
        if note.kind is NoteKind.NOT_POSITIVE:
            return self.words.say("say.log_hides", count=note.count)
        return self.words.say("say.clipped") if note.kind is NoteKind.CLIPPED else ""

    def tell(self, name: str, **fields: object) -> None:
        """Show one sentence above the keys until there is something else to say."""
        self.tell_text(lambda: self.words.say_with_names(name, fields))

    def tell_text(self, text: Callable[[], str]) -> None:
        """Show a sentence that is made anew when the language changes."""
        self._say_last = text
        self._show_say()

    def _show_say(self) -> None:
        self._line.update(Content(self._say_last()))

    def keys_of_stage(self) -> tuple[tuple[str, str], ...]:
        """Return the keys that matter now, without those that always do."""
        return KEYS[self.stage]

    def show_keys(self, keys: tuple[tuple[str, str], ...]) -> None:
        """Offer these keys."""
        self._key_bar.keys = keys

    def name_runs(self) -> None:
        """Lay the curves of all runs over each other, each with its name."""
        traced = self.traced()
        self.set_class(not traced, "-first")
        self.views.lay(traced)

    # -- the run ---------------------------------------------------------------------------------------

    def enter(self, stage: Stage) -> None:
        """Go to a stage: start the thread for RUNNING, stop it for every other."""
        self._halt()
        self.stage = stage
        self.set_class(stage is Stage.SETUP, "-setup")
        self.set_class(stage is not Stage.SETUP, "-live")
        self.set_class(stage is Stage.ENDED, "-ended")
        if stage is not Stage.SETUP:
            self.set_focus(None)
        if stage is Stage.RUNNING:
            self._start(self.going.work)
        self.relabel()
        self._look()

    def _start(self, work: Slice) -> None:
        run = self.going
        run.rest()
        run.pace = self.pace if self.plot.period == PERIOD else Pace.FULL
        self._thread = RunThread(work)
        self._timer.resume()

    def _halt(self) -> None:
        """Stop the thread and wait for the end of its slice."""
        thread, self._thread = self._thread, None
        self._timer.pause()
        if thread is not None:
            thread.stop()

    def _tick(self) -> None:
        thread = self._thread
        if thread is None:
            return
        ended = not thread.alive
        if (answer := thread.answer()) is not None:
            self.views.show(*answer)  # type: ignore[arg-type]
        if ended:
            self._came_to_rest()
            return
        now = monotonic()
        if now - self._status_at >= self.plot.period:
            self._status_at = now
            self.show_report()
            if (wanted := self.views.wanted()) is not None:
                name, look = wanted
                subject = self.subject()
                assert subject is not None
                thread.ask(name, lambda: look(subject))

    def _came_to_rest(self) -> None:
        self._halt()
        if self.going.finished:
            self.run_ended()
        else:
            self.enter(Stage.PAUSED)

    def _look(self) -> None:
        """Look at a run that stands."""
        wanted, subject = self.views.wanted(), self.subject()
        if wanted is not None and subject is not None and self._thread is None:
            self.views.show(wanted[0], wanted[1](subject))

    @on(LabViews.Changed)
    def _views_changed(self) -> None:
        self.set_class(self.views.picture.display, "-picture")
        self.show_caption()
        self.call_after_refresh(self._look)

    @on(ViewTabs.Chosen)
    def _view_chosen(self, event: ViewTabs.Chosen) -> None:
        self.views.view = event.view

    def on_loss_plot_notes_changed(self) -> None:
        """Say what the plot leaves out."""
        self.show_report()

    def on_resize(self) -> None:
        """Fit the words to the new width."""
        self.show_caption()

    # -- keys ------------------------------------------------------------------------------------------

    def action_leave(self) -> None:
        """Stop and go back."""
        running = self.stage is Stage.RUNNING
        self._halt()
        if self.stage in (Stage.RUNNING, Stage.PAUSED):
            self.run_left()
        if running:
            self.enter(Stage.PAUSED)
        self.post_message(self.Left())

    def action_go_on(self) -> None:
        """Take the next step of the experiment."""
        if self.stage in (Stage.READY, Stage.PAUSED):
            self.enter(Stage.RUNNING)
        elif self.stage is Stage.ENDED:
            self.action_change()

    def action_pause(self) -> None:
        """Pause, or go on."""
        if self.stage is Stage.RUNNING:
            self.enter(Stage.PAUSED)
        elif self.stage in (Stage.READY, Stage.PAUSED):
            self.enter(Stage.RUNNING)

    def action_single_step(self) -> None:
        """Make one step of a run that stands."""
        if self.stage not in (Stage.READY, Stage.PAUSED):
            return
        self.views.put_cursor_away()
        self.going.step()
        if self.going.finished:
            self.run_ended()
        else:
            self.enter(Stage.PAUSED)

    def action_restart(self) -> None:
        """Run again from the seed."""
        if self.stage in (Stage.RUNNING, Stage.PAUSED, Stage.ENDED):
            self._halt()
            self.views.put_cursor_away()
            self.going.restart()
            self.enter(Stage.RUNNING)

    def action_rewind(self) -> None:
        """Go to the step of the cursor; without a cursor a tenth of the run back."""
        if self.stage not in (Stage.PAUSED, Stage.ENDED):
            return
        run, step = self.going, self.views.cursor_step
        if step is None:
            step = run.step_number - max(1, run.steps // 10)
        goal = min(max(step, 0), run.steps)
        self.views.put_cursor_away()
        if goal <= run.step_number:
            run.restart()
        self.enter(Stage.PAUSED)
        self.stage = Stage.RUNNING
        self._start(lambda: None if run.advance_to(goal, SLICE) else 0.0)

    def action_axis(self) -> None:
        """Change between the linear and the logarithmic axis."""
        self.plot.action_toggle_scale()
        self.tell("say.log_axis" if self.plot.logarithmic else "say.linear_axis")

    def action_clear(self) -> None:
        """Drop what has been run."""

    def action_up(self, direction: int) -> None:
        """Move between fields, change the speed, or scroll what is said, whichever there is."""
        if self.stage is Stage.SETUP:
            self.focus_previous() if direction > 0 else self.focus_next()
        elif self.stage is Stage.ENDED:
            self._report.scroll_relative(y=-direction, animate=False)
        elif self.stage is not Stage.READY:
            paces = list(Pace)
            self.pace = paces[min(max(paces.index(self.pace) + direction, 0), len(paces) - 1)]
            self.going.pace = self.pace
            self.show_report()

    def action_freeze(self) -> None:
        """Open the network of this step as a graph, for a gradient by hand."""
        training = self._freezable()
        if training is not None:
            self.post_message(self.Frozen(training))

    def _freezable(self) -> Training | None:
        """Return the training that stands and can be worked by hand; None where there is none."""
        subject = None if self.stage in (Stage.SETUP, Stage.RUNNING) else self.subject()
        if subject is None or subject.observer is None:
            return None
        training = subject.observer.training
        return training if isfinite(training.loss) else None  # of a run that diverged no gradient is left

    def action_cursor(self, by: int) -> None:
        """Read the values along the curve, or go to the next unit of a picture."""
        if self.stage is not Stage.SETUP:
            self.views.move_cursor(by)
            step = self.views.cursor_step
            if step is not None and self.stage in (Stage.PAUSED, Stage.ENDED):
                self.tell("say.rewind", step=step)

    def action_next_view(self, by: int) -> None:
        """Show the next view; between fields go to the next field."""
        if self.stage is Stage.SETUP:
            self.focus_next() if by > 0 else self.focus_previous()
        else:
            self.views.choose_next(by)

    def action_next_arm(self) -> None:
        """Look into the network of the next arm."""
        self.looked_at += 1
        self._look()
        self.show_caption()

    def action_view(self, digit: int) -> None:
        """Show the view of this digit."""
        if self.stage is not Stage.SETUP:
            self.views.choose(digit)
