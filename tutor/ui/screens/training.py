"""Free training: set up a network, commit a prediction, run it, and compare; then change one thing."""

from __future__ import annotations

from collections.abc import Iterator

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tutor.student.events import Event, EventKind
from tutor.tutoring.predictions import Prediction, Trend
from tutor.ui.lab_steps import Subject, Traced
from tutor.ui.lesson_words import Line
from tutor.ui.screens.lab import ALWAYS, KEYS, LabScreen, Stage
from tutor.ui.training_choice import EXTRAS, OPTIONS, RANGES, Choice, changed, differences
from tutor.ui.training_run import NetworkRun, SurfaceRun, run_of
from tutor.ui.views.catalogue import CURVES, NETWORK_VIEWS, SURFACE_VIEWS
from tutor.ui.widgets.answer import TextRefused
from tutor.ui.widgets.blank import Blank
from tutor.ui.widgets.lab_form import Opener, SettingChanged
from tutor.ui.widgets.lab_views import LabViews
from tutor.ui.widgets.training_form import FINAL, Missing, TrainingForm
from tutor.ui.widgets.trend_sketches import TrendSketches

LESSON = "training"
"""The name under which predictions and runs are recorded; the data set is the step."""


MOST_RUNS, MOST_WALKS = 3, 7
"""More runs over each other than this are hard to follow; on a surface there is room for every optimizer."""


