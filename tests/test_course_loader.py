"""The loader lists lessons cheaply, hands out proved lessons, and survives whatever a file may hold."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import tomllib
import tracemalloc
import unicodedata
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from tutor.course.checker import check_course
from tutor.course.faults import FaultCode, LessonError
from tutor.course.loader import course_folder, load_lesson, outlines
from tutor.course.mathematics import answers, fill, graph_of, namespace, right_options
from tutor.course.model import ENTRY_MODELS, STEP_MODELS, Choice, GraphFill, Header, Lesson, NumberEntry, Step
from tutor.course.prose import LANGUAGES
from tutor.course.toml_lines import TomlLines
from tutor.engine.written_numbers import array_text, number_text
from tutor.text import LANGUAGES as SPOKEN

COURSE = Path(__file__).parent / "data" / "course"
PRODUCTS, GATES = COURSE / "01-products", COURSE / "02-gates"
FILES = ("lesson.toml", "en.md", "ko.md")


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PRODUCTS, tmp_path / "01-products"))


def faults_of(folder: Path) -> list[FaultCode]:
    with pytest.raises(LessonError) as caught:
        load_lesson(folder)
    return [fault.code for fault in caught.value.faults]


# -- outlines --------------------------------------------------------------------------------------------


def test_outlines_say_what_the_course_map_shows() -> None:
    products, gates, _ = outlines(COURSE)
    assert (products.slug, products.number, products.minutes, products.needs) == ("products", 1, 10, ())
    assert products.title == {"en": "Products", "ko": "곱셈"}
    assert products.intro["en"] == "Why a product hands each side the other value."
    assert [(step.id, step.kind) for step in products.steps[:2]] == [
        ("worked-product", "worked"),
        ("product", "graph"),
    ]
    assert gates.needs == ("products",)
    assert not products.damaged


def test_outlines_need_neither_numpy_nor_pydantic() -> None:
    code = (
        "import sys; from pathlib import Path; from tutor.course.loader import outlines; "
        f"assert len(outlines(Path({str(COURSE)!r}))) == 3; "
        "print([name for name in ('numpy', 'pydantic', 'pydantic_core') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_damaged_lesson_is_listed_as_such(tmp_path: Path) -> None:
    course = Path(shutil.copytree(COURSE, tmp_path / "course"))
    (course / "01-products" / "lesson.toml").write_bytes(b"\xff")
    (course / "02-gates" / "ko.md").unlink()
    assert [outline.damaged for outline in outlines(course)] == [True, True, False]
    assert [outline.title["ko"] for outline in outlines(course)] == ["곱셈", "gates", "여러 가지 물음"]


def test_a_folder_without_lessons_has_no_outlines(tmp_path: Path) -> None:
    assert outlines(tmp_path) == ()
    assert outlines(tmp_path / "nowhere") == ()


def test_the_lessons_of_the_program_are_found_and_proved() -> None:
    folder = course_folder()
    assert outlines(folder)
    assert check_course(folder) == ()


# -- lessons ---------------------------------------------------------------------------------------------


def step_of(lesson: Lesson, step_id: str) -> Any:
    step = lesson.step(step_id)
    assert step is not None
    return step


def test_a_lesson_is_loaded_with_its_prose_in_every_language() -> None:
    lesson = load_lesson(PRODUCTS)
    assert (lesson.slug, lesson.number, lesson.minutes) == ("products", 1, 10)
    assert lesson.title["ko"] == "곱셈"
    assert lesson.keep["en"] == "The other value, weighed by the upstream gradient."
    step = step_of(lesson, "product")
    assert isinstance(step, GraphFill)
    assert set(step.prose) == set(LANGUAGES)
    assert set(step.prose["ko"].parts) == {"hint 1", "hint 2", "why"}
    assert step.prose["en"].parts["why"] == "`dx` is {upstream} times {y}."
    assert set(step_of(lesson, "rule").prose["en"].parts) >= {"option other", "option own"}


def test_lessons_are_written_in_every_language_of_the_program() -> None:
    assert set(LANGUAGES) == set(SPOKEN)


def test_a_lesson_cannot_be_changed() -> None:
    lesson = load_lesson(PRODUCTS)
    step = step_of(lesson, "product")
    with pytest.raises(ValidationError):
        step.upstream = 1.0
    with pytest.raises(TypeError):
        step.inputs["x"] = 1.0
    with pytest.raises(FrozenInstanceError):
        lesson.slug = "other"  # type: ignore[misc]


def test_the_guide_for_authors_names_every_key() -> None:
    guide = (Path(__file__).parent.parent / "docs" / "lessons.md").read_text(encoding="utf-8")
    models: list[type[BaseModel]] = [Header, *ENTRY_MODELS.values(), *STEP_MODELS.values()]
    keys = {info.alias or name for model in models for name, info in model.model_fields.items()}
    assert {key for key in keys - {"prose"} if not re.search(rf"\b{key}\b", guide)} == set()


def test_the_lesson_of_the_korean_guide_is_proved(tmp_path: Path) -> None:
    guide = (Path(__file__).parent.parent / "docs" / "lessons.ko.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"^```(\w+)\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL))
    folder = tmp_path / "01-taxi"
    folder.mkdir()
    for name, block in (("lesson.toml", "toml"), ("ko.md", "markdown"), ("en.md", "markdown")):
        (folder / name).write_text(blocks[block], encoding="utf-8")
    assert check_course(tmp_path) == ()


def test_answers_are_computed() -> None:
    products, gates = load_lesson(PRODUCTS), load_lesson(GATES)
    step = step_of(products, "product")
    found = answers(step, graph_of(step))
    assert {name: value.item() for name, value in found.items()} == {"dx": -10.0, "dy": 7.5}
    vector = step_of(gates, "vector")
    assert isinstance(vector, NumberEntry)
    np.testing.assert_allclose(answers(vector, graph_of(vector))["dx"], [-0.4, 0, 0.3, 0])


@pytest.mark.parametrize(
    ("folder", "step_id", "right"),
    [(PRODUCTS, "bias", {"more"}), (PRODUCTS, "rule", {"other"}), (GATES, "kept", {"inputs"})],
)
def test_the_engine_says_which_options_are_right(folder: Path, step_id: str, right: set[str]) -> None:
    step = step_of(load_lesson(folder), step_id)
    assert isinstance(step, Choice)
    assert right_options(step, graph_of(step)) == right


def test_prose_is_filled_with_computed_numbers() -> None:
    lesson = load_lesson(PRODUCTS)
    step = step_of(lesson, "worked-product")
    graph = graph_of(step)
    parts = step.prose["en"].parts
    assert fill(parts["z"], graph) == "Forward: 10 times 5 is 50."
    assert fill(parts["dx"], graph) == "`dx` is 6.5."
    assert fill("{x} {y = 5.0} 100%", graph) == "10 5.0 100%"
    assert fill("{2 * 3}", None) == "6"


def test_values_and_gradients_have_a_name_each() -> None:
    names = namespace(graph_of(step_of(load_lesson(PRODUCTS), "worked-product")))
    assert {name: value.item() for name, value in names.items()} == {
        "x": 10.0, "y": 5.0, "z": 50.0, "dx": 6.5, "dy": 13.0, "dz": 1.3, "upstream": 1.3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-12.0, "-12"), (0.1 + 0.2, "0.3"), (-0.0, "0"), (0.19661193, "0.1966"), (9999.9, "10000"),
        (1234.56, "1235"), (79520.0, "79520"), (4.5397868e-5, "4.54e-5"), (1e15, "1e15"), (-0.25, "-0.25"),
    ],
)  # fmt: skip
def test_numbers_have_up_to_four_digits(value: float, text: str) -> None:
    assert number_text(value) == text


def test_arrays_are_written_in_brackets() -> None:
    assert array_text(np.array([[1.0, 2.5], [-3.0, 0.0]])) == "[[1, 2.5], [-3, 0]]"


# -- hostile files ---------------------------------------------------------------------------------------


def test_text_is_brought_to_nfc_and_plain_line_ends(lesson: Path) -> None:
    korean = (PRODUCTS / "ko.md").read_text(encoding="utf-8")
    decomposed = unicodedata.normalize("NFD", korean).replace("\n", "\r\n")
    (lesson / "ko.md").write_bytes(b"\xef\xbb\xbf" + decomposed.encode())
    assert load_lesson(lesson).title["ko"] == "곱셈"


def bomb_of_dots() -> bytes:
    return b".".join([b"a"] * 1500) + b" = 1\n"


def bomb_of_quoted_dots() -> bytes:
    return b"x = { " + b" . ".join([b'"a"'] * 500) + b" = 1 }\n"


def bomb_of_brackets() -> bytes:
    return b"x = " + b"[\n" * 60_000


def bomb_of_disguised_brackets() -> bytes:
    """A closing bracket in a string after every opening one."""
    return b"x = " + b'[ "]",\n' * 30_000


def bomb_of_tables() -> bytes:
    return b"x = " + b"{ a.b.c.d.e.f.g = \n" * 10_000


def bomb_of_headers() -> bytes:
    return b"".join(b"[[a%d.b.c.d.e.f.g]]\n" % k for k in range(10_000))


def bomb_of_digits() -> bytes:
    return b"minutes = " + b"9" * 4090


@pytest.mark.parametrize(
    "bomb",
    [
        bomb_of_dots,
        bomb_of_quoted_dots,
        bomb_of_brackets,
        bomb_of_disguised_brackets,
        bomb_of_tables,
        bomb_of_digits,
        pytest.param(bomb_of_headers, marks=pytest.mark.long),
    ],
)
def test_a_bomb_is_refused_in_bounded_memory(lesson: Path, bomb: Callable[[], bytes]) -> None:
    load_lesson(PRODUCTS)
    (lesson / "lesson.toml").write_bytes(bomb())
    tracemalloc.start()
    try:
        assert faults_of(lesson)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100e6


@pytest.mark.parametrize(
    ("bomb", "code"),
    [
        (bomb_of_dots, FaultCode.LONG_KEY),
        (bomb_of_quoted_dots, FaultCode.LONG_KEY),
        (bomb_of_brackets, FaultCode.DEEP_NESTING),
        (bomb_of_disguised_brackets, FaultCode.DEEP_NESTING),
    ],
)
def test_a_bomb_is_refused_for_what_it_is(lesson: Path, bomb: Callable[[], bytes], code: FaultCode) -> None:
    (lesson / "lesson.toml").write_bytes(bomb())
    assert code in faults_of(lesson)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_pipe_in_place_of_a_file_is_not_waited_for(lesson: Path) -> None:
    (lesson / "en.md").unlink()
    os.mkfifo(lesson / "en.md")
    assert FaultCode.UNREADABLE_FILE in faults_of(lesson)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_link_that_leaves_the_course_is_refused(
    lesson: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("elsewhere")
    beside = lesson.parent / "shared.md"
    for target, refused in ((outside / "en.md", True), (beside, False)):
        target.write_bytes((PRODUCTS / "en.md").read_bytes())
        (lesson / "en.md").unlink()
        (lesson / "en.md").symlink_to(target)
        found = {(fault.file, fault.code) for fault in check_course(lesson.parent)}
        assert (("01-products/en.md", FaultCode.LINK_OUTSIDE) in found) is refused
    moved = lesson.rename(outside / lesson.name)
    lesson.symlink_to(moved)
    assert FaultCode.LINK_OUTSIDE in faults_of(lesson)
    assert all(outline.damaged for outline in outlines(lesson.parent))


def test_text_of_a_lesson_cannot_reach_python(lesson: Path) -> None:
    path = lesson / "en.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("`dy` is {dy}", "`dy` is {dy.__class__!r:>99999999}"), encoding="utf-8")
    assert FaultCode.UNREADABLE_FORMULA in faults_of(lesson)


PIECES = (
    b"[", b"]", b"{", b"}", b'"', b"'''", b'"""', b"=", b".", b"#", b"## ", b"### ", b"\n", b"```\n",
    b"\\u0000", b"nan", b"inf", b"1e999", b"-", b"\xff", b"\xed\xa0\x80", b"\x00", b"\x1b[2J", b"9" * 400,
    b"(" * 300,
    b"x^" * 40, b"{x}", b"{x = 1}", b"[[steps]]\n", b"upstream", b"dx", b"relu(", b" @ ", b"[[1,2],[3,4]]",
    b"9**9**9",
    "한".encode(), "\u202e".encode(), b"inputs = { x = [] }\n", b"true", b"1979-05-27", b'kind = "graph"\n',
)  # fmt: skip


