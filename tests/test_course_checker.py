"""The checker finds every kind of fault, in its file and on its line, and none where there is none."""

from __future__ import annotations

import shutil
import string
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tutor.commands.sentences import fault_sentence
from tutor.course.checker import check_course
from tutor.course.faults import Fault, FaultCode
from tutor.course.prose_proofs import bears_out
from tutor.engine.gradient_check import numerical_gradient
from tutor.engine.graph import Graph
from tutor.engine.nodes import Array
from tutor.text import Text

COURSE = Path(__file__).parent / "data" / "course"
LOCALE = Path(__file__).parent.parent / "tutor" / "locale"
TOML, EN, KO = "01-products/lesson.toml", "01-products/en.md", "01-products/ko.md"
TOML2, EN2, KO2 = "02-gates/lesson.toml", "02-gates/en.md", "02-gates/ko.md"
TOML3, EN3, KO3 = "03-forms/lesson.toml", "03-forms/en.md", "03-forms/ko.md"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return Path(shutil.copytree(COURSE, tmp_path / "course"))


def test_a_course_without_faults_has_none() -> None:
    assert check_course(COURSE) == ()


class Planted(NamedTuple):
    """One edit of the good course; the fault is expected on the line where `at` first stands after it."""

    file: str
    old: str
    new: str
    code: FaultCode
    at: str


