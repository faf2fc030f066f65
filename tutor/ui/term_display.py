"""The terms of the field in Korean prose: in Korean, in English, or with the English in brackets."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tutor.course.glossary import Term

KOREAN, ENGLISH, BOTH = "ko", "en", "both"
FORMS = (KOREAN, ENGLISH, BOTH)
"""How terms may be shown."""

_CODE = re.compile(r"(`[^`\n]*`)")

# The form after a vowel, and after a consonant; after an L, 로 is as after a vowel.
_PAIRS = (
    ("는", "은"),
    ("가", "이"),
    ("로", "으로"),
    ("를", "을"),
    ("와", "과"),
    ("예요", "이에요"),
    ("라고", "이라고"),
)
_PLAIN = re.findall("[가-힣]+", "의 에 에서 도 만 처럼 보다 까지 부터 마다 에는 에서는 들 인")
_PARTICLES = sorted({*(form for pair in _PAIRS for form in pair), *_PLAIN}, key=len, reverse=True)
_ENDS_IN_CONSONANT = re.compile(r"(?:n|m|l|le|ng|logit|one-hot|epoch)$", re.IGNORECASE)
_ENDS_IN_L = re.compile(r"(?:l|le)$", re.IGNORECASE)


class TermDisplay:
    """Shows the terms of the texts of one screen; each gets its English in brackets once."""

    def __init__(self, terms: Iterable[Term], form: str) -> None:
        self._english = {term.ko: term.en for term in terms if term.ko and term.en != term.ko}
        self._form = form if self._english else KOREAN
        self._seen: set[str] = set()
        words = "|".join(re.escape(word) for word in sorted(self._english, key=len, reverse=True))
        particles = "|".join(_PARTICLES)
        self._pattern = re.compile(rf"(?<![가-힣])({words})({particles})?(?![가-힣])(?!\*{{0,2}}\()")

    def __call__(self, text: str) -> str:
        """Return a text with its terms in the chosen form; code stays as it is."""
        if self._form == KOREAN:
            return text
        pieces = _CODE.split(text)
        return "".join(piece if place % 2 else self._shown(piece) for place, piece in enumerate(pieces))

    def _shown(self, text: str) -> str:
        return self._pattern.sub(self._replaced, text)

    def _replaced(self, match: re.Match[str]) -> str:
        word, particle = match.group(1), match.group(2) or ""
        english = self._english[word]
        if self._form == ENGLISH:
            return english + fitting_particle(english, particle)
        if word in self._seen:
            return match.group()
        self._seen.add(word)
        return f"{word}({english}){particle}"


def fitting_particle(word: str, particle: str) -> str:
    """Return the form of a Korean particle that fits the sound of an English word."""
    for after_vowel, after_consonant in _PAIRS:
        if particle in (after_vowel, after_consonant):
            consonant = bool(_ENDS_IN_CONSONANT.search(word))
            if after_vowel == "로" and _ENDS_IN_L.search(word):
                consonant = False
            return after_consonant if consonant else after_vowel
    return particle


def glossary_lines(terms: Iterable[Term], language: str) -> list[tuple[str, str]]:
    """Return each term with its other names, in the order of the alphabet of a language."""

    def line(term: Term) -> tuple[str, str]:
        others = (*term.also, *term.avoid)
        if language == "ko":
            return term.ko, " · ".join((term.en, *others))
        return term.en, " · ".join((term.ko, *others))

    return sorted(map(line, terms), key=lambda entry: entry[0].casefold())


def chosen_form(stored: str | None) -> str:
    """Return the form that is in force, whatever was stored."""
    return stored if stored in FORMS else KOREAN
