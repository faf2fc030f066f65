"""Training files: what they say is what is run, and what is wrong with them is named with its line."""

import pytest

from tutor.engine.training import Training
from tutor.engine.training_config import TrainingConfig
from tutor.engine.training_file import PRESETS, TrainingFileError, read_training_file

COMPLETE = """
dataset = "xor"
layers = [2, 4, 1]
activation = "sigmoid"
output = "sigmoid"
loss = "mse"
optimizer = "sgd"
learning_rate = 0.5
batch_size = 4
initializer = "xavier"
steps = 2000
seed = 0
record_every = 1
[parameters]
b1 = [0.1, 0.2, 0.3, 0.4]
"""


def test_a_complete_file() -> None:
    assert read_training_file(COMPLETE) == TrainingConfig(
        learning_rate=0.5, batch_size=4, parameters={"b1": (0.1, 0.2, 0.3, 0.4)}
    )


def test_an_empty_file_is_the_default_run() -> None:
    assert read_training_file("") == TrainingConfig()


def test_a_table_of_data() -> None:
    text = "data = { x = [[1, 2], [3, 4]], t = [[0], [1]] }\nlayers = [2, 1]\noutput = 'identity'"
    training = Training(read_training_file(text))
    assert training.x.tolist() == [[1, 2], [3, 4]]
    assert training.t.tolist() == [[0], [1]]


def test_windows_line_ends() -> None:
    assert read_training_file(COMPLETE.replace("\n", "\r\n")) == read_training_file(COMPLETE)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_learn_what_they_show(name: str) -> None:
    training = Training(PRESETS[name])
    training.advance(PRESETS[name].steps)
    accuracy = training.accuracy()
    assert accuracy is not None
    assert accuracy >= 0.95
    assert not training.diverged


@pytest.mark.parametrize(
    ("text", "code", "key", "line", "detail"),
    [
        ("steps = 10\nlerning_rate = 1", "unknown_key", "lerning_rate", 2, {"nearest": "learning_rate"}),
        ("qqq = 1", "unknown_key", "qqq", 1, {"nearest": None}),
        ("seed = 1\noptimizer = 'adamm'", "not_one_of", "optimizer", 2, {"nearest": "adam"}),
        ("\n\nsteps = 'many'", "wrong_type", "steps", 3, {"expected": "whole_number"}),
        ("learning_rate = nan", "not_finite", "learning_rate", 1, {}),
        ("layers = 3", "wrong_type", "layers", 1, {}),
        ("layers = [2, 3.5, 1]", "wrong_type", "layers", 1, {}),
        ("steps = [\n", "toml_syntax", "", None, {}),
        ("steps = 1\nsteps = 2", "toml_syntax", "", 2, {}),
        ("a = " + "9" * 5000, "toml_syntax", "", None, {}),
        ("a = " + "[" * 3000, "toml_syntax", "", None, {}),
        (".".join("a" * 50) + " = 1", "deep_key", "", 1, {}),
        ("x = {" + ".".join("a" * 50) + " = 1}", "deep_key", "", 1, {}),
        ("[" + ".".join("a" * 50) + "]", "deep_key", "", 1, {}),
        (".".join(['"="'] * 50) + " = 1", "deep_key", "", 1, {}),
        ("#" * 300_000, "file_too_large", "", None, {}),
        ("data = 3", "wrong_type", "data", 1, {"expected": "table"}),
        ("data = { x = [[1, 2]] }", "wrong_type", "data", 1, {"expected": "table_of_x_and_t"}),
        ("data = { x = [[1, 2]], t = [[1]], y = 3 }", "unknown_key", "data.y", 1, {}),
        ("dataset = 'xor'\ndata = { x = [[1, 2]], t = [[1]] }", "two_datasets", "data", 2, {}),
        ("data = { x = [[1, 2], [3]], t = [[1], [2]] }", "table_shape", "data", 1, {}),
        ("data = { x = 'no', t = [[1], [2]] }", "table_shape", "data", 1, {}),
        ("steps = 5\n[parameters]\nW9 = [[1.0]]", "unknown_parameter", "parameters.W9", 3, {}),
        ("[parameters]\nb2 = ['a']", "parameter_shape", "parameters.b2", 2, {}),
        ("[parameters]\nb2 = [inf]", "not_finite", "parameters.b2", 2, {}),
        ("parameters = 3", "wrong_type", "parameters", 1, {"expected": "table"}),
        ("dataset = 'table'", "table_missing", "data", None, {}),
    ],
)  # fmt: skip
def test_faults(text: str, code: str, key: str, line: int | None, detail: dict[str, object]) -> None:
    with pytest.raises(TrainingFileError) as caught:
        read_training_file(text)
    fault = caught.value.faults[0]
    assert (fault.code, fault.key) == (code, key)
    assert line is None or fault.line == line
    assert detail.items() <= fault.data.items()


def test_every_unknown_key_is_named() -> None:
    with pytest.raises(TrainingFileError) as caught:
        read_training_file("a = 1\nsteps = 2\nlayer = [2, 1]")
    assert [(fault.key, fault.line) for fault in caught.value.faults] == [("a", 1), ("layer", 3)]
