"""Rows of the course map: one row a lesson, whatever the width."""

from __future__ import annotations

import pytest
from textual.content import Content

from tutor.ui.course_row import CourseRow, lay_out


def row(title: str, state: str, *, note: str = "", joined: bool = False) -> CourseRow:
    return CourseRow(Content("  1  "), title, Content(note), (Content(state), Content("25 min")), joined)


ROWS = [
    row("The chain rule", "✓ done"),
    row("덧셈·곱셈 노드", "3/16", note="다음 차례"),
    row("Short", "16 steps"),
]


@pytest.mark.parametrize("width", range(1, 100, 3))
def test_a_row_is_never_wider_than_the_map(width: int) -> None:
    if width >= 30:
        assert all(line.cell_length == width for line in lay_out(ROWS, width))


def test_columns_end_below_each_other() -> None:
    lines = [line.plain for line in lay_out(ROWS, 60)]
    assert [line.endswith("25 min") for line in lines] == [True] * 3
    assert len({line.rindex("25") for line in lines if line.isascii() or "✓" in line}) == 1


def test_where_room_is_short_the_last_column_goes_before_a_title_is_cut() -> None:
    lines = [line.plain for line in lay_out(ROWS, 32)]
    assert lines[0] == "  1  The chain rule" + "✓ done".rjust(13)
    assert not any("25 min" in line for line in lines)


def test_a_title_gives_way_to_what_comes_next() -> None:
    line = lay_out([row("A title of some length", "3/16", note="next")], 30)[0].plain
    assert "…  next" in line
    assert line.endswith("3/16")
