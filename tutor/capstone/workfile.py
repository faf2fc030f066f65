"""The learner's file: laid out once, never overwritten, and watched for changes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from string import Template

FILE_NAME = "layers.py"
LOOK_EVERY = 0.4
"""Seconds between two looks at the file."""

NOTES = (
    "head",
    "pair",
    "relu",
    "sigmoid",
    "affine",
    "softmax",
    "optional",
    "batch_norm",
    "update",
    "clip",
    "numerical",
)
"""The comments of the file that are written in the learner's language."""


def lay_out(folder: Path, notes: dict[str, str]) -> tuple[Path, bool]:
    """Return the learner's file in `folder` and whether it was made now; one that is there stays as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE_NAME
    template = Template((files("tutor.capstone") / "layers.txt").read_text(encoding="utf-8"))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(template.substitute(notes))
    except FileExistsError:
        return path, False
    return path, True


def changes(path: Path) -> Iterator[None]:
    """Yield at once, and then whenever the file has changed and has been left alone for a moment."""
    seen: tuple[float, int] | None = None
    while True:
        now = _state(path)
        if now is not None and now != seen:
            seen = now
            yield
        time.sleep(LOOK_EVERY)


def _state(path: Path) -> tuple[float, int] | None:
    try:
        status = path.stat()
    except OSError:  # an editor replaces a file by removing it first
        return None
    return status.st_mtime, status.st_size
