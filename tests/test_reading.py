"""What learners type into a blank: read as meant, or refused with the place and the reason."""

from __future__ import annotations

import random
import string
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.engine.expressions import FUNCTIONS, Call, Name, Number, Value, evaluate
from tutor.text import LANGUAGES, Text, catalogue
from tutor.tutoring.reading import ERROR_FIELDS, SHAPES_APART, Field, Reading, ReadingError, read_answer

DATA = tomllib.loads((Path(__file__).parent / "data" / "odd_inputs.toml").read_text(encoding="utf-8"))
GIVEN: dict[str, float] = DATA["given"]


def typed(entry: dict[str, Any]) -> str:
    text: str = entry["input"] if "input" in entry else "".join(map(chr, entry["units"]))
    if "repeat" in entry:
        length = entry["repeat"]
        text = (text * (length // len(text) + 1))[:length]
    return text


INPUTS = [(Field(entry["field"]), typed(entry), entry) for entry in DATA["inputs"]]


@pytest.mark.parametrize(
    ("field", "text", "entry"), INPUTS, ids=[f"{field.value}-{text[:20]!a}" for field, text, _ in INPUTS]
)
def test_odd_inputs_are_read_as_listed(field: Field, text: str, entry: dict[str, Any]) -> None:
    bindings = GIVEN if field is Field.EXPRESSION else None
    if "code" in entry:
        with pytest.raises(ReadingError) as caught:
            read_answer(text, field, bindings=bindings)
        assert caught.value.code == entry["code"]
        return
    value = read_answer(text, field, bindings=bindings).value
    if field is Field.EXPRESSION:
        assert isinstance(value, (Number, Name, Call))
        value = evaluate(value, GIVEN)
    assert isinstance(value, (float, np.ndarray))
    expected = np.array(entry["value"], dtype=float)
    assert np.shape(value) == expected.shape
    assert np.allclose(value, expected, rtol=1e-15, atol=0)


SHOWN = {
    "0.25": None,
    "  -3e-4 ": None,
    "-1/4": "-0.25",
    "25%": "0.25",
    "０．２５": "0.25",
    "12,5": "12.5",
    "x = 0.25": "0.25",
    "1,234,567": "1234567",
    "0.2-0.3": "-0.1",
    "\u202e0.25": "0.25",
    "1/3": "0.3333333333",
}


@pytest.mark.parametrize(("text", "shown"), SHOWN.items())
def test_a_number_is_repeated_where_its_reading_is_not_obvious(text: str, shown: str | None) -> None:
    assert read_answer(text, Field.NUMBER).shown == shown


def test_zero_has_no_sign() -> None:
    for text in ("-0", "-0.0", "0 * -1"):
        value = read_answer(text, Field.NUMBER).value
        assert str(value) == "0.0"


def test_expressions_and_matrices_are_repeated_in_canonical_form() -> None:
    assert read_answer("dout*y", Field.EXPRESSION, names=("dout", "y")).shown is None
    assert read_answer("1/2y", Field.EXPRESSION, names=("y",)).shown == "1 / 2 * y"
    assert read_answer("1 2; 3 4", Field.MATRIX).shown == "[[1, 2], [3, 4]]"
    assert read_answer("[[1,2],[3,4]]", Field.MATRIX).shown is None


def test_matrix_operators_are_read_where_a_matrix_is_given() -> None:
    bindings = {"x": np.ones((7, 3)), "dout": np.ones((7, 5))}
    read = read_answer("x.T @ dout", Field.EXPRESSION, bindings=bindings)
    assert read.value == Call("matmul", (Call("transpose", (Name("x"),)), Name("dout")))
    with pytest.raises(ReadingError) as caught:
        read_answer("x @ dout", Field.EXPRESSION, bindings=bindings)
    assert caught.value.code == "product_apart"
    assert caught.value.fields == {
        "column": 1,
        "formula": "x @ dout",
        "shapes": "(7x3) @ (7x5)",
        "columns": 3,
        "rows": 7,
    }
    with pytest.raises(ReadingError) as caught:
        read_answer("x * dout", Field.EXPRESSION, bindings=bindings)
    assert (caught.value.code, caught.value.data["shapes"]) == ("shapes_apart", "(7x3) * (7x5)")


@given(st.sampled_from(sorted(FUNCTIONS)), st.data())
@settings(max_examples=200, deadline=None)
def test_shapes_that_do_not_fit_are_refused(function: str, data: st.DataObject) -> None:
    values: list[Value] = [2.0, np.ones(3), np.ones((2, 3)), np.ones((3, 2)), np.full((2, 2), -1.0)]
    bindings: dict[str, Value] = {name: data.draw(st.sampled_from(values)) for name in ("x", "y", "z")}
    arguments = ", ".join("xyz"[: FUNCTIONS[function]]) + data.draw(
        st.sampled_from(["", ", axis=0", ", axis=1"])
    )
    for text in (f"{function}({arguments})", f"{function}({arguments}) @ x.T"):
        try:
            read_answer(text, Field.EXPRESSION, bindings=bindings)
        except ReadingError as error:
            code = error.code
            assert code in (*SHAPES_APART, "bad_option", "bad_character", "undefined", "div_zero", "too_big")


def test_a_number_may_be_written_with_the_given_values() -> None:
    assert read_answer("dout*y", Field.NUMBER, bindings={"dout": 2.5, "y": -4.0}).value == -10


COLUMNS = {
    ("1 + 2)", Field.NUMBER): 6,
    ("x = 1 + q", Field.NUMBER): 9,
    ("　０．５　abc", Field.NUMBER): 6,
    ("[[1, 2], [3, q]]", Field.MATRIX): 14,
    ("np.array([[1, 1/0]])", Field.MATRIX): 15,
}


@pytest.mark.parametrize(("answer", "column"), COLUMNS.items())
def test_the_place_of_a_fault_counts_in_the_typed_text(answer: tuple[str, Field], column: int) -> None:
    with pytest.raises(ReadingError) as caught:
        read_answer(*answer)
    assert caught.value.column == column


def test_a_refusal_repeats_nothing_that_a_screen_could_obey() -> None:
    for text in ("0.25\x1b[31m", "\ud800", "0.5 \U000e0fff"):
        with pytest.raises(ReadingError) as caught:
            read_answer(text, Field.NUMBER)
        assert all(str(value).isprintable() for value in caught.value.data.values())


def message_fields(sentence: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(sentence) if field}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_a_sentence_that_names_the_place(language: str) -> None:
    sentences = catalogue(language)
    codes = {name.removeprefix("reading.") for name in sentences if name.startswith("reading.")}
    assert codes == set(ERROR_FIELDS)
    for code, fields in ERROR_FIELDS.items():
        assert message_fields(sentences[f"reading.{code}"]) == {"column", *fields}, code


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sentence_of_a_refusal_can_be_filled_in(language: str) -> None:
    text = Text(language)
    for field, answer, entry in INPUTS:
        if "code" in entry:
            with pytest.raises(ReadingError) as caught:
                read_answer(answer, field, bindings=GIVEN if field is Field.EXPRESSION else None)
            assert text(f"reading.{caught.value.code}", **caught.value.fields)


@given(st.text(max_size=220), st.sampled_from(Field))
@settings(max_examples=400, deadline=None)
def test_any_answer_is_read_or_refused(text: str, field: Field) -> None:
    assert_read_or_refused(text, field)


def answer_or_refusal(text: str, field: Field) -> Reading | ReadingError:
    try:
        return read_answer(text, field, bindings=GIVEN if field is Field.EXPRESSION else None)
    except ReadingError as error:
        return error


def assert_read_or_refused(text: str, field: Field) -> None:
    result = answer_or_refusal(text, field)
    if isinstance(result, ReadingError):
        assert result.data.keys() == set(ERROR_FIELDS[result.code])
        assert 1 <= result.column <= len(text) + 1
        return
    value = result.value
    if not isinstance(value, (Number, Name, Call)):
        assert np.all(np.abs(np.asarray(value)) <= 1e12)


def mutated(random_: random.Random) -> tuple[str, Field]:
    field, text, _ = random_.choice(INPUTS)
    letters = list(text[:200])
    for _ in range(random_.randrange(1, 6)):
        place = random_.randrange(len(letters) + 1)
        other = random_.choice(INPUTS)[1][:200] or " "
        letters[place : place + random_.randrange(3)] = random_.choice(other) * random_.randrange(1, 3)
    return "".join(letters), random_.choice([field, *Field])


def fuzz(seed: int, count: int) -> None:
    random_ = random.Random(seed)
    for _ in range(count):
        assert_read_or_refused(*mutated(random_))


def test_5_000_mutated_answers_are_read_or_refused() -> None:
    fuzz(seed=0, count=5_000)


@pytest.mark.long
def test_a_million_mutated_answers_are_read_or_refused() -> None:
    fuzz(seed=1, count=1_000_000)
