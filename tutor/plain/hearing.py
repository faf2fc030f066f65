"""What was written for the eye, for the ear: matrices row by row, and signs that no voice leaves out."""

from __future__ import annotations

import re

from tutor.text import Text

_ROW = r"\[[^\[\]]*\]"
_MATRIX = re.compile(rf"\[\s*({_ROW}(?:\s*,\s*{_ROW})*)\s*\]")
_TIMES = re.compile("(?<![가-힣])·|·(?![가-힣])")
"""A dot between two syllables of Hangul lists words; any other one multiplies."""


def heard(line: str, text: Text) -> str:
    """Return a line as it should be heard; a line without matrices and such signs stays as it is."""
    said = _TIMES.sub("×", line).replace("ᵀ", ".T")
    return _MATRIX.sub(lambda found: _rows(found[1], text), said)


def _rows(written: str, text: Text) -> str:
    rows = [row.strip("[] ") for row in re.findall(_ROW, written)]
    if len(rows) == 1:
        return f"[{text('plain.matrix.one_row', entries=rows[0])}]"
    said = (text("plain.matrix.row", number=k, entries=row) for k, row in enumerate(rows, start=1))
    return f"[{'; '.join(said)}]"
