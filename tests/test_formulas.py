"""The formula language: what is read, how it binds, how it is printed, and that nothing breaks it."""

from __future__ import annotations

import math
import random
import string
import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tutor.engine.expressions import (
    FUNCTIONS,
    OPERATORS,
    Array,
    Call,
    Expression,
    Name,
    Number,
    Value,
    evaluate,
    names,
    substitute,
    to_text,
)
from tutor.engine.formulas import ReadingError, read_expression, read_statements, read_value
from tutor.engine.nodes import NODES
from tutor.engine.reading_errors import ERROR_FIELDS

X, Y, Z, W = (Name(name) for name in "xyzW")


def call(kind: str, *arguments: Expression) -> Call:
    return Call(kind, arguments)


def refusal(read: Callable[[], object]) -> ReadingError:
    with pytest.raises(ReadingError) as caught:
        read()
    return caught.value


PRECEDENCE = {
    "x + y * z": "x + (y * z)",
    "x * y + z": "(x * y) + z",
    "x - y - z": "(x - y) - z",
    "x / y / z": "(x / y) / z",
    "x / y * z": "(x / y) * z",
    "x @ y * z": "(x @ y) * z",
    "x ^ y ^ z": "x ^ (y ^ z)",
    "x ** y ** z": "x ^ (y ^ z)",
    "-x ^ 2": "-(x ^ 2)",
    "-x * y": "(-x) * y",
    "-x + y": "(-x) + y",
    "x ^ -y ^ z": "x ^ (-(y ^ z))",
    "x ^ -y * z": "(x ^ (-y)) * z",
    "x * -y": "x * (-y)",
    "x - -y": "x - (-y)",
    "+x": "x",
    "x > y + z": "x > (y + z)",
    "x * (y >= z)": "x * (y ≥ z)",
    "x.T ^ 2": "(x.T) ^ 2",
    "-x.T": "-(x.T)",
    "x @ y.T": "x @ (y.T)",
    "2x ^ 2": "2 * (x ^ 2)",
    "1/2x": "(1 / 2) * x",
    "x²y": "(x ^ 2) * y",
    "√4x": "sqrt(4) * x",
    "√(x)y": "sqrt(x) * y",
    "25% * x": "0.25 * x",
    "2^3²": "2 ^ (3 ^ 2)",
}


@pytest.mark.parametrize(("text", "bracketed"), PRECEDENCE.items())
def test_operators_bind_as_in_mathematics(text: str, bracketed: str) -> None:
    assert read_expression(text, ("x", "y", "z")) == read_expression(bracketed, ("x", "y", "z"))


def test_a_minus_belongs_to_the_number_it_stands_before_but_not_to_its_power() -> None:
    assert read_expression("-4") == Number(-4)
    assert read_expression("x * -4") == call("mul", X, Number(-4))
    assert read_expression("-2^2") == call("neg", call("power", Number(2), Number(2)))
    assert read_expression("-2²") == call("neg", call("power", Number(2), Number(2)))
    assert read_expression("(-2)^2") == call("power", Number(-2), Number(2))
    assert read_expression("--5") == call("neg", Number(-5))
    assert evaluate(read_expression("-2^2"), {}) == -4


SYNONYMS = {
    "σ(x)": "sigmoid(x)",
    "ln(x)": "log(x)",
    "√(x)": "sqrt(x)",
    "x·y": "x * y",
    "x×y": "x * y",
    "x⋅y": "x * y",
    "xㆍy": "x * y",
    "x÷y": "x / y",
    "x−y": "x - y",
    "x–y": "x - y",
    "x⁻¹": "x^-1",
    "x²": "x^2",
    "Wᵀ": "W.T",
    "x ≥ y": "x >= y",
    "π": "pi",
    "ＲｅＬＵ（ｘ）": "relu(x)",
    "１２．５": "12.5",
    "½": "0.5",
    "[1 2; 3 4] @ W": "[[1, 2], [3, 4]] @ W",
}


@pytest.mark.parametrize(("typed", "plain"), SYNONYMS.items())
def test_spellings_that_people_type_mean_the_plain_one(typed: str, plain: str) -> None:
    assert read_expression(typed) == read_expression(plain)