C = FaultCode
LONG = "x" * 5000
PLANTED = [
    # Bytes and TOML
    Planted(TOML, "minutes = 10", "minutes = ", C.TOML_SYNTAX, "minutes ="),
    Planted(
        TOML, "review = true\n", "review = true\nreview = true\n", C.TOML_SYNTAX, "review = true\ncovers"
    ),
    Planted(TOML, "minutes = 10", f"# {LONG}\nminutes = 10", C.LONG_LINE, "# xxx"),
    Planted(EN, "Move `x` by 1", f"{LONG} Move `x` by 1", C.LONG_LINE, "xxx"),
    Planted(TOML, "minutes = 10", "minutes = 10\n" + ".".join("abcdefghij") + " = 1", C.LONG_KEY, "a.b.c"),
    Planted(TOML, "minutes = 10", f"minutes = {'[' * 13}{']' * 13}", C.DEEP_NESTING, "minutes"),
    Planted(EN, "Follow the bias", "Follow the \x1b[2Jbias", C.CONTROL_CHARACTER, "\x1b"),
    Planted(KO, "편향을", "편향\u202e을", C.CONTROL_CHARACTER, "\u202e"),
    # Keys and values of lesson.toml
    Planted(TOML, "minutes = 10", "minuts = 10", C.UNKNOWN_KEY, "minuts"),
    Planted(TOML, "minutes = 10", "", C.MISSING_KEY, "# A course"),
    Planted(TOML, "minutes = 10", "minutes = 10\nzzz = 1", C.UNKNOWN_KEY, "zzz"),
    Planted(TOML, "minutes = 10", "minutes = 90", C.OUT_OF_RANGE, "minutes"),
    Planted(TOML, "minutes = 10", 'minutes = "10"', C.WRONG_TYPE, "minutes"),
    Planted(TOML, "format = 1", "format = 2", C.NOT_ONE_OF, "format"),
    Planted(TOML, "review = true", "reviw = true", C.UNKNOWN_KEY, "reviw"),
    Planted(TOML, "review = true", 'review = true\nprose = "x"', C.UNKNOWN_KEY, "prose"),
    Planted(TOML, 'ask = ["dx", "dy"]', "", C.MISSING_KEY, '[[steps]]\nid = "product"'),
    Planted(TOML, 'skill = "neuron.forward"', 'skill = "a b"', C.MALFORMED, 'skill = "a b"'),
    Planted(TOML, 'id = "more", claim', 'id = "more", clam', C.UNKNOWN_KEY, "clam"),
    Planted(TOML, 'kind = "order"', 'kind = "oder"', C.NOT_ONE_OF, 'kind = "oder"'),
    Planted(TOML, 'kind = "order"\n', "", C.MISSING_KEY, '[[steps]]\nid = "order"'),
    Planted(TOML, 'pass = "forward"', 'pass = "sideways"', C.NOT_ONE_OF, "pass ="),
    Planted(TOML, 'show = ["z", "dx", "dy"]', "show = []", C.TOO_FEW, "show ="),
    Planted(TOML2, "x = [2, -1.5, 0.5, -3]", f"x = {[1] * 9}", C.ARRAY_SHAPE, "[1, 1,"),
    Planted(TOML2, "x = [2, -1.5, 0.5, -3]", "x = [[1], [2, 3]]", C.ARRAY_SHAPE, "[[1]"),
    Planted(TOML, "y = -4", 'y = "-4"', C.NOT_A_NUMBER, 'y = "-4"'),
    Planted(TOML, "y = -4", "y = true", C.NOT_A_NUMBER, "y = true"),
    Planted(TOML, "y = -4", "y = nan", C.INFINITE_NUMBER, "y = nan"),
    Planted(TOML, "y = -4", "y = 1e400", C.INFINITE_NUMBER, "y = 1e400"),
    Planted(
        TOML,
        'mistake = "mul_no_swap"',
        'mistake = "mul_no_swap", keeps = "mul"',
        C.TWO_REASONS,
        '{ id = "own"',
    ),
    Planted(
        TOML, 'id = "rule"', 'id = "bias"', C.DUPLICATE_STEP, 'id = "bias"\nkind = "choice"\nskill = "mul'
    ),
    Planted(
        TOML,
        '{ id = "less"',
        '{ id = "more"',
        C.DUPLICATE_OPTION,
        '{ id = "more", claim = "w * x + (b + 1) <',
    ),
    Planted(TOML2, 'needs = ["products"]', 'needs = ["sums"]', C.UNKNOWN_LESSON, "needs"),
    Planted(TOML, "minutes = 10", 'minutes = 10\nneeds = [\n"gates"]', C.LATER_LESSON, '"gates"'),
    # Headings
    Planted(EN, "# Products", "Products", C.MISSING_TITLE, "Products"),
    Planted(EN, "## rule", "# Another\n\n## rule", C.SECOND_TITLE, "# Another"),
    Planted(EN, "### hint 2\n\nMove", "Move", C.MISSING_SECTION, "## product"),
    Planted(KO, "### z\n", "", C.MISSING_SECTION, "## worked-product"),
    Planted(KO, "## order\n\n노드를 순서대로 놓아요.\n", "", C.MISSING_SECTION, "상대편 값에 상류의 기울기"),
    Planted(
        EN,
        "## keep\n\nThe other value, weighed by the upstream gradient.\n",
        "",
        C.MISSING_SECTION,
        "Any topological",
    ),
    Planted(EN, "## rule", "## rul", C.UNKNOWN_SECTION, "## rul"),
    Planted(KO, "### option own", "### option won", C.UNKNOWN_SECTION, "### option won"),
    Planted(EN2, "## kept", "## news\n\nNone.\n\n## kept", C.UNKNOWN_SECTION, "## news"),
    Planted(EN, "### option own", "### option other", C.DUPLICATE_SECTION, "### option other\n\nIts own"),
    Planted(
        EN2, "## keep\n\nAn open gate passes all, a shut one nothing.\n", "", C.MISSING_SECTION, "The sum {s}"
    ),
    Planted(KO2, "문이 닫혀서 `y` = {y}", "", C.EMPTY_SECTION, "## read"),
    Planted(EN, "Why a product hands each side the other value.", "", C.EMPTY_SECTION, "# Products"),
    Planted(EN, "Each side gets the other.", "\n  \n", C.EMPTY_SECTION, "### why\n\n\n"),
    Planted(EN, "Why a product", "### early\n\nWhy a product", C.STRAY_PART, "### early"),
    Planted(EN, "Forward: {x}", "#### deep\n\nForward: {x}", C.DEEP_HEADING, "#### deep"),
    Planted(EN, "Any topological order is right.", "Any.\n\n```\ncode", C.OPEN_FENCE, "```\ncode"),
    # Formulas and graphs
    Planted(TOML, '  "z = x * y",', '  "z = x * * y",', C.UNREADABLE_FORMULA, '"z = x * * y"'),
    Planted(TOML, '"b = a * x"', '"b = a * q"', C.UNREADABLE_FORMULA, '"b = a * q"'),
    Planted(
        TOML, 'claim = "w * x + (b + 1) < ', 'claim = "w * q + (b + 1) < ', C.UNREADABLE_FORMULA, "w * q"
    ),
    Planted(
        TOML2, 'quantity = "dx"\nmagnitude', 'quantity = "dq"\nmagnitude', C.UNREADABLE_FORMULA, "quantity"
    ),
    Planted(EN, "{z + 1}", "{z + }", C.UNREADABLE_FORMULA, "{z + }"),
    Planted(EN, "`dy` is {dy}.", "`dy` is\n{q}.", C.UNREADABLE_FORMULA, "{q}"),
    Planted(EN2, "{y}", "{y / 0}", C.UNREADABLE_FORMULA, "{y / 0}"),
    Planted(EN, "{upstream * y = 6.5}", "{upstream * y = six}", C.UNREADABLE_FORMULA, "= six}"),
    Planted(TOML, "y = -4", 'y = -4\n"a-b" = 1', C.BAD_NAME, '"a-b"'),
    Planted(TOML, "y = -4", "y = -4\nrelu = 1", C.BAD_NAME, "relu = 1"),
    Planted(TOML, "y = -4", "y = -4\nupstream = 1", C.NAME_CLASH, "upstream = 1\n"),
    Planted(TOML, "y = -4", "y = -4\ndx = 1", C.NAME_CLASH, "dx = 1"),
    Planted(TOML, '"c = relu(b)"', '"a = relu(b)"', C.DEFINED_TWICE, 'statements = ["a = x + y"'),
    Planted(TOML, '"a = x + y"', '"a = x + c"', C.CYCLE, 'statements = ["a = x + c"'),
    Planted(TOML, "x = 3\ny = -4", "x = [1, 2]\ny = [1, 2, 3]", C.SHAPES, '  "z = x * y"'),
    Planted(TOML, "upstream = 2.5", "upstream = [1, 2]", C.UPSTREAM_SHAPE, "upstream = [1, 2]"),
    Planted(
        TOML2,
        'statements = ["s = x + y", "z = relu(s)"]',
        'statements = ["s = x + y",\n"z = s / 0"]',
        C.NOT_FINITE,
        '"z = s / 0"',
    ),
    Planted(TOML, "several = false", "upstream = 1", C.GRAPH_NEEDED, "upstream = 1\n"),
    Planted(TOML, 'ask = ["dx", "dy"]', 'ask = ["dx", "dq"]', C.UNKNOWN_QUANTITY, '"dq"'),
    Planted(TOML, 'show = ["z", "dx", "dy"]', 'show = ["z", "dx", "upstream"]', C.UNKNOWN_QUANTITY, "show ="),
    Planted(TOML, 'ask = ["dx", "dy"]', 'ask = ["dx", "y"]', C.GIVEN_QUANTITY, 'ask = ["dx", "y"]'),
    Planted(
        TOML2,
        'ask = ["s", "z", "dx"]',
        'given = "values"\nask = ["s", "z", "dx"]',
        C.GIVEN_QUANTITY,
        "given =",
    ),
    Planted(
        TOML2,
        'statements = ["s = x + y", "z = relu(s)"]',
        'statements = ["s = x + y", "z = relu(y)"]',
        C.NOT_DRAWN,
        'ask = ["s", "z", "dx"]',
    ),
    Planted(TOML2, 'quantity = "dx"\nmagnitude', 'quantity = "y"\nmagnitude', C.SHOWN_ANSWER, "quantity ="),
    Planted(TOML, 'ask = ["dx", "dy"]', 'ask = ["dx", "dx"]', C.REPEATED_QUANTITY, 'ask = ["dx", "dx"]'),
    Planted(TOML2, 'known = ["ds"]', 'known = ["dx"]', C.REPEATED_QUANTITY, "known ="),
    Planted(
        TOML,
        'statements = ["a = x + y", "b = a * x", "c = relu(b)"]',
        'statements = ["a = x + y"]',
        C.FEW_NODES,
        'statements = ["a = x + y"]',
    ),
    Planted(TOML, "review = true", f"statments = {['z = x'] * 25}", C.UNKNOWN_KEY, "statments"),
    Planted(
        TOML,
        'statements = ["a = x + y", "b',
        f"statements = {['q = x'] * 25}\n#",
        C.TOO_MANY,
        "statements = ['q",
    ),
    Planted(
        TOML,
        '"a = x + y"',
        '"' + "; ".join(f"q{k} = x" for k in range(30)) + '; a = x + y"',
        C.TOO_MANY,
        "q29",
    ),
    Planted(TOML, "x = 3\ny = -4", "x = 1e300\ny = 1e300", C.NOT_FINITE, '  "z = x * y"'),
    Planted(TOML, "upstream = 2.5", "upstream = 1.7e308", C.NOT_FINITE, "x = 3"),
    # Choices and mistakes
    Planted(TOML, '(b + 1) < w * x + b"', '(b + 1)"', C.NOT_A_COMPARISON, '{ id = "less"'),
    Planted(
        TOML2,
        '{ id = "nothing", keeps = "mul" }',
        '{ id = "nothing", keeps = "mull" }',
        C.UNKNOWN_NODE_KIND,
        '"mull"',
    ),
    Planted(
        TOML2,
        '{ id = "nothing", keeps = "mul" }',
        '{ id = "nothink", keeps = "mul" }',
        C.KEPT_OPTION,
        '"nothink"',
    ),
    Planted(TOML, "(b + 1) > w", "(b + 1) < w", C.NO_RIGHT_OPTION, 'options = [\n  { id = "more"'),
    Planted(TOML, "(b + 1) < w", "(b + 1) > w", C.SEVERAL_RIGHT_OPTIONS, 'options = [\n  { id = "more"'),
    Planted(TOML, ', mistake = "mul_no_swap"', "", C.SEVERAL_RIGHT_OPTIONS, 'options = [\n  { id = "other"'),
    Planted(
        TOML, 'mistake = "mul_no_swap"', 'mistake = "mul_no_swp"', C.UNKNOWN_MISCONCEPTION, '"mul_no_swp"'
    ),
    Planted(
        TOML, 'mistakes = ["mul_no_swap"', 'mistakes = ["mul_no_swp"', C.UNKNOWN_MISCONCEPTION, '"mul_no_swp"'
    ),
    Planted(
        TOML, '"mul_no_swap", "no_upst', '"relu_inplace", "no_upst', C.MISTAKE_WITHOUT_RULE, '"relu_inplace"'
    ),
    Planted(TOML, 'skill = "mul.backward"', 'skill = "mul.backwrd"', C.UNKNOWN_SKILL, '"mul.backwrd"'),
    Planted(TOML, '"b = a * x"', '"b = ax"', C.UNREADABLE_FORMULA, '"b = ax"'),
    Planted(
        TOML,
        '"mul_no_swap", "no_upstream"]',
        '"mul_no_swap",\n"relu_pass"]',
        C.MISTAKE_DOES_NOT_APPLY,
        '"relu_pass"',
    ),
    Planted(TOML, "upstream = 2.5", "upstream = 1", C.MISTAKE_GIVES_ANSWER, "mistakes ="),
    Planted(TOML, "x = 3\ny = -4", "x = 3\ny = 3", C.MISTAKE_GIVES_ANSWER, "mistakes ="),
    Planted(
        TOML,
        '"mul_no_swap", "no_upstream"]',
        '"no_upstream",\n"no_upstream"]',
        C.MISTAKES_COINCIDE,
        '"no_upstream"]',
    ),
    Planted(TOML2, "inputs = { x = 10 }", "inputs = { x = 0 }", C.MISTAKE_GIVES_ANSWER, "mistakes ="),
    # Kinds of step
    Planted(TOML3, '"W", "dout"]', '"W", "q"]', C.UNKNOWN_NAME, "names ="),
    Planted(TOML3, '"W", "dout"]', '"dW", "dout"]', C.GIVEN_QUANTITY, "names ="),
    Planted(
        TOML3,
        'mistakes = ["mul_no_swap"]\ntry',
        'mistakes = ["no_upstrem"]\ntry',
        C.UNKNOWN_MISCONCEPTION,
        '["no_upstrem',
    ),
    Planted(TOML3, 'ask = ["Y", "dX", "dW"]', 'ask = ["Y", "X"]', C.GIVEN_QUANTITY, 'ask = ["Y", "X"]'),
    Planted(
        TOML3,
        'ask = ["Y", "dX", "dW"]',
        'ask = ["Y", "dX"]\nmistakes = ["no_upstream"]',
        C.MISTAKE_GIVES_ANSWER,
        'mistakes = ["no_upstream"]',
    ),
    Planted(
        TOML3,
        "inputs = { x = 3, y = -4 }\nask",
        "inputs = { x = [3, 1], y = -4 }\nupstream = [1, 1]\nask",
        C.NOT_A_SCALAR,
        'ask = ["dx", "dy"]',
    ),
    Planted(
        TOML3,
        "inputs = { x = 3, y = -4 }\nask",
        "inputs = { x = 3, y = 4 }\nask",
        C.MISTAKE_GIVES_ANSWER,
        'mistakes = ["mul_no_swap"]\n\n[[steps]]\nid = "sort"',
    ),
    Planted(TOML3, '{ id = "slope", bin = "local"', '{ id = "slope", bin = "locl"', C.UNKNOWN_BIN, '"locl"'),
    Planted(TOML3, '{ id = "slope", bin = "local"', '{ id = "slope", bin = "total"', C.ONE_BIN, "items = ["),
    Planted(TOML3, '{ id = "slope", bin', '{ id = "slope", bins', C.UNKNOWN_KEY, '"slope"'),
    Planted(TOML3, 'needs = ["delta"]', 'needs = ["early"]', C.UNKNOWN_LINE, '["early"]'),
    Planted(
        TOML3,
        '{ id = "forward" }',
        '{ id = "forward", needs = ["update"] }',
        C.LINE_CYCLE,
        '{ id = "forward"',
    ),
    Planted(
        TOML3,
        'mistake = "delta_updated_w"',
        'mistake = "delta_updated_w", needs = ["delta"]',
        C.LEFT_OUT_NEEDS,
        '"early"',
    ),
    Planted(
        TOML3,
        '{ id = "update", needs = ["delta"] }',
        '{ id = "update", mistake = "gd_ascent" }',
        C.FEW_LINES,
        "lines = [",
    ),
    Planted(TOML3, 'show = ["dt", "dc", "da"]', 'show = ["da", "dt"]', C.SHOW_ORDER, 'show = ["da"'),
    Planted(
        TOML3,
        'mistake = "mul_no_swap"\nshow',
        'mistake = "relu_pass"\nshow',
        C.NOTHING_PLANTED,
        'mistake = "relu_pass"',
    ),
    Planted(TOML3, "line = 2", "line = 4", C.CODE_LINE, "line = 4"),
    Planted(EN3, "```\nmask", "mask", C.OPEN_FENCE, "```\n### hint 1"),
    Planted(
        EN3, "```\nmask = x > 0\ndx = dout * (dout > 0)\nreturn dx\n```", "mask", C.ONE_CODE_BLOCK, "## code"
    ),
    Planted(KO3, "return dx\n", "", C.CODE_DIFFERS, "## code"),
    Planted(
        TOML3,
        '{ id = "own", mistake = "mul_no_swap" }',
        '{ id = "inputs", keeps = "add" }',
        C.TEACH_BACK,
        '"inputs"',
    ),
    Planted(
        TOML3,
        'show = ["dx"]\nfade',
        'show = ["dx"]\ntry_first = true\nfade',
        C.TRY_FIRST,
        "try_first = true\nfade",
    ),
    Planted(
        TOML3,
        'names = ["X", "W", "dout"]\nfade = "product"',
        'names = ["X", "W", "dout"]\nfade = "alone"',
        C.FADE_GROUP,
        '"alone"',
    ),
    Planted(TOML3, "count = 12", "count = 99", C.OUT_OF_RANGE, "count = 99"),
    Planted(EN3, "### item slope", "### item slop", C.UNKNOWN_SECTION, "### item slop"),
    Planted(EN3, "what arrives is `dout`", "so `dx = dout * y`", C.ANSWER_IN_HINT, "so `dx"),
    Planted(EN3, "`dout` has 2 rows", "`X.T @ dout`", C.ANSWER_IN_HINT, "`X.T"),
    Planted(EN3, "X is 2 x 3.", "X is 2 x 3, Y is 2 x 2.", C.ANSWER_IN_HINT, "X is 2 x 3, Y"),
    # Numbers in the prose
    Planted(EN, "{upstream}.\n\n### z", "{upstream.\n\n### z", C.UNBALANCED_BRACE, "{upstream.\n"),
    Planted(EN, "Why a product", "Why {x} a product", C.FIELD_NOT_ALLOWED, "Why {x}"),
    Planted(KO, "상대편 값에 상류의", "상대편 값 {x}에 상류의", C.FIELD_NOT_ALLOWED, "값 {x}에"),
    Planted(EN, "{upstream * y = 6.5}", "{upstream * y = 6.4}", C.FALSE_CLAIM, "6.4"),
    Planted(KO, "{upstream * y = 6.5}", "{upstream * y = -6.5}", C.FALSE_CLAIM, "-6.5"),
    Planted(KO, "{z + 1}까지", "9까지", C.FIELDS_DIFFER, "### why\n\n합이 {z}에서 9"),
    Planted(KO, "`x` 값: 3", "`x` 값: 4", C.NUMBERS_DIFFER, "## product"),
    Planted(EN, "From {z} the", "From 9 the", C.BARE_NUMBER, "From 9"),
    Planted(KO, "합이 {z}에서", "합이 {z}에서\n7배", C.BARE_NUMBER, "7배"),
    Planted(EN, "```\nz = x * y", "```\nz = 7.5 * y", C.BARE_NUMBER, "z = 7.5"),
    Planted(EN, "Why a product", "Why 12 a product", C.NUMBER_NOT_ALLOWED, "Why 12"),
    Planted(EN, "now weigh it with {upstream}", "that makes {dx}", C.ANSWER_IN_HINT, "that makes"),
    Planted(EN, "now weigh it with {upstream}", "that makes {x * upstream}", C.ANSWER_IN_HINT, "that makes"),
    Planted(EN, "now weigh it with {upstream}", "that makes `-10`", C.ANSWER_IN_HINT, "that makes"),
    Planted(
        EN2, "Begin with the sum of {x} and {y}.", "The sum is {s}.", C.ANSWER_IN_HINT, "The sum is {s}."
    ),
]


