"""Lines out and lines in: what is said, what is typed, and the words that lead elsewhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import Enum
from typing import TextIO

from tutor.course.prose import EMPHASIS
from tutor.plain.hearing import heard
from tutor.text import LANGUAGES, Text

LONGEST = 2000
"""Characters of a line that are read; nobody types more."""


class Wish(Enum):
    """What can be typed in place of an answer."""

    HINT = "hint"
    STEP = "step"
    BACK = "back"
    NEXT = "next"
    REPEAT = "repeat"
    LEAVE = "leave"
    HELP = "help"


class Wished(Exception):  # noqa: N818 - a way out of a question, not an error
    """The learner wishes something else than to answer."""

    def __init__(self, wish: Wish) -> None:
        super().__init__(wish)
        self.wish = wish


class Ended(Exception):  # noqa: N818 - the end of the input is no error
    """There is no more input."""


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_MARKS = re.compile(rf"\*\*(.+?)\*\*|`([^`\n]+)`|{EMPHASIS}")
_SIGNS = {"?": Wish.HINT, "!": Wish.STEP, "<": Wish.BACK, ">": Wish.NEXT, "=": Wish.REPEAT, ".": Wish.LEAVE}


def without_marks(text: str) -> str:
    """Return prose without its Markdown marks; code blocks lose their fences."""
    kept = [line for line in text.split("\n") if not line.lstrip().startswith(("```", "~~~"))]
    return _MARKS.sub(lambda match: match[1] or match[2] or match[3], "\n".join(kept)).strip()


class Conversation:
    """A learner at the other end of two streams.

    `say` prints, `ask` reads a line; what is typed may be one of the wishes instead, by sign or by word, in
    every language.
    """

    def __init__(self, text: Text, source: TextIO, sink: TextIO) -> None:
        self.text = text
        self._source, self._sink = source, sink
        self._wishes = dict(_SIGNS)
        for language in LANGUAGES:
            for wish in Wish:
                self._wishes[Text(language)(f"plain.wish.{wish.value}")] = wish

    def say(self, *lines: str) -> None:
        """Print lines, without any character that would do something to a terminal."""
        for line in lines:
            self._write(heard(line, self.text).rstrip() + "\n")

    def _write(self, text: str) -> None:
        self._sink.write(_CONTROL.sub("", text))
        self._sink.flush()

    def say_prose(self, text: str) -> None:
        """Print prose, each paragraph a line of its own."""
        for block in re.split(r"\n\s*\n", without_marks(text)):
            lines = block.split("\n")
            listed = any(re.match(r"\s*([-*]|\d+[.)])\s", line) or line.startswith("    ") for line in lines)
            self.say(*lines if listed else [" ".join(line.strip() for line in lines)])

    def tell(self, name: str, /, **fields: object) -> None:
        """Print a sentence of the catalogue."""
        self.say(self.text(f"plain.{name}", **fields))

    def ask(self, prompt: str) -> str:
        """Return the line that is typed; Wished where it is a wish, Ended at the end of the input."""
        self._write(f"{heard(prompt, self.text)} ")
        line = self._source.readline(LONGEST)
        if not line:
            self.say("")
            raise Ended
        if not self._source.isatty():
            self._write(line.rstrip() + "\n")  # nobody else shows it: a log has to hold both sides
        typed = unicodedata.normalize("NFC", _CONTROL.sub("", line)).strip()
        wish = self._wishes.get(typed) or self._wishes.get(typed.casefold())
        if wish is not None:
            raise Wished(wish)
        return typed

    def ask_number(self, prompt: str, most: int) -> int | None:
        """Return a whole number from 1 to `most`, asking until there is one; None for an empty line."""
        while typed := self.ask(prompt):
            numbers = whole_numbers(typed)
            if len(numbers) == 1 and 1 <= numbers[0] <= most:
                return numbers[0]
            self.tell("whole_number", most=most)
        return None

    def ask_numbers(self, prompt: str, most: int) -> list[int]:
        """Return whole numbers from 1 to `most`, each at most once; empty for an empty line."""
        while typed := self.ask(prompt):
            numbers = whole_numbers(typed)
            if numbers and len(set(numbers)) == len(numbers) and all(1 <= k <= most for k in numbers):
                return numbers
            self.tell("whole_numbers", most=most)
        return []

    def listed(self, entries: Sequence[str]) -> None:
        """Print entries with their numbers."""
        for number, entry in enumerate(entries, start=1):
            self.say(f"{number}. {without_marks(entry)}")


def whole_numbers(typed: str) -> list[int]:
    """Return the whole numbers of a line, whatever stands between them; digits of one run belong together."""
    plain = unicodedata.normalize("NFKC", typed)
    runs = re.findall(r"\d{1,4}", plain) if re.fullmatch(r"[\d\s,.;]+", plain) else []
    return [int(run) for run in runs]
