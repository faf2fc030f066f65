"""The prose of a lesson: sections under headings, and the fields and numerals in them.

Each piece remembers its line, because a fault has to be found again in the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tutor.course.faults import Fault, FaultCode

LANGUAGES = ("en", "ko")
"""The languages that every lesson is written in."""

EMPHASIS = r"(?<![\w*])\*(?P<emphasis>[^*\s][^*\n]*?)\*(?![^\W가-힣]|\*)"
"""The pattern of an emphasis. A product has letters on both sides of its sign; a Korean particle follows an
emphasis without a space."""

KEEP = "keep"
"""The heading of the last section: the one sentence to keep."""


@dataclass(frozen=True, slots=True)
class Section:
    """The text under one heading, and under the headings one level below it."""

    name: str
    line: int
    text: str = ""
    text_line: int = 1
    parts: tuple[Section, ...] = ()

    def part(self, name: str) -> Section | None:
        """Return the part with this heading."""
        return next((part for part in self.parts if part.name == name), None)


@dataclass(frozen=True, slots=True)
class Document:
    """One language of a lesson: its title, what stands before the first step, and a section per step."""

    title: Section
    sections: tuple[Section, ...]
    last_line: int

    def section(self, name: str) -> Section | None:
        """Return the section with this heading."""
        return next((section for section in self.sections if section.name == name), None)


@dataclass(slots=True)
class _Draft:
    level: int
    name: str
    line: int
    lines: list[str] = field(default_factory=list)
    parts: list[_Draft] = field(default_factory=list)

    def finished(self) -> Section:
        text = "\n".join(self.lines)
        lead = len(text) - len(text.lstrip("\n"))
        parts = tuple(part.finished() for part in self.parts)
        return Section(self.name, self.line, text.strip("\n").rstrip(), self.line + 1 + lead, parts)


_HEADING = re.compile(r"(#{1,6})[ \t]+(.*)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def read_document(text: str, file: str) -> tuple[Document, list[Fault]]:
    """Split the text of one language at its headings; the faults are those of the headings themselves."""
    faults: list[Fault] = []
    title = _Draft(1, "", 0)
    sections: list[_Draft] = []
    current, seen_title = title, False
    for number, level, line in _headed_lines(text, file, faults):
        name = " ".join(line.split())
        if level == 0:
            current.lines.append(line)
        elif level == 1:
            if seen_title:
                faults.append(Fault(file, number, FaultCode.SECOND_TITLE, {"name": name}))
                continue
            if "".join(title.lines).strip() or sections:
                faults.append(Fault(file, 1, FaultCode.MISSING_TITLE))
            title.name, title.line, title.lines, seen_title = name, number, [], True
        elif level == 2:
            current = _Draft(2, name, number)
            sections.append(current)
        elif level == 3 and sections:
            current = _Draft(3, name, number)
            sections[-1].parts.append(current)
        else:
            code = FaultCode.STRAY_PART if level == 3 else FaultCode.DEEP_HEADING
            faults.append(Fault(file, number, code, {"name": name}))
            current = _Draft(level, name, number)
    if not title.name:
        faults.append(Fault(file, 1, FaultCode.MISSING_TITLE))
    finished = tuple(section.finished() for section in sections)
    return Document(title.finished(), finished, text.rstrip("\n").count("\n") + 1), faults


def _headed_lines(text: str, file: str, faults: list[Fault]) -> Iterator[tuple[int, int, str]]:
    """Yield the number of each line, its level as a heading (0: none), and its text."""
    fence, opened = "", 0
    for number, line in enumerate(text.split("\n"), start=1):
        mark = _FENCE.match(line)
        if fence:
            closes = mark and mark.group(1).startswith(fence) and not line.strip().strip(fence[0])
            fence = "" if closes else fence
            yield number, 0, line
        elif mark:
            fence, opened = mark.group(1), number
            yield number, 0, line
        elif heading := _HEADING.match(line):
            yield number, len(heading.group(1)), heading.group(2)
        else:
            yield number, 0, line
    if fence:
        faults.append(Fault(file, opened, FaultCode.OPEN_FENCE))


# -- fields ----------------------------------------------------------------------------------------------

_BRACES = re.compile(r"\{([^{}]*)\}")
_EQUALS = re.compile(r"(?<![<>=])=(?!=)")


@dataclass(frozen=True, slots=True)
class Field:
    """A formula in the prose, and the number that it is claimed to be, as written; `start` counts from 0."""

    formula: str
    claimed: str | None
    start: int
    end: int

    @property
    def key(self) -> str:
        """What has to be the same in every language."""
        written = self.formula if self.claimed is None else f"{self.formula}={self.claimed}"
        return "".join(written.split())


def fields(text: str) -> Iterator[Field]:
    """Yield the fields `{formula}` and `{formula = number}` of a text."""
    for match in _BRACES.finditer(text):
        inside = match.group(1)
        cut = _EQUALS.search(inside)
        formula = inside[: cut.start()] if cut else inside
        claimed = inside[cut.end() :].strip() if cut else None
        yield Field(formula.strip(), claimed, match.start(), match.end())


def fill_fields(text: str, shown: Callable[[Field], str]) -> str:
    """Return the text with what is shown in place of every field."""
    pieces, end = [], 0
    for written in fields(text):
        pieces += [text[end : written.start], shown(written)]
        end = written.end
    return "".join([*pieces, text[end:]])


def stray_brace(text: str) -> int | None:
    """Return where a brace stands that is no part of a field."""
    blanked = _BRACES.sub(lambda match: " " * len(match.group()), text)
    found = re.search(r"[{}]", blanked)
    return found.start() if found else None


def code_blocks(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the lines of every code block of a text, blank ones left out."""
    blocks: list[tuple[str, ...]] = []
    fence, held = "", list[str]()
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence and mark and mark.group(1).startswith(fence) and not line.strip().strip(fence[0]):
            blocks.append(tuple(held))
            fence = ""
        elif fence:
            held += [line] if line.strip() else []
        elif mark:
            fence, held = mark.group(1), []
    return tuple(blocks)


# -- numerals --------------------------------------------------------------------------------------------

_CODE = re.compile(r"(?P<fence>^ {0,3}(?:```|~~~)[\s\S]*?^ {0,3}(?:```|~~~)[^\n]*$)|`[^`\n]+`", re.MULTILINE)
_LIST_NUMBER = re.compile(r"^ {0,6}\d{1,3}[.)](?= )", re.MULTILINE)
# A digit that follows a letter belongs to a name (x1), one that follows a point to the numeral before it.
_NUMERAL = re.compile(r"(?<![A-Za-z0-9_.])(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-−+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number written out in the prose, without its sign."""

    text: str
    value: float
    start: int
    in_code: bool


def numerals(text: str) -> Iterator[Numeral]:
    """Yield the numerals of a text outside its fields; list numbers are none."""
    bare = _BRACES.sub(lambda match: " " * len(match.group()), text)
    bare = _LIST_NUMBER.sub(lambda match: " " * len(match.group()), bare)
    code = [match.span() for match in _CODE.finditer(bare)]
    for match in _NUMERAL.finditer(bare):
        value = float(match.group().replace("−", "-"))
        inside = any(start <= match.start() < end for start, end in code)
        yield Numeral(match.group(), value, match.start(), inside)
