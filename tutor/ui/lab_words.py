"""What the training screen says about a run: from choices, ids and numbers to the learner's language."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tutor.text import Text
from tutor.tutoring.predictions import Advice, Assessment, Nearness, Trend
from tutor.ui.lab import OPTIONS, RANGES, Choice, LabRun, changed, named_settings
from tutor.ui.lesson_words import Line, Tone
from tutor.ui.signs import in_ascii


def number_text(value: float, ascii_only: bool = False) -> str:
    """Return a number in at most four digits; infinity as a sign where signs are wanted."""
    if math.isinf(value) and not ascii_only:
        return "∞"
    return f"{value:.4g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


class LabWords:
    """The sentences of the training screen in one language."""

    def __init__(self, text: Text, ascii_only: bool = False) -> None:
        self._text = text
        self._ascii = ascii_only

    def say(self, name: str, **fields: object) -> str:
        """Return a sentence of the topic, with ASCII signs where only those are wanted."""
        sentence = self._text(f"training.{name}", **fields)
        return in_ascii(sentence) if self._ascii else sentence

    def number(self, value: float) -> str:
        """Return a number as it is shown."""
        return number_text(value, self._ascii)

    # -- settings --------------------------------------------------------------------------------------

    def hint(self, setting: str) -> str:
        """Return what can be put into a part of the form."""
        low, high = RANGES.get(setting, (0, 0))
        return self.say(f"hint.{setting}", low=f"{low:g}", high=f"{high:g}")

    def setting(self, name: str, value: str | float) -> str:
        """Return one setting with its value, as short as a legend needs it."""
        shown = self.say(f"option.{value}") if name in OPTIONS else f"{value:g}"
        return self.say(f"short.{name}", value=shown)

    def names(self, runs: Sequence[LabRun]) -> tuple[str, ...]:
        """Return a name for each run that says what tells it from the others."""
        settings = named_settings(runs)
        return tuple(
            " ".join(self.setting(name, run.choice.values()[name]) for name in settings) for run in runs
        )

    def caption(self, choice: Choice) -> str:
        """Return the network and how its loss is counted."""
        return self.say(f"caption.{choice.dataset}", hidden=choice.hidden)

    def summary(self, run: LabRun) -> str:
        """Return the settings and the prediction of a run in one line each."""
        values = run.choice.values()
        shown = ", ".join(self.setting(name, values[name]) for name in values if name != "dataset")
        return f"{shown}\n{self.say('predicted', trend=self.trend(run.prediction.trend))}"

    def trend(self, trend: Trend, limits: bool = False) -> str:
        """Return a trend, with its limits where they are wanted."""
        name = self.say(f"trend.{trend.value}")
        return f"{name} ({self.say(f'limit.{trend.value}')})" if limits else name

    # -- a run -----------------------------------------------------------------------------------------

    def status(self, run: LabRun) -> str:
        """Return how far a run is."""
        training = run.training
        right, samples = run.right_answers()
        return self.say(
            "status",
            step=training.step_number,
            steps=training.config.steps,
            loss=self.number(training.loss),
            right=right,
            samples=samples,
        )

    def report(self, run: LabRun, tried: Sequence[Choice] = ()) -> list[Line]:
        """Return what to say about a run that has ended; what was `tried` is not advised again."""
        found = run.assessment
        assert found is not None
        outcome = [self._outcome(found)]
        if not found.diverged:
            right, samples = run.right_answers()
            outcome.append(self.say("right", right=right, samples=samples))
        lines = [Line(Tone.PLAIN, " ".join(outcome))]
        trend = self.trend(run.prediction.trend)
        kept = Tone.RIGHT if found.kept else Tone.WRONG
        lines.append(Line(kept, self.say("kept" if found.kept else "not_kept", trend=trend)))
        if found.nearness is not None and run.prediction.loss is not None:
            tone = {Nearness.FACTOR_2: Tone.RIGHT, Nearness.FACTOR_10: Tone.NEAR}.get(
                found.nearness, Tone.WRONG
            )
            predicted = self.number(run.prediction.loss)
            lines.append(Line(tone, self.say(f"near.{found.nearness.value}", predicted=predicted)))
        lines.append(self._reason(found, run.choice))
        lines.append(Line(Tone.HINT, self._advice(found.advice, run.choice, tried)))
        return lines

    def _outcome(self, found: Assessment) -> str:
        first, last = self.number(found.first), self.number(found.last)
        if found.trend is Trend.GROWS and found.diverged:
            kind = "infinite" if math.isinf(found.last) else "nan" if math.isnan(found.last) else "broken"
            return self.say(f"outcome.{kind}", at=found.steps if found.at is None else found.at)
        kind = "blind" if found.blind else found.trend.value
        return self.say(f"outcome.{kind}", first=first, last=last, at=found.at)

    def _reason(self, found: Assessment, choice: Choice) -> Line:
        cause = self.say(
            f"cause.{found.cause.value}",
            hidden=choice.hidden,
            percent=round(100 * found.silent),
            activation=self.say(f"option.{choice.activation}"),
        )
        lead = self.say("reason_kept" if found.reason_kept else "reason_other")
        return Line(Tone.RIGHT if found.reason_kept else Tone.PLAIN, f"{lead} {cause}")

    def _advice(self, advice: Advice, choice: Choice, tried: Sequence[Choice]) -> str:
        following = changed(advice, choice)
        while following in tried and changed(advice, following) != following:
            following = changed(advice, following)
        values = following.values()
        return self.say(
            f"advice.{advice.value}", rate=f"{values['rate']:g}", hidden=values["hidden"], seed=values["seed"]
        )
