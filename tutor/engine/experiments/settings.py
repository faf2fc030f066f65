"""The settings of an experiment: read from a table that anybody may have written, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Self, get_type_hints


class ExperimentError(ValueError):
    """Settings that make no experiment: the setting at fault, a code that says why, and details."""

    def __init__(self, setting: str, code: str, **data: object) -> None:
        super().__init__(f"{setting}: {code} {data}")
        self.setting, self.code, self.data = setting, code, data


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a kind of experiment; a subclass lists them with their defaults."""

    @classmethod
    def read(cls, table: Mapping[str, Any]) -> Self:
        """Return the settings in a table; ExperimentError for the first one that cannot be."""
        known = {field.name: field for field in fields(cls)}
        hints = get_type_hints(cls)
        for name, value in table.items():
            if name not in known:
                raise ExperimentError(name, "unknown_key", choices=tuple(known))
            if not _fits(value, hints[name]):
                raise ExperimentError(name, "wrong_type", expected=_type_name(hints[name]))
        for name, field in known.items():
            if name not in table and field.default is MISSING:
                raise ExperimentError(name, "missing_key")
        settings = cls(**{name: _converted(value, hints[name]) for name, value in table.items()})
        settings.check()
        return settings

    def check(self) -> None:
        """Raise ExperimentError for a value out of its range."""


def require(setting: str, value: float, low: float, high: float) -> None:
    """Raise ExperimentError where a number is out of its range, or no number."""
    if not low <= value <= high:
        raise ExperimentError(setting, "out_of_range", low=low, high=high)


def one_of(setting: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ExperimentError where a word is none of those known."""
    if value not in choices:
        raise ExperimentError(setting, "not_one_of", value=value, choices=choices)


def _fits(value: Any, hint: Any) -> bool:
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint in (str, bool):
        return isinstance(value, hint)
    entry = hint.__args__[0]
    if entry is float and _fits(value, float):
        return True
    return isinstance(value, list | tuple) and all(_fits(part, entry) for part in value)


def _converted(value: Any, hint: Any) -> Any:
    if hint is float:
        return float(value)
    if hint in (int, str, bool):
        return value
    entry = hint.__args__[0]
    return tuple(entry(part) for part in (value if isinstance(value, list | tuple) else (value,)))


def _type_name(hint: Any) -> str:
    if hint in (int, float):
        return "integer" if hint is int else "number"
    return {str: "string", bool: "boolean"}.get(hint, "array")