def line_of(text: str, at: str) -> int:
    return text.count("\n", 0, text.index(at)) + 1


def test_every_planted_edit_changes_the_course() -> None:
    for planted in PLANTED:
        assert planted.old in (COURSE / planted.file).read_text(encoding="utf-8"), planted


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: f"{planted.code}-{planted.new[:24]!r}")
def test_a_planted_fault_is_found_in_its_file_on_its_line(course: Path, planted: Planted) -> None:
    path = course / planted.file
    text = path.read_text(encoding="utf-8").replace(planted.old, planted.new, 1)
    path.write_text(text, encoding="utf-8")
    found = check_course(course)
    place = (planted.file, line_of(text, planted.at), planted.code)
    assert place in [(fault.file, fault.line, fault.code) for fault in found]
    assert_told(found)


def assert_told(faults: Iterable[Fault]) -> None:
    """Every field of a sentence is in the data; `why` is put into words by whoever shows it."""
    for fault in faults:
        assert field_names(sentences("en")[fault.code.value]) - {"why"} <= fault.data.keys(), fault


def codes(faults: Iterable[Fault]) -> set[tuple[str, int, FaultCode]]:
    return {(fault.file, fault.line, fault.code) for fault in faults}


def test_faults_of_folders_and_files(course: Path) -> None:
    shutil.copytree(course / "02-gates", course / "01-gates")
    shutil.copytree(course / "02-gates", course / "Gates")
    (course / "01-products" / "fr.md").write_text("# Produits\n", encoding="utf-8")
    (course / "01-products" / "ko.md").unlink()
    (course / "02-gates" / "lesson.toml").unlink()
    (course / "01-gates" / "en.md").write_bytes(b"# Gates\n\n\xff\xfe\n")
    (course / "01-gates" / "ko.md").write_bytes(b"#" * 300_000)
    assert {
        ("01-products/fr.md", 1, C.EXTRA_FILE),
        ("01-products/ko.md", 1, C.MISSING_LANGUAGE),
        ("02-gates/lesson.toml", 1, C.MISSING_FILE),
        ("Gates/lesson.toml", 1, C.FOLDER_NAME),
        ("01-products/lesson.toml", 1, C.DUPLICATE_NUMBER),
        ("02-gates/lesson.toml", 1, C.DUPLICATE_SLUG),
        ("01-gates/en.md", 3, C.NOT_UTF8),
        ("01-gates/ko.md", 1, C.TOO_LARGE),
    } <= codes(check_course(course))
    assert_told(check_course(course))


