"""How far a skill has come, as a sign that says it without colour."""

from __future__ import annotations

from textual.content import Content

from tutor.student.mastery import Level

_SIGNS = {
    Level.UNSEEN: ("○", ".", "$text-muted"),
    Level.STARTED: ("◔", "-", "$text-muted"),
    Level.PRACTISED: ("◑", "=", "$accent"),
    Level.MASTERED: ("●", "#", "bold $success"),
}


def level_mark(level: Level, ascii_only: bool) -> Content:
    """Return the sign of a level: an empty, a quarter, a half or a full disc."""
    sign, plain, style = _SIGNS[level]
    return Content.styled(plain if ascii_only else sign, style)
