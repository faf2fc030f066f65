"""Sketches of predictions: every name of the labs has one, and no two look alike, however small."""

from typing import get_args

import pytest

from tutor.course.lab_model import Bars, Course, Curve
from tutor.ui.sketches import BARS, SHAPES, SMALL, sketch_rows, small_sketch

NAMES = (*get_args(Curve), *get_args(Course), *get_args(Bars))


def test_every_name_that_a_lab_can_give_is_drawn() -> None:
    assert {*NAMES} == {*SHAPES, *BARS}


@pytest.mark.parametrize("ascii_only", [False, True])
def test_small_sketches_are_a_row_each_and_differ(ascii_only: bool) -> None:
    drawn = {name: small_sketch(name, ascii_only) for name in NAMES}
    assert {len(row) for row in drawn.values()} == {SMALL}
    assert all(row.isascii() == ascii_only for row in drawn.values())
    assert len({*drawn.values()}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 2), (30, 8)])
def test_a_sketch_fills_its_place_and_no_more(name: str, ascii_only: bool, width: int, height: int) -> None:
    rows = sketch_rows(name, width, height, ascii_only)
    assert [len(row) for row in rows] == [width] * height
    assert any(row.strip() for row in rows)