def test_a_section_out_of_order_is_found(course: Path) -> None:
    path = course / "02-gates" / "en.md"
    text = path.read_text(encoding="utf-8")
    read = text[text.index("## read") : text.index("## forward")]
    moved = text.replace(read, "").replace("## kept", read + "## kept")
    path.write_text(moved, encoding="utf-8")
    expected = ("02-gates/en.md", line_of(moved, "## read"), C.SECTION_ORDER)
    assert codes(check_course(course)) == {expected}
    assert_told(check_course(course))


def test_a_folder_without_lessons_is_a_fault(tmp_path: Path) -> None:
    assert [fault.code for fault in check_course(tmp_path)] == [C.NO_LESSONS]
    assert [fault.code for fault in check_course(tmp_path / "nowhere")] == [C.NO_LESSONS]


def test_a_lesson_in_place_of_a_course_is_a_fault(course: Path) -> None:
    assert [fault.code for fault in check_course(course / "01-products")] == [C.ONE_LESSON]


def test_a_file_that_cannot_be_opened_is_a_fault(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def refuse(path: Path, mode: str) -> object:
        if path.name == "en.md":
            raise PermissionError(path)
        return opened(path, mode)

    monkeypatch.setattr(Path, "open", refuse)
    assert ("01-products/en.md", 1, C.UNREADABLE_FILE) in codes(check_course(course))


def test_a_gradient_that_central_differences_deny_is_a_fault(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(graph: Graph, name: str, h: float) -> Array:
        return numerical_gradient(graph, name, h) * (1.001 if name == "w" else 1.0)

    monkeypatch.setattr("tutor.course.step_proofs.numerical_gradient", denied)
    text = (course / TOML).read_text(encoding="utf-8")
    expected = (TOML, line_of(text, "inputs = { w = 2"), C.GRADIENT_UNCONFIRMED)
    assert codes(check_course(course)) == {expected}


def test_gradients_at_a_kink_are_left_out_of_the_comparison(course: Path) -> None:
    path = course / TOML2
    text = path.read_text(encoding="utf-8").replace("inputs = { x = -2 }", "inputs = { x = 0 }")
    path.write_text(text, encoding="utf-8")
    assert check_course(course) == ()


def test_all_faults_are_found_at_once_in_order(course: Path) -> None:
    edits = {
        TOML: (("review", "reviw"), ("(b + 1) < w", "(b + 1) > w"), ("minutes = 10", "minutes = 90")),
        EN: (("From {z} the", "From 9 the"), ("`dy` is {dy}", "`dy` is {dq}")),
        KO2: (("### hint 1", "### hint"),),
    }  # fmt: skip
    for file, pairs in edits.items():
        text = (course / file).read_text(encoding="utf-8")
        for old, new in pairs:
            text = text.replace(old, new, 1)
        (course / file).write_text(text, encoding="utf-8")
    found = check_course(course)
    assert {fault.code for fault in found} >= {
        C.UNKNOWN_KEY, C.SEVERAL_RIGHT_OPTIONS, C.OUT_OF_RANGE, C.BARE_NUMBER,
        C.UNREADABLE_FORMULA, C.UNKNOWN_SECTION, C.MISSING_SECTION,
    }  # fmt: skip
    assert [(fault.file, fault.line) for fault in found] == sorted((f.file, f.line) for f in found)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("From {z} the", "From 9 the", "Write it as a field: {z}"),
        ("From {z} the", "From 7 the", "Write it as a field: {…}"),
        ("{upstream * y = 6.5}", "{upstream * y = 6.4}", "is 6.5, not 6.4."),
    ],
)
def test_a_wrong_number_is_told_what_to_write(course: Path, old: str, new: str, said: str) -> None:
    path = course / EN
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    assert any(fault_sentence(fault, Text("en")).endswith(said) for fault in check_course(course))


