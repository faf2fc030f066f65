"""What the tutor says: verdicts in signs and words, hints and worked steps."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tutor.ui.lesson_words import Line, Tone, sign
from tutor.ui.widgets.item_list import TONE_STYLES, side_by_side
from tutor.ui.widgets.prose import inline, lay_out


class Feedback(Widget):
    """A few rows of text beside a bar in the colour of the verdict; scrolls where they are too many."""

    DEFAULT_CSS = """
    Feedback {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        padding: 0 0 0 1;
        border-left: wide $panel;
        & > Static { height: auto; color: $foreground; text-wrap: nowrap; text-overflow: clip; }
        &.-plain > Static { color: $text-muted; }
        &.-right { border-left: wide $success; }
        &.-wrong { border-left: wide $error; }
        &.-near, &.-unread { border-left: wide $warning; }
        &.-hint, &.-work { border-left: wide $accent; }
        &.-ascii { border-left: ascii $foreground; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._body = Static(markup=False)
        self._lines: Sequence[Line] = ()
        self._ascii = False

    def compose(self) -> ComposeResult:
        """The text."""
        yield self._body

    def show(self, lines: Sequence[Line], *, ascii_only: bool, again: bool = False) -> None:
        """Say something, from its beginning; `again` says the same in other words and stays where it is."""
        self._lines, self._ascii = lines, ascii_only
        tones = [line.tone for line in lines]
        tone = next((tone for tone in _LOUDEST if tone in tones), Tone.PLAIN)
        self.set_classes([f"-{tone.value}", *(["-ascii"] if ascii_only else [])])
        if not again:
            self.scroll_home(animate=False)

    @property
    def plain(self) -> str:
        """What is said, as text."""
        return "\n".join(row.plain for row in rows_of(self._lines, 10_000, self._ascii))

    def fit(self, width: int) -> int:
        """Wrap the text for a width, bar included, and return the rows that it needs."""
        rows = rows_of(self._lines, max(1, width - 2), self._ascii)
        self._body.update(Content("\n").join(rows))
        return len(rows)


_LOUDEST = (Tone.WRONG, Tone.UNREAD, Tone.NEAR, Tone.RIGHT, Tone.HINT, Tone.WORK)


def rows_of(lines: Sequence[Line], width: int, ascii_only: bool) -> list[Content]:
    """Return the rows of what is said: words with signs side by side, sentences below them."""
    rows: list[Content] = []
    words: list[Content] = []
    for line in lines:
        word = _word(line, ascii_only)
        if word is not None and not line.text and line.tone is not Tone.WORK:
            words.append(word)
            continue
        if words:
            rows += side_by_side(words, width)
            words = []
        rows += _sentence(line, word, width) if line.text or word is None else [word]
    return rows + side_by_side(words, width)


def _word(line: Line, ascii_only: bool) -> Content | None:
    mark = sign(line.tone, ascii_only)
    if not line.word and not mark:
        return None
    style = TONE_STYLES[line.tone]
    word = inline(line.word).stylize_before(style)
    return (
        Content.assemble((f"{mark} ", style), word)
        if mark and line.word
        else word
        if line.word
        else Content.styled(mark, style)
    )


def _sentence(line: Line, word: Content | None, width: int) -> list[Content]:
    if line.literal:
        rows = _work(line.text, width)
        if line.tone is Tone.WORK:
            rows = [row.stylize("bold") for row in rows]
        return [*([word] if word is not None else []), *rows]
    rows = lay_out(line.text, width)
    if word is None:
        return rows
    joined = Content.assemble(word, "  ", rows[0]) if rows else word
    if joined.cell_length <= width:
        return [joined, *rows[1:]]
    whole = Content.assemble(word, "  ", inline(line.text)) if "\n" not in line.text else None
    return list(whole.wrap(width)) if whole is not None else [word, *rows]


def _work(text: str, width: int) -> list[Content]:
    """Lay out `name`, `= formula`, `= value`: in one row where it fits, else one below the other."""
    name, *steps = text.split("\n")
    one = " ".join([name, *steps])
    if cell_len(one) <= width:
        return [Content(one)]
    if not steps:
        return list(Content(one).wrap(width))
    indent = cell_len(name) + 1 if cell_len(name) <= width // 3 else 2
    rows = [Content(f"{name} {steps[0]}"), *(Content(" " * indent + step) for step in steps[1:])]
    return [part for row in rows for part in row.wrap(width)]
