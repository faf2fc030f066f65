"""`tutor progress`: what has been learned."""

from __future__ import annotations

import argparse
import json

from tutor.commands.output import DONE
from tutor.commands.record import open_store
from tutor.course.loader import course_folder, outlines
from tutor.student.progress import Progress
from tutor.text import Text


def run(options: argparse.Namespace, text: Text) -> int:
    """Print how far every lesson has come."""
    with open_store(options.data, text) as store:
        progress = Progress.from_events(store.events())
    lessons = [
        {
            "lesson": outline.slug,
            "title": outline.title.get(text.language, outline.slug),
            "done": len(progress.done(outline.slug) & {step.id for step in outline.steps}),
            "steps": len(outline.steps),
        }
        for outline in outlines(course_folder())
    ]
    if options.json:
        print(json.dumps({"lessons": lessons, "due": []}, ensure_ascii=False))
        return DONE
    for row in lessons:
        print(text("cli.progress.lesson", **row))
    return DONE
