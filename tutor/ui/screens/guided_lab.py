"""A lab of the course: question, prediction, run, comparison; then a setting of the learner's own."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tutor.course.labs import Lab
from tutor.engine.experiments import ExperimentError
from tutor.student.events import Event, EventKind
from tutor.student.progress import LAB
from tutor.tutoring.laboratory import NO_IDEA, Laboratory, Verdict
from tutor.tutoring.laboratory import Stage as Visit
from tutor.ui.guided_lab_words import GuidedLabWords
from tutor.ui.lab_arms import ArmsRun
from tutor.ui.lab_steps import Subject, Traced
from tutor.ui.lesson_words import Line
from tutor.ui.screens.lab import ALWAYS, KEYS, LabScreen, Stage
from tutor.ui.views.network import NETWORK
from tutor.ui.widgets.lab_form import SettingChanged
from tutor.ui.widgets.lab_question import LabQuestion
from tutor.ui.widgets.prose import Prose

_ROWS_FOR_ALL = 24
"""Below this height the question stands without what leads up to it."""


class Telling(Enum):
    """What is told of a run that has ended: one after the other."""

    OUTCOME = "outcome"
    """The prediction beside what came, below the picture."""
    IDEA = "idea"
    """The same, and the question for the idea behind a wrong prediction."""
    WHY = "why"
    """The explanation; where there is little room, in the place of the picture."""


class GuidedLabScreen(LabScreen):
    """One lab, from its question to the learner's own setting."""

    class Compared(Message):
        """A prediction was compared with its run for the first time."""

        def __init__(self, slug: str) -> None:
            super().__init__()
            self.slug = slug

    DEFAULT_CSS = """
    GuidedLabScreen {
        & #form > Vertical { height: auto; margin-bottom: 1; }
        & #arms { height: auto; padding: 0 2 0 3; color: $text-muted; margin-bottom: 1; }
        & #question { height: auto; max-height: 100%; padding: 0 1 0 0; scrollbar-size-vertical: 1; }
        & #question > Static { height: auto; }
        &.-setup #lab { grid-rows: 1fr auto; }
        & #why { height: auto; max-height: 12; padding: 0 1; }
        & #why ItemList { max-height: 11; }
        & #idea { display: none; height: auto; max-height: 10; padding: 1 1 0 0; }
        & #idea ItemList { max-height: 9; }
        &.-asking #lab { grid-rows: 1fr auto; }
        &.-asking #view { row-span: 1; }
        &.-asking #report { max-height: 5; }
        &.-asking #why { display: none; }
        &.-asking #idea { display: block; }
        &.-reading #lab { grid-columns: 0 1fr; }
        &.-reading #form, &.-reading #views, &.-reading #caption { display: none; }
        &.-reading #view { column-span: 2; row-span: 2; }
        &.-reading #report { height: 1fr; max-height: 100%; margin: 0; padding: 0 1 0 2; }
        & #own { display: none; }
        &.-own #own { display: block; }
        &.-setup #views { display: none; }
        &.-live #question, &.-live #why { display: none; }
        &.-live #sketches, &.-own #sketches { display: none; }
        &.-setup.-own #views { display: block; }
        &.-setup.-own #why { display: none; }
        &.-setup.-own #view { row-span: 2; }
        &.-setup.-own #question { height: auto; max-height: 5; }
    }
    GuidedLabScreen.-narrow, GuidedLabScreen.-too-narrow {
        &.-setup #view { display: block; height: 1fr; }
        & #form { width: 100%; height: auto; max-height: 9; }
        & #arms { margin-bottom: 0; }
        & #why { height: 5; }
        & #caption { display: none; }
        & #idea { padding: 0; }
        &.-reading.-ended #report { max-height: 100%; padding: 0 1; }
        &.-setup.-own #prediction { display: none; }
    }
    GuidedLabScreen.-normal.-high, GuidedLabScreen.-wide.-high {
        & #why { padding: 1 0 0 0; }
        &.-live #why, &.-setup.-own #why { display: block; }
        &.-asking #lab { grid-rows: auto 1fr; }
        &.-asking #why { display: none; }
        &.-asking #view { row-span: 2; }
        &.-asking #idea { max-height: 100%; }
        &.-asking #idea ItemList { max-height: 100%; }
        &.-reading #form { display: block; }
        &.-reading #views, &.-reading #caption { display: block; }
        &.-reading #view { column-span: 1; }
        &.-reading #report { height: auto; max-height: 20; margin-top: 1; padding: 0; }
    }
    GuidedLabScreen.-normal.-high.-reading #lab { grid-columns: 30 1fr; }
    GuidedLabScreen.-wide.-high.-reading #lab { grid-columns: 50 1fr; }
    """

    def __init__(self, lab: Lab) -> None:
        super().__init__()
        self.lab = lab
        self.bench = Laboratory(lab)
        self.asked = LabQuestion(lab)
        self._because_head, self._idea_head = (Static(classes="head", markup=False) for _ in range(2))
        self._run: ArmsRun | None = None
        self._told = False
        self._telling = Telling.OUTCOME

    # -- what is asked -----------------------------------------------------------------------------------

    def compose_form(self) -> ComposeResult:
        """What differs and what is predicted, and later the own setting."""
        with Vertical(id="prediction"):
            yield from self.asked.prediction_widgets()
        with Vertical(id="own"):
            yield from self.asked.own_widgets()

    def compose_before_views(self) -> Iterator[Widget]:
        """The question in words."""
        self._question = Prose(id="question")
        yield self._question
        if self.asked.sketches.any:
            yield self.asked.sketches

    def compose_more(self) -> ComposeResult:
        """The reasons."""
        with Vertical(id="why"):
            yield self._because_head
            yield self.asked.reasons
        with Vertical(id="idea"):
            yield self._idea_head
            yield self.asked.ideas

    def on_mount(self) -> None:
        """Begin with the prediction."""
        self.views.names = self._views()
        self.views.view = self.views.names[0]
        self.views.plot.logarithmic = self.lab.table.axis == "log"
        self.asked.first.focus()

    def _views(self) -> tuple[str, ...]:
        return self.lab.views if "table" in self.lab.views else (*self.lab.views, "table")

    # -- words -----------------------------------------------------------------------------------------

    @property
    def said(self) -> GuidedLabWords:
        """The sentences of this lab."""
        return GuidedLabWords(self.lab, self.text, self.tutor.ascii_only)

    @property
    def _own(self) -> bool:
        return self.bench.stage in (Visit.OWN_PREDICT, Visit.OWN_RUN, Visit.OWN_COMPARED) or self._choosing

    _choosing = False

    def relabel(self) -> None:
        """Write every word anew, and every sign."""
        said = self.said
        self.asked.write(said, self.tutor.ascii_only)
        self._because_head.update(said.say("why"))
        self._idea_head.update(said.say("which_idea"))
        ideas = [idea.id for idea in self.bench.ideas]
        self.asked.ideas.offer(ideas, [*map(said.idea, ideas), said.say("no_idea")])
        self._put_question()
        super().relabel()

    def _put_question(self) -> None:
        said = self.said
        if self._choosing:
            text = said.prose(self.lab.own_text)
        else:
            text = f"**{said.prose(self.lab.question)}**"
            if self.size.height >= _ROWS_FOR_ALL:
                text = f"{said.prose(self.lab.intro)}\n\n{text}"
        self._question.show(text)
        self.call_after_refresh(self._fit_question)

    def _fit_question(self) -> None:
        self._question.fit(self._question.content_size.width)

    def on_resize(self) -> None:
        """Say as much of the question as there is room for."""
        self._put_question()

    def title_text(self) -> str:
        """Return the title of the lab."""
        return self.said.prose(self.lab.title)

    def caption_text(self) -> str:
        """Return what is seen: the one setting that differs."""
        if self._run is None or self.stage is Stage.SETUP:
            return ""
        if self.views.view in NETWORK:
            chosen = self._run.arms[self.looked_at % len(self._run.arms)]
            return self.said.say("looking", arm=self.said.arm(chosen.arm.name))
        return self.said.say("only", variable=self.said.variable())

    def keys_of_stage(self) -> tuple[tuple[str, str], ...]:
        """Return the keys of now: what is committed is not dropped, and the end leads to the own setting."""
        offered = [offer for offer in KEYS[self.stage] if offer[1] not in ("drop", "clear")]
        if self.stage is not Stage.ENDED:
            return tuple(offered)
        if self._telling is Telling.IDEA:
            return (("Enter", "next"), ("Arrows", "choose"), ("PgDn", "skip"), ("Tab", "view"))
        if self._telling is Telling.WHY:
            scrolls = (("↑↓", "read_on"),) if self._report.max_scroll_y else ()
            return (("Enter", "own"), *scrolls, ("Tab", "picture" if self._covered else "view"))
        following = "own" if self.bench.own_comparison else "why"
        return tuple(("Enter", following) if offer[1] == "change_one" else offer for offer in offered)

    def status_text(self) -> str:
        """Return how far the arms are."""
        run = self.going
        return self.said.say("status", step=run.step_number, steps=run.steps)

    def ended_lines(self) -> list[Line]:
        """Return the prediction beside the outcome, and why once that is asked for."""
        why = self._telling is Telling.WHY
        return self.said.why(self.bench) if why else self.said.outcome(self.bench)

    # -- the run ---------------------------------------------------------------------------------------

    @property
    def going(self) -> ArmsRun:
        """All arms."""
        assert self._run is not None
        return self._run

    def traced(self) -> list[Traced]:
        """Return the curve of every arm that has one."""
        if self._run is None:
            return []
        arms = [one for one in self._run.arms if one.curve.summary.points]
        return [Traced(f"{self.said.arm(one.arm.name)}:", one.curve) for one in arms]

    def subject(self) -> Subject | None:
        """Return all arms, and the network of the one that the views look into."""
        if self._run is None:
            return None
        chosen = self.looked_at % len(self._run.arms)
        looked_at = self._run.arms[chosen]
        named = [(self.said.arm(one.arm.name), one.arm) for one in self._run.arms]
        return Subject(looked_at.observer, named, chosen, self.lab.compared)

    def run_ended(self) -> None:
        """Compare, keep the comparison, and tell whoever waits for it."""
        found = self.bench.compare()
        assert found is not None
        own = self.bench.own_comparison is not None
        asks = not own and self.bench.ideas and self.asked.ideas.chosen is None
        self._telling = Telling.IDEA if asks else Telling.OUTCOME
        self.enter(Stage.ENDED)
        data = {
            "predicted": found.prediction.answer,
            "right": found.right,
            "kept": found.verdict is Verdict.HIT,
            "verdict": found.verdict.value,
            "reason_kept": found.reason_right,
            "mistake": found.mistake,
            "own": self.bench.own_value if self.bench.stage is Visit.OWN_COMPARED else None,
        }
        self._record(EventKind.RUN, data)
        if not self._told:
            self._told = True
            self.post_message(self.Compared(self.lab.slug))

    def run_left(self) -> None:
        """Record a run that is left before its end."""
        self._record(EventKind.RUN, {"stopped": True, "steps_made": self.going.step_number})

    def _record(self, kind: EventKind, data: dict[str, object]) -> None:
        self.keep(Event(kind, LAB, self.lab.slug, data))

    # -- predictions -----------------------------------------------------------------------------------

    def enter(self, stage: Stage) -> None:
        """Go to a stage; what was predicted stays on the screen."""
        own = self._own
        self.set_class(own, "-own")
        self.asked.settle(prediction=own or stage is not Stage.SETUP, own=stage is not Stage.SETUP or not own)
        ended = stage is Stage.ENDED
        self.set_class(ended and self._telling is Telling.IDEA, "-asking")
        self.set_class(ended and self._telling is Telling.WHY, "-reading")
        super().enter(stage)
        if ended:
            self._tell_what_follows()

    def _tell_what_follows(self) -> None:
        if self._telling is Telling.IDEA:
            self.tell_text(lambda: self.said.say("ask_idea"))
            self.asked.ideas.focus()
        elif self._telling is Telling.WHY:
            self._report.scroll_home(animate=False)
            self.call_after_refresh(self._tell_of_the_own_setting)
        else:
            name = "another_own" if self.bench.own_comparison else "to_why"
            self.tell_text(lambda: self.said.say(name))

    def _tell_of_the_own_setting(self) -> None:
        """Say how to go on from the explanation, once it is known how much of it is seen."""
        name = "then_own_or_picture" if self._covered else "then_own"
        self.tell_text(lambda: self.said.say(name))
        self.show_keys((*self.keys_of_stage(), *ALWAYS))

    @property
    def _covered(self) -> bool:
        """Whether the explanation stands where the pictures are."""
        return self.stage is Stage.ENDED and self._telling is Telling.WHY and not self.views.region

    def _tell_on(self, telling: Telling) -> None:
        self._telling = telling
        self.enter(Stage.ENDED)

    @on(SettingChanged)
    def _setting_changed(self) -> None:
        if self.asked.options is not None:
            self.asked.sketches.choose(self.asked.options.chosen)
        self.show_texts()

    def field_entered(self) -> None:
        """Go on to what is still open; commit when nothing is."""
        if self.stage is Stage.ENDED:
            self._name_idea()
            return
        if self.stage is not Stage.SETUP:
            return
        if self._choosing:
            self._own_entered()
        elif self.asked.answer() is None:
            self._ask(self.asked.first, "need_option" if self.asked.options else "need_number")
        elif self.asked.reasons.chosen is None or self.focused is not self.asked.reasons:
            self._ask(self.asked.reasons, "need_reason")
        else:
            self._commit()

    def _own_entered(self) -> None:
        if self.asked.own_value() is None:
            low, high = self.lab.own.low, self.lab.own.high
            self._ask(self.asked.own_first, "need_own", low=f"{low:g}", high=f"{high:g}")
        elif self.asked.own_answer() is None or self.focused is not self.asked.own_number.field:
            self._ask(self.asked.own_number.field, "need_own_number", reading=self.said.reading())
        else:
            self._commit_own()

    def _name_idea(self) -> None:
        named = self.asked.ideas.chosen
        if self._telling is not Telling.IDEA or named is None:
            return
        if named != NO_IDEA:
            self.bench.name_idea(named)
        mistake = self.bench.idea.mistake if self.bench.idea else None
        self._record(EventKind.IDEA, {"idea": named, "mistake": mistake})
        self._tell_on(Telling.WHY)

    def _ask(self, widget: Widget, name: str, **fields: object) -> None:
        self.tell_text(lambda: self.said.say(name, **fields))
        widget.focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Say what comes next."""
        if self.stage is Stage.SETUP:
            if not self._choosing:
                name = "need_option" if self.asked.options else "need_number"
                wanted = "need_reason" if event.widget is self.asked.reasons else name
                self.tell_text(lambda: self.said.say(wanted))
            last = event.widget in (self.asked.reasons, self.asked.own_number.field)
            self.show_keys((("Enter", "commit" if last else "next"), *KEYS[Stage.SETUP][1:], *ALWAYS))

    def _commit(self) -> None:
        answer, reason = self.asked.answer(), self.asked.reasons.chosen
        assert answer is not None
        self.bench.commit(answer, reason)
        self._run = ArmsRun(self.bench.arms)
        self._record(EventKind.PREDICTION, {"answer": answer, "reason": reason})
        self.tell("say.keys_live")
        self.enter(Stage.READY)

    def _commit_own(self) -> None:
        value, answer = self.asked.own_value(), self.asked.own_answer()
        assert answer is not None
        try:
            self.bench.choose_own(value)
        except ExperimentError:
            self._ask(self.asked.own_first, "impossible_own")
            return
        self.bench.commit(answer)
        self._choosing = False
        self._run = ArmsRun(self.bench.arms)
        self.looked_at = len(self._run.arms) - 1
        self._record(EventKind.PREDICTION, {"own": value, "answer": answer})
        self.tell("say.keys_live")
        self.enter(Stage.READY)

    def action_go_on(self) -> None:
        """Take the next step of the lab: after the outcome comes why, and then the own setting."""
        why_next = self._telling is not Telling.WHY and self.bench.own_comparison is None
        if self.stage is Stage.ENDED and why_next:
            self._tell_on(Telling.WHY)
        else:
            super().action_go_on()

    def action_cursor(self, by: int) -> None:
        """Read along the curve; Page Down passes over the question for the idea."""
        if self.stage is Stage.ENDED and self._telling is Telling.IDEA and by > 1:
            self._tell_on(Telling.WHY)
        else:
            super().action_cursor(by)

    def action_next_view(self, by: int) -> None:
        """Show the next view; from the explanation go back to the picture."""
        if self._covered:
            self._tell_on(Telling.OUTCOME)
        else:
            super().action_next_view(by)

    def action_view(self, digit: int) -> None:
        """Show the view of this digit, in the place of the explanation where that has its room."""
        if self._covered:
            self._tell_on(Telling.OUTCOME)
        super().action_view(digit)

    def action_change(self) -> None:
        """Choose an own setting, once the first prediction was compared."""
        if self.stage is not Stage.ENDED or self.bench.comparison is None:
            return
        self._choosing = True
        self.asked.own_number.field.put("")
        self.enter(Stage.SETUP)
        self._ask(self.asked.own_first, "choose_own")

    def action_restart(self) -> None:
        """Run again from the start; the prediction stays."""
        if self.stage in (Stage.RUNNING, Stage.PAUSED, Stage.ENDED):
            self._halt()
            self.bench.restart()
        super().action_restart()

    def action_leave(self) -> None:
        """Stop and go back; from the own setting go back to what came."""
        if self._choosing:
            self._choosing = False
            self.enter(Stage.ENDED)
        elif self.stage is Stage.ENDED and self._telling is Telling.IDEA:
            self._tell_on(Telling.WHY)
        else:
            super().action_leave()
