"""What can be wrong with a lesson, and where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FaultCode(StrEnum):
    """Every kind of fault; its sentence is `course.fault.<value>`."""

    # Folders and files
    NO_LESSONS = "no_lessons"
    ONE_LESSON = "one_lesson"
    FOLDER_NAME = "folder_name"
    DUPLICATE_NUMBER = "duplicate_number"
    DUPLICATE_SLUG = "duplicate_slug"
    MISSING_FILE = "missing_file"
    MISSING_LANGUAGE = "missing_language"
    EXTRA_FILE = "extra_file"
    UNREADABLE_FILE = "unreadable_file"
    LINK_OUTSIDE = "link_outside"
    TOO_LARGE = "too_large"
    LONG_LINE = "long_line"
    NOT_UTF8 = "not_utf8"
    CONTROL_CHARACTER = "control_character"
    LONG_KEY = "long_key"
    DEEP_NESTING = "deep_nesting"
    TOML_SYNTAX = "toml_syntax"
    # Keys and values
    UNKNOWN_KEY = "unknown_key"
    MISSING_KEY = "missing_key"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    NOT_ONE_OF = "not_one_of"
    MALFORMED = "malformed"
    TOO_MANY = "too_many"
    TOO_FEW = "too_few"
    NOT_A_NUMBER = "not_a_number"
    INFINITE_NUMBER = "infinite_number"
    ARRAY_SHAPE = "array_shape"
    TWO_REASONS = "two_reasons"
    DUPLICATE_STEP = "duplicate_step"
    DUPLICATE_OPTION = "duplicate_option"
    UNKNOWN_LESSON = "unknown_lesson"
    LATER_LESSON = "later_lesson"
    # Headings
    MISSING_TITLE = "missing_title"
    SECOND_TITLE = "second_title"
    MISSING_SECTION = "missing_section"
    UNKNOWN_SECTION = "unknown_section"
    DUPLICATE_SECTION = "duplicate_section"
    SECTION_ORDER = "section_order"
    EMPTY_SECTION = "empty_section"
    STRAY_PART = "stray_part"
    DEEP_HEADING = "deep_heading"
    OPEN_FENCE = "open_fence"
    # Formulas and graphs
    UNREADABLE_FORMULA = "unreadable_formula"
    BAD_NAME = "bad_name"
    NAME_CLASH = "name_clash"
    DEFINED_TWICE = "defined_twice"
    CYCLE = "cycle"
    SHAPES = "shapes"
    UPSTREAM_SHAPE = "upstream_shape"
    NOT_FINITE = "not_finite"
    GRAPH_NEEDED = "graph_needed"
    UNKNOWN_QUANTITY = "unknown_quantity"
    GIVEN_QUANTITY = "given_quantity"
    NOT_DRAWN = "not_drawn"
    SHOWN_ANSWER = "shown_answer"
    REPEATED_QUANTITY = "repeated_quantity"
    FEW_NODES = "few_nodes"
    GRADIENT_UNCONFIRMED = "gradient_unconfirmed"
    # Choices and mistakes
    NOT_A_COMPARISON = "not_a_comparison"
    UNKNOWN_NODE_KIND = "unknown_node_kind"
    KEPT_OPTION = "kept_option"
    NO_RIGHT_OPTION = "no_right_option"
    SEVERAL_RIGHT_OPTIONS = "several_right_options"
    UNKNOWN_MISCONCEPTION = "unknown_misconception"
    MISTAKE_WITHOUT_RULE = "mistake_without_rule"
    UNKNOWN_SKILL = "unknown_skill"
    MISTAKE_DOES_NOT_APPLY = "mistake_does_not_apply"
    MISTAKE_GIVES_ANSWER = "mistake_gives_answer"
    MISTAKES_COINCIDE = "mistakes_coincide"
    # Kinds of step
    UNKNOWN_NAME = "unknown_name"
    NOT_A_SCALAR = "not_a_scalar"
    UNKNOWN_BIN = "unknown_bin"
    ONE_BIN = "one_bin"
    UNKNOWN_LINE = "unknown_line"
    LINE_CYCLE = "line_cycle"
    LEFT_OUT_NEEDS = "left_out_needs"
    FEW_LINES = "few_lines"
    SHOW_ORDER = "show_order"
    NOTHING_PLANTED = "nothing_planted"
    ONE_CODE_BLOCK = "one_code_block"
    CODE_LINE = "code_line"
    CODE_DIFFERS = "code_differs"
    TEACH_BACK = "teach_back"
    UNKNOWN_LAB = "unknown_lab"
    TRY_FIRST = "try_first"
    FADE_GROUP = "fade_group"
    # Labs
    REPEATED_ID = "repeated_id"
    IMPOSSIBLE_SETTING = "impossible_setting"
    ONE_RIGHT_REASON = "one_right_reason"
    OWN_SETTING = "own_setting"
    CLAIM_NEEDED = "claim_needed"
    IDEA_FITS_NOTHING = "idea_fits_nothing"
    # Prose
    UNBALANCED_BRACE = "unbalanced_brace"
    FIELD_NOT_ALLOWED = "field_not_allowed"
    FALSE_CLAIM = "false_claim"
    FIELDS_DIFFER = "fields_differ"
    NUMBERS_DIFFER = "numbers_differ"
    BARE_NUMBER = "bare_number"
    NUMBER_NOT_ALLOWED = "number_not_allowed"
    ANSWER_IN_HINT = "answer_in_hint"
    # The course as a whole
    UNKNOWN_ROW = "unknown_row"
    UNCOVERED_ROW = "uncovered_row"
    HARD_TO_READ = "hard_to_read"
    LONG_SENTENCE = "long_sentence"
    OTHER_TERM = "other_term"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the file (from the course folder, with `/`), the line from 1, what it is, and its details.

    `data` fills the fields of the sentence. For `unreadable_formula`, `reason` is a code of the formula
    reader and `details` is what that reader's own sentence is told. For a name that is not known, `near` is
    the valid one that is most like it, where there is one.
    """

    file: str
    line: int
    code: FaultCode
    data: Mapping[str, object] = field(default_factory=dict)


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> dict[str, str]:
    """Return the detail `near` of a fault about a name that is not known; nothing where none is like it."""
    from difflib import get_close_matches  # a course without faults is listed without it

    near = get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return {"near": near[0]} if near else {}


class LessonError(Exception):
    """A lesson or a course that cannot be used; `faults` says why, in order of file and line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = in_order(faults)
        first = self.faults[0]
        super().__init__(f"{first.file}:{first.line}: {first.code.value} ({len(self.faults)} in all)")


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return the faults by file and line, each once."""
    ordered = sorted(faults, key=lambda fault: (fault.file, fault.line, fault.code, repr(fault.data)))
    kept: list[Fault] = []
    for fault in ordered:
        if fault not in kept[-1:]:
            kept.append(fault)
    return tuple(kept)
