"""`tutor train`: a network without the app, as a curve in the terminal or as JSON lines."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tutor.commands.output import DONE, InputError, as_json, writes_unicode
from tutor.engine.training import Training
from tutor.engine.training_config import ConfigError, ConfigFault, TrainingConfig
from tutor.engine.training_file import (
    MAX_CHARACTERS,
    PRESETS,
    FileFault,
    TrainingFileError,
    read_training_file,
)
from tutor.text import Text
from tutor.ui.chart import Series, draw_chart
from tutor.ui.curve import Curve

CHART_HEIGHT = 16


def run(options: argparse.Namespace, text: Text) -> int:
    """Train to the end and print every recorded loss, or draw the curve."""
    training = Training(_configured(options, text))
    curve = Curve()
    for step, loss in training.run():
        curve.append(step, loss)
        if options.json and not options.quiet:
            print(json.dumps({"step": step, "loss": as_json(loss)}))
    if options.json:
        print(json.dumps({"final": _final(training)}))
        return DONE
    if not options.quiet:
        _draw(curve, ascii_only=options.ascii or not writes_unicode())
    print(_outcome(training, text))
    return DONE


def _configured(options: argparse.Namespace, text: Text) -> TrainingConfig:
    if (options.file is None) == (options.preset is None):
        raise InputError(text("train.fault.one_source", presets=", ".join(PRESETS)))
    if options.preset is not None and options.preset not in PRESETS:
        raise InputError(text("train.fault.unknown_preset", name=options.preset, presets=", ".join(PRESETS)))
    config = PRESETS[options.preset] if options.preset else _read(options.file, text)
    try:
        return config if options.steps is None else replace(config, steps=options.steps)
    except ConfigError as error:
        raise InputError(
            f"--steps: {_sentence(FileFault(error.code, 'steps', None, error.data), text)}"
        ) from error


def _read(name: str, text: Text) -> TrainingConfig:
    path = Path(name)
    try:
        if not path.is_file():  # a pipe or a device could keep the reader waiting for ever
            raise InputError(text("train.fault.unreadable", name=name))
        with path.open(encoding="utf-8-sig") as file:
            written = file.read(MAX_CHARACTERS + 1)
    except OSError as error:
        raise InputError(text("train.fault.unreadable", name=name)) from error
    except UnicodeDecodeError as error:
        raise InputError(text("train.fault.not_utf8", name=name)) from error
    try:
        return read_training_file(written)
    except TrainingFileError as error:
        raise InputError(
            "\n".join(_place(name, fault) + _sentence(fault, text) for fault in error.faults)
        ) from error


def _place(name: str, fault: FileFault) -> str:
    return f"{name}:{fault.line}: " if fault.line else f"{name}: "


def _sentence(fault: FileFault, text: Text) -> str:
    """Return what is wrong with a setting, and the nearest right one where there is one."""
    data = {key: _shown(value) for key, value in fault.data.items()}
    if fault.code == ConfigFault.WRONG_TYPE:
        data["expected"] = text(f"train.kind.{data['expected']}")
    sentence = text(f"train.fault.{fault.code}", **{**_FIELDS, **data, "key": fault.key})
    near = fault.data.get("nearest")
    return f"{sentence} {text('train.fault.nearest', name=near)}" if near else sentence


_FIELDS: Mapping[str, str] = dict.fromkeys(
    ("value", "expected", "choices", "low", "high", "found", "samples", "limit"), ""
)


def _shown(value: object) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(str(entry) for entry in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _final(training: Training) -> dict[str, Any]:
    result = training.result()
    final: dict[str, Any] = {
        "loss": as_json(result.loss),
        "steps": result.steps,
        "parameters": {name: as_json(value) for name, value in result.parameters.items()},
        "seconds": result.seconds,
    }
    return final | ({"diverged": True} if result.diverged else {})


def _draw(curve: Curve, *, ascii_only: bool) -> None:
    width = max(40, min(100, shutil.get_terminal_size().columns))
    chart = draw_chart([Series("loss", curve)], width, CHART_HEIGHT, ascii_only=ascii_only)
    for row in chart.rows:
        print("".join(piece.text for piece in row).rstrip())


def _outcome(training: Training, text: Text) -> str:
    result = training.result()
    if result.diverged:
        return text("train.diverged", step=result.steps)
    accuracy = training.accuracy()
    said = text("train.done", steps=result.steps, loss=f"{result.loss:.4g}", seconds=f"{result.seconds:.2f}")
    return said if accuracy is None else f"{said} {text('train.accuracy', percent=f'{100 * accuracy:.0f}')}"
