"""`tutor progress`: what has been learned, and what is due."""

from __future__ import annotations

import argparse
import json
from datetime import datetime
from typing import Any

from tutor.commands.output import DONE
from tutor.commands.record import open_store
from tutor.course.loader import course_folder, outlines
from tutor.course.skills import skill_of, skills
from tutor.student.learner import Learner
from tutor.student.learning import Learning
from tutor.student.mastery import Level
from tutor.text import Text
from tutor.tutoring.next_lesson import steps_done
from tutor.ui.progress_words import due_words, level_words, minutes_words, prediction_words


def run(options: argparse.Namespace, text: Text) -> int:
    """Print how far every lesson and every skill has come."""
    with open_store(options.data, text) as store:
        learner = Learner(store, skill_of)
    learning, now = learner.learning, learner.now()
    lessons = [
        {
            "lesson": outline.slug,
            "title": outline.title.get(text.language, outline.slug),
            "done": steps_done(outline, learner.progress),
            "steps": len(outline.steps),
        }
        for outline in outlines(course_folder())
    ]
    if options.json:
        print(json.dumps({"lessons": lessons, **_found(learning, now)}, ensure_ascii=False))
    else:
        for row in lessons:
            print(text("cli.progress.lesson", **row))
        for line in _lines(learning, now, text):
            print(line)
    return DONE


def _found(learning: Learning, now: datetime) -> dict[str, Any]:
    def of_skill(skill: str) -> dict[str, Any]:
        record, due = learning.record(skill), learning.reviews.due_at(skill)
        return {
            "skill": skill,
            "level": record.level.name.lower(),
            "answers": record.count,
            "right_at_first_try": record.alone,
            "due": due.isoformat() if due else None,
        }

    met = [skill for skill in skills() if learning.level(skill)]
    mistakes = sorted(
        learning.notebook.misconceptions.values(), key=lambda record: (-record.count, record.id)
    )
    total = sum(learning.predictions.values())
    return {
        "due": learning.due(now),
        "skills": [of_skill(skill) for skill in met],
        "misconceptions": [
            {"misconception": record.id, "times": record.count, "beaten": record.beaten}
            for record in mistakes
        ],
        "predictions": {
            "count": total,
            "came_true": sum(count for (kept, _), count in learning.predictions.items() if kept),
            "reason_right": sum(count for (_, reason), count in learning.predictions.items() if reason),
        },
        "seconds": round(learning.seconds),
    }


def _lines(learning: Learning, now: datetime, text: Text) -> list[str]:
    met = [skill for skill in skills() if learning.level(skill)]
    if not met:
        return []
    mastered = sum(learning.level(skill) is Level.MASTERED for skill in met)
    lines = ["", text("progress.mastered", count=mastered, total=len(skills()))]
    for skill in met:
        due = due_words(skill, learning, now, text)
        words = [level_words(learning.level(skill), text), *([due] if due else [])]
        lines.append(f"  {text(f'skills.{skill}')}: {', '.join(words)}")
    due_now = learning.due(now)
    lines += ["", text("progress.due_head", count=len(due_now))]
    lines.append(text("progress.spent", time=minutes_words(learning.seconds, text)))
    return [*lines, *(prediction_words(learning, text) if learning.predictions else [])]
