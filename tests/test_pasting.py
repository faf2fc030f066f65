"""Pasted text: what belongs to it however it is cut up, and that nothing waits for an end that is missing."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

if sys.platform == "win32":
    pytest.skip("the driver is for Unix", allow_module_level=True)

from tutor.ui import pasting
from tutor.ui.pasting import BURST, END, START, Pasted, PasteReader
from tutor.ui.widgets.blank import Blank


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time as a list of one number, which a test may move on."""
    time = [0.0]
    monkeypatch.setattr(pasting, "monotonic", lambda: time[0])
    return time


def fed(reader: PasteReader, *received: str) -> list[str | Pasted]:
    return [piece for part in received for piece in reader.feed(part)]


def pasted(pieces: Iterable[str | Pasted]) -> list[str]:
    return [piece.text for piece in pieces if isinstance(piece, Pasted)]


def typed(pieces: Iterable[str | Pasted]) -> str:
    return "".join(piece for piece in pieces if isinstance(piece, str))


TEXTS = st.text(st.sampled_from("1a한\n\x1b[20~;"), max_size=12).filter(lambda text: END not in text)


@given(
    before=st.text("12x", max_size=3),
    texts=st.lists(TEXTS, min_size=1, max_size=3),
    cuts=st.lists(st.integers(0, 80)),
)
def test_a_marked_paste_is_whole_however_it_is_cut_up(before: str, texts: list[str], cuts: list[int]) -> None:
    sent = before + "".join(f"{START}{text}{END}7" for text in texts)
    places = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    pieces = fed(PasteReader(), *(sent[a:b] for a, b in pairwise(places)))
    assert pasted(pieces) == texts
    assert typed(pieces) == before + (START + END + "7") * len(texts)


def test_what_is_typed_is_no_paste(clock: list[float]) -> None:
    reader = PasteReader()
    pieces = fed(reader, "3", "\x1b[A", "\x1b", "x" * (BURST - 1), "\r")
    clock[0] += 60
    assert pasted([*pieces, *reader.tick()]) == []


@pytest.mark.parametrize("length", [BURST, 5000])
def test_a_paste_without_marks_is_one_paste_once_no_more_of_it_comes(clock: list[float], length: int) -> None:
    reader = PasteReader()
    assert fed(reader, "1 " * (length // 2), "2\r3") == []
    assert list(reader.tick()) == []
    clock[0] += pasting.QUIET_AFTER_BURST
    assert pasted(reader.tick()) == ["1 " * (length // 2) + "2\r3"]
    assert fed(reader, "4") == ["4"]


def test_a_key_that_is_a_sequence_ends_a_paste_without_marks() -> None:
    pieces = fed(PasteReader(), "1" * BURST, "\x1b[A")
    assert pieces == [Pasted("1" * BURST), "\x1b[A"]


@pytest.mark.parametrize(
    ("last", "after"), [("", pasting.QUIET_WITHOUT_END), ("\x1b", pasting.QUIET_AFTER_BURST)]
)
def test_a_paste_without_its_end_is_ended_by_a_pause_and_sooner_by_escape(
    clock: list[float], last: str, after: float
) -> None:
    reader = PasteReader()
    assert typed(fed(reader, f"{START}27", "1", last)) == START
    clock[0] += after * 0.9
    assert list(reader.tick()) == []
    clock[0] += after * 0.2
    assert list(reader.tick()) == [END, Pasted("271")]
    assert fed(reader, "8") == ["8"]


@pytest.mark.parametrize("typed", ["한글", unicodedata.normalize("NFD", "한글")], ids=["NFC", "NFD"])
async def test_korean_is_composed_as_it_is_typed(typed: str) -> None:
    class Field(App[None]):
        def compose(self) -> ComposeResult:
            yield Blank("t")

    async with Field().run_test() as pilot:
        blank = pilot.app.query_one(Blank)
        blank.put("12")
        blank.cursor_position = 1
        for letter in typed:
            blank.insert_text_at_cursor(letter)
        assert (blank.value, blank.cursor_position) == ("1한글2", 3)
