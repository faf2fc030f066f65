"""What a lab says around its own prose: from ids and numbers to the learner's language."""

from __future__ import annotations

from collections.abc import Mapping

from tutor.course.labs import Lab
from tutor.text import Text
from tutor.tutoring.laboratory import Comparison, Laboratory, Verdict
from tutor.ui.lab_words import number_text
from tutor.ui.lesson_words import Line, Tone
from tutor.ui.signs import in_ascii

_TONES = {Verdict.HIT: Tone.RIGHT, Verdict.CLOSE: Tone.NEAR, Verdict.MISS: Tone.WRONG}


class GuidedLabWords:
    """The sentences of one lab in one language."""

    def __init__(self, lab: Lab, text: Text, ascii_only: bool = False) -> None:
        self.lab, self._text, self._ascii = lab, text, ascii_only

    def say(self, name: str, **fields: object) -> str:
        """Return a sentence of the interface."""
        return self._signs(self._text(f"lab.{name}", **fields))

    def prose(self, words: Mapping[str, str]) -> str:
        """Return a text of the lab itself."""
        return self._signs(words[self._text.language])

    def _signs(self, text: str) -> str:
        return in_ascii(text) if self._ascii else text

    def number(self, value: float) -> str:
        """Return a number as it is shown."""
        return number_text(value, self._ascii)

    # -- before a run ----------------------------------------------------------------------------------

    def option(self, id_: str) -> str:
        """Return the words of an option."""
        return self.prose(self.lab.words[f"option {id_}"])

    def reason(self, id_: str) -> str:
        """Return the words of a reason."""
        return self.prose(self.lab.words[f"reason {id_}"])

    def arm(self, id_: str) -> str:
        """Return the short name of an arm."""
        return self.say("own_arm") if id_ == "own" else self.prose(self.lab.labels[id_])

    def variable(self) -> str:
        """Return the name of the one setting that differs."""
        return self._known("variable", self.lab.variable)

    def own_variable(self) -> str:
        """Return the name of what the learner may set."""
        return self._known("variable", self.lab.own.variable or self.lab.variable)

    def reading(self) -> str:
        """Return the name of what is predicted of the learner's own setting."""
        return self._signs(self._text(f"lab_views.reading.{self.lab.own.reading}"))

    def value(self, choice: str) -> str:
        """Return the word for a value that can be chosen."""
        return self._known("value", choice)

    def _known(self, kind: str, name: str) -> str:
        known = f"lab.{kind}.{name}"
        return self._signs(self._text(known)) if known in self._text else name.replace("_", " ")

    def answer(self, value: str | float) -> str:
        """Return a prediction or an outcome: the words of an option, or a number."""
        return self.option(value) if isinstance(value, str) else self.number(value)

    # -- after a run -----------------------------------------------------------------------------------

    def report(self, bench: Laboratory) -> list[Line]:
        """Return the prediction beside what came, the reply to the reason, and why."""
        found = bench.comparison
        if found is None:
            return []
        language = self._text.language
        lines = self._outcome(found)
        lines.append(
            Line(
                Tone.RIGHT if found.reason_right else Tone.WRONG,
                f"{self.reason(found.prediction.reason or '')}: {self._signs(bench.reply(language))}",
            )
        )
        if not found.reason_right and found.right_reason is not None:
            because = self.reason(found.right_reason)
            said = self._signs(bench.reply(language, found.right_reason))
            lines.append(Line(Tone.PLAIN, f"{self.say('because')} {because}. {said}"))
        lines.append(Line(Tone.PLAIN, self._signs(bench.text(language))))
        lines.append(Line(Tone.HINT, self.say("then_own")))
        return lines

    def own_report(self, bench: Laboratory) -> list[Line]:
        """Return the prediction of the learner's own setting beside what came, and the sentence to keep."""
        found = bench.own_comparison
        if found is None:
            return []
        return [
            *self._outcome(found),
            Line(Tone.PLAIN, f"{self.say('keep')} {self.prose(self.lab.keep)}"),
            Line(Tone.HINT, self.say("another_own")),
        ]

    def _outcome(self, found: Comparison) -> list[Line]:
        predicted = self.answer(found.prediction.answer)
        lines = [Line(_TONES[found.verdict], self.say(found.verdict.value, predicted=predicted))]
        if found.right is not None and (found.verdict is not Verdict.HIT or not isinstance(found.right, str)):
            lines.append(Line(Tone.PLAIN, self.say("came", right=self.answer(found.right))))
        return lines
