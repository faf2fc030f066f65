"""`tutor practice`: the app, opened at a set of fresh items."""

from __future__ import annotations

import argparse
from difflib import get_close_matches

from tutor.commands.output import DONE, InputError
from tutor.commands.record import open_store
from tutor.course.skills import skill_of, skills
from tutor.text import Text
from tutor.ui.practice_wish import MOST, SET, PracticeWish
from tutor.ui.terminal import open_app


def run(options: argparse.Namespace, text: Text) -> int:
    """Open practice of a skill, or of what is best now."""
    wish = PracticeWish(_skill(options.skill, text), SET if options.count is None else options.count)
    if not 1 <= wish.count <= MOST:
        raise InputError(text("cli.fault.count", most=MOST))
    with open_store(options.data, text) as store:
        if options.plain:
            from tutor.plain.course import PlainCourse, conversation

            spoken = Text(options.lang or store.settings().language or text.language)
            PlainCourse(store, conversation(spoken)).practise(wish.skill, wish.count)
            return DONE
        return open_app(store, language=options.lang, ascii_only=options.ascii, text=text, practice=wish)


def _skill(given: str | None, text: Text) -> str | None:
    """Return the skill that a learner means; InputError with the nearest ones where there is none."""
    if given is None:
        return None
    found = skill_of(given)
    if found is not None and skills()[found].typed:
        return found
    typed = [skill.id for skill in skills().values() if skill.typed]
    near = get_close_matches(given, typed, n=3, cutoff=0.0)
    fault = "no_skill" if found is None else "no_items"
    raise InputError(text(f"cli.fault.{fault}", given=given, near=", ".join(near)))
