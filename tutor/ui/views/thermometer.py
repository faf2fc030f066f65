"""The gradient thermometer: how long the gradient of each layer is, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.cells import cell_len

from tutor.tutoring.network_looks import NormsLook
from tutor.ui.views.dots import bar
from tutor.ui.views.picture import Mark, Row, number_text, row

_LEAST = 1e-30
_VALUE = 10


def thermometer_rows(
    look: NormsLook, width: int, *, beside: Sequence[NormsLook] = (), ascii_only: bool = False
) -> list[Row]:
    """Draw a bar for each layer, the one next to the loss last, and the scale below.

    A stroke stands where the ceiling of the look lies. The scale has room for what stands `beside` this one,
    so that equal bars are equal lengths.
    """
    lead = max(cell_len(name) for name in look.names) + 4
    cells = width - lead - _VALUE
    if cells < 4:
        return [
            row(f"d{name} {number_text(norm)}") for name, norm in zip(look.names, look.norms, strict=True)
        ]
    others = [norm for other in beside for norm in other.norms]
    low, high = _decades([*look.norms, *(look.ceiling or ()), *others])
    rows = []
    for number, (name, norm) in enumerate(zip(look.names, look.norms, strict=True)):
        drawn = bar(_share(norm, low, high), cells, ascii_only=ascii_only)
        marks: list[Mark] = [Mark(drawn, "first")]
        if look.ceiling is not None:
            place = min(cells - 1, int(_share(look.ceiling[number], low, high) * cells))
            marks = [Mark(drawn[:place], "first"), Mark("|", "strong"), Mark(drawn[place + 1 :], "first")]
        value = number_text(norm) if norm > 0 or norm == 0 else "nan"
        rows.append(
            row(Mark(f"|d{name}|".rjust(lead - 1) + " ", "label"), *marks, Mark(f" {value}", "label"))
        )
    return [*rows, row(Mark(_scale(low, high, lead, cells), "axis"))]


def _decades(values: list[float]) -> tuple[int, int]:
    known = [math.log10(max(value, _LEAST)) for value in values if math.isfinite(value) and value > 0]
    low, high = math.floor(min(known, default=-1.0)), math.ceil(max(known, default=0.0))
    return (low - 1, max(high, low + 1))


def _share(value: float, low: int, high: int) -> float:
    if math.isnan(value) or value <= 0:
        return 0.0
    if math.isinf(value):
        return 1.0
    return min(1.0, max(0.0, (math.log10(max(value, _LEAST)) - low) / (high - low)))


def _scale(low: int, high: int, lead: int, cells: int) -> str:
    room = max(1, math.ceil((high - low) * 7 / cells))
    text = " " * lead
    for decade in range(low, high + 1, room):
        place = lead + int((decade - low) / (high - low) * cells)
        label = f"1e{decade}" if decade else "1"
        if place >= cell_len(text):
            text += " " * (place - cell_len(text)) + label + " "
    return text.rstrip()
