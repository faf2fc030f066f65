"""What has been learned, in words and figures: for the progress page and for `tutor progress`."""

from __future__ import annotations

from datetime import datetime, timedelta

from tutor.course.skills import Skill
from tutor.student.learning import Learning
from tutor.student.mastery import Level
from tutor.text import Text

_DAY = timedelta(days=1)

_FRESH = 0.985
"""From this chance of recall on it says nothing: so it is after every answer, a wrong one too."""


def level_words(level: Level, text: Text) -> str:
    """Return the name of a level."""
    return text(f"practice.level.{level.name.lower()}")


def due_words(skill: str, learning: Learning, now: datetime, text: Text) -> str:
    """Return when a skill will be asked again, empty where that is not known."""
    record = learning.record(skill)
    if record.rests(now):
        return text("progress.rests")
    due = learning.reviews.due_at(skill)
    if due is None or not (record.alone or record.ever_mastered):
        return ""
    if due <= now:
        return text("progress.due_now")
    days = -(-(due - now) // _DAY)
    return text("progress.due_tomorrow") if days == 1 else text("progress.due_in", days=days)


def skill_words(skill: Skill, learning: Learning, now: datetime, text: Text) -> list[str]:
    """Return what is known of a skill, and what makes the next level."""
    record = learning.record(skill.id)
    lines = [text("progress.answers", right=record.alone, count=record.count)] if record.count else []
    recall = learning.reviews.recall(skill.id, now)
    if recall is not None and record.alone and recall < _FRESH:
        lines.append(text("progress.recall", percent=round(100 * recall)))
    if not skill.typed:
        lines.append(text("progress.in_lessons", number=skill.lesson))
    elif record.level is Level.MASTERED:
        lines.append(text("progress.kept"))
    elif record.is_fruitless:
        lines.append(text("progress.another_view"))
    else:
        lines.append(text("progress.needs"))
    return lines


def minutes_words(seconds: float, text: Text) -> str:
    """Return a time spent, in hours and minutes."""
    minutes = round(seconds / 60)
    if minutes < 60:
        return text("progress.minutes", minutes=minutes)
    return text("progress.hours", hours=minutes // 60, minutes=minutes % 60)


def prediction_words(learning: Learning, text: Text) -> list[str]:
    """Return how predictions compare with what happened."""
    total = sum(learning.predictions.values())
    if not total:
        return [text("progress.no_predictions")]
    kept = sum(count for (came_true, _), count in learning.predictions.items() if came_true)
    reasons = sum(count for (_, reason), count in learning.predictions.items() if reason)
    return [
        text("progress.predicted", right=kept, count=total, percent=round(100 * kept / total)),
        text("progress.reasons", right=reasons, count=total, percent=round(100 * reasons / total)),
    ]
