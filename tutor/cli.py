"""The commands, and the only place where the parts are put together."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path

from tutor import __version__
from tutor.commands.output import AT_FAULT, DONE, INTERRUPTED, InputError
from tutor.commands.usage import parser_of
from tutor.text import LANGUAGES, Text, default_language

Command = Callable[[argparse.Namespace, Text], int]


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; no traceback ever reaches the user."""
    _make_output_safe()
    options = _parser(_early_language(arguments)).parse_args(arguments)
    text = Text(options.lang or default_language())
    command: Command = options.command
    try:
        return command(options, text)
    except InputError as fault:
        print(f"tutor: {fault}", file=sys.stderr)
        return AT_FAULT
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has left; what is still buffered must not raise at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        if os.environ.get("TUTOR_DEBUG"):
            raise
        print(f"tutor: {text('cli.fault.crash', error=f'{type(error).__name__}: {error}')}", file=sys.stderr)
        return AT_FAULT


def _make_output_safe() -> None:
    for stream in (sys.stdin, sys.stdout, sys.stderr, sys.__stderr__):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _early_language(arguments: Sequence[str]) -> str:
    """Return the language for help and usage, before the arguments are parsed."""
    wishes = (after for before, after in pairwise(arguments) if before == "--lang")
    joined = (option.removeprefix("--lang=") for option in arguments if option.startswith("--lang="))
    return next((wish for wish in (*wishes, *joined) if wish in LANGUAGES), default_language())


