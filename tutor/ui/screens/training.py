"""The training screen: set up a network, commit a prediction, run it, and compare; then change one thing."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from time import monotonic
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tutor.student.events import Event, EventKind
from tutor.student.faults import StoreError
from tutor.text import LANGUAGES
from tutor.tutoring.predictions import Prediction, Reason, Trend
from tutor.ui.chart import Note, NoteKind
from tutor.ui.lab import (
    OPTIONS,
    RANGES,
    Choice,
    LabRun,
    NumberFault,
    Pace,
    differences,
    read_number,
    read_setting,
)
from tutor.ui.lab_words import LabWords
from tutor.ui.lesson_words import sign
from tutor.ui.screens.base import TutorScreen
from tutor.ui.widgets.answer import TextRefused
from tutor.ui.widgets.blank import Blank
from tutor.ui.widgets.item_list import TONE_STYLES
from tutor.ui.widgets.lab_form import Cycle, FieldEntered, Menu, NumberRow, SettingChanged
from tutor.ui.widgets.lab_keys import LabKeys
from tutor.ui.widgets.lesson_heading import DONE, NOW, OPEN, LessonHeading
from tutor.ui.widgets.loss_plot import MOST_SERIES, PERIOD, LossPlot
from tutor.ui.widgets.trend_sketches import TrendSketches

LESSON = "training"
"""The name under which predictions and runs are recorded; the data set is the step."""

TICK = 1 / 60
BUDGET = 0.008
"""Seconds between two slices of a run, and the work in one: a key never waits longer than a slice."""

_LONGEST_TICK = 0.25
_FINAL = "final"


class Stage(Enum):
    """How far an experiment is."""

    SETUP = "setup"
    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


_KEYS: dict[Stage, tuple[tuple[str, str], ...]] = {
    Stage.SETUP: (("Enter", "next"), ("Tab", "field"), ("Arrows", "choose")),
    Stage.READY: (("Enter", "run"), ("F6", "single_step"), ("Del", "drop")),
    Stage.RUNNING: (("Space", "pause"), ("F5", "again"), ("F7", "axis"), ("↑↓", "speed")),
    Stage.PAUSED: (("Space", "go_on"), ("F6", "single_step"), ("F5", "again"), ("F7", "axis")),
    Stage.ENDED: (("Enter", "change_one"), ("F5", "again"), ("F7", "axis"), ("Del", "clear")),
}
_ALWAYS = (("Esc", "course"), ("F1", "help"))


class TrainingScreen(TutorScreen):
    """A lab in which a run starts only after its outcome was predicted."""

    class Left(Message):
        """The learner goes back to the course."""

    KEYS = (
        ("Enter", "predict"),
        ("Tab", "next_field"),
        ("Arrows", "choose"),
        ("Space", "pause"),
        ("Arrows", "speed"),
        ("F6", "single_step"),
        ("F5", "restart"),
        ("F7", "axis"),
        ("Del", "drop_run"),
        *_ALWAYS,
    )
    AUTO_FOCUS = ""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("enter", "go_on", show=False),
        Binding("space", "pause", show=False),
        Binding("right,n,ㅜ,f6", "single_step", show=False),
        Binding("r,ㄱ,f5", "restart", show=False),
        Binding("l,ㅣ,f7", "axis", show=False),
        Binding("c,ㅊ", "change", show=False),
        Binding("x,ㅌ,delete", "clear", show=False),
        Binding("up", "up(1)", show=False),
        Binding("down", "up(-1)", show=False),
    ]

    DEFAULT_CSS = """
    TrainingScreen {
        layout: vertical;
        overflow: hidden hidden;
        & #lab {
            layout: grid; grid-size: 2; grid-columns: 30 1fr; grid-rows: 1fr 10;
            height: 1fr; margin-top: 1;
        }
        & #form { height: 100%; row-span: 2; }
        & #network, & #prediction { height: auto; }
        & #prediction { margin-top: 1; }
        & .head { height: 1; padding-left: 3; text-style: bold; }
        & #because { height: auto; max-height: 4; padding-left: 3; color: $text-muted; }
        & #view { height: 100%; padding: 0 1; }
        & #caption { height: 1; color: $text-muted; }
        & #why { height: 100%; padding: 1 1 0 1; }
        & #report {
            height: 9; margin-top: 1;
            overflow: hidden auto; scrollbar-size-vertical: 1;
        }
        & #report > Static { height: auto; }
        & #say { height: 1; padding: 0 1 0 3; color: $text; }
        & #sketches { display: none; }
        & ItemList { width: 100%; height: auto; }
        & #why ItemList { height: 1fr; }
        &.-first #sketches { display: block; }
        &.-first #plot { display: none; }
        &.-setup #report, &.-live #why { display: none; }
        &.-live #view { row-span: 2; }
    }
    TrainingScreen.-narrow, TrainingScreen.-too-narrow {
        & #lab { layout: vertical; margin-top: 0; }
        & #form { width: 100%; height: 8; layout: horizontal; }
        & #network, & #prediction { width: 1fr; margin-top: 0; }
        & #view { width: 100%; height: 1fr; padding: 0; }
        & #caption, & #report { padding: 0 1; }
        & #why { height: 9; padding: 1 0 0 0; }
        & #say { height: 2; padding-left: 1; }
        &.-setup #view, &.-live #form { display: none; }
        &.-live #caption { height: 2; }
        &.-live #report { height: 6; margin-top: 0; }
        &.-live #say { height: 1; }
        &.-ended #caption { height: 1; }
        &.-ended #report { height: 7; }
    }
    TrainingScreen.-wide {
        & #lab { grid-columns: 34 1fr; grid-rows: 1fr 12; }
        & #form { padding-right: 3; }
        & #report { height: 11; }
        & #say { height: 2; }
    }
    TrainingScreen.-normal.-high, TrainingScreen.-wide.-high {
        & #lab { grid-rows: auto 1fr; }
        & #form { height: auto; row-span: 1; }
        & #view { row-span: 2; }
        & #why { padding: 1 0 0 0; }
        & #because { display: none; }
        &.-live #why { display: block; }
        & #plot { max-width: 120; max-height: 30; }
    }
    TrainingScreen.-wide.-high {
        & #lab { grid-columns: 50 1fr; }
        & #report { height: 8; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage.SETUP
        self.runs: list[LabRun] = []
        self.pace = Pace.NORMAL
        self._say_last: tuple[str, dict[str, object]] | None = None
        self._without_hint: Widget | None = None
        self._ticked = self._status_at = 0.0

    # -- life ------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """The form at the left; the plot and what is said about it at the right.

        The last question stands below the form where that is high enough, else below the plot.
        """
        self.plot = LossPlot(id="plot", reduced_motion=not self.tutor.settings.motion)
        self.sketches = TrendSketches(id="sketches")
        self.cycles = {name: Cycle(name, ids) for name, ids in OPTIONS.items()}
        self.numbers = {name: NumberRow(name) for name in (*RANGES, _FINAL)}
        self.trend = Menu("trend", [trend.value for trend in Trend])
        self.reason = Menu("reason", [reason.value for reason in Reason])
        settings: dict[str, Widget] = {**self.numbers, **self.cycles}
        yield LessonHeading(id="heading")
        with Container(id="lab"):
            with Container(id="form"):
                with Vertical(id="network"):
                    yield Static(id="network-head", classes="head")
                    yield from (settings[name] for name in Choice.preset(OPTIONS["dataset"][0]).values())
                with Vertical(id="prediction"):
                    yield Static(id="predict-head", classes="head")
                    yield self.trend
                    yield self.numbers[_FINAL]
                    yield Static(id="because", markup=False)
            with Vertical(id="view"):
                yield Static(id="caption", markup=False)
                yield self.sketches
                yield self.plot
                with Container(id="report"):
                    yield Static(id="report-text", markup=False)
            with Vertical(id="why"):
                yield Static(id="because-head", classes="head")
                yield self.reason
        yield Static(id="say", markup=False)
        yield LabKeys()

    def on_mount(self) -> None:
        """Begin with the settings that work."""
        self._timer = self.set_interval(TICK, self._tick, pause=True)
        self._put(Choice.preset(OPTIONS["dataset"][0]))
        self._enter(Stage.SETUP)
        self.cycles["dataset"].focus()

    def on_unmount(self) -> None:
        """Let nothing go on."""
        self._timer.stop()

    def on_screen_suspend(self) -> None:
        """Do not run on where nobody looks."""
        if self.stage is Stage.RUNNING:
            self._enter(Stage.PAUSED)

    @property
    def words(self) -> LabWords:
        """The sentences of this screen."""
        return LabWords(self.text, self.tutor.ascii_only)

    @property
    def run_now(self) -> LabRun:
        """The run that is looked at; IndexError before the first."""
        return self.runs[-1]

    # -- words -----------------------------------------------------------------------------------------

    def relabel(self) -> None:
        """Write every word anew, and every sign."""
        words = self.words
        self._choose_signs(self.tutor.ascii_only)
        for name, head in (("network", "network"), ("predict", "predict"), ("because", "because")):
            self.query_one(f"#{name}-head", Static).update(Content(words.say(head)))
        for name, cycle in self.cycles.items():
            cycle.write(words.say(f"setting.{name}"), [words.say(f"option.{id_}") for id_ in cycle.options])
        for name, row in self.numbers.items():
            row.write(words.say("final_loss" if name == _FINAL else f"setting.{name}"))
        self.trend.write([words.trend(trend, limits=True) for trend in Trend])
        self.sketches.write(
            [words.say(f"limit.{trend.value}") for trend in Trend],
            [words.trend(trend, limits=True) for trend in Trend],
        )
        self.reason.write([words.say(f"reason.{reason.value}") for reason in Reason])
        self._name_runs()
        self._show_texts()

    def _choose_signs(self, ascii_only: bool) -> None:
        self.sketches.ascii_only = self.plot.ascii_only = ascii_only
        for menu in (self.trend, self.reason):
            menu.ascii_only = ascii_only
        for cycle in self.cycles.values():
            cycle.ascii_only = ascii_only
        for row in self.numbers.values():
            row.ascii_only = ascii_only

    def _show_texts(self) -> None:
        words, dataset = self.words, self.words.say(f"option.{self.cycles['dataset'].value}")
        place = {Stage.SETUP: 0, Stage.READY: 1, Stage.RUNNING: 2, Stage.PAUSED: 2, Stage.ENDED: 3}[
            self.stage
        ]
        states = [DONE] * place + [NOW] + [OPEN] * (3 - place)
        others = [name for code, name in LANGUAGES.items() if code != self.text.language]
        self.query_one(LessonHeading).show(
            words.say("title", dataset=dataset), states, f"{others[0]} F9", ascii_only=self.tutor.ascii_only
        )
        self.query_one(LabKeys).keys = (*_KEYS[self.stage], *_ALWAYS)
        self._show_caption()
        self._show_because()
        self._show_report()
        self._show_say()

    def _show_caption(self) -> None:
        narrow = self.has_class("-narrow") or self.has_class("-too-narrow")
        if narrow and self.stage is not Stage.SETUP:
            text = self.words.summary(self.run_now)
        else:
            choice = self._read_choice()
            text = self.words.caption(choice) if isinstance(choice, Choice) else ""
        self.query_one("#caption", Static).update(Content(text))

    def _show_because(self) -> None:
        text = ""
        if self.stage is not Stage.SETUP:
            reason = self.words.say(f"reason.{self.run_now.prediction.reason.value}")
            text = self.words.say("locked_because", reason=reason)
        self.query_one("#because", Static).update(Content(text))

    def _show_report(self) -> None:
        """Show how far the run is, and what came out when it has ended."""
        if self.stage is Stage.SETUP:
            return
        words, run, ascii_only = self.words, self.run_now, self.tutor.ascii_only
        rows = []
        if self.stage is Stage.ENDED:
            for line in words.report(run, [other.choice for other in self.runs]):
                mark = sign(line.tone, ascii_only)
                text = Content(line.text)
                style = TONE_STYLES[line.tone] if mark or line.text is None else ""
                rows.append(Content.assemble((f"{mark} ", style) if mark else "", text))
        else:
            rows += [Content.styled(words.status(run), "bold"), Content(words.say(self.stage.value))]
            if self.stage is not Stage.READY:
                pace = words.say(f"pace.{self.pace.name.lower()}")
                rows[-1] += Content(" " + words.say("speed", pace=pace))
            rows += [Content.styled(note, "$text-muted") for note in self._notes()]
        self.query_one("#report-text", Static).update(Content("\n").join(rows))

    def _notes(self) -> list[str]:
        """Return what the plot cannot show as it is."""
        return [text for note in self.plot.notes if (text := self._note_text(note))]

    def _note_text(self, note: Note) -> str:
        if note.kind is NoteKind.NOT_POSITIVE:
            return self.words.say("say.log_hides", count=note.count)
        return self.words.say("say.clipped") if note.kind is NoteKind.CLIPPED else ""

    def tell(self, name: str, **fields: object) -> None:
        """Show one sentence above the keys until there is something else to say."""
        self._say_last = (name, fields)
        self._show_say()

    def _show_say(self) -> None:
        if self._say_last is None:
            text = ""
        else:
            name, fields = self._say_last
            spoken = {
                key: self.words.say(value[1:]) if isinstance(value, str) and value.startswith("@") else value
                for key, value in fields.items()
            }
            if "names" in fields:
                spoken["names"] = self._setting_names(str(fields["names"]).split())
            text = self.words.say(name, **spoken)
        self.query_one("#say", Static).update(Content(text))

    def _setting_names(self, names: Sequence[str]) -> str:
        most = 3  # more do not fit in the row, and would not make the point any better
        written = [self.words.say(f"setting.{name}") for name in names[:most]]
        return ", ".join([*written, *(["..."] if len(names) > most else [])])

    def _name_runs(self) -> None:
        self.set_class(not self.runs, "-first")
        self.plot.clear_series()
        for name, run in zip(self.words.names(self.runs) if self.runs else (), self.runs, strict=True):
            self.plot.add_series(name, run.curve)

    # -- the form --------------------------------------------------------------------------------------

    def _put(self, choice: Choice) -> None:
        for name, value in choice.values().items():
            if name in self.cycles:
                self.cycles[name].put(str(value))
            else:
                self.numbers[name].field.put(f"{value:g}")

    def _read_choice(self) -> Choice | tuple[str, NumberFault]:
        """Return the settings, or the first field that does not hold its number and why."""
        values: dict[str, object] = {name: cycle.value for name, cycle in self.cycles.items()}
        for name in RANGES:
            number = read_setting(name, self.numbers[name].field.value)
            if isinstance(number, NumberFault):
                return name, number
            values[name] = number
        return Choice(**values)  # type: ignore[arg-type]

    def _checked_choice(self) -> Choice | None:
        """Return the settings if they can be run; else say why not, at the field."""
        choice = self._read_choice()
        if isinstance(choice, tuple):
            name, fault = choice
            low, high = RANGES[name]
            limits = {"low": f"{low:g}", "high": f"{high:g}"}
            self._point_at(
                self.numbers[name].field, f"fault.{fault.value}", label=f"@setting.{name}", **limits
            )
            return None
        same = [run for run in self.runs if run.choice.dataset == choice.dataset]
        changes = [differences(run.choice, choice) for run in same]
        if not all(changes):
            self.tell("say.nothing_differs")
            return None
        if changes and min(map(len, changes)) > 1:
            fewest = min(changes, key=lambda names: len(names))
            self.tell("say.several_differ", names=" ".join(fewest))
            return None
        return choice

    def _point_at(self, widget: Widget, name: str, **fields: object) -> None:
        """Move the focus to a part of the form and say this instead of its hint."""
        self.tell(name, **fields)
        if self.focused is not widget:
            self._without_hint = widget
            widget.focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Say what a part of the form takes."""
        name = event.widget.key if isinstance(event.widget, Blank) else getattr(event.widget, "setting", None)
        if name is not None and self.stage is Stage.SETUP:
            low, high = RANGES.get(name, (0, 0))
            if event.widget is not self._without_hint:
                self.tell(f"hint.{name}", low=f"{low:g}", high=f"{high:g}")
            self._without_hint = None
            keys = (("Enter", "commit" if name == "reason" else "next"), *_KEYS[Stage.SETUP][1:], *_ALWAYS)
            self.query_one(LabKeys).keys = keys

    @on(SettingChanged)
    def _setting_changed(self, event: SettingChanged) -> None:
        self.sketches.choose(self.trend.chosen)
        if event.name == "dataset":
            if not self.runs:
                self._put(Choice.preset(self.cycles["dataset"].value))
            self._show_texts()

    def on_input_changed(self) -> None:
        """Follow the number of units in the caption."""
        if self.stage is Stage.SETUP:
            self._show_caption()

    @on(TextRefused)
    def _text_refused(self, event: TextRefused) -> None:
        self.tell("fault.too_long", limit=event.limit)

    @on(Blank.Moved)
    def _moved(self, event: Blank.Moved) -> None:
        if event.direction > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def on_input_submitted(self) -> None:
        """Go on from a number."""
        self._field_entered()

    @on(FieldEntered)
    def _field_entered(self) -> None:
        """Go on to what is still open; commit when nothing is."""
        if self.stage is not Stage.SETUP:
            return
        focused = self.focused
        if self._checked_choice() is None:
            return
        if focused is self.reason or (self.trend.chosen and self.reason.chosen and focused is not self.trend):
            self._commit()
        elif focused is self.trend:
            self.numbers[_FINAL].field.focus()
        elif focused is self.numbers[_FINAL].field:
            self.reason.focus()
        else:
            self.trend.focus()

    def _commit(self) -> None:
        choice, final = self._checked_choice(), self.numbers[_FINAL].field
        loss = read_number(final.value) if final.value.strip() else None
        if choice is None:
            return
        if self.trend.chosen is None:
            self._point_at(self.trend, "say.choose_trend")
        elif self.reason.chosen is None:
            self._point_at(self.reason, "say.choose_reason")
        elif final.value.strip() and (loss is None or loss < 0):
            self._point_at(final, "fault.final")
        else:
            self._prepare(choice, Prediction(Trend(self.trend.chosen), Reason(self.reason.chosen), loss))

    def _prepare(self, choice: Choice, prediction: Prediction) -> None:
        self._say_last = ("say.keys_live", {})
        if self.runs and self.runs[0].choice.dataset != choice.dataset:
            self.runs.clear()
            self._say_last = ("say.new_plot", {})
        elif len(self.runs) == MOST_SERIES:
            del self.runs[0]
            self._say_last = ("say.oldest_left", {})
        self.runs.append(LabRun(choice, prediction))
        self._record(
            EventKind.PREDICTION,
            {
                **choice.values(),
                "trend": prediction.trend.value,
                "reason": prediction.reason.value,
                "loss": prediction.loss,
            },
        )
        self._name_runs()
        self._enter(Stage.READY)

    # -- stages ----------------------------------------------------------------------------------------

    def _enter(self, stage: Stage) -> None:
        self.stage = stage
        setup = stage is Stage.SETUP
        for widget in (*self.cycles.values(), *(row.field for row in self.numbers.values())):
            widget.disabled = not setup
        self.trend.settle(not setup)
        self.reason.settle(not setup)
        self.set_class(setup, "-setup")
        self.set_class(not setup, "-live")
        self.set_class(stage is Stage.ENDED, "-ended")
        if not setup:
            self.set_focus(None)
        if stage is Stage.RUNNING:
            self._ticked = monotonic()
            self._timer.resume()
        else:
            self._timer.pause()
        self.relabel()

    def _tick(self) -> None:
        now = monotonic()
        elapsed, self._ticked = min(now - self._ticked, _LONGEST_TICK), now
        pace = self.pace if self.plot.period == PERIOD else Pace.FULL
        self.run_now.advance(elapsed, pace, BUDGET)
        if self.run_now.finished:
            self._end()
        elif now - self._status_at >= self.plot.period:
            self._status_at = now
            self._show_report()

    def _end(self) -> None:
        run, found = self.run_now, self.run_now.assessment
        assert found is not None
        result = {
            "steps": found.steps,
            "loss": found.last,
            "diverged": found.diverged,
            "trend": found.trend.value,
            "cause": found.cause.value,
            "kept": found.kept,
            "reason_kept": found.reason_kept,
            "nearness": found.nearness.value if found.nearness else None,
        }
        if found.diverged:
            self._say_last = ("say.see_log", {})
        self._enter(Stage.ENDED)
        self._record(EventKind.RUN, {**run.choice.values(), **result})

    def _record(self, kind: EventKind, data: dict[str, object]) -> None:
        try:
            self.tutor.record([Event(kind, LESSON, self.run_now.choice.dataset, data)])
        except StoreError:
            self.tell("say.not_stored")

    def _record_stopped(self) -> None:
        """Record a run that is left before its end."""
        if self.stage in (Stage.RUNNING, Stage.PAUSED):
            run = self.run_now
            stopped = {"stopped": True, "steps_made": run.training.step_number, "loss": run.training.loss}
            self._record(EventKind.RUN, {**run.choice.values(), **stopped})

    # -- keys ------------------------------------------------------------------------------------------

    def action_leave(self) -> None:
        """Stop and go back."""
        self._timer.pause()
        self._record_stopped()
        if self.stage is Stage.RUNNING:
            self._enter(Stage.PAUSED)
        self.post_message(self.Left())

    def action_go_on(self) -> None:
        """Take the next step of the experiment."""
        if self.stage in (Stage.READY, Stage.PAUSED):
            self._enter(Stage.RUNNING)
        elif self.stage is Stage.ENDED:
            self.action_change()

    def action_pause(self) -> None:
        """Pause, or go on."""
        if self.stage is Stage.RUNNING:
            self._enter(Stage.PAUSED)
        elif self.stage in (Stage.READY, Stage.PAUSED):
            self._enter(Stage.RUNNING)

    def action_single_step(self) -> None:
        """Make one step of a run that stands."""
        if self.stage not in (Stage.READY, Stage.PAUSED):
            return
        self.run_now.step()
        if self.run_now.finished:
            self._end()
        else:
            self._enter(Stage.PAUSED)

    def action_restart(self) -> None:
        """Run again from the seed."""
        if self.stage in (Stage.RUNNING, Stage.PAUSED, Stage.ENDED):
            self.run_now.restart()
            self._enter(Stage.RUNNING)

    def action_axis(self) -> None:
        """Change between the linear and the logarithmic axis."""
        self.plot.action_toggle_scale()
        self.tell("say.log_axis" if self.plot.logarithmic else "say.linear_axis")

    def action_change(self) -> None:
        """Open the form again for the next run."""
        if self.stage is Stage.SETUP:
            return
        self._record_stopped()
        if not self.run_now.finished:
            self.runs.pop()
        self.trend.put(None)
        self.sketches.choose(None)
        self.reason.put(None)
        self.numbers[_FINAL].field.put("")
        self._enter(Stage.SETUP)
        first = self.cycles["dataset"]
        if self.runs:
            self._point_at(first, "say.change_one")
        else:
            first.focus()

    def action_clear(self) -> None:
        """Drop a run that has not ended, or all runs on the plot after one that has."""
        if self.stage is not Stage.ENDED:
            self.action_change()
        else:
            self.action_change()
            self.runs.clear()
            self._name_runs()
            self.tell("say.cleared")

    def action_up(self, direction: int) -> None:
        """Move between fields, change the speed, or scroll what is said, whichever there is."""
        if self.stage is Stage.SETUP:
            if direction > 0:
                self.focus_previous()
            else:
                self.focus_next()
        elif self.stage is Stage.ENDED:
            self.query_one("#report").scroll_relative(y=-direction, animate=False)
        elif self.stage is not Stage.READY:
            paces = list(Pace)
            self.pace = paces[min(max(paces.index(self.pace) + direction, 0), len(paces) - 1)]
            self._show_report()

    def on_loss_plot_notes_changed(self) -> None:
        """Say what the plot leaves out."""
        self._show_report()

    def on_resize(self) -> None:
        """Fit the words to the new width."""
        self._show_caption()
