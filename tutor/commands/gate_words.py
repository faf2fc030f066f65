"""The words for what was found at a gate of the learner's file."""

from __future__ import annotations

from collections.abc import Iterator

from tutor.capstone import sandbox
from tutor.capstone.checking import Entry, Finding, Report
from tutor.text import Text


def to_talk_about(report: Report) -> bool:
    """Return whether something was written and is not right yet."""
    return not report.passed and report.finding is not Finding.NOT_WRITTEN


def found_sentence(report: Report, text: Text) -> str:
    """Return in one line what was found."""
    if report.passed:
        return text("code.passed", error=report.error, limit=report.gate.limit)
    finding = f"{report.finding.value}_value" if _of_values(report) else report.finding.value
    return text(
        f"code.finding.{finding}",
        code=report.gate.code,
        exception=report.exception,
        names=", ".join(report.gate.cases()[0].returned),
        name=_named(report, text),
        found=report.found,
        expected=report.expected,
        seconds=sandbox.SECONDS,
    )


def details(report: Report, text: Text) -> Iterator[str]:
    """Yield what helps with a gate that is not passed: where, with which numbers, and which mistake it is."""
    if report.line is not None:
        yield text("code.place", line=report.line)
    shapes = ", ".join(f"{name} {shape}" for name, shape in report.shapes.items() if shape)
    if shapes:
        yield text("code.shapes", shapes=shapes)
    if report.entry is not None:
        yield _entry_sentence(report, report.entry, text)
    if report.misconceptions:
        likeliest = report.misconceptions[0]
        yield text(f"misconceptions.{likeliest}.looks_like")
        yield text(f"misconceptions.{likeliest}.ask", name="x", output="L")
    elif report.finding is Finding.WRONG:
        yield text("code.none_fits")
    elif report.finding is Finding.SHAPE and _same_without_ones(report):
        yield text("code.axis_of_one")
    elif shapes and _is_about_shapes(report):
        yield text("code.shape_rule")
    if report.printed:
        yield text("code.printed")
        yield from report.printed.splitlines()


def _of_values(report: Report) -> bool:
    """Return whether what is wrong are values that a formula gives, and no gradients."""
    return report.finding is Finding.WRONG and report.gate.cases()[0].of_values


def _named(report: Report, text: Text) -> str:
    name, _, update = report.name.partition(" ")
    return text("code.after_update", name=name, update=update) if update else name


def _entry_sentence(report: Report, entry: Entry, text: Text) -> str:
    name = report.name.partition(" ")[0]
    place = f"{name}[{', '.join(map(str, entry.index))}]" if entry.index else name
    return text(
        "code.entry_value" if _of_values(report) else "code.entry",
        place=place,
        found=f"{entry.found:.6g}",
        expected=f"{entry.expected:.6g}",
        error=report.error,
        limit=report.gate.limit,
    )


def _is_about_shapes(report: Report) -> bool:
    """Return whether an array has the wrong shape, or NumPy refused to put two together."""
    return report.finding is Finding.SHAPE or report.exception.startswith("ValueError")


def _same_without_ones(report: Report) -> bool:
    found, expected = (
        [length for length in shape if length != 1] for shape in (report.found, report.expected)
    )
    return found == expected
