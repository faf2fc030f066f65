"""Reads a training file: TOML text in, a configuration or a list of faults out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from tutor.engine.training_config import ConfigError, Nested, Table, TrainingConfig, nearest

MAX_CHARACTERS = 256 * 1024
MAX_KEY_PARTS = 8
"""A dotted key of a hundred thousand parts, within the size limit, makes tomllib use up the memory."""

KEYS = (*(f.name for f in fields(TrainingConfig) if f.name != "table"), "data")
"""Every key of a training file; `data = { x = …, t = … }` takes the place of `dataset`."""

PRESETS: Mapping[str, TrainingConfig] = {
    "xor": TrainingConfig(loss="half_sse", learning_rate=1.0, steps=5000),
    "circle": TrainingConfig(
        dataset="circle",
        layers=(2, 16, 1),
        activation="relu",
        loss="cross_entropy",
        learning_rate=0.5,
        initializer="he",
        steps=1000,
    ),
    "moons": TrainingConfig(
        dataset="moons",
        layers=(2, 16, 1),
        activation="tanh",
        loss="cross_entropy",
        optimizer="momentum",
        learning_rate=0.1,
        batch_size=32,
        steps=1000,
    ),
    "spiral": TrainingConfig(
        dataset="spiral",
        layers=(2, 16, 16, 1),
        activation="relu",
        loss="cross_entropy",
        optimizer="adam",
        learning_rate=0.01,
        initializer="he",
        batch_size=32,
        steps=3000,
    ),
    "digits": TrainingConfig(
        dataset="digits",
        samples=1000,
        layers=(64, 50, 10),
        activation="relu",
        output="softmax",
        loss="cross_entropy",
        learning_rate=0.5,
        initializer="he",
        batch_size=100,
        steps=500,
    ),
}
"""Runs to try at once, by name."""


class FileFaultCode(StrEnum):
    """What can be wrong with the file itself; what is wrong with a setting is a ConfigFault."""

    TOO_LARGE = "file_too_large"
    DEEP_KEY = "deep_key"
    SYNTAX = "toml_syntax"
    UNKNOWN_KEY = "unknown_key"
    TWO_DATASETS = "two_datasets"
    WRONG_TYPE = "wrong_type"


@dataclass(frozen=True, slots=True)
class FileFault:
    """One fault: a FileFaultCode or ConfigFault, the key, the line from 1 where known, and details."""

    code: str
    key: str = ""
    line: int | None = None
    data: Mapping[str, object] = field(default_factory=dict)


class TrainingFileError(ValueError):
    """A training file that cannot be used; `faults` says why."""

    def __init__(self, faults: Iterable[FileFault]) -> None:
        self.faults = tuple(faults)
        first = self.faults[0]
        super().__init__(f"{first.line or ''}: {first.code} {first.key}")


def read_training_file(text: str) -> TrainingConfig:
    """Return the configuration that a training file describes; TrainingFileError lists what is wrong."""
    table = _parse(text)
    faults = [
        FileFault(FileFaultCode.UNKNOWN_KEY, key[:40], _line(text, key), {"nearest": nearest(key, KEYS)})
        for key in table
        if key not in KEYS
    ]
    if "data" in table and "dataset" in table:
        faults.append(FileFault(FileFaultCode.TWO_DATASETS, "data", _line(text, "data")))
    if faults:
        raise TrainingFileError(faults)
    try:
        return TrainingConfig(**_settings(table, text))
    except ConfigError as error:
        place = _line(text, *error.field.split("."))
        raise TrainingFileError([FileFault(error.code, error.field, place, error.data)]) from error


def _parse(text: str) -> dict[str, Any]:
    if len(text) > MAX_CHARACTERS:
        raise TrainingFileError([FileFault(FileFaultCode.TOO_LARGE, data={"limit": MAX_CHARACTERS})])
    for number, line in enumerate(text.split("\n"), start=1):
        if _has_deep_key(line):
            raise TrainingFileError([FileFault(FileFaultCode.DEEP_KEY, line=number)])
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except (ValueError, RecursionError) as error:
        # tomllib raises a bare ValueError for integers of thousands of digits.
        place = re.search(r"at line (\d+)", str(error))
        at_end = text.count("\n") + 1 if "end of document" in str(error) else None
        line_number = int(place.group(1)) if place else at_end
        raise TrainingFileError([FileFault(FileFaultCode.SYNTAX, line=line_number)]) from error


def _has_deep_key(line: str) -> bool:
    if line.lstrip().startswith("#"):
        return False
    quoted = re.findall(r"""["']\s*\.""", line)
    return len(quoted) > MAX_KEY_PARTS or any(
        part.count(".") > MAX_KEY_PARTS for part in re.split(r"[=,\[\]{}#]", line)
    )


def _settings(table: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Return the arguments of TrainingConfig."""
    settings = {key: value for key, value in table.items() if key not in ("data", "parameters")}
    for key in ("layers", "frozen"):
        if isinstance(settings.get(key), list):
            settings[key] = tuple(settings[key])
    if "data" in table:
        data = _subtable(table, "data", text)
        for key in ("x", "t"):
            if key not in data:
                raise TrainingFileError([_wrong_type(text, "data", "table_of_x_and_t")])
        for key in data:
            if key not in ("x", "t"):
                place = _line(text, "data")
                detail = {"nearest": nearest(key, ("x", "t"))}
                raise TrainingFileError(
                    [FileFault(FileFaultCode.UNKNOWN_KEY, f"data.{key[:40]}", place, detail)]
                )
        settings["dataset"] = "table"
        settings["table"] = Table(_nested(data["x"]), _nested(data["t"]))
    if "parameters" in table:
        parameters = _subtable(table, "parameters", text)
        settings["parameters"] = {name: _nested(value) for name, value in parameters.items()}
    return settings


def _subtable(table: Mapping[str, Any], key: str, text: str) -> Mapping[str, Any]:
    value = table[key]
    if not isinstance(value, dict):
        raise TrainingFileError([_wrong_type(text, key, "table")])
    return value


def _wrong_type(text: str, key: str, expected: str) -> FileFault:
    return FileFault(FileFaultCode.WRONG_TYPE, key, _line(text, key), {"expected": expected})


def _nested(value: Any) -> Nested:
    return tuple(_nested(entry) for entry in value) if isinstance(value, list) else value


def _line(text: str, *path: str) -> int | None:
    """Return the line that sets a key, or the nearest one above it that can be told."""
    for key in reversed(path):
        name = rf"""["']?{re.escape(key)}["']?"""
        found = re.search(rf"^[ \t]*(?:\[[ \t]*)?{name}[ \t]*[=.\]]", text, re.MULTILINE)
        if found:
            return text.count("\n", 0, found.start()) + 1
    return None