def test_known_names_decide_what_is_one_word() -> None:
    product = call("mul", call("mul", Number(2), X), Y)
    assert read_expression("2xy", ("x", "y")) == product
    assert read_expression("2xy", ("x", "y", "xy")) == call("mul", Number(2), Name("xy"))
    assert read_expression("2xy") == call("mul", Number(2), Name("xy"))
    assert read_expression("y(1-y)", ("y",)) == call("mul", Y, call("sub", Number(1), Y))
    assert read_expression("w1w2", ("w", "w1", "w2")) == call("mul", Name("w1"), Name("w2"))
    assert read_expression("dL/dy*x", ("dL/dy", "x")) == call("mul", Name("dL/dy"), X)
    assert read_expression("∂L/∂y·x", ("dL/dy", "x")) == call("mul", Name("dL/dy"), X)
    assert read_expression("dL / dy", ("dL/dy",)) == Name("dL/dy")
    assert read_expression("dL/dy", ("dL", "dy")) == call("div", Name("dL"), Name("dy"))
    assert read_expression("dL/dy/dt", ("dL/dy", "dL/dy/dt")) == Name("dL/dy/dt")
    assert read_expression("dL/dyx", ("dL", "dy", "x", "dL/dy")) == read_expression(
        "dL/(dy) * x", ("dL", "dy", "x")
    )
    assert read_expression("xσ(y)", ("x", "y")) == call("mul", X, call("sigmoid", Y))
    assert read_expression("max + max(x, y)", ("max", "x", "y")) == call(
        "add", Name("max"), call("max", X, Y)
    )


def test_a_misspelt_function_is_refused_with_the_one_that_is_meant() -> None:
    error = refusal(lambda: read_expression("sigmod(x)", ("x",)))
    assert (error.code, error.fields["suggestion"]) == ("unknown_function", "sigmoid")


def test_an_unknown_name_is_refused_with_those_that_can_be_used() -> None:
    error = refusal(lambda: read_expression("x + q", ("x", "dout")))
    assert (error.code, error.column) == ("unknown_name", 5)
    assert error.data == {"name": "q", "names": "x, dout, pi"}
    case = refusal(lambda: read_expression("w * X", ("w", "x")))
    assert (case.code, case.column, case.data["suggestion"]) == ("case", 5, "x")
    lookalike = refusal(lambda: read_expression("х", ("x",)))
    assert lookalike.data["name"] == "х (U+0445)"


def test_statements_may_use_names_that_are_defined_later() -> None:
    first, second = read_statements("L = y(1-y); y = 2*x\n")
    assert (first.target, second.target) == ("L", "y")
    assert first.expression == call("mul", Y, call("sub", Number(1), Y))
    assert names(second.expression) == ("x",)


def test_a_single_expression_is_called_out() -> None:
    (statement,) = read_statements("(x + y) * z")
    assert statement.target == "out"
    assert names(statement.expression) == ("x", "y", "z")


