"""What the learner has chosen, apart from any lesson."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Settings:
    """The learner's choices; None and the defaults stand for "not chosen yet"."""

    language: str | None = None
    """A language code; None lets the system decide."""
    theme: str | None = None
    """The name of a theme; None is the interface's own."""
    ascii: bool = False
    """Whether frames and signs are drawn with ASCII characters only."""
    motion: bool = True
    """Whether things may move on the screen."""
    terms: str | None = None
    """Which form of the field's terms is shown; None is the language's own."""

    @classmethod
    def from_stored(cls, stored: Mapping[str, str]) -> Self:
        """Return the settings in `stored` (JSON text by name), ignoring what is unknown or malformed."""
        chosen: dict[str, Any] = {}
        for field in fields(cls):
            allowed = (bool,) if isinstance(field.default, bool) else (str, type(None))
            value = _decoded(stored.get(field.name), field.default)
            if isinstance(value, allowed):
                chosen[field.name] = value
        return cls(**chosen)

    def to_stored(self) -> dict[str, str]:
        """Return every setting as JSON text by name."""
        return {name: json.dumps(value) for name, value in asdict(self).items()}


def _decoded(text: str | None, default: object) -> object:
    if text is None:
        return default
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return default
