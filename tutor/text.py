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
from importlib.resources import files
from typing import Any

LANGUAGES: Mapping[str, str] = {"en": "English", "ko": "한국어"}
"""The languages that the product speaks, by code, each in its own name."""


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return every sentence of a language by its dotted name."""
    sentences: dict[str, str] = {}
    for file in sorted((files("tutor") / "locale" / language).iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            topic = file.name.removesuffix(".toml")
            table = tomllib.loads(file.read_text(encoding="utf-8"))
            sentences.update(_flatten(topic, table))
    return sentences


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
        self._sentences = catalogue(language)

    def __call__(self, name: str, /, **fields: object) -> str:
        """Return a sentence with its fields filled in."""
        return self._sentences[name].format(**fields)

    def __contains__(self, name: str) -> bool:
        return name in self._sentences


def default_language() -> str:
    """Return the language to start in: TUTOR_LANG, else the system's locale, else English."""
    wishes = (os.environ.get("TUTOR_LANG"), *_system_locales())
    return next((code for wish in wishes if wish and (code := wish[:2].lower()) in LANGUAGES), "en")


def _system_locales() -> Iterator[str | None]:
    yield from (os.environ.get(variable) for variable in ("LC_ALL", "LC_MESSAGES", "LANG"))
    yield locale.getlocale()[0]
