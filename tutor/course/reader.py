"""From the folder of a lesson to its steps and prose, noting every fault of form on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tutor.course.faults import Fault, FaultCode, LessonError, nearest
from tutor.course.files import FOLDER_NAME, TOML, read_table, read_text
from tutor.course.model import ENTRY_MODELS, STEP_MODELS, Header, Lesson, Prose, Step, required_parts
from tutor.course.prose import KEEP, LANGUAGES, Document, Section, read_document
from tutor.course.toml_lines import TomlLines


@dataclass(slots=True)
class LessonFiles:
    """Everything that could be read of one lesson, or of a lab, and the faults found so far.

    `steps` holds the well-formed steps by their place in lesson.toml; `ids` every id, well-formed or not.
    """

    folder: str
    header: Header | None = None
    table: Mapping[str, Any] = field(default_factory=dict)
    steps: dict[int, Step] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    documents: dict[str, Document] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    lines: TomlLines = field(default_factory=lambda: TomlLines(""))
    table_name: str = TOML

    @property
    def toml(self) -> str:
        """How faults call lesson.toml, lab.toml, or a list of the whole course, which has no folder."""
        return f"{self.folder}/{self.table_name}" if self.folder else self.table_name

    def prose(self, language: str) -> str:
        """How faults call the prose of a language."""
        return f"{self.folder}/{language}.md"

    def fault(self, path: Sequence[str | int], code: FaultCode, /, **data: object) -> None:
        """Note a fault of lesson.toml at the line of a key."""
        self.faults.append(Fault(self.toml, self.lines.line(*path), code, data))

    def prose_fault(self, language: str, line: int, code: FaultCode, /, **data: object) -> None:
        """Note a fault of the prose."""
        self.faults.append(Fault(self.prose(language), line, code, data))


def read_lesson(folder: Path) -> LessonFiles:
    """Read the three files of a lesson; never raises, whatever they hold."""
    files = LessonFiles(folder.name)
    if not FOLDER_NAME.fullmatch(folder.name):
        files.fault((), FaultCode.FOLDER_NAME, name=folder.name)
    note_strangers(folder, files)
    if read_toml(folder, files):
        _read_header_and_steps(files)
    for language in LANGUAGES:
        _read_prose(folder, language, files)
    return files


def assemble(files: LessonFiles) -> Lesson:
    """Return the lesson of files that are free of faults."""
    if files.faults or files.header is None:
        raise LessonError(files.faults)
    match = FOLDER_NAME.fullmatch(files.folder)
    number, slug = match.groups() if match else ("0", files.folder)
    return Lesson(
        slug=slug,
        number=int(number),
        title={language: files.documents[language].title.name for language in LANGUAGES},
        intro={language: files.documents[language].title.text for language in LANGUAGES},
        keep={language: _keep(files.documents[language]) for language in LANGUAGES},
        minutes=files.header.minutes,
        needs=files.header.needs,
        steps=tuple(_with_prose(step, files) for _, step in sorted(files.steps.items())),
    )


def _keep(document: Document) -> str:
    section = document.section(KEEP)
    return section.text if section else ""


def _with_prose(step: Step, files: LessonFiles) -> Step:
    prose = {}
    for language, document in files.documents.items():
        if section := document.section(step.id):
            prose[language] = Prose(section.text, {part.name: part.text for part in section.parts})
    return step.model_copy(update={"prose": prose})


# -- folder ----------------------------------------------------------------------------------------------


def note_strangers(folder: Path, files: LessonFiles) -> None:
    """Note every file that has no place in the folder of a lesson, or of a lab."""
    expected = {files.table_name, *(f"{language}.md" for language in LANGUAGES)}
    try:
        present = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError:
        files.fault((), FaultCode.UNREADABLE_FILE)
        return
    for name in present:
        if name not in expected:
            files.faults.append(Fault(f"{files.folder}/{name}", 1, FaultCode.EXTRA_FILE, {"name": name}))


# -- lesson.toml -----------------------------------------------------------------------------------------


def read_toml(folder: Path, files: LessonFiles) -> bool:
    """Read lesson.toml, or lab.toml, into `files.table`, noting why it cannot be; return whether it could."""
    try:
        text = read_text(folder / files.table_name, files.toml)
        table = read_table(text, files.toml)
        files.lines = TomlLines(text)
        files.table = _frozen(table)
    except LessonError as error:
        files.faults += error.faults
        return False
    except RecursionError:
        files.fault((), FaultCode.DEEP_NESTING, limit=0)
        return False
    return True


def _read_header_and_steps(files: LessonFiles) -> None:
    _read_header(files)
    steps = files.table.get("steps")
    for index, raw in enumerate(steps if isinstance(steps, tuple) else ()):
        _read_step(index, raw, files)
    for index, step_id in enumerate(files.ids):
        if step_id and step_id in files.ids[:index]:
            files.fault(("steps", index, "id"), FaultCode.DUPLICATE_STEP, name=step_id)


def _frozen(value: Any) -> Any:
    """Return TOML data with tuples for lists: the models are strict and do not take one for the other."""
    if isinstance(value, list):
        return tuple([_frozen(entry) for entry in value])
    if isinstance(value, dict):
        return {key: _frozen(entry) for key, entry in value.items()}
    return value


def _read_header(files: LessonFiles) -> None:
    try:
        files.header = Header.model_validate(files.table)
    except ValidationError as error:
        for details in error.errors(include_url=False, include_context=True):
            note_invalid(files, (), details, model_keys(Header))


def _read_step(index: int, raw: Any, files: LessonFiles) -> None:
    path = ("steps", index)
    if not isinstance(raw, dict):
        files.ids.append("")
        files.fault(path, FaultCode.WRONG_TYPE, key=f"steps[{index}]", expected="table")
        return
    step_id = raw.get("id")
    files.ids.append(step_id if isinstance(step_id, str) else "")
    kind = raw.get("kind")
    if not isinstance(kind, str) or kind not in STEP_MODELS:
        if "kind" in raw:
            choices = ", ".join(STEP_MODELS)
            files.fault(
                (*path, "kind"), FaultCode.NOT_ONE_OF, key="kind", value=_shown(kind), choices=choices
            )
        else:
            files.fault(path, FaultCode.MISSING_KEY, key="kind")
        return
    model = STEP_MODELS[kind]
    own = {key: value for key, value in raw.items() if key != "prose"}
    if len(own) < len(raw):
        files.fault((*path, "prose"), FaultCode.UNKNOWN_KEY, key="prose")
    try:
        step: Any = model.model_validate(own)
    except ValidationError as error:
        for details in error.errors(include_url=False, include_context=True):
            keys = model_keys(ENTRY_MODELS.get(str(details["loc"][0]), model))
            note_invalid(files, path, details, keys)
        return
    files.steps[index] = step


def model_keys(model: type[Any]) -> list[str]:
    """Return the keys that a table of this model may have."""
    return [info.alias or name for name, info in model.model_fields.items() if name != "prose"]


_TYPES = {
    "string_type": "string",
    "int_type": "integer",
    "bool_type": "boolean",
    "tuple_type": "array",
    "dict_type": "table",
    "model_type": "table",
    "model_attributes_type": "table",
}
_CUSTOM = {code.value: code for code in FaultCode}


def note_invalid(
    files: LessonFiles, base: tuple[str | int, ...], details: ErrorDetails, keys: Iterable[str]
) -> None:
    """Note what pydantic found at one place."""
    kind, context = details["type"], details.get("ctx", {})
    # Inside a table of inputs pydantic marks a bad key with the word [key].
    path = (*base, *(part for part in details["loc"] if part != "[key]"))
    key = next((str(part) for part in reversed(details["loc"]) if isinstance(part, str)), "")
    if kind == "extra_forbidden":
        files.fault(path, FaultCode.UNKNOWN_KEY, key=_shown(key), **nearest(key, keys))
    elif kind == "missing":
        files.fault(path, FaultCode.MISSING_KEY, key=key)
    elif kind in _TYPES:
        files.fault(path, FaultCode.WRONG_TYPE, key=_shown(key), expected=_TYPES[kind])
    elif kind == "literal_error":
        choices = str(context.get("expected", "")).replace("'", "")
        value = _shown(details["input"])
        files.fault(path, FaultCode.NOT_ONE_OF, key=key, value=value, choices=choices)
    elif kind in ("greater_than_equal", "less_than_equal"):
        bound = next(iter(context.values()), "")
        files.fault(path, FaultCode.OUT_OF_RANGE, key=key, value=_shown(details["input"]), limit=bound)
    elif kind in ("too_long", "string_too_long"):
        files.fault(path, FaultCode.TOO_MANY, key=key, limit=context.get("max_length", ""))
    elif kind in ("too_short", "string_too_short"):
        files.fault(path, FaultCode.TOO_FEW, key=key, limit=context.get("min_length", ""))
    elif kind in _CUSTOM:
        files.fault(path, _CUSTOM[kind], key=_shown(key))
    else:
        files.fault(path, FaultCode.MALFORMED, key=_shown(key), value=_shown(details["input"]))


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 40 else text[:39] + "…"


# -- prose -----------------------------------------------------------------------------------------------


def _read_prose(folder: Path, language: str, files: LessonFiles) -> None:
    document = read_prose(folder, language, files)
    if document is not None and files.table:
        sections: dict[str, Sequence[str] | None] = {step_id: None for step_id in files.ids if step_id}
        sections |= {step.id: required_parts(step) for step in files.steps.values()}
        Headings(files, language, document, sections).check()


def read_prose(folder: Path, language: str, files: LessonFiles) -> Document | None:
    """Read the prose of one language into `files.documents`, noting the faults of the text itself."""
    name = files.prose(language)
    try:
        document, faults = read_document(read_text(folder / f"{language}.md", name), name)
    except LessonError as error:
        for fault in error.faults:
            missing = fault.code is FaultCode.MISSING_FILE
            code = FaultCode.MISSING_LANGUAGE if missing else fault.code
            data = {"language": language} if missing else fault.data
            files.faults.append(Fault(fault.file, fault.line, code, data))
        return None
    files.documents[language] = document
    files.faults += faults
    return document


@dataclass(frozen=True)
class Headings:
    """Compares the headings of one language with those that both languages have to have.

    `sections` names them in order with the parts of each, None where nothing is known of its parts.
    """

    files: LessonFiles
    language: str
    document: Document
    sections: Mapping[str, Sequence[str] | None]

    @cached_property
    def _expected(self) -> list[str]:
        return [*self.sections, KEEP]

    def check(self) -> None:
        """Note every heading that is missing, unknown, repeated or out of order, and every empty text."""
        self._check_text(self.document.title)
        self._check_level(self.document.sections, self._expected, self.document.last_line)
        self._check_order()
        for section in self.document.sections:
            required = () if section.name == KEEP else self.sections.get(section.name)
            if required is not None:
                self._check_level(section.parts, required, section.line)
            for piece in (section, *section.parts):
                self._check_text(piece)

    def _note(self, line: int, code: FaultCode, **data: object) -> None:
        self.files.prose_fault(self.language, line, code, **data)

    def _check_text(self, section: Section) -> None:
        if section.name and not section.text.strip():
            self._note(section.line, FaultCode.EMPTY_SECTION, name=_shown(section.name))

    def _check_level(self, found: Sequence[Section], expected: Iterable[str], line: int) -> None:
        expected = list(expected)
        names = [section.name for section in found]
        for name in expected:
            if name not in names:
                self._note(line, FaultCode.MISSING_SECTION, name=name)
        for index, section in enumerate(found):
            if section.name in names[:index]:
                self._note(section.line, FaultCode.DUPLICATE_SECTION, name=section.name)
            elif section.name not in expected:
                free = [name for name in expected if name not in names]
                near = nearest(section.name, free)
                self._note(section.line, FaultCode.UNKNOWN_SECTION, name=_shown(section.name), **near)

    def _check_order(self) -> None:
        known = [section for section in self._unique() if section.name in self._expected]
        present = {section.name for section in known}
        wanted = [name for name in self._expected if name in present]
        for section, name in zip(known, wanted, strict=True):
            if section.name != name:
                self._note(section.line, FaultCode.SECTION_ORDER, name=section.name, expected=name)
                return

    def _unique(self) -> Iterator[Section]:
        seen: set[str] = set()
        for section in self.document.sections:
            if section.name not in seen:
                seen.add(section.name)
                yield section
