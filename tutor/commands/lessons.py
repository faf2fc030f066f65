"""`tutor lessons check` proves a course, `tutor lessons new` begins a lesson."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tutor.commands.output import AT_FAULT, DONE, InputError
from tutor.commands.sentences import fault_sentence
from tutor.course.checker import check_course
from tutor.course.loader import course_folder
from tutor.course.new_lesson import LessonExistsError, LessonNameError, new_lesson
from tutor.text import Text


def check(options: argparse.Namespace, text: Text) -> int:
    """Print every fault of a course as file:line: message."""
    folder = Path(options.folder) if options.folder else course_folder()
    if not folder.is_dir():
        raise InputError(text("cli.fault.no_folder", folder=folder))
    faults = check_course(folder)
    for fault in faults:
        print(fault_sentence(fault, text))
    if faults:
        print(text("cli.check.faults", count=len(faults)), file=sys.stderr)
        return AT_FAULT
    print(text("cli.check.proved", folder=folder))
    return DONE


def new(options: argparse.Namespace, text: Text) -> int:
    """Lay out a small lesson that is proved as it stands, and say what to do with it."""
    course = Path(options.folder)
    try:
        path = new_lesson(course, options.name)
    except LessonNameError as error:
        raise InputError(text("cli.fault.lesson_name", name=options.name)) from error
    except LessonExistsError as error:
        raise InputError(text("cli.fault.lesson_exists", name=options.name, folder=course)) from error
    except OSError as error:
        raise InputError(text("cli.fault.not_written", folder=course)) from error
    print(text("cli.new.written", path=path, folder=course))
    return DONE
