"""Text in the Markdown subset of the lessons, in terminal cells."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tutor.course.prose import EMPHASIS

_INLINE = re.compile(rf"`(?P<code>[^`\n]+)`|\*\*(?P<strong>.+?)\*\*|{EMPHASIS}")
_FORMULAS = tuple(
    re.compile(rf"(?<!\S)\S+(?: [{signs}] \S+)+") for signs in (r"-=+−·×÷/*<>≤≥", r"-+−·×÷/*", r"-+−")
)
"""Whole formulas, their sides, and the sums within."""
_HELD = "\ue000"
"""Stands for a blank inside a formula while lines are broken; as wide as one, and no place to break."""
_WIDEST_HELD = 26
"""Cells of a formula that is kept in one row; a longer one would leave too much of a row empty."""

_ITEM = re.compile(r" {0,3}(?:[-*]|(?P<number>\d{1,3})[.)]) +(?P<text>.*)")
_MARK = re.compile(r"• |\d{1,3}\. ")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")

STYLES = {"code": "bold $accent", "strong": "bold", "emphasis": "italic"}


def inline(text: str) -> Content:
    """Return one run of text with its code, bold and italic parts."""
    pieces: list[Content] = []
    end = 0
    for match in _INLINE.finditer(text):
        kind = match.lastgroup or ""
        inner = Content(match[kind]) if kind == "code" else inline(match[kind])
        pieces += [Content(text[end : match.start()]), inner.stylize_before(STYLES[kind])]
        end = match.end()
    return Content.assemble(*pieces, Content(text[end:]))


def lay_out(markdown: str, width: int) -> list[Content]:
    """Return the rows of a text, wrapped at words, list items with their indent."""
    rows: list[Content] = []
    for block in _blocks(markdown):
        rows += [Content(""), *block] if rows and block and not _joins(block, rows) else block
    return [row for content in rows for row in _wrapped(content, width)]


def _wrapped(content: Content, width: int) -> list[Content]:
    """Break a line between words, but not within a short formula."""
    return [_replaced(row, _HELD, " ") for row in _broken(_held_together(content, width), width)]


def _held_together(content: Content, width: int) -> Content:
    most, text = min(_WIDEST_HELD, width // 2), content.plain
    for formula in _FORMULAS:
        text = formula.sub(
            lambda found: found[0].replace(" ", _HELD) if cell_len(found[0]) <= most else found[0], text
        )
    return Content(text, list(content.spans))


def _replaced(content: Content, old: str, new: str) -> Content:
    return Content(content.plain.replace(old, new), list(content.spans))


def _broken(content: Content, width: int) -> list[Content]:
    indent = _indent(content.plain)
    if not indent or width <= indent + 4:
        return list(content.wrap(max(1, width))) or [Content("")]
    first, *rest = content.wrap(width)
    if not rest:
        return [first]
    lead, body = content.divide([indent])[:2]
    inner = list(body.wrap(width - indent))
    return [Content.assemble(lead, inner[0]), *(Content.assemble(" " * indent, row) for row in inner[1:])]


def _indent(line: str) -> int:
    match = _MARK.match(line)
    return len(match.group()) if match else 0


def _joins(block: list[Content], rows: list[Content]) -> bool:
    """Whether two list items follow each other, which need no empty row between them."""
    return bool(_MARK.match(block[0].plain) and _MARK.match(rows[-1].plain))


def _blocks(markdown: str) -> Iterator[list[Content]]:
    paragraph: list[str] = []
    lines = iter(markdown.split("\n"))
    for line in lines:
        item = _ITEM.match(line)
        if _FENCE.match(line):
            yield from _paragraph(paragraph)
            yield [Content.styled(f"  {code}", STYLES["code"]) for code in _fenced(lines)]
        elif item:
            yield from _paragraph(paragraph)
            mark = f"{item['number']}. " if item["number"] else "• "
            paragraph.append(mark + item["text"])
        elif line.strip():
            paragraph.append(line.strip())
        else:
            yield from _paragraph(paragraph)
    yield from _paragraph(paragraph)


def _paragraph(lines: list[str]) -> Iterator[list[Content]]:
    if lines:
        yield [inline(" ".join(lines))]
        lines.clear()


def _fenced(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if _FENCE.match(line):
            return
        yield line


class Prose(Widget):
    """A text that wraps, and scrolls where it is longer than its room."""

    DEFAULT_CSS = """
    Prose {
        height: auto;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        & > Static { height: auto; color: $foreground; text-wrap: nowrap; text-overflow: clip; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._body = Static(markup=False)
        self._markdown = ""

    def compose(self) -> ComposeResult:
        """The text itself."""
        yield self._body

    def show(self, markdown: str) -> None:
        """Show another text, from its beginning."""
        if markdown != self._markdown:
            self._markdown = markdown
            self.scroll_home(animate=False)

    def fit(self, width: int) -> int:
        """Wrap the text for a width and return the rows that it needs."""
        rows = lay_out(self._markdown, max(1, width)) if self._markdown else []
        self._body.update(Content("\n").join(rows))
        return len(rows)