def mutant(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 4))):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((0, 1, 1, 3, 30)))
        if chance.random() < 0.3:
            other = chance.randrange(len(data) + 1)
            new = data[other : other + chance.randrange(60)]
        else:
            new = chance.choice((chance.choice(PIECES), bytes([chance.randrange(256)]), b""))
        data = data[:start] + new + data[end:]
    return data


def survive(lesson: Path, count: int, seed: int) -> int:
    """Load that many mutants and return how many loaded all the same; only LessonError is a way out."""
    chance = random.Random(seed)
    originals = {name: (lesson / name).read_bytes() for name in FILES}
    loaded = 0
    for _ in range(count):
        name = chance.choice(("lesson.toml", "lesson.toml", "en.md", "ko.md"))
        data = mutant(originals[name], chance)
        (lesson / name).write_bytes(data)
        try:
            for step in load_lesson(lesson).steps:
                use(step)
            loaded += 1
        except LessonError:
            pass
        except Exception as error:
            raise AssertionError((name, data)) from error
        (lesson / name).write_bytes(originals[name])
    return loaded


def use(step: Step) -> None:
    """Do what a screen does with a step that has been proved: none of it may fail."""
    graph = graph_of(step)
    answers(step, graph)
    if isinstance(step, Choice):
        right_options(step, graph)
    for prose in step.prose.values():
        for text in (prose.text, *prose.parts.values()):
            fill(text, graph)


