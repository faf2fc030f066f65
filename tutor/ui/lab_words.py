"""What the training screen says about a run: from choices, ids and numbers to the learner's language."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tutor.text import Text
from tutor.tutoring.predictions import Advice, Assessment, Nearness, Trend
from tutor.ui.lesson_words import Line, Tone
from tutor.ui.signs import in_ascii
from tutor.ui.training_choice import OPTIONS, RANGES, Choice, changed
from tutor.ui.training_run import NetworkRun, PacedRun, named_settings


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

    def say_view(self, name: str, **fields: object) -> str:
        """Return a sentence about the views, with ASCII signs where only those are wanted."""
        sentence = self._text(f"lab_views.{name}", **fields)
        return in_ascii(sentence) if self._ascii else sentence

    def say_frozen(self, name: str, **fields: object) -> str:
        """Return a sentence about a frozen run, with ASCII signs where only those are wanted."""
        sentence = self._text(f"freeze.{name}", **fields)
        return in_ascii(sentence) if self._ascii else sentence

    def say_with_names(self, name: str, fields: Mapping[str, object]) -> str:
        """Return a sentence; a field `@name` is itself a sentence, and `names` are those of settings."""
        spoken = {
            key: self.say(value[1:]) if isinstance(value, str) and value.startswith("@") else value
            for key, value in fields.items()
        }
        if "names" in fields:
            spoken["names"] = self._setting_names(str(fields["names"]).split())
        return self.say(name, **spoken)

    def _setting_names(self, names: Sequence[str]) -> str:
        most = 3  # more do not fit in the row, and would not make the point any better
        written = [self.say(f"setting.{name}") for name in names[:most]]
        return ", ".join([*written, *(["..."] if len(names) > most else [])])

    def number(self, value: float) -> str:
        """Return a number as it is shown."""
        return number_text(value, self._ascii)

    def say_of(self, choice: Choice, name: str, **fields: object) -> str:
        """Return a sentence about a run; where a walk down a surface has another one, that."""
        other = choice.on_surface and f"training.surface.{name}" in self._text
        return self.say(f"surface.{name}" if other else name, **fields)

    # -- settings --------------------------------------------------------------------------------------

    def hint(self, setting: str) -> str:
        """Return what can be put into a part of the form."""
        low, high = RANGES.get(setting, (0, 0))
        return self.say(f"hint.{setting}", low=f"{low:g}", high=f"{high:g}")

    def option(self, setting: str, id_: str) -> str:
        """Return the word for a value of a setting."""
        for name in (f"option.{setting}.{id_}", f"option.{id_}"):
            if f"training.{name}" in self._text:
                return self.say(name)
        return id_

    def setting(self, name: str, value: str | float) -> str:
        """Return one setting with its value, as short as a legend needs it."""
        shown = self.option(name, str(value)) if name in OPTIONS else f"{value:g}"
        return self.say(f"short.{name}", value=shown)

    def names(self, runs: Sequence[PacedRun]) -> tuple[str, ...]:
        """Return a name for each run that says what tells it from the others."""
        settings = named_settings(runs)
        return tuple(
            " ".join(self.setting(name, run.choice.values()[name]) for name in settings) for run in runs
        )

    def caption(self, choice: Choice) -> str:
        """Return the network and how its loss is counted; of a surface its function."""
        if choice.on_surface:
            walk = choice.walk()
            place = ", ".join(map(self.number, walk.start))
            return self.say("surface.caption", function=walk.function, place=place)
        config = choice.config()
        return self.say(
            "caption",
            layers=self.layers(config.layers),
            output=self.say(f"output.{config.output}"),
            loss=self.say(f"loss.{config.loss}"),
        )

    def layers(self, units: Sequence[int]) -> str:
        """Return the units of each layer, `2-4-1`; many equal ones as `2-16×10-1`."""
        hidden = units[1:-1]
        if len(hidden) > 3 and len(set(hidden)) == 1:
            times = "x" if self._ascii else "×"
            return f"{units[0]}-{hidden[0]}{times}{len(hidden)}-{units[-1]}"
        return "-".join(map(str, units))

    def summary(self, run: PacedRun) -> str:
        """Return the settings and the prediction of a run in one line each."""
        values = run.choice.values()
        shown = ", ".join(self.setting(name, values[name]) for name in run.choice.worth_saying)
        return f"{shown}\n{self.say('predicted', trend=self.trend(run.prediction.trend))}"

    def trend(self, trend: Trend, limits: bool = False) -> str:
        """Return a trend, with its limits where they are wanted."""
        name = self.say(f"trend.{trend.value}")
        return f"{name} ({self.say(f'limit.{trend.value}')})" if limits else name

    # -- a run -----------------------------------------------------------------------------------------

    def status(self, run: PacedRun) -> str:
        """Return how far a run is; the run may be going on in its thread."""
        loss = run.curve.summary
        said: dict[str, object] = {
            "step": round(loss.last_step or 0),
            "steps": run.steps,
            "loss": self.number(math.nan if loss.last_value is None else loss.last_value),
        }
        if isinstance(run, NetworkRun):
            samples = len(run.training.x)
            said["right"] = round((run.accuracy.summary.last_value or 0.0) * samples)
            said["samples"] = samples
        return self.say_of(run.choice, "status", **said)

    def report(self, run: PacedRun, tried: Sequence[Choice] = ()) -> list[Line]:
        """Return what to say about a run that has ended; what was `tried` is not advised again."""
        found = run.assessment
        assert found is not None
        outcome = [self._outcome(found, run.choice)]
        if isinstance(run, NetworkRun) and not found.diverged:
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

    def _outcome(self, found: Assessment, choice: Choice) -> str:
        first, last = self.number(found.first), self.number(found.last)
        if found.trend is Trend.GROWS and found.diverged:
            kind = "infinite" if math.isinf(found.last) else "nan" if math.isnan(found.last) else "broken"
            at = found.steps if found.at is None else found.at
            return self.say_of(choice, f"outcome.{kind}", at=at)
        kind = "blind" if found.blind else found.trend.value
        return self.say(f"outcome.{kind}", first=first, last=last, at=found.at)

    def _reason(self, found: Assessment, choice: Choice) -> Line:
        cause = self.say_of(
            choice,
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
        return self.say_of(
            choice,
            f"advice.{advice.value}",
            rate=f"{following.rate:g}",
            hidden=following.hidden,
            seed=following.seed,
        )