def _parser(language: str) -> argparse.ArgumentParser:
    text = Text(language)
    make = parser_of(text)
    common = make(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--lang", choices=list(LANGUAGES), help=text("cli.help.lang"))
    common.add_argument("--data", metavar="DIR", help=text("cli.help.data"))
    common.add_argument("--ascii", action="store_true", help=text("cli.help.ascii"))
    parser = make(prog="tutor", description=text("cli.help.tutor"), parents=[common])
    parser.add_argument(
        "--version", action="version", version=f"tutor {__version__}", help=text("usage.version")
    )
    parser.add_argument("--course", metavar="DIR", help=text("cli.help.course"))
    parser.add_argument("--plain", action="store_true", help=text("cli.help.plain"))
    parser.set_defaults(command=_open_app, lang=None, data=None, ascii=False)
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=make)

    graph = commands.add_parser("graph", parents=[common], help=text("cli.help.graph"))
    graph.add_argument("formula", help=text("cli.help.formula"))
    graph.add_argument("values", nargs="*", metavar="NAME=VALUE", help=text("cli.help.values"))
    graph.add_argument("--upstream", default="1", metavar="VALUE", help=text("cli.help.upstream"))
    graph.add_argument("--json", action="store_true", help=text("cli.help.json"))
    graph.set_defaults(command=_command("graph"))

    grade = commands.add_parser("grade", parents=[common], help=text("cli.help.grade"))
    grade.add_argument("files", nargs="+", metavar="FILE.toml", help=text("cli.help.grade_file"))
    grade.add_argument("--json", action="store_true", help=text("cli.help.json_files"))
    grade.set_defaults(command=_command("grade"))

    train = commands.add_parser("train", parents=[common], help=text("cli.help.train"))
    train.add_argument("file", nargs="?", metavar="FILE.toml", help=text("cli.help.train_file"))
    train.add_argument("--preset", metavar="NAME", help=text("cli.help.preset"))
    train.add_argument("--steps", type=int, metavar="N", help=text("cli.help.steps"))
    train.add_argument("--json", action="store_true", help=text("cli.help.json_lines"))
    train.add_argument("--quiet", action="store_true", help=text("cli.help.quiet"))
    train.set_defaults(command=_command("train"))

    code = commands.add_parser("code", parents=[common], help=text("cli.help.code"))
    code.add_argument(
        "folder", nargs="?", default="backprop", metavar="DIR", help=text("cli.help.code_folder")
    )
    code.add_argument("--gate", metavar="NAME", help=text("cli.help.gate"))
    code.add_argument("--once", action="store_true", help=text("cli.help.once"))
    code.add_argument("--json", action="store_true", help=text("cli.help.json"))
    code.set_defaults(command=_command("code"))

    practice = commands.add_parser("practice", parents=[common], help=text("cli.help.practice"))
    practice.add_argument("skill", nargs="?", metavar="SKILL", help=text("cli.help.skill"))
    practice.add_argument("--count", type=int, metavar="N", help=text("cli.help.count"))
    practice.add_argument(
        "--plain", action="store_true", default=argparse.SUPPRESS, help=text("cli.help.plain")
    )
    practice.set_defaults(command=_command("practice"))

    lessons = commands.add_parser("lessons", help=text("cli.help.lessons"))
    actions = lessons.add_subparsers(metavar="ACTION", required=True, parser_class=make)
    check = actions.add_parser("check", parents=[common], help=text("cli.help.check"))
    check.add_argument("folder", nargs="?", metavar="DIR", help=text("cli.help.folder"))
    check.set_defaults(command=_command("lessons", "check"))
    new = actions.add_parser("new", parents=[common], help=text("cli.help.new"))
    new.add_argument("name", metavar="NAME", help=text("cli.help.lesson_name"))
    new.add_argument(
        "folder", nargs="?", default="my-course", metavar="DIR", help=text("cli.help.new_folder")
    )
    new.set_defaults(command=_command("lessons", "new"))

    progress = commands.add_parser("progress", parents=[common], help=text("cli.help.progress"))
    progress.add_argument("--json", action="store_true", help=text("cli.help.json"))
    progress.set_defaults(command=_command("progress"))
    acts = progress.add_subparsers(metavar="ACTION", parser_class=make)
    export = acts.add_parser("export", parents=[common], help=text("cli.help.export"))
    export.add_argument("file", metavar="FILE.jsonl", nargs="?", help=text("cli.help.export_file"))
    export.add_argument("--notebook", metavar="FILE.md|FILE.csv", help=text("cli.help.export_notebook"))
    export.set_defaults(command=_command("record_files", "export"))
    bring = acts.add_parser("import", parents=[common], help=text("cli.help.import"))
    bring.add_argument("file", metavar="FILE.jsonl", help=text("cli.help.import_file"))
    bring.set_defaults(command=_command("record_files", "bring_in"))
    restore = acts.add_parser("restore", parents=[common], help=text("cli.help.restore"))
    restore.add_argument("day", metavar="YYYY-MM-DD", nargs="?", help=text("cli.help.restore_day"))
    restore.set_defaults(command=_command("record_files", "restore"))
    return parser


def _command(module: str, function: str = "run") -> Command:
    """Return a command whose file, and all that it needs, is imported when it runs."""

    def command(options: argparse.Namespace, text: Text) -> int:
        found: Command = getattr(import_module(f"tutor.commands.{module}"), function)
        return found(options, text)

    return command


def _open_app(options: argparse.Namespace, text: Text) -> int:
    from tutor.commands.record import open_store

    course = _own_course(options.course, text)
    with open_store(options.data, text) as store:
        if options.plain:
            from tutor.plain.course import open_plain

            spoken = Text(options.lang or store.settings().language or text.language)
            open_plain(store, spoken, course=course)
            return DONE
        from tutor.ui.terminal import open_app

        return open_app(
            store,
            language=options.lang,
            ascii_only=options.ascii,
            text=text,
            course=course,
        )


def _own_course(given: str | None, text: Text) -> Path | None:
    if given is None:
        return None
    from tutor.course.loader import holds_lessons, is_lesson

    course = Path(given)
    if not course.is_dir():
        raise InputError(text("cli.fault.no_folder", folder=given))
    if is_lesson(course):
        raise InputError(text("cli.fault.one_lesson", folder=given))
    if not holds_lessons(course):
        raise InputError(text("cli.fault.no_course", folder=given))
    return course