@pytest.fixture
def small_lesson(tmp_path: Path) -> Path:
    return Path(shutil.copytree(COURSE.parent / "small", tmp_path / "01-small", dirs_exist_ok=True))


def test_mutants_of_a_lesson_raise_lesson_errors_alone(small_lesson: Path) -> None:
    assert survive(small_lesson, 500, seed=1) > 10


@pytest.mark.long
def test_many_mutants_of_a_lesson_raise_lesson_errors_alone(small_lesson: Path) -> None:
    assert survive(small_lesson, 200_000, seed=2) > 5_000


@given(st.binary(max_size=400), st.sampled_from(FILES))
def test_any_bytes_raise_lesson_errors_alone(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str
) -> None:
    folder = tmp_path_factory.mktemp("course") / "01-products"
    shutil.copytree(PRODUCTS, folder)
    (folder / name).write_bytes(data)
    assert faults_of(folder)


# -- lines of TOML ---------------------------------------------------------------------------------------

KEYS = st.sampled_from(["a", "b", "c-d", "1", '"x y"', "'q.r'"])
SCALARS = st.sampled_from(
    [
        "1",
        "-2.5",
        "true",
        "1979-05-27",
        '"s"',
        "'t'",
        '"# [ ] { } = \\" \\\\"',
        '"""m\n"x" ] \n"""',
        "'''\n[q'' '''",
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3).map(lambda items: "[ # note\n " + ",\n".join(items) + "\n]"),
    max_leaves=6,
)


