"""A whole course: its coverage list, the terms of its glossary, and how hard its prose is to read."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tutor.course.checker import check_course
from tutor.course.coverage import read_coverage
from tutor.course.faults import FaultCode
from tutor.course.glossary import read_glossary
from tutor.course.loader import course_folder
from tutor.course.readability import english_grade, sentences, syllable_count

COURSE = Path(__file__).parent / "data" / "course"
GLOSSARY = """
[style]
english_grade = 9
korean_characters = 40

[[terms]]
en = "chain rule"
ko = "연쇄 법칙"
avoid = ["체인 룰"]
"""
COVERAGE = """
complete = true

[[rows]]
id = "S0-20"

[[rows]]
id = "S0-07"
reason = "navigation"

[[rows]]
id = "S9-99"
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return Path(shutil.copytree(COURSE, tmp_path / "course"))


def write(course: Path, file: str, old: str, new: str) -> int:
    """Put a text in the place of another, and return its line."""
    path = course / file
    text = path.read_text("utf-8").replace(old, new, 1)
    path.write_text(text, "utf-8")
    return text.count("\n", 0, text.index(new)) + 1


def found(course: Path) -> list[tuple[str, int, FaultCode]]:
    return [(fault.file, fault.line, fault.code) for fault in check_course(course)]


def test_a_row_that_no_step_covers_is_found_once_the_course_is_complete(course: Path) -> None:
    (course / "coverage.toml").write_text(COVERAGE, "utf-8")
    assert found(course) == [("coverage.toml", 12, FaultCode.UNCOVERED_ROW)]
    (course / "coverage.toml").write_text(COVERAGE.replace("true", "false"), "utf-8")
    assert found(course) == []


def test_an_unknown_row_is_told_the_nearest_one(course: Path) -> None:
    (course / "coverage.toml").write_text(COVERAGE.replace("true", "false"), "utf-8")
    line = write(course, "01-products/lesson.toml", '"S0-20"', '"S0-21"')
    (fault,) = check_course(course)
    assert (fault.line, fault.code, fault.data["near"]) == (line, FaultCode.UNKNOWN_ROW, "S0-20")


def test_a_course_without_lists_of_its_own_is_not_held_to_any(course: Path) -> None:
    write(course, "01-products/ko.md", "### why\n", "### why\n체인 룰은 " + "아주 " * 20 + "쉬워요. ")
    assert found(course) == []


def test_another_term_is_found_and_the_one_to_use_is_named(course: Path) -> None:
    (course / "glossary.toml").write_text(GLOSSARY, "utf-8")
    line = (
        write(course, "01-products/ko.md", "### why\n", "### why\n\n체인 룰이에요.\n연쇄 법칙(체인 룰).\n")
        + 2
    )
    (fault,) = check_course(course)
    assert (fault.line, fault.code, fault.data["instead"]) == (line, FaultCode.OTHER_TERM, "연쇄 법칙")


def test_a_long_korean_sentence_is_found(course: Path) -> None:
    (course / "glossary.toml").write_text(GLOSSARY, "utf-8")
    short, long = "가나다라마 " * 3 + "길어요. ", "가나다라마바사 " * 5 + "길어요. "
    line = write(course, "01-products/ko.md", "### why\n", f"### why\n\n{short}\n{long}\n") + 3
    assert found(course) == [("01-products/ko.md", line, FaultCode.LONG_SENTENCE)]


def test_a_step_that_is_hard_to_read_is_found(course: Path) -> None:
    (course / "glossary.toml").write_text(GLOSSARY, "utf-8")
    hard = "Differentiation necessitates considerable computational infrastructure, notwithstanding " * 8
    write(course, "01-products/en.md", "### why\n", f"### why\n\n{hard}.\n")
    assert [code for _, _, code in found(course)] == [FaultCode.HARD_TO_READ]


@pytest.mark.parametrize("name", ["glossary.toml", "coverage.toml"])
def test_a_list_that_is_no_toml_is_a_fault_like_any_other(course: Path, name: str) -> None:
    (course / name).write_text("[[terms]\n", "utf-8")
    assert found(course) == [(name, 1, FaultCode.TOML_SYNTAX)]


@pytest.mark.parametrize(
    ("name", "text", "faults"),
    [
        ("glossary.toml", 'style = 3\nterms = "x"\n', {1: FaultCode.WRONG_TYPE, 2: FaultCode.WRONG_TYPE}),
        ("glossary.toml", "[style]\nenglish_grad = 9\n", {2: FaultCode.UNKNOWN_KEY}),
        (
            "glossary.toml",
            '[[terms]]\nen = "x"\nko = 3\navoid = 4\n',
            {3: FaultCode.WRONG_TYPE, 4: FaultCode.WRONG_TYPE},
        ),
        ("glossary.toml", '[[terms]]\nen = "x"\nko = "y"\navoid = ["(((", "[a"]\n', {}),
        ("glossary.toml", '[[terms]]\nen = "x"\nko = "y"\navoid = [""]\n', {4: FaultCode.TOO_FEW}),
        ("coverage.toml", "rows = 3\n", {1: FaultCode.WRONG_TYPE}),
        (
            "coverage.toml",
            "complete = 4\n[[rows]]\nid = 'a'\nreasn = 'b'\n",
            {1: FaultCode.WRONG_TYPE, 4: FaultCode.UNKNOWN_KEY},
        ),
    ],
)
def test_odd_lists_are_faults_with_their_lines(
    course: Path, name: str, text: str, faults: Mapping[int, FaultCode]
) -> None:
    (course / name).write_text(text, "utf-8")
    assert {line: code for file, line, code in found(course) if file == name} == faults


def test_the_grade_follows_words_and_sentences() -> None:
    easy = "The cat sat on the mat and the dog ran to it. " * 5
    assert english_grade(easy) is not None
    assert (english_grade(easy) or 99) < 3
    assert english_grade("Too short to tell.") is None


@pytest.mark.parametrize(
    ("word", "count"), [("one", 1), ("little", 2), ("gradient", 3), ("moved", 1), ("added", 2)]
)
def test_syllables(word: str, count: int) -> None:
    assert abs(syllable_count(word) - count) <= (word == "gradient")


def test_sentences_end_at_stops_paragraphs_and_items() -> None:
    text = "One. Two `a.b` {x * 0.5} goes on\nhere! Three?\n\n- four\n- five"
    assert [sentence for _, sentence in sentences(text)] == [
        "One.", "Two `a.b` {x * 0.5} goes on\nhere!", "Three?", "- four", "- five",
    ]  # fmt: skip


# -- the course of the program ---------------------------------------------------------------------------


def test_the_lists_of_the_program_are_whole() -> None:
    coverage, glossary = read_coverage(course_folder()), read_glossary(course_folder())
    assert coverage is not None
    ids = [row.id for row in coverage.rows]
    assert len(ids) == len(set(ids)) == 134
    assert all(re.fullmatch(r"S[0-3]-\d\d", id_) for id_ in ids)
    assert sum(row.reason is not None for row in coverage.rows) == 7
    preferred = {term.ko for term in glossary.terms}
    assert not preferred & {form for term in glossary.terms for form in term.avoid}