def test_a_semicolon_inside_brackets_is_no_end_of_a_statement() -> None:
    first, second = read_statements("A = [1 2; 3 4]; y = A @ x")
    assert first.expression == Array(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert second.expression == call("matmul", Name("A"), X)


STATEMENT_FAULTS = {
    "y = 1; y = 2": ("duplicate_target", 8),
    "y = 1; 2": ("missing_target", 8),
    "2 = x": ("bad_target", 1),
    "sum = x + y": ("bad_target", 1),
    "a b = x": ("bad_target", 1),
    "y = ": ("incomplete", 4),
    " ; ": ("empty", 2),
    "z = x*y; L = relu(z": ("unbalanced", 20),
    "z = x +": ("incomplete", 8),
    "z = foo(x)": ("unknown_name", 5),
    "z = rellu(x)": ("unknown_function", 5),
    "z = x y": ("two_numbers", 7),
    "z = 9**9**9 + 1e400": ("too_big", 15),
    "z = max(x)": ("arguments", 5),
    "z = sum(x, axis=x)": ("bad_option", 12),
    "z = relu(x, axis=0)": ("bad_option", 13),
    "z = x < y < 1": ("chained_comparison", 11),
    "z = [[1, 2], [3]]": ("ragged", 5),
    "z = [[1, x]]": ("bad_matrix", 10),
    "z = [1, [2]]": ("bad_matrix", 9),
    "z = x, y": ("comma", 6),
    "z = ((x": ("unbalanced", 8),
    "z = x == y": ("bad_character", 7),
    "z = x ? y": ("bad_character", 7),
    "z = - - - - x": ("too_many_signs", 5),
    "z = exp x": ("needs_brackets", 5),
    "ｚ ＝ ｘ ＋": ("incomplete", 8),
    "y\u0302 = 1 +": ("incomplete", 9),
}


@pytest.mark.parametrize(("text", "expected"), STATEMENT_FAULTS.items())
def test_a_fault_is_named_with_its_column_in_the_typed_text(text: str, expected: tuple[str, int]) -> None:
    error = refusal(lambda: read_statements(text))
    assert (error.code, error.column) == expected


def test_options_of_sums_and_means() -> None:
    assert read_expression("sum(x, axis=0)") == Call("sum", (X,), (("axis", 0.0),))
    assert read_expression("mean(x, axis=-1)") == Call("mean", (X,), (("axis", -1.0),))
    assert to_text(Call("sum", (X,), (("axis", 0.0),))) == "sum(x, axis=0)"


def test_lengths_and_depths_are_bounded() -> None:
    assert refusal(lambda: read_expression("x" * 401)).code == "too_long"
    assert refusal(lambda: read_expression("+".join("x" * 61))).code == "too_complex"
    assert refusal(lambda: read_expression("(" * 25 + "x" + ")" * 25)).code == "too_complex"
    assert refusal(lambda: read_expression("x" * 121, ("x",))).code == "too_complex"
    assert read_expression("(" * 24 + "x" + ")" * 24) == X
    assert refusal(lambda: read_expression("^".join("x" * 30))).code == "too_complex"
    assert refusal(lambda: read_expression("[1+" * 30)).code in ("too_complex", "bad_matrix")
    assert refusal(lambda: read_statements("x = 1\n" * 65)).code == "too_complex"
    assert refusal(lambda: read_expression("1" * 41)).code == "number_too_long"


def test_a_power_tower_is_infinite_and_no_bomb() -> None:
    tower = read_expression("9**9**9**9")
    assert evaluate(tower, {}) == math.inf


def test_values_given_on_the_command_line() -> None:
    assert read_value("-2") == -2
    assert read_value("1/3") == 1 / 3
    for text in ("[[1,2],[3,4]]", "1 2; 3 4", "[1 2; 3 4]", "1,2; 3,4", "[[1 2]\n [3 4]]"):
        value = read_value(text)
        assert np.array_equal(value, [[1, 2], [3, 4]]), text
    for text, shape in (("[1, -2]", (2,)), ("1 -2", (2,)), ("[[1, 2]]", (1, 2)), ("1; 2", (2, 1))):
        assert np.shape(read_value(text)) == shape, text
    big = np.arange(64.0 * 64).reshape(64, 64)
    assert np.array_equal(read_value(str(big.tolist())), big)
    assert refusal(lambda: read_value("nan")).code == "not_finite"
    assert refusal(lambda: read_value("[1, 1/0]")).code == "div_zero"
    assert refusal(lambda: read_value("x")).code == "unknown_name"
    assert refusal(lambda: read_value("[1, 2], [3, 4]")).code == "bad_matrix"


def test_inside_a_matrix_a_minus_after_a_space_starts_an_entry() -> None:
    assert np.array_equal(read_value("[1 -2]"), [1, -2])
    assert np.array_equal(read_value("[1 - 2, 5]"), [-1, 5])
    assert np.array_equal(read_value("[1-2 5]"), [-1, 5])
    assert np.array_equal(read_value("[(1 -2) max(1 -2, 0)]"), [-1, 0])


PRINTED = {
    "x * y": ("x * y", "x · y"),
    "(x + y) * z": ("(x + y) * z", "(x + y) · z"),
    "x - (y - z)": ("x - (y - z)", "x − (y − z)"),
    "sigmoid(x)^2": ("sigmoid(x)^2", "σ(x)²"),
    "-x^-1": ("-x^(-1)", "−x⁻¹"),
    "(x^2)^y": ("(x^2)^y", "(x²)^y"),
    "x - -2": ("x - (-2)", "x − (−2)"),
    "W.T @ x": ("W.T @ x", "Wᵀ @ x"),
    "2pi*log(x)": ("2 * pi * log(x)", "2 · π · ln(x)"),
    "x >= 0": ("x >= 0", "x ≥ 0"),
    "[[1, -2]]": ("[[1, -2]]", "[[1, −2]]"),
    "1e-3 * sqrt(x)": ("0.001 * sqrt(x)", "0.001 · √(x)"),
}


@pytest.mark.parametrize(("text", "printed"), PRINTED.items())
def test_formulas_are_printed_with_few_brackets(text: str, printed: tuple[str, str]) -> None:
    expression = read_expression(text)
    assert (to_text(expression), to_text(expression, pretty=True)) == printed


finite = st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda value: value == 0 or abs(value) > 1e-300
)
leaves: st.SearchStrategy[Expression] = st.one_of(
    finite.map(Number),
    st.integers(-12, 12).map(lambda value: Number(float(value))),
    st.just(Number(math.pi)),
    st.sampled_from(["x", "y", "w1", "W", "dL/dy", "δ"]).map(Name),
    st.lists(finite, min_size=1, max_size=3).map(lambda row: Array(np.array(row))),
    st.lists(finite, min_size=2, max_size=2).map(lambda row: Array(np.array([row, row]))),
)
NAMES = ("x", "y", "w1", "W", "dL/dy", "δ")