@given(st.lists(st.tuples(KEYS, VALUES, st.booleans()), min_size=1, max_size=6))
def test_the_line_of_every_key_of_an_array_of_tables_is_known(entries: list[tuple[str, str, bool]]) -> None:
    text, expected = "", []
    for key, value, blank in entries:
        text += "\n" * blank + "# [[steps]]\n[[steps]] # header\n"
        header = text.count("\n")
        expected.append((header, text.count("\n") + 1, key.strip("\"'")))
        text += f"{key} = {value}\n"
    assert tomllib.loads(text)
    lines = TomlLines(text)
    for index, (header, line, key) in enumerate(expected):
        assert lines.line("steps", index) == header
        assert lines.line("steps", index, key) == line
        assert lines.line("steps", index, "absent") == header


def test_lines_inside_inline_tables_arrays_and_sub_tables() -> None:
    text = (
        'x.y = { p = [1, 2], q = "}" }\n'
        "[[steps]]\noptions = [\n  { id = 1 }, # one\n  { id = 2 },\n]\n"
        "[steps.inputs]\nx = 3\n[[steps]]\nid = 4\n[steps.inputs]\nx = 5\n"
    )
    lines = TomlLines(text)
    assert lines.line("x", "y", "p", 1) == 1
    assert lines.line("steps", 0, "options", 1, "id") == 5
    assert lines.line("steps", 0, "inputs", "x") == 8
    assert lines.line("steps", 1, "id") == 10
    assert lines.line("steps", 1, "inputs", "x") == 12
    assert lines.line("nowhere") == 1
