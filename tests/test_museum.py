"""The museum of real bugs: every number that its page of sources gives is reproduced."""

from __future__ import annotations

import doctest
from pathlib import Path

SOURCES = Path(__file__).parent.parent / "docs" / "museum.md"


def test_every_exhibit_is_reproduced_with_its_numbers() -> None:
    failed, tried = doctest.testfile(str(SOURCES), module_relative=False, encoding="utf-8")
    assert not failed
    assert tried > 20
