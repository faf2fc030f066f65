"""Every sentence of the interface, in the learner's language.

A leaf: imports nothing of the product. A sentence lives in `locale/<language>/<topic>.toml` and is named
`topic.key`; the languages hold the same names and the same fields.
"""

from __future__ import annotations

import locale
import os
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

_LOCALE = Path(__file__).with_name("locale")

LANGUAGES: Mapping[str, str] = {"en": "English", "ko": "한국어"}
"""The languages that the product speaks, by code, each in its own name."""


def catalogue(language: str) -> Mapping[str, str]:
    """Return every sentence of a language by its dotted name."""
    names = [file.name for file in (_LOCALE / language).iterdir()]
    topics = sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))
    return {name: sentence for topic in topics for name, sentence in _topic(language, topic).items()}


@cache
def _topic(language: str, topic: str) -> Mapping[str, str]:
    """Return the sentences of one topic; none where there is no such topic.

    Read when first needed: the first screen needs few of them, and the reading takes its time.
    """
    file = _LOCALE / language / f"{topic}.toml"
    if not file.is_file():
        return {}
    return dict(_flatten(topic, tomllib.loads(file.read_text(encoding="utf-8"))))


def _flatten(prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        name = f"{prefix}.{key}"
        if isinstance(value, dict):
            yield from _flatten(name, value)
        else:
            yield name, unicodedata.normalize("NFC", value)


class Text:
    """The sentences of one language; calling it fills one in.

    `language` is a code in `LANGUAGES`. An unknown name is a mistake of ours and raises KeyError.
    """

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, name: str, /, **fields: object) -> str:
        """Return a sentence with its fields filled in."""
        return self._of_topic(name)[name].format(**fields)

    def __contains__(self, name: str) -> bool:
        return name in self._of_topic(name)

    def _of_topic(self, name: str) -> Mapping[str, str]:
        return _topic(self.language, name.partition(".")[0])


def in_every_language() -> dict[str, Text]:
    """Return the sentences of each language, by its code."""
    return {language: Text(language) for language in LANGUAGES}


def default_language() -> str:
    """Return the language to start in: TUTOR_LANG, else the system's locale, else English."""
    wishes = (os.environ.get("TUTOR_LANG"), *_system_locales())
    return next((code for wish in wishes if wish and (code := wish[:2].lower()) in LANGUAGES), "en")


def _system_locales() -> Iterator[str | None]:
    yield from (os.environ.get(variable) for variable in ("LC_ALL", "LC_MESSAGES", "LANG"))
    yield locale.getlocale()[0]