class TrainingScreen(LabScreen):
    """A lab in which every setting is the learner's; a run starts after its outcome was predicted."""

    DEFAULT_CSS = """
    TrainingScreen {
        & #network, & #prediction { height: auto; }
        & #prediction { margin-top: 1; }
        & #because { height: auto; max-height: 4; padding-left: 3; color: $text-muted; }
        & #why { height: 100%; padding: 1 1 0 1; }
        & #why ItemList { height: 1fr; }
        & .extra { display: none; }
        &.-extras .extra { display: block; }
        &.-extras .basic { display: none; }
        &.-surface .of-networks, &.-surface #setting-more { display: none; }
        &.-surface .extra { display: block; }
        &.-surface .extra.of-networks { display: none; }
        & #sketches { display: none; }
        &.-first #sketches { display: block; }
        &.-first #views { display: none; }
        &.-live #why { display: none; }
    }
    TrainingScreen.-narrow, TrainingScreen.-too-narrow {
        & #form { width: 100%; height: 1fr; min-height: 6; layout: horizontal; }
        & #network, & #prediction { width: 1fr; margin-top: 0; }
        & #why { height: 7; padding: 0; }
    }
    TrainingScreen.-normal.-high, TrainingScreen.-wide.-high {
        & #why { padding: 1 0 0 0; }
        & #because, & #setting-more { display: none; }
        & .extra, &.-extras .basic { display: block; }
        &.-surface .of-networks { display: none; }
        &.-live #why { display: block; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[NetworkRun | SurfaceRun] = []
        self.form = TrainingForm()
        self.sketches = TrendSketches(id="sketches")
        self._heads = {
            name: Static(classes="head", markup=False) for name in ("network", "predict", "because")
        }
        self._because = Static(id="because", markup=False)
        self._without_hint: Widget | None = None
        self._said_of = CURVES[0]

    # -- what is asked -----------------------------------------------------------------------------------

    def compose_form(self) -> ComposeResult:
        """The network, and below it what is predicted."""
        with Vertical(id="network"):
            yield self._heads["network"]
            yield from self.form.settings()
        with Vertical(id="prediction"):
            yield self._heads["predict"]
            yield self.form.trend
            yield self.form.numbers[FINAL]
            yield self._because

    def compose_before_views(self) -> Iterator[Widget]:
        """Sketches of what a loss can do."""
        yield self.sketches

    def compose_more(self) -> ComposeResult:
        """The last question: below the form where that is high enough, else below the sketches."""
        with Vertical(id="why"):
            yield self._heads["because"]
            yield self.form.reason

    def on_mount(self) -> None:
        """Begin with the settings that work."""
        self.form.put(Choice.preset(OPTIONS["dataset"][0]))
        self._ask_for("dataset")

    # -- words -----------------------------------------------------------------------------------------

    def relabel(self) -> None:
        """Write every word anew, and every sign."""
        words = self.words
        self._write_heads()
        self.form.write(words, self.tutor.ascii_only)
        self.sketches.ascii_only = self.tutor.ascii_only
        self.sketches.write(
            [words.say(f"limit.{trend.value}") for trend in Trend],
            [words.trend(trend, limits=True) for trend in Trend],
        )
        self._show_because()
        super().relabel()

    def _write_heads(self) -> None:
        begun = Choice.preset(self.form.cycles["dataset"].value)
        for name, head in self._heads.items():
            head.update(Content(self.words.say_of(begun, name)))

    def title_text(self) -> str:
        """Return the title, with the data set."""
        return self.words.say(
            "title", dataset=self.words.option("dataset", self.form.cycles["dataset"].value)
        )

    def caption_text(self) -> str:
        """Return the network and how its loss is counted; on a narrow screen the settings of the run."""
        narrow = self.has_class("-narrow") or self.has_class("-too-narrow")
        if narrow and self.stage is not Stage.SETUP:
            return self.words.summary(self.run_now)
        choice = self.form.read()
        return self.words.caption(choice) if isinstance(choice, Choice) else ""

    def _show_because(self) -> None:
        text = ""
        if self.stage is not Stage.SETUP:
            run = self.run_now
            reason = self.words.say_of(run.choice, f"reason.{run.prediction.reason.value}")
            text = self.words.say("locked_because", reason=reason)
        self._because.update(Content(text))

    @property
    def run_now(self) -> NetworkRun | SurfaceRun:
        """The run that is looked at; IndexError before the first."""
        return self.runs[-1]

    @property
    def going(self) -> NetworkRun | SurfaceRun:
        """What is run."""
        return self.run_now

    def traced(self) -> list[Traced]:
        """Return the curves of all runs, each named by what tells it from the others."""
        return [
            Traced(name, run.curve, run.accuracy if isinstance(run, NetworkRun) else None)
            for name, run in self._named_runs()
        ]

    def _named_runs(self) -> list[tuple[str, NetworkRun | SurfaceRun]]:
        names = self.words.names(self.runs) if self.runs else ()
        return list(zip(names, self.runs, strict=True))

    def subject(self) -> Subject | None:
        """Return the network of the last run, or all walks down a surface."""
        if not self.runs:
            return None
        if isinstance(self.run_now, NetworkRun):
            return Subject(self.run_now.observer)
        walks = [(name, run.walk) for name, run in self._named_runs() if isinstance(run, SurfaceRun)]
        return Subject(None, walks, len(walks) - 1)

    def status_text(self) -> str:
        """Return the step, the loss and the right answers."""
        return self.words.status(self.run_now)

    def ended_lines(self) -> list[Line]:
        """Return the outcome, the prediction beside it, the reason and the advice."""
        return self.words.report(self.run_now, [other.choice for other in self.runs])

    # -- the form --------------------------------------------------------------------------------------

    def _checked_choice(self) -> Choice | None:
        """Return the settings if they can be run; else say why not, at the field."""
        choice = self.form.read()
        if isinstance(choice, tuple):
            name, fault = choice
            low, high = RANGES[name]
            limits = {"low": f"{low:g}", "high": f"{high:g}"}
            self.set_class(name in EXTRAS, "-extras")
            self._point_at(self.form.field(name), f"fault.{fault.value}", label=f"@setting.{name}", **limits)
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
        self.set_class(name in EXTRAS, "-extras")
        if isinstance(event.widget, Blank):
            event.widget.await_another()
        if name is not None and self.stage is Stage.SETUP:
            low, high = RANGES.get(name, (0, 0))
            if event.widget is not self._without_hint:
                self.tell(f"hint.{name}", low=f"{low:g}", high=f"{high:g}")
            self._without_hint = None
            self.show_keys(
                (("Enter", "commit" if name == "reason" else "next"), *KEYS[Stage.SETUP][1:], *ALWAYS)
            )

    @on(Opener.Opened)
    def _open_extras(self) -> None:
        """Show what a first run leaves as it is; where there is little room, in place of the others."""
        self.add_class("-extras")
        self.form.field(EXTRAS[0]).focus()

    @on(SettingChanged)
    def _setting_changed(self, event: SettingChanged) -> None:
        self.sketches.choose(self.form.trend.chosen)
        if event.name == "dataset":
            self._fit_to_data()
        self.form.write_more(self.words)
        self.show_texts()

    def _fit_to_data(self) -> None:
        """Ask what this data set can be asked; begin with its settings where there is no run like it."""
        begun = Choice.preset(self.form.cycles["dataset"].value)
        if not self.runs or self.run_now.choice.on_surface != begun.on_surface:
            self.form.put(begun)
        self.set_class(begun.on_surface, "-surface")
        self.form.write_reasons(self.words)
        self._write_heads()

    @on(LabViews.Changed)
    def _other_view(self) -> None:
        """Say what to look for on a curve; a picture says it itself."""
        if self.stage is not Stage.SETUP and self.views.view != self._said_of:
            self._said_of = self.views.view
            other = "say.read_on" if self.stage is Stage.ENDED else "say.keys_live"
            self.tell(f"look.{self._said_of}" if self._said_of in CURVES else other)

    def on_input_changed(self) -> None:
        """Follow the number of units in the caption."""
        if self.stage is Stage.SETUP:
            self.show_caption()

    @on(TextRefused)
    def _text_refused(self, event: TextRefused) -> None:
        self.tell("fault.too_long", limit=event.limit)

    def field_entered(self) -> None:
        """Go on to what is still open; commit when nothing is."""
        if self.stage is not Stage.SETUP:
            return
        form, focused = self.form, self.focused
        if self._checked_choice() is None:
            return
        if focused is form.reason or (form.trend.chosen and form.reason.chosen and focused is not form.trend):
            self._commit()
        elif focused is form.trend:
            form.final.focus()
        elif focused is form.final:
            form.reason.focus()
        else:
            form.trend.focus()

    def _commit(self) -> None:
        choice, prediction = self._checked_choice(), self.form.prediction()
        if choice is None:
            return
        if prediction is Missing.TREND:
            self._point_at(self.form.trend, "say.choose_trend")
        elif prediction is Missing.REASON:
            self._point_at(self.form.reason, "say.choose_reason")
        elif isinstance(prediction, Missing):
            self._point_at(self.form.final, "fault.final")
        else:
            self._prepare(choice, prediction)

    def _prepare(self, choice: Choice, prediction: Prediction) -> None:
        self.tell("say.keys_live")
        if self.runs and self.runs[0].choice.dataset != choice.dataset:
            self.runs.clear()
            self.tell("say.new_plot")
        elif len(self.runs) == (most := MOST_WALKS if choice.on_surface else MOST_RUNS):
            del self.runs[0]
            self.tell("say.oldest_left", most=most)
        self.runs.append(run_of(choice, prediction))
        names = SURFACE_VIEWS if choice.on_surface else NETWORK_VIEWS
        if self.views.names != names:
            self.views.offer(names)
        self._record(
            EventKind.PREDICTION,
            {
                **choice.values(),
                "trend": prediction.trend.value,
                "reason": prediction.reason.value,
                "loss": prediction.loss,
            },
        )
        self.enter(Stage.READY)

    def enter(self, stage: Stage) -> None:
        """Go to a stage; the form is open before a run alone."""
        self.form.settle(stage is not Stage.SETUP)
        super().enter(stage)

    # -- the end of a run ------------------------------------------------------------------------------

    def run_ended(self) -> None:
        """Set the outcome beside the prediction, and keep both."""
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
            self.tell("say.see_log")
        self.enter(Stage.ENDED)
        self._record(EventKind.RUN, {**run.choice.values(), **result})

    def run_left(self) -> None:
        """Record a run that is left before its end."""
        run = self.run_now
        stopped = {"stopped": True, "steps_made": run.step_number, "loss": run.curve.summary.last_value}
        self._record(EventKind.RUN, {**run.choice.values(), **stopped})

    def _record(self, kind: EventKind, data: dict[str, object]) -> None:
        self.keep(Event(kind, LESSON, self.run_now.choice.dataset, data))

    def action_leave(self) -> None:
        """Go back: from the extras to the other settings, else to where the learner came from."""
        if self.has_class("-extras") and self.form.more.display:
            self.form.more.focus()
        else:
            super().action_leave()

    def action_change(self) -> None:
        """Open the form again for the next run."""
        if self.stage is Stage.SETUP:
            return
        if self.stage in (Stage.RUNNING, Stage.PAUSED):
            self._halt()
            self.run_left()
        if not self.run_now.finished:
            self.runs.pop()
        self.form.forget_prediction()
        self.sketches.choose(None)
        self.enter(Stage.SETUP)
        self._ask_for(self._advised())

    def _advised(self) -> str:
        """Return the setting that the advice of the last run would change."""
        found = self.run_now.assessment if self.runs else None
        if found is None:
            return "dataset"
        choice = self.run_now.choice
        return next(iter(differences(choice, changed(found.advice, choice))), "dataset")

    def _ask_for(self, name: str) -> None:
        """Begin with a setting, and say what comes next."""
        self.set_class(name in EXTRAS, "-extras")
        self._point_at(self.form.field(name), "say.change_one" if self.runs else "say.begin")

    def action_clear(self) -> None:
        """Drop a run that has not ended, or all runs on the plot after one that has."""
        ended = self.stage is Stage.ENDED
        self.action_change()
        if ended:
            self.runs.clear()
            self.name_runs()
            self.tell("say.cleared")
