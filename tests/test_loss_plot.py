"""The live plot: it follows a training, keeps its cells and never takes the app down."""

from __future__ import annotations

import math
import random
import threading
import unicodedata

import numpy as np
import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.color import Color
from textual.pilot import Pilot

from tutor.ui.chart import Note, NoteKind
from tutor.ui.widgets.loss_plot import CALM_PERIOD, MOST_SERIES, PERIOD, LossPlot

CLOCK = "tutor.ui.widgets.loss_plot.monotonic"


class PlotApp(App[None]):
    def __init__(self, *, ascii_only: bool = False, reduced_motion: bool = False) -> None:
        super().__init__()
        self.plot = LossPlot(ascii_only=ascii_only, reduced_motion=reduced_motion)
        self.heard: list[tuple[Note, ...]] = []

    def compose(self) -> ComposeResult:
        yield self.plot

    def on_loss_plot_notes_changed(self, event: LossPlot.NotesChanged) -> None:
        self.heard.append(event.notes)


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock of the plot: a frame is drawn when a test asks for it, and at no other time."""
    monkeypatch.setattr(CLOCK, lambda: 0.0)


def shown(plot: LossPlot) -> list[str]:
    return [plot.render_line(y).text for y in range(plot.size.height)]


async def next_frame(pilot: Pilot[None]) -> None:
    await pilot.pause()
    assert isinstance(pilot.app, PlotApp)
    pilot.app.plot._drawn_at = -math.inf
    pilot.app.plot._draw_if_due()
    await pilot.pause()


async def test_two_runs_are_drawn_over_each_other_and_named_with_their_last_loss() -> None:
    app = PlotApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.plot.add_series("lr 0.1").extend(range(100), np.linspace(1, 0.25, 100))
        app.plot.add_series("lr 0.5").extend(range(100), np.linspace(1, 0.125, 100))
        await next_frame(pilot)
        rows = shown(app.plot)
        assert rows[0].split() == ["⠤⠤", "lr", "0.1", "0.25", "▄▄", "lr", "0.5", "0.125"]
        assert rows[-1].split()[:2] == ["0", "20"]
        styles = {
            segment.style.color
            for y in range(1, 22)
            for segment in app.plot.render_line(y)
            if segment.style is not None and segment.text.strip()
        }
        assert len(styles) == 3


async def test_the_plot_finds_new_points_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    app = PlotApp()
    async with app.run_test(size=(60, 12)) as pilot:
        curve = app.plot.add_series("run")
        for loss in (1.0, 0.5):
            curve.append(curve.summary.points, loss)
            for _ in range(200):
                await pilot.pause(0.02)
                if f" {loss:g} " in shown(app.plot)[0]:
                    break
            assert f" {loss:g} " in shown(app.plot)[0]


async def test_points_from_another_thread_arrive() -> None:
    app = PlotApp()
    async with app.run_test(size=(60, 12)) as pilot:
        curve = app.plot.add_series("run")
        writer = threading.Thread(target=lambda: curve.extend(range(5000), [0.75] * 5000))
        writer.start()
        writer.join()
        await next_frame(pilot)
        assert "0.75" in shown(app.plot)[0]


async def test_a_diverging_run_is_shown_and_told_to_the_owner() -> None:
    app = PlotApp()
    async with app.run_test(size=(80, 24)) as pilot:
        curve = app.plot.add_series("lr 9")
        for step in range(40):
            curve.append(step, 2.0**step if step < 37 else math.inf)
            await next_frame(pilot)
        assert "∞" in shown(app.plot)[0]
        curve.append(40, math.nan)
        await next_frame(pilot)
        assert "nan" in shown(app.plot)[0]
        assert app.heard[-1] == app.plot.notes
        assert Note(NoteKind.INFINITE, "lr 9", 37) in app.plot.notes
        assert Note(NoteKind.NAN, "lr 9", 40) in app.plot.notes
        app.plot.action_toggle_scale()
        await next_frame(pilot)
        assert any("1e" in row or "10" in row for row in shown(app.plot))


async def test_a_storm_of_sizes_while_the_data_grow() -> None:
    app = PlotApp()
    source = random.Random(3)
    sizes = [(0, 0), (1, 1), (200, 60), (2, 50), (11, 5), (12, 6), (13, 7)]
    sizes += [(source.randint(0, 200), source.randint(0, 60)) for _ in range(13)]
    async with app.run_test(size=(80, 24)) as pilot:
        curves = [app.plot.add_series(name) for name in ("학습률 0.5", "lr 0.1")]
        for turn, (width, height) in enumerate(sizes):
            for curve in curves:
                steps = np.arange(turn * 20, turn * 20 + 20)
                curve.extend(steps, 1 / (1 + steps))
            await pilot.resize_terminal(width, height)
            await next_frame(pilot)
            rows = shown(app.plot)
            assert all(cell_len(row) == app.plot.size.width for row in rows)
            if app.plot.size.width > 30 and app.plot.size.height > 8:
                assert any("└" in row for row in rows)


async def test_korean_names_keep_the_width_at_every_size() -> None:
    app = PlotApp()
    async with app.run_test(size=(80, 12)) as pilot:
        for name in ("학습률 0.5 모멘텀 없음", "학습률 0.1", "아주 긴 이름을 가진 실행\n둘째 줄"):
            app.plot.add_series(name).append(0, 0.5)
        app.plot.prediction = "예상: 더 느려요"
        for width in (*range(1, 12), *range(12, 90, 7)):
            await pilot.resize_terminal(width, 12)
            await next_frame(pilot)
            assert cell_len(shown(app.plot)[0]) == width
        assert "학습률" in shown(app.plot)[0]


async def test_a_name_is_cut_only_for_want_of_room_and_then_visibly() -> None:
    app = PlotApp()
    async with app.run_test(size=(50, 12)) as pilot:
        for name in ("a", "학습률 0.15 모멘텀"):
            app.plot.add_series(name).append(0, 0.5)
        await next_frame(pilot)
        assert "학습률 0.15 모멘텀 0.5" in shown(app.plot)[0]
        await pilot.resize_terminal(42, 12)
        await next_frame(pilot)
        assert "학습률 0... 0.5" in shown(app.plot)[0]


async def test_three_runs_keep_their_names_where_a_single_row_has_no_room_for_them() -> None:
    app = PlotApp()
    async with app.run_test(size=(47, 12)) as pilot:
        for name in ("all 200:", "32:", "1:"):
            app.plot.add_series(name).append(0, 0.5)
        await next_frame(pilot)
        legend = "".join(shown(app.plot)[:3])
        assert all(name in legend for name in ("all 200:", "32:", "1:"))


async def test_names_typed_in_parts_are_put_together() -> None:
    app = PlotApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.plot.add_series(unicodedata.normalize("NFD", "한글")).append(0, 1)
        await next_frame(pilot)
        assert unicodedata.normalize("NFC", "한글") in shown(app.plot)[0]


async def test_the_prediction_stays_beside_the_outcome() -> None:
    app = PlotApp()
    async with app.run_test(size=(80, 12)) as pilot:
        curve = app.plot.add_series("run")
        app.plot.prediction = "predicted: diverges"
        for step in range(3):
            curve.append(step, 1.0)
            await next_frame(pilot)
            assert shown(app.plot)[0].rstrip().endswith("predicted: diverges")


async def test_the_log_axis_can_be_turned_on_and_off() -> None:
    app = PlotApp()
    async with app.run_test(size=(80, 16)) as pilot:
        app.plot.add_series("run").extend(range(50), 10.0 ** -np.linspace(0, 4, 50))
        await next_frame(pilot)
        linear = shown(app.plot)
        app.plot.action_toggle_scale()
        await next_frame(pilot)
        assert any(row.startswith("0.0001┤") for row in shown(app.plot))
        app.plot.action_toggle_scale()
        await next_frame(pilot)
        assert shown(app.plot) == linear


async def test_ascii_mode_draws_no_other_sign() -> None:
    app = PlotApp(ascii_only=True)
    async with app.run_test(size=(60, 14)) as pilot:
        app.plot.add_series("a").extend(range(9), range(9))
        app.plot.add_series("b").append(0, math.inf)
        await next_frame(pilot)
        assert all(row.isascii() for row in shown(app.plot))


@pytest.mark.parametrize(("reduced_motion", "period"), [(False, PERIOD), (True, CALM_PERIOD)])
async def test_frames_are_never_closer_than_the_period(
    monkeypatch: pytest.MonkeyPatch, reduced_motion: bool, period: float
) -> None:
    app = PlotApp(reduced_motion=reduced_motion)
    frames: list[float] = []
    now = 100.0
    async with app.run_test(size=(60, 12)) as pilot:
        curve = app.plot.add_series("run")
        await next_frame(pilot)
        monkeypatch.setattr(CLOCK, lambda: now)
        monkeypatch.setattr(app.plot, "_draw", lambda summaries: frames.append(now))
        for turn in range(200):
            now += 0.01
            curve.append(turn, 1.0)
            app.plot._draw_if_due()
    assert 2.0 / period * 0.8 <= len(frames) <= 2.0 / period + 1
    assert np.diff(frames).min() >= period - 1e-9


async def test_nothing_is_drawn_while_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    app = PlotApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.plot.add_series("run").append(0, 1)
        await next_frame(pilot)
        drawn: list[object] = []
        monkeypatch.setattr(app.plot, "_draw", drawn.append)
        await next_frame(pilot)
        await next_frame(pilot)
        assert drawn == []


async def test_a_series_can_be_replaced_and_removed_and_there_is_a_most() -> None:
    app = PlotApp()
    async with app.run_test(size=(80, 12)) as pilot:
        for name in ("a", "b", "c"):
            app.plot.add_series(name).append(0, 1)
        for name in map(str, range(MOST_SERIES - 3)):
            app.plot.add_series(name)
        with pytest.raises(ValueError, match=f"at most {MOST_SERIES}"):
            app.plot.add_series("d")
        for name in map(str, range(MOST_SERIES - 3)):
            app.plot.remove_series(name)
        app.plot.add_series("b").append(0, 7)
        app.plot.remove_series("c")
        await next_frame(pilot)
        assert shown(app.plot)[0].split() == ["⠤⠤", "a", "1", "▄▄", "b", "7"]
        app.plot.clear_series()
        await next_frame(pilot)
        assert not shown(app.plot)[0].strip()


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
async def test_lines_stand_out_from_the_background(theme: str) -> None:
    app = PlotApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.theme = theme
        await pilot.pause()
        background = app.plot.background_colors[1]
        for name in ("first", "second", "third"):
            colour = app.plot.get_component_styles(f"rows--{name}").color
            assert contrast(colour, background) >= 3


async def test_another_theme_repaints_the_last_frame() -> None:
    app = PlotApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.plot.add_series("run").append(0, 1)
        await next_frame(pilot)
        before = app.plot.render_line(0)
        app.theme = "textual-light"
        await pilot.pause()
        after = app.plot.render_line(0)
        assert before.text == after.text
        assert [cells.style for cells in before] != [cells.style for cells in after]


async def test_a_plot_without_a_cell_waits_for_one() -> None:
    app = PlotApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.plot.display = False
        app.plot.add_series("run").append(0, 0.5)
        await next_frame(pilot)
        app.plot.display = True
        await next_frame(pilot)
        assert "0.5" in shown(app.plot)[0]


def contrast(one: Color, other: Color) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Color) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in colour.normalized]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


async def test_many_series_take_more_rows_of_the_legend_and_the_axis_stays_in_sight() -> None:
    app = PlotApp()
    async with app.run_test(size=(48, 14)) as pilot:
        for number in range(7):
            app.plot.add_series(f"rate {number}").extend(range(10), np.linspace(1, number, 10))
        await next_frame(pilot)
        rows = shown(app.plot)
        assert all(any(f"rate {number} " in row for row in rows[:4]) for number in range(7))
        assert rows[-1].split()[0] == "0"
        assert len(app.plot.rows) == 14
