"""Help and usage in the learner's language: argparse itself speaks English alone."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar, NoReturn

from tutor.commands.output import USAGE
from tutor.text import Text

_FAULTS = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (
            "command",
            r"argument (?:COMMAND|ACTION): invalid choice: (?P<given>.+) \(choose from (?P<choices>.+)\)",
        ),
        (
            "choice",
            r"argument (?P<option>\S+): invalid choice: (?P<given>.+) \(choose from (?P<choices>.+)\)",
        ),
        ("number", r"argument (?P<option>\S+): invalid int value: (?P<given>.+)"),
        ("value", r"argument (?P<option>\S+): expected one argument"),
        ("missing", r"the following arguments are required: (?P<names>.+)"),
        ("unknown", r"unrecognized arguments: (?P<names>.+)"),
    )
)
"""What argparse finds, by the sentence that says it; what is not here stays as argparse says it."""


class LocalParser(argparse.ArgumentParser):
    """A parser whose words are those of `text`; `parser_of` binds one to a language."""

    text: ClassVar[Text]

    def __init__(self, *, add_help: bool = True, **settings: Any) -> None:
        formatter = partial(_LocalFormatter, start=self.text("usage.start"))
        super().__init__(add_help=False, formatter_class=formatter, **settings)
        if add_help:
            self.add_argument("-h", "--help", action="help", help=self.text("usage.help"))

    def format_help(self) -> str:
        """Return the help; its headings are named last, because parsers share groups by their headings."""
        self._positionals.title, self._optionals.title = map(self.text, ("usage.arguments", "usage.options"))
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        """Say how the command is written and what is wrong with it, and leave."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {self._said(message)}\n")

    def _said(self, message: str) -> str:
        for name, pattern in _FAULTS:
            if found := pattern.fullmatch(message):
                fields = {key: value.replace("'", "") for key, value in found.groupdict().items()}
                return self.text(f"usage.fault.{name}", **fields) + self._nearest(**fields)
        return message

    def _nearest(self, given: str = "", choices: str = "", **_: str) -> str:
        from difflib import get_close_matches

        near = get_close_matches(given, choices.split(", "), n=1) if given else []
        return " " + self.text("usage.nearest", name=near[0]) if near else ""


class _LocalFormatter(argparse.HelpFormatter):
    def __init__(self, *settings: Any, start: str, **more: Any) -> None:
        super().__init__(*settings, **more)
        self._start = start

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, self._start if prefix is None else prefix)


def parser_of(text: Text) -> type[LocalParser]:
    """Return the parsers of a language."""
    return type("Parser", (LocalParser,), {"text": text})