def branches(children: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    operators = st.builds(
        lambda kind, left, right: Call(kind, (left, right)),
        st.sampled_from(sorted(OPERATORS)),
        children,
        children,
    )
    unary = st.builds(lambda kind, x: Call(kind, (x,)), st.sampled_from(["neg", "transpose"]), children)
    functions = st.sampled_from(sorted(FUNCTIONS)).flatmap(
        lambda kind: st.tuples(*[children] * FUNCTIONS[kind]).map(lambda arguments: Call(kind, arguments))
    )
    reduced = children.map(lambda x: Call("sum", (x,), (("axis", 1.0),)))
    return st.one_of(operators, unary, functions, reduced)


@given(st.recursive(leaves, branches, max_leaves=12))
@settings(max_examples=600, deadline=None)
def test_what_is_printed_reads_back_as_the_same_tree(expression: Expression) -> None:
    for pretty in (False, True):
        text = to_text(expression, pretty=pretty)
        try:
            again: Expression | str = read_expression(text, NAMES)
        except ReadingError as error:
            again = error.code
        assert again == expression or again in ("too_long", "too_complex"), text


def test_every_kind_of_the_language_is_a_node() -> None:
    kinds = {*FUNCTIONS, *OPERATORS, "neg", "transpose"}
    assert kinds == set(NODES)
    for kind in FUNCTIONS:
        assert NODES[kind].arity == FUNCTIONS[kind]


def test_names_are_listed_once_in_order_and_replaced_at_once() -> None:
    expression = read_expression("y * x + y")
    assert names(expression) == ("y", "x")
    assert substitute(expression, {"x": Y, "y": X}) == read_expression("x * y + x")


def test_expressions_are_computed_in_float64() -> None:
    bindings: dict[str, Value] = {"x": 2.0, "W": np.array([[1.0, 2.0], [3.0, 4.0]])}
    assert evaluate(read_expression("x^2 + max(x, 3) > 6"), bindings) == 1.0
    assert np.array_equal(evaluate(read_expression("sum(W.T @ W, axis=0)"), bindings), [24, 34])
    assert math.isnan(float(evaluate(read_expression("log(-x)"), bindings)))


ALPHABET = (
    "xyWe01259.,;:=+-*/@^()[]<>%_'\"\\ \n\t!{}"
    + "σ√π·×÷−²⁻¹½①₁∂ᵀＴ０，．（∞≥ŷ\u0302가ㅁ\u202e\ufeff\ud800\x1b\U0001d7ce"
)
WORDS = (
    "relu(",
    "max(",
    "sum(x, axis=",
    "dL/dy",
    ".T",
    "1e",
    "0x",
    "nan",
    "∂L/∂y",
    "affine(",
    "σ(",
    "[[",
    "]]",
    "**",
)


def random_text(random_: random.Random) -> str:
    pieces = [
        random_.choice(WORDS) if random_.random() < 0.3 else random_.choice(ALPHABET)
        for _ in range(random_.randrange(1, 40))
    ]
    if random_.random() < 0.1:
        pieces.append(chr(random_.randrange(0x110000)) * random_.randrange(1, 9))
    return "".join(pieces)


def mutated_text(random_: random.Random) -> str:
    letters = list(random_.choice([*PRECEDENCE, *SYNONYMS, *PRINTED, *STATEMENT_FAULTS]))
    for _ in range(random_.randrange(1, 5)):
        place = random_.randrange(len(letters) + 1)
        letters[place : place + random_.randrange(2)] = random_.choice([ALPHABET, string.printable])[
            random_.randrange(30)
        ]
    return "".join(letters)


def refused(read: Callable[[], object]) -> ReadingError | None:
    try:
        read()
    except ReadingError as error:
        return error
    return None


def assert_read_or_refused(text: str) -> None:
    for read in (
        lambda: read_expression(text),
        lambda: read_expression(text, NAMES),
        lambda: read_statements(text),
        lambda: read_value(text),
    ):
        error = refused(read)
        if error is not None:
            assert error.data.keys() == set(ERROR_FIELDS[error.code])
            assert 1 <= error.column <= len(text) + 1
            assert all(value.isprintable() for value in error.data.values() if isinstance(value, str))


@given(st.one_of(st.text(), st.text(alphabet=ALPHABET)))
@example("[" * 200)
@example("-" * 200)
@example("x^" * 100)
@example("√" * 300)
@example("[1" * 100)
@settings(max_examples=500, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    assert_read_or_refused(text)


def fuzz(seed: int, count: int) -> float:
    """Read `count` odd texts; return the longest time that one took, in seconds."""
    random_, longest = random.Random(seed), 0.0
    for _ in range(count):
        text = mutated_text(random_) if random_.random() < 0.5 else random_text(random_)
        start = time.perf_counter()
        assert_read_or_refused(text)
        longest = max(longest, time.perf_counter() - start)
    return longest


def test_5_000_odd_texts_are_read_or_refused() -> None:
    fuzz(seed=0, count=5_000)


@pytest.mark.long
def test_a_million_odd_texts_are_read_or_refused() -> None:
    print(f"longest: {fuzz(seed=1, count=1_000_000) * 1000:.2f} ms")  # noqa: T201
