"""The commands, and the only place where the parts are put together."""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from tutor import __version__
from tutor.text import LANGUAGES, Text, default_language

if TYPE_CHECKING:
    from tutor.engine.formulas import ReadingError
    from tutor.engine.graph import GraphError
    from tutor.student.store import Store
    from tutor.tutoring.grading import Mark, Marks

DONE, AT_FAULT, USAGE, INTERRUPTED = 0, 1, 2, 130


class InputError(Exception):
    """What the user gave is at fault; the message, in their language, says where."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; no traceback ever reaches the user."""
    _make_output_safe()
    options = _parser(_early_language(arguments)).parse_args(arguments)
    text = Text(options.lang or default_language())
    command: Callable[[argparse.Namespace, Text], int] = options.command
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


def _make_output_safe() -> None:
    for stream in (sys.stdout, sys.stderr, sys.__stderr__):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _early_language(arguments: Sequence[str]) -> str:
    """Return the language for help and usage, before the arguments are parsed."""
    for option, value in zip(arguments, [*arguments[1:], ""], strict=True):
        wish = option.removeprefix("--lang=") if option.startswith("--lang=") else value
        if option.startswith("--lang") and wish in LANGUAGES:
            return wish
    return default_language()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def _parser(language: str) -> argparse.ArgumentParser:
    text = Text(language)
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--lang", choices=list(LANGUAGES), help=text("cli.help.lang"))
    common.add_argument("--data", metavar="DIR", help=text("cli.help.data"))
    common.add_argument("--ascii", action="store_true", help=text("cli.help.ascii"))
    parser = _Parser(prog="tutor", description=text("cli.help.tutor"), parents=[common])
    parser.add_argument("--version", action="version", version=f"tutor {__version__}")
    parser.set_defaults(command=_open_app, lang=None, data=None, ascii=False)
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=_Parser)

    graph = commands.add_parser("graph", parents=[common], help=text("cli.help.graph"))
    graph.add_argument("formula", help=text("cli.help.formula"))
    graph.add_argument("values", nargs="*", metavar="NAME=VALUE", help=text("cli.help.values"))
    graph.add_argument("--upstream", default="1", metavar="VALUE", help=text("cli.help.upstream"))
    graph.add_argument("--json", action="store_true", help=text("cli.help.json"))
    graph.set_defaults(command=_graph)

    grade = commands.add_parser("grade", parents=[common], help=text("cli.help.grade"))
    grade.add_argument("files", nargs="+", metavar="FILE.toml", help=text("cli.help.grade_file"))
    grade.add_argument("--json", action="store_true", help=text("cli.help.json_files"))
    grade.set_defaults(command=_grade)

    train = commands.add_parser("train", parents=[common], help=text("cli.help.train"))
    train.add_argument("file", nargs="?", metavar="FILE.toml", help=text("cli.help.train_file"))
    train.add_argument("--preset", metavar="NAME", help=text("cli.help.preset"))
    train.add_argument("--steps", type=int, metavar="N", help=text("cli.help.steps"))
    train.add_argument("--json", action="store_true", help=text("cli.help.json_lines"))
    train.add_argument("--quiet", action="store_true", help=text("cli.help.quiet"))
    train.set_defaults(command=_train)

    lessons = commands.add_parser("lessons", help=text("cli.help.lessons"))
    actions = lessons.add_subparsers(metavar="ACTION", required=True, parser_class=_Parser)
    check = actions.add_parser("check", parents=[common], help=text("cli.help.check"))
    check.add_argument("folder", nargs="?", metavar="DIR", help=text("cli.help.folder"))
    check.set_defaults(command=_check_lessons)

    progress = commands.add_parser("progress", parents=[common], help=text("cli.help.progress"))
    progress.add_argument("--json", action="store_true", help=text("cli.help.json"))
    progress.set_defaults(command=_progress)
    return parser


# -- graph -----------------------------------------------------------------------------------------------