def test_a_key_is_told_the_nearest_valid_one(course: Path) -> None:
    path = course / TOML
    path.write_text(path.read_text(encoding="utf-8").replace("digits", "digit"), encoding="utf-8")
    assert [fault.data for fault in check_course(course)] == [{"key": "digit", "near": "digits"}]


def test_an_unreadable_formula_says_where_and_why(course: Path) -> None:
    path = course / TOML
    path.write_text(path.read_text(encoding="utf-8").replace('"b = a * x"', '"b = a * q"'), encoding="utf-8")
    (fault,) = [fault for fault in check_course(course) if fault.code is C.UNREADABLE_FORMULA]
    assert fault.data["reason"] == "unknown_name"
    assert fault.data["column"] == 9
    assert fault.data["formula"] == "b = a * q"


def test_a_number_spelled_out_in_one_language_is_no_difference(course: Path) -> None:
    path = course / EN
    path.write_text(path.read_text(encoding="utf-8").replace("`x` is 3.", "`x` is three."), encoding="utf-8")
    assert check_course(course) == ()


@pytest.mark.parametrize(("asked", "gives_answer"), [('"ds"', True), ('"ds", "dx"', False)])
def test_a_mistake_may_be_right_on_some_blanks_but_not_on_all(
    course: Path, asked: str, gives_answer: bool
) -> None:
    path = course / TOML2
    text = path.read_text(encoding="utf-8")
    text = text.replace('"z = relu(s)"]', '"z = s * y"]')
    text = text.replace(
        'ask = ["s", "z", "dx"]\nknown = ["ds"]', f'ask = [{asked}]\nmistakes = ["no_upstream"]'
    )
    path.write_text(text, encoding="utf-8")
    assert (C.MISTAKE_GIVES_ANSWER in {fault.code for fault in check_course(course)}) is gives_answer


