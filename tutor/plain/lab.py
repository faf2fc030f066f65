"""A lab line by line: question, prediction, run, comparison; curves as a small table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tutor.course.labs import Lab, load_lab
from tutor.course.loader import LessonError
from tutor.engine.experiments import Arm, ExperimentError
from tutor.engine.written_numbers import number_text
from tutor.plain.lines import Conversation, without_marks
from tutor.student.events import Event, EventKind
from tutor.student.progress import LAB
from tutor.tutoring.laboratory import NO_IDEA, Comparison, Laboratory, Stage, Verdict
from tutor.tutoring.reading import Field, ReadingError, read_answer
from tutor.ui.guided_lab_words import GuidedLabWords

Record = Callable[[Sequence[Event]], None]

AT_ONCE = 256
"""Steps of each arm between two looks at the keyboard."""

ROWS = 6
"""Rows of the table of a curve."""


def visit(talk: Conversation, folder: Path, record: Record) -> None:
    """Let the learner predict, run the lab, and compare; one that cannot be read is told."""
    try:
        lab = load_lab(folder)
    except LessonError:
        talk.tell("lab.unusable", lab=folder.name)
        return
    _Visit(talk, lab, record).run()


class _Visit:
    def __init__(self, talk: Conversation, lab: Lab, record: Record) -> None:
        self.talk, self.lab = talk, lab
        self.bench = Laboratory(lab)
        self._words = GuidedLabWords(lab, talk.text)
        self._record_events = record

    @property
    def _language(self) -> str:
        return self.talk.text.language

    def run(self) -> None:
        """Go through the lab once, and then through as many settings of the learner's own as they like."""
        self.talk.say_prose(f"{self.lab.title[self._language]}\n\n{self.lab.intro[self._language]}")
        self.talk.say_prose(self.lab.question[self._language])
        answer = self._option() if self.lab.options else self._number("lab.number")
        reasons = [reason.id for reason in self.lab.reasons]
        self.talk.tell("lab.why")
        reason = reasons[self._listed("reason", reasons)]
        self.bench.commit(answer, reason)
        self._record(EventKind.PREDICTION, answer=answer, reason=reason)
        found = self._finish()
        self._compare(found)
        self._ask_for_the_idea()
        if found.reason_right:
            self.talk.tell("lab.reason_holds")
        self.talk.say_prose(self.bench.reply(self._language))
        if found.right_reason is not None and not found.reason_right:
            self.talk.say_prose(f"{self._words.say('because')} {self._words.reason(found.right_reason)}")
            self.talk.say_prose(self.bench.reply(self._language, found.right_reason))
        self.talk.say_prose(self.bench.text(self._language))
        self.talk.say_prose(self.lab.keep[self._language])
        self.talk.say_prose(self.lab.own_text[self._language])
        while self._own():
            pass

    # -- predicting ------------------------------------------------------------------------------------

    def _option(self) -> str:
        options = [option.id for option in self.lab.options]
        return options[self._listed("option", options)]

    def _listed(self, kind: str, ids: Sequence[str]) -> int:
        """Return which of the entries is chosen, from 0; nothing runs before that."""
        self.talk.listed([self.lab.words[f"{kind} {id_}"][self._language] for id_ in ids])
        while True:
            number = self.talk.ask_number(self.talk.text(f"plain.lab.which_{kind}"), len(ids))
            if number is not None:
                return number - 1

    def _number(self, prompt: str, **fields: str) -> float:
        while True:
            number = self._optional_number(self.talk.text(f"plain.{prompt}", **fields))
            if number is not None:
                return number

    def _optional_number(self, prompt: str) -> float | None:
        """Return the number that is typed, None for an empty line."""
        while typed := self.talk.ask(prompt):
            try:
                value = read_answer(typed, Field.NUMBER).value
            except ReadingError as error:
                self.talk.say(self.talk.text(f"reading.{error.code}", **error.fields))
            else:
                assert isinstance(value, float)
                return value
        return None

    # -- running and comparing -------------------------------------------------------------------------

    def _finish(self) -> Comparison:
        while self.bench.stage in (Stage.RUN, Stage.OWN_RUN):
            self.bench.advance(AT_ONCE)
        arms = self.bench.arms
        for arm in arms if self.bench.stage is Stage.COMPARED else arms[-1:]:
            self._tell_arm(arm)
        found = self.bench.compare()
        assert found is not None
        return found

    def _tell_arm(self, arm: Arm) -> None:
        """Tell a run by its curve, or by what it measured."""
        label = self.lab.labels[arm.name][self._language] if arm.name in self.lab.labels else ""
        name = without_marks(label) or self.talk.text("plain.lab.own_arm")
        if arm.measured is not None:
            pairs = list(zip(arm.measured.x.tolist(), arm.measured.y.tolist(), strict=True))
        else:
            pairs = list(enumerate(arm.losses.tolist()))
        if len(pairs) > ROWS:
            pairs = [pairs[round(k * (len(pairs) - 1) / (ROWS - 1))] for k in range(ROWS)]
        points = [self.talk.text("plain.lab.point", x=number_text(x), y=number_text(y)) for x, y in pairs]
        if points:
            kind = "measured" if arm.measured is not None else "curve"
            self.talk.tell(f"lab.{kind}", name=name, table=", ".join(points))
        if arm.diverged:
            self.talk.tell("lab.diverged", name=name, step=arm.step_number)

    def _compare(self, found: Comparison) -> None:
        right = found.right
        if isinstance(right, str):
            came = without_marks(self.lab.words[f"option {right}"][self._language])
        else:
            came = self.talk.text("plain.lab.none") if right is None else number_text(right)
        predicted = found.prediction.answer
        if isinstance(predicted, str) or number_text(predicted) == came:
            self.talk.tell(f"lab.{found.verdict.value}", came=came)
        else:
            said = number_text(predicted)
            self.talk.tell(f"lab.guess.{found.verdict.value}", predicted=said, came=came)
        self._record(
            EventKind.RUN,
            predicted=found.prediction.answer,
            right=found.right,
            kept=found.verdict is Verdict.HIT,
            verdict=found.verdict.value,
            reason_kept=found.reason_right,
            mistake=found.mistake,
            own=self.bench.own_value if self.bench.stage is Stage.OWN_COMPARED else None,
        )

    def _ask_for_the_idea(self) -> None:
        """Ask where a wrong prediction came from, and answer that; an empty line passes over it."""
        ideas = [idea.id for idea in self.bench.ideas]
        if not ideas:
            return
        self.talk.tell("lab.ideas")
        self.talk.listed(
            [
                *(self.lab.words[f"idea {id_}"][self._language] for id_ in ideas),
                self.talk.text("plain.lab.none"),
            ]
        )
        number = self.talk.ask_number(self.talk.text("plain.lab.which_idea"), len(ideas) + 1)
        if number is None:
            return
        if number <= len(ideas):
            self.bench.name_idea(ideas[number - 1])
            self.talk.say_prose(self.bench.idea_reply(self._language))
        idea = self.bench.idea
        named, mistake = (idea.id, idea.mistake) if idea else (NO_IDEA, None)
        self._record(EventKind.IDEA, idea=named, mistake=mistake)

    # -- the learner's own setting ---------------------------------------------------------------------

    def _own(self) -> bool:
        """Run one setting of the learner's own; False where they are done."""
        value = self._own_value()
        if value is None:
            return False
        try:
            self.bench.choose_own(value)
        except ExperimentError:
            self.talk.tell("lab.impossible")
            return True
        answer = self._number("lab.own_number", reading=self._words.reading())
        self.bench.commit(answer)
        self._record(EventKind.PREDICTION, own=value, answer=answer)
        self._compare(self._finish())
        return True

    def _own_value(self) -> object:
        own, name = self.lab.own, self._words.own_variable()
        if own.choices:
            self.talk.listed([self._words.value(str(choice)) for choice in own.choices])
            chosen = self.talk.ask_number(self.talk.text("plain.lab.own_choice", name=name), len(own.choices))
            return None if chosen is None else own.choices[chosen - 1]
        assert own.low is not None
        assert own.high is not None
        prompt = self.talk.text("plain.lab.own", name=name, low=f"{own.low:g}", high=f"{own.high:g}")
        while (number := self._optional_number(prompt)) is not None:
            if own.low <= number <= own.high and not (own.whole and number != int(number)):
                return int(number) if own.whole else number
        return None

    def _record(self, kind: EventKind, **data: object) -> None:
        self._record_events([Event(kind, LAB, self.lab.slug, data)])
