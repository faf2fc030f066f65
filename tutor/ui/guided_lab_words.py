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


_BETWEEN = Line(Tone.PLAIN, "")


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

    def idea(self, id_: str) -> str:
        """Return the words of an idea."""
        return self.prose(self.lab.words[f"idea {id_}"])

    def arm(self, id_: str) -> str:
        """Return the short name of an arm."""
        return self.say("own_arm") if id_ == "own" else self.prose(self.lab.labels[id_])

    def variable(self) -> str:
        """Return the name of the one setting that differs."""
        return self.prose(self.lab.variable_name)

    def own_variable(self) -> str:
        """Return the name of what the learner may set."""
        own = self.lab.own.variable
        return self.variable() if own in (None, self.lab.variable) else self._known("variable", own)

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

    def outcome(self, bench: Laboratory) -> list[Line]:
        """Return the prediction beside what came; for the learner's own setting with the sentence to keep."""
        if bench.own_comparison is not None:
            kept = Line(Tone.PLAIN, f"{self.say('keep')} {self.prose(self.lab.keep)}")
            return [*self._verdict(bench.own_comparison), kept]
        return [] if bench.comparison is None else self._verdict(bench.comparison)

    def why(self, bench: Laboratory) -> list[Line]:
        """Return the outcome again, the replies to the learner's idea and reason, and the explanation."""
        found = bench.comparison
        if found is None:
            return []
        language = self._text.language
        lines = [*self._verdict(found), _BETWEEN]
        if bench.idea is not None:
            words, reply = self.idea(bench.idea.id), bench.idea_reply(language)
            lines.append(Line(Tone.PLAIN, self._answered("your_idea", words, reply)))
        words, reply = self.reason(found.prediction.reason or ""), bench.reply(language)
        tone = Tone.RIGHT if found.reason_right else Tone.WRONG
        lines.append(Line(tone, self._answered("your_reason", words, reply)))
        if not found.reason_right and found.right_reason is not None:
            words, reply = self.reason(found.right_reason), bench.reply(language, found.right_reason)
            lines.append(Line(Tone.PLAIN, self._answered("because", words, reply)))
        return [*lines, _BETWEEN, Line(Tone.PLAIN, self._signs(bench.text(language)))]

    def _answered(self, head: str, words: str, reply: str) -> str:
        return f"**{self.say(head)}** {self.say('quoted', words=words)} {self._signs(reply)}"

    def _verdict(self, found: Comparison) -> list[Line]:
        predicted, right = found.prediction.answer, found.right
        fields = {"predicted": self.answer(predicted)}
        tone, name = _TONES[found.verdict], found.verdict.value
        if right is None:
            return [Line(tone, self.say(name, **fields))]
        fields["right"] = self.answer(right)
        if isinstance(right, str):
            came = [] if found.verdict is Verdict.HIT else [Line(Tone.PLAIN, self.say("came", **fields))]
            return [Line(tone, self.say(name, **fields)), *came]
        exact = fields["predicted"] == fields["right"]
        return [Line(tone, self.say("hit" if exact else f"number.{name}", **fields))]
