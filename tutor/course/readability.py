"""How hard the prose of a lesson is to read, and whether it uses the terms of the glossary."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tutor.course.faults import FaultCode
from tutor.course.glossary import Glossary
from tutor.course.prose import KEEP, Section
from tutor.course.reader import LessonFiles

FEWEST_WORDS = 40
"""Words that make a grade worth computing."""

_FENCED = re.compile(r"^ {0,3}(```|~~~)[\s\S]*?^ {0,3}\1[^\n]*$", re.MULTILINE)
_FIELD = re.compile(r"\{[^{}]*\}")
_CODE = re.compile(r"`[^`\n]*`")
_MARKS = re.compile(r"\*\*|(?<!\w)\*|\*(?!\w)|^ {0,3}(?:[-*]|\d{1,3}[.)]) +", re.MULTILINE)
_BETWEEN = re.compile(r"(?<=[.?!…])[\"'”’)*]*\s+|\n[ \t]*\n|\n(?= {0,3}(?:[-*]|\d{1,3}[.)]) )")
_HANGUL = re.compile(r"[가-힣]")
_FORMULA = re.compile(r"[^가-힣]{5,}")
"""What is no Korean is a formula, which is taken in at a glance."""
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]+")
_VOWELS = re.compile(r"[aeiouy]+")


def check_readability(files: LessonFiles, glossary: Glossary) -> None:
    """Note steps that are too hard, sentences that are too long, and terms that the course does not use."""
    for language, document in files.documents.items():
        for section in (document.title, *document.sections):
            pieces = (section, *section.parts)
            for piece in pieces:
                _check_terms(files, language, piece, glossary)
                if language == "ko" and glossary.korean_characters is not None:
                    _check_length(files, piece, glossary.korean_characters)
            if language == "en" and glossary.english_grade is not None and section.name != KEEP:
                grade = english_grade(" \n\n".join(_readable(piece.text) for piece in pieces))
                if grade is not None and grade > glossary.english_grade:
                    data = {"grade": f"{grade:.1f}", "limit": f"{glossary.english_grade:g}"}
                    files.prose_fault("en", section.line, FaultCode.HARD_TO_READ, name=section.name, **data)


def _check_terms(files: LessonFiles, language: str, piece: Section, glossary: Glossary) -> None:
    text = _CODE.sub(_blank, piece.text)
    for term in glossary.terms:
        for avoided in term.avoided(language):
            # In brackets or quotes it is shown as what others say.
            for match in re.finditer(rf"(?<![가-힣A-Za-z(“‘'\"]){re.escape(avoided)}", text, re.IGNORECASE):
                line = piece.text_line + text.count("\n", 0, match.start())
                data = {"term": avoided, "instead": term.name(language)}
                files.prose_fault(language, line, FaultCode.OTHER_TERM, **data)


def _check_length(files: LessonFiles, piece: Section, limit: float) -> None:
    text = _FENCED.sub(_blank, piece.text)
    for start, sentence in sentences(text):
        length = len(_FORMULA.sub("0000", " ".join(_readable(sentence).split())))
        if length > limit and _HANGUL.search(sentence):
            line = piece.text_line + text.count("\n", 0, start)
            data = {"length": length, "limit": f"{limit:g}", "begin": sentence.split("\n")[0].strip()[:16]}
            files.prose_fault("ko", line, FaultCode.LONG_SENTENCE, **data)


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """Yield where each sentence of a text begins, and the sentence."""
    masked = _CODE.sub(_blank, _FIELD.sub(_blank, text))
    start = 0
    for end, following in [*(match.span() for match in _BETWEEN.finditer(masked)), (len(text), len(text))]:
        lead = start + len(text[start:end]) - len(text[start:end].lstrip())
        if text[start:end].strip():
            yield lead, text[lead:end].strip()
        start = following


def _readable(text: str) -> str:
    """Return the words of a text: a field or a piece of code counts as one short word."""
    return _MARKS.sub("", _CODE.sub("it", _FIELD.sub("00", _FENCED.sub("", text))))


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", "_", match.group())


def english_grade(text: str) -> float | None:
    """Return the Flesch-Kincaid grade of a text; None where it is too short to have one."""
    count, words = 0, list[str]()
    for _, sentence in sentences(text):
        found = _WORD.findall(sentence)
        count += bool(found)
        words += found
    if len(words) < FEWEST_WORDS:
        return None
    syllables = sum(syllable_count(word) for word in words)
    return 0.39 * len(words) / count + 11.8 * syllables / len(words) - 15.59


def syllable_count(word: str) -> int:
    """Return how many syllables an English word seems to have: groups of vowels, without a silent e."""
    lower = re.sub(r"[^a-z]", "", word.lower())
    groups = len(_VOWELS.findall(lower))
    if lower.endswith("e") and not lower.endswith(("le", "ee")) and groups > 1:
        groups -= 1
    if lower.endswith("ed") and not lower.endswith(("ted", "ded")) and groups > 1:
        groups -= 1
    return max(1, groups)
