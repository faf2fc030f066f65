"""Every view draws at every size, with signs alone, and shows what it is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from rich.cells import cell_len

from tutor.engine.training import Training
from tutor.engine.training_file import PRESETS
from tutor.text import LANGUAGES, Text
from tutor.tutoring.network_looks import NormsLook, Observer, WeightsLook
from tutor.ui.lab_steps import Subject
from tutor.ui.views.boundary import boundary_rows
from tutor.ui.views.catalogue import NETWORK_VIEWS
from tutor.ui.views.contour import Way, contour_rows, valley_rows
from tutor.ui.views.network import NETWORK
from tutor.ui.views.picture import Canvas, Row, fitted, text_of
from tutor.ui.views.thermometer import thermometer_rows
from tutor.ui.views.weights import units, weights_rows


def say(name: str, **fields: object) -> str:
    return name


def observed(name: str, steps: int = 100) -> Observer:
    training = Training(PRESETS[name])
    training.advance(steps)
    return Observer(training)


def canvas(width: int, height: int, *, ascii_only: bool = False) -> Canvas:
    return Canvas(width, height, 0, ascii_only, say)


@pytest.mark.parametrize("name", list(NETWORK))
@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_view_of_any_size_fills_its_room_and_no_more(name: str, ascii_only: bool) -> None:
    view = NETWORK[name]
    for preset in ("xor", "spiral", "digits"):
        observer = observed(preset, 3)
        for width, height in ((1, 1), (5, 2), (12, 5), (48, 9), (100, 30)):
            look = view.look(Subject(observer), width, height)
            if look is None:
                continue
            rows = fitted(view.draw(look, canvas(width, height, ascii_only=ascii_only)), width, height)
            lines = ["".join(mark.text for mark in row) for row in rows]
            assert len(lines) == height
            assert all(cell_len(line) <= width for line in lines)
            assert not ascii_only or all(line.isascii() for line in lines)


def test_the_classes_of_the_plane_differ_in_sign_and_wrong_samples_are_capitals() -> None:
    look = observed("xor", 3000).boundary(40, 12)
    assert look is not None
    text = text_of(boundary_rows(look, ascii_only=True))
    assert (text.count("x"), text.count("o"), text.count("X") + text.count("O")) == (2, 2, 0)
    assert "#" in text
    text = text_of(boundary_rows(replace(look, labels=1 - look.labels), ascii_only=True))
    assert (text.count("X"), text.count("O")) == (2, 2)


def test_the_thermometer_is_longer_where_the_gradient_is_and_marks_the_ceiling() -> None:
    look = NormsLook(("W1", "W2", "W3"), (1e-6, 1e-3, 1.0), (1 / 16, 1 / 4, 1.0))
    rows = text_of(thermometer_rows(look, 60, ascii_only=True)).splitlines()
    assert [row.count("#") for row in rows[:3]] == sorted(row.count("#") for row in rows[:3])
    strokes = [row.index("|", 6) for row in rows[:3]]
    assert strokes == sorted(strokes)
    assert "1e-7" in rows[3]


def test_a_thermometer_of_nothing_and_of_infinity_is_drawn() -> None:
    for norms in ((0.0, 0.0), (float("nan"), float("inf")), (1e-320, 1e300)):
        assert len(thermometer_rows(NormsLook(("W1", "W2"), norms, None), 50)) == 3


def test_a_negative_weight_is_a_broken_line_and_the_chosen_unit_has_its_numbers() -> None:
    def drawn(weight: float) -> str:
        look = WeightsLook((np.array([[weight]]),), (np.array([0.5]),))
        return text_of(weights_rows(look, units(look)[0], 40, 8))

    assert drawn(2.0) != drawn(-2.0)
    assert "y1 <- x1 -2   b 0.5" in drawn(-2.0)


def test_the_paths_of_all_runs_are_drawn_and_end_in_a_capital() -> None:
    ways = [Way(np.array([[-4.0, 0.0], [0.0, 0.0]])), Way(np.array([[4.0, 1.0], [np.nan, 0.0]]))]
    rows = contour_rows(_bowl, (-5, -5), (5, 5), ways, 40, 12, ascii_only=True)
    text = text_of(rows)
    assert (text.count("a"), text.count("A"), text.count("b"), text.count("B")) == (1, 1, 1, 0)
    assert "." in text


def test_a_run_on_a_curve_stands_on_the_curve() -> None:
    rows: list[Row] = valley_rows(np.square, -2.0, 2.0, [Way(np.array([[-2.0], [0.0]]))], 41, 10)
    lines = text_of(rows).splitlines()
    assert lines[0].startswith("a")
    assert "A" in lines[-1]


def _bowl(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.asarray(x * x + y * y)


@pytest.mark.parametrize("loss", [np.zeros_like, lambda x: x * np.nan, lambda x: np.full_like(x, np.inf)])
def test_a_loss_without_a_slope_or_a_number_is_drawn(loss: Callable[[np.ndarray], np.ndarray]) -> None:
    assert len(valley_rows(loss, -1.0, 1.0, [Way(np.array([[0.0]]))], 20, 6)) == 6
    assert len(contour_rows(lambda x, y: loss(x), (-1, -1), (1, 1), [], 20, 6)) == 6


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize(
    "name", ["boundary", "thermometer", "thermometer_ceiling", "histograms", "weights", "path", "valley"]
)
def test_what_a_view_says_of_itself_is_seen_whole_beside_the_form(language: str, name: str) -> None:
    text = Text(language)
    beside = Canvas(48, 12, 0, False, lambda key, **fields: text(f"lab_views.{key}", **fields))
    fields = {"wrong": 1000, "samples": 1000} if name == "boundary" else {}
    most = 3 if name == "thermometer_ceiling" else 2
    whole = beside.words(f"legend.{name}", most=9, **fields)
    assert len(whole) <= most, text_of(whole)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_names_of_all_views_of_a_network_fit_beside_the_form(language: str) -> None:
    text = Text(language)
    names = [f"{digit} {text(f'lab_views.view.{view}')}" for digit, view in enumerate(NETWORK_VIEWS, start=1)]
    assert cell_len(" ".join(names)) <= 48