def test_a_given_number_in_a_hint_is_no_answer_even_where_it_equals_one(course: Path) -> None:
    for file, old in ((EN2, "A positive sum passes the gate"), (KO2, "양수는 문을 지나가요")):
        path = course / file
        text = path.read_text(encoding="utf-8").replace(old, old + ": {upstream}")
        path.write_text(text, encoding="utf-8")
    assert check_course(course) == ()


@pytest.mark.parametrize(("x", "y", "gives_answer"), [("1000", "1001", False), ("1000.5", "1001.5", True)])
def test_whole_numbers_are_told_apart_exactly(course: Path, x: str, y: str, gives_answer: bool) -> None:
    path = course / TOML
    text = path.read_text(encoding="utf-8").replace("x = 3\ny = -4", f"x = {x}\ny = {y}")
    path.write_text(text.replace("upstream = 2.5", "upstream = 3"), encoding="utf-8")
    found = [fault.data["name"] for fault in check_course(course) if fault.code is C.MISTAKE_GIVES_ANSWER]
    assert found == (["mul_no_swap"] if gives_answer else [])


@cache
def sentences(language: str) -> dict[str, str]:
    table = tomllib.loads((LOCALE / language / "course.toml").read_text(encoding="utf-8"))
    return dict(table["fault"])