def _graph(options: argparse.Namespace, text: Text) -> int:
    from tutor.engine.graph import GraphError

    try:
        graph = _read_graph(options, text)
        graph.forward()
        graph.backward(_read_upstream(options.upstream, text))
    except GraphError as error:
        raise InputError(graph_sentence(error, text)) from error
    if options.json:
        print(json.dumps(_graph_as_json(graph), ensure_ascii=False))
        return DONE
    from tutor.ui.graph_picture import Shown, draw

    width = shutil.get_terminal_size().columns
    picture = draw(graph, Shown(), ascii_only=options.ascii or not _writes_unicode(), max_width=width)
    print("\n".join(picture.plain()))
    return DONE


def _read_graph(options: argparse.Namespace, text: Text) -> Any:
    from tutor.engine.formulas import ReadingError, read_statements, read_value
    from tutor.engine.graph import Graph

    inputs = {}
    for given in options.values:
        name, sign, written = given.partition("=")
        if not sign or not name.strip():
            raise InputError(text("cli.fault.not_an_assignment", given=given))
        try:
            inputs[name.strip()] = read_value(written)
        except ReadingError as error:
            raise InputError(reading_sentence(error, written, text, about=f"{name.strip()}: ")) from error
    try:
        statements = read_statements(options.formula, names=tuple(inputs))
    except ReadingError as error:
        raise InputError(reading_sentence(error, options.formula, text)) from error
    return Graph.from_statements(statements, inputs)


def _read_upstream(written: str, text: Text) -> Any:
    from tutor.engine.formulas import ReadingError, read_value

    try:
        return read_value(written)
    except ReadingError as error:
        raise InputError(reading_sentence(error, written, text, about="--upstream: ")) from error


def _graph_as_json(graph: Any) -> dict[str, Any]:
    names = graph.names
    return {
        "values": {name: as_json(graph.value(name)) for name in names},
        "gradients": {name: as_json(graph.gradient(name)) for name in names},
        "output": next(name for name in reversed(names) if names[name] == graph.output),
    }


