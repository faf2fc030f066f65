"""The views of an experiment with several arms: their paths, what they measured, and a table of readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.cells import cell_len, set_cell_size

from tutor.ui.chart import Series, draw_chart, marker_sample
from tutor.ui.curve import Curve
from tutor.ui.lab_steps import Subject
from tutor.ui.views.contour import LETTERS, Way, contour_rows, valley_rows
from tutor.ui.views.picture import SERIES, Canvas, Mark, Row, View, number_text, row

if TYPE_CHECKING:
    from tutor.engine.experiments import Measured

Named = tuple[str, Any]
"""The name of an arm with what was seen of it."""


def _names(named: Sequence[Named], canvas: Canvas, signs: Sequence[str] = LETTERS) -> list[Row]:
    """Return the sign of each arm with its name, in as few rows as they fit in."""
    rows: list[Row] = []
    marks: list[Mark] = []
    used = 0
    for place, (name, _) in enumerate(named):
        sign = signs[place % len(signs)]
        cells = cell_len(sign) + 1 + cell_len(name) + 3
        if marks and used + cells - 3 > canvas.width:
            rows.append(tuple(marks))
            marks, used = [], 0
        marks += [Mark(sign, SERIES[place % 3]), Mark(f" {name}   ")]
        used += cells
    return [*rows, tuple(marks)] if marks else rows


def _look_at_path(subject: Subject, width: int, height: int) -> Any:
    found = [(name, np.array(arm.path)) for name, arm in subject.arms if arm.path is not None]
    surface = next((arm.surface for _, arm in subject.arms if arm.surface is not None), None)
    return None if surface is None else (surface, found)


def _path(look: Any, canvas: Canvas) -> list[Row]:
    surface, found = look
    names = [
        *canvas.words("legend.valley" if len(surface.low) == 1 else "legend.path"),
        *_names(found, canvas),
    ]
    ways = [Way(path) for _, path in found]
    room = canvas.height - len(names)
    if len(surface.low) == 1:
        low, high = surface.low[0], surface.high[0]
        drawn = valley_rows(
            surface.height, low, high, ways, canvas.width, room - 1, ascii_only=canvas.ascii_only
        )
        scale = f"{number_text(low)}".ljust(canvas.width - 8)[: canvas.width - 8] + f"{number_text(high):>8}"
        return [*names, *drawn, row(Mark(scale, "axis"))]
    corners = (surface.low[0], surface.low[1]), (surface.high[0], surface.high[1])
    drawn = contour_rows(surface.height, *corners, ways, canvas.width, room, ascii_only=canvas.ascii_only)
    return [*names, *drawn]


def _look_at_measured(subject: Subject, width: int, height: int) -> Any:
    return [(name, seen) for name, arm in subject.arms if (seen := arm.measured) is not None] or None


def _measured(look: Sequence[tuple[str, Measured]], canvas: Canvas) -> list[Row]:
    names = _names(
        look, canvas, [marker_sample(place, ascii_only=canvas.ascii_only) for place in range(len(look))]
    )
    said = canvas.words("legend.log_x") if any(seen.log_x for _, seen in look) else []
    series = []
    for name, seen in look:
        with np.errstate(all="ignore"):
            x = np.log10(seen.x) if seen.log_x else np.array(seen.x)
        order, curve = np.argsort(x), Curve()
        curve.extend(x[order], seen.y[order])
        series.append(Series(name, curve))
    room = canvas.height - len(names) - len(said)
    log = any(seen.log_y for _, seen in look)
    chart = draw_chart(series, canvas.width, room, log=log, ascii_only=canvas.ascii_only)
    drawn = [
        tuple(Mark(piece.text, "axis" if piece.series is None else SERIES[piece.series % 3]) for piece in one)
        for one in chart.rows
    ]
    return [*names, *said, *drawn]


def _look_at_table(subject: Subject, width: int, height: int) -> Any:
    return [(name, dict(arm.readings())) for name, arm in subject.arms]


def _table(look: Any, canvas: Canvas) -> list[Row]:
    names = _names(look, canvas)
    readings = [
        reading
        for reading in dict.fromkeys(reading for _, found in look for reading in found)
        if not reading.startswith("error_") and (len(look) == 1 or _differs(reading, look))
    ]
    heads = [canvas.say(f"reading.{reading}") for reading in readings]
    lead = max((cell_len(head) for head in heads), default=0) + 2
    room = max(1, (canvas.width - lead) // 10)
    first = canvas.cursor % len(look) if room < len(look) else 0
    seen = range(first, min(first + room, len(look)))
    if room < len(look):
        names += canvas.words("legend.more")
    shown = [row(Mark(" " * lead, "axis"), *(Mark(f"{LETTERS[place % len(LETTERS)]:>10}") for place in seen))]
    for reading, head in zip(readings, heads, strict=True):
        values = [number_text(look[place][1].get(reading, float("nan"))) for place in seen]
        shown.append(row(Mark(head + " " * (lead - cell_len(head)), "axis"), *(f"{v:>10}" for v in values)))
    return [*names, row(), *shown]


def _differs(reading: str, look: Sequence[Named]) -> bool:
    """Return whether the arms differ in a reading; what is alike for all says nothing of them."""
    return len({str(found.get(reading)) for _, found in look}) > 1


def _look_at_visits(subject: Subject, width: int, height: int) -> Any:
    return [(name, arm.visits) for name, arm in subject.arms if arm.visits is not None] or None


def _visits(look: Any, canvas: Canvas) -> list[Row]:
    rows: list[Row] = _names(look, canvas)
    column = max(8, canvas.width // len(look))
    most = max((len(visits) for _, visits in look), default=0)
    room = canvas.height - len(rows)
    for number in range(max(0, most - room), most):
        marks: list[Mark] = []
        for place, (_, visits) in enumerate(look):
            text = ""
            if number < len(visits):
                visit = visits[number]
                gradient = visit.gradients.get(visit.node)
                text = f"{number + 1}. d{visit.node}" + ("" if gradient is None else f" = {gradient:g}")
                waiting = visit.waiting.get(visit.node, 0)
                text += f" ({canvas.say('waiting', count=waiting)})" if waiting else ""
            marks.append(Mark(set_cell_size(text, column), SERIES[place % 3]))
        rows.append(tuple(marks))
    return rows


ARMS: Mapping[str, View] = {
    "path": View(_look_at_path, _path),
    "measured": View(_look_at_measured, _measured),
    "table": View(_look_at_table, _table),
    "order": View(_look_at_visits, _visits),
}
"""Every view of several arms, by name."""