def field_names(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_fault_has_a_sentence(language: str) -> None:
    assert sentences(language).keys() == {code.value for code in FaultCode}


def test_both_languages_name_the_same_details() -> None:
    english, korean = sentences("en"), sentences("ko")
    assert {key: field_names(english[key]) for key in english} == {
        key: field_names(korean[key]) for key in korean
    }


def test_every_fault_is_planted_somewhere() -> None:
    elsewhere = {
        C.NO_LESSONS, C.FOLDER_NAME, C.DUPLICATE_NUMBER, C.DUPLICATE_SLUG, C.MISSING_FILE, C.MISSING_LANGUAGE,
        C.ONE_LESSON, C.EXTRA_FILE, C.UNREADABLE_FILE, C.LINK_OUTSIDE, C.UNKNOWN_LAB,
        C.UNKNOWN_ROW, C.UNCOVERED_ROW, C.HARD_TO_READ, C.LONG_SENTENCE, C.OTHER_TERM,
        C.TOO_LARGE, C.NOT_UTF8, C.SECTION_ORDER, C.GRADIENT_UNCONFIRMED,
            C.REPEATED_ID, C.IMPOSSIBLE_SETTING, C.ONE_RIGHT_REASON, C.OWN_SETTING, C.CLAIM_NEEDED,
            C.IDEA_FITS_NOTHING,
    }  # fmt: skip
    assert {planted.code for planted in PLANTED} | elsewhere == set(FaultCode)


def test_a_claim_is_held_to_the_digits_it_is_written_with() -> None:
    assert bears_out(np.array(0.88079), np.array(0.8808), "0.8808")
    assert not bears_out(np.array(0.8817), np.array(0.88), "0.8800")
    assert not bears_out(np.array(-12.4), np.array(-12.0), "-12")
    assert bears_out(np.array(4.54e-5), np.array(4.5e-5), "4.5e-5")
    assert not bears_out(np.array([1.0, 2.0]), np.array([1.0, 3.0]), "[1, 3]")
    assert not bears_out(np.array(1.0), np.array([1.0, 1.0]), "[1, 1]")
    assert bears_out(np.array(0.0), np.array(0.0), "0e999")