def as_json(value: Any) -> Any:
    """Return numbers and arrays as JSON can hold them: nested lists, and null for NaN and infinity."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list):
        return [as_json(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value + 0.0 if isinstance(value, float) else value


def reading_sentence(error: ReadingError, written: str, text: Text, *, about: str = "") -> str:
    """Return why a formula cannot be read, with the formula and a mark under the place."""
    from rich.cells import cell_len

    reason = text(f"reading.{error.code}", **error.fields)
    line = " ".join(written.splitlines())
    indent = " " * cell_len(line[: error.column - 1])
    return f"{about}{reason}\n  {line}\n  {indent}^"


def graph_sentence(error: GraphError, text: Text) -> str:
    """Return why statements make no graph."""
    return text(f"graph.{error.code}", subject=error.subject, detail=error.detail)


def _writes_unicode() -> bool:
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower()
    with suppress(LookupError, UnicodeEncodeError):
        "─▶╭".encode(encoding)
        return True
    return False


# -- grade -----------------------------------------------------------------------------------------------


def _grade(options: argparse.Namespace, text: Text) -> int:
    failed = False
    for name in options.files:
        try:
            marks = _marks(name, text)
        except InputError as fault:
            failed = True
            print(f"tutor: {fault}", file=sys.stderr)
            if options.json:
                print(json.dumps({"error": str(fault)}, ensure_ascii=False))
            continue
        if options.json:
            print(json.dumps(_marks_as_json(marks), ensure_ascii=False))
        else:
            _print_marks(name, marks, text, titled=len(options.files) > 1)
    return AT_FAULT if failed else DONE


def _marks(name: str, text: Text) -> Marks:
    from tutor.course.faults import LessonError
    from tutor.course.files import read_text
    from tutor.engine.formulas import ReadingError
    from tutor.engine.graph import GraphError
    from tutor.tutoring.grading import GradeFileError, grade, read_grade_file

    try:
        return grade(read_grade_file(read_text(Path(name), name), name))
    except LessonError as error:
        fault = error.faults[0]
        reason = text(f"course.fault.{fault.code}", **fault.data)
        raise InputError(f"{fault.file}:{fault.line}: {reason}") from error
    except GradeFileError as error:
        reason = text(f"grade.fault.{error.code}", key=error.key, detail=error.detail)
        raise InputError(f"{name}: {reason}") from error
    except ReadingError as error:
        raise InputError(f"{name}: nodes: {text(f'reading.{error.code}', **error.fields)}") from error
    except GraphError as error:
        raise InputError(f"{name}: nodes: {graph_sentence(error, text)}") from error


def _marks_as_json(marks: Marks) -> dict[str, Any]:
    from tutor.tutoring.grading import outcome_name

    def part(found: Mapping[str, Mark]) -> dict[str, Any]:
        return {
            name: {
                "outcome": outcome_name(mark.verdict.outcome),
                "misconceptions": list(mark.verdict.misconceptions),
                "follows": mark.verdict.follows,
                "expected": as_json(mark.expected),
            }
            for name, mark in found.items()
        }

    return {"answers": part(marks.answers)} | ({"forward": part(marks.forward)} if marks.forward else {})


def _print_marks(name: str, marks: Marks, text: Text, *, titled: bool) -> None:
    if titled:
        print(f"{name}:")
    labelled = [*marks.forward.items(), *((f"d{key}", mark) for key, mark in marks.answers.items())]
    for label, mark in labelled:
        verdict = mark.verdict
        outcome = "follows" if verdict.follows else verdict.outcome.value
        print(f"{label} = {verdict.typed or '—'}  {text(f'grade.{outcome}')}")
        if verdict.refusal:
            print(f"    {text(f'reading.{verdict.refusal.code}', **verdict.refusal.fields)}")
        if verdict.diagnosis:
            print(f"    {text(f'misconceptions.{verdict.diagnosis}.looks_like')}")
            print(f"    {text(f'misconceptions.{verdict.diagnosis}.principle')}")
        for id_ in () if verdict.diagnosis else verdict.misconceptions:
            print(f"    {text('grade.or', sentence=text(f'misconceptions.{id_}.looks_like'))}")


# -- train -----------------------------------------------------------------------------------------------


def _train(options: argparse.Namespace, text: Text) -> int:
    raise NotImplementedError


# -- lessons ---------------------------------------------------------------------------------------------


def _check_lessons(options: argparse.Namespace, text: Text) -> int:
    from tutor.course.checker import check_course
    from tutor.course.loader import course_folder

    folder = Path(options.folder) if options.folder else course_folder()
    if not folder.is_dir():
        raise InputError(text("cli.fault.no_folder", folder=folder))
    faults = check_course(folder)
    for fault in faults:
        print(f"{fault.file}:{fault.line}: {text(f'course.fault.{fault.code}', **fault.data)}")
    if faults:
        print(text("cli.check.faults", count=len(faults)), file=sys.stderr)
        return AT_FAULT
    print(text("cli.check.proved", folder=folder))
    return DONE


# -- progress --------------------------------------------------------------------------------------------


def _progress(options: argparse.Namespace, text: Text) -> int:
    from tutor.course.loader import course_folder, outlines
    from tutor.student.progress import Progress

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


def open_store(folder: str | None, text: Text) -> Store:
    """Open the learner's record; where that cannot be, say so and go on in memory."""
    from tutor.student.faults import StoreError
    from tutor.student.locations import data_folder
    from tutor.student.store import Store

    try:
        store = Store.open(data_folder(folder))
    except StoreError as error:
        print(f"tutor: {text(f'student.fault.{error.fault.value}', path=error.path or '')}", file=sys.stderr)
        return Store.open(None)
    if store.notice:
        where = store.notice.set_aside or ""
        print(f"tutor: {text(f'student.notice.{store.notice.kind.value}', path=where)}", file=sys.stderr)
    return store


# -- app -------------------------------------------------------------------------------------------------


def _open_app(options: argparse.Namespace, text: Text) -> int:
    from tutor.ui.terminal import open_app

    with open_store(options.data, text) as store:
        return open_app(store, language=options.lang, ascii_only=options.ascii, text=text)
