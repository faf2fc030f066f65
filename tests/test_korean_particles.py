"""Particles behind numbers and Latin names fit how these are read aloud, or none stands there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ui_harness import lesson_folders

import tutor.locale
from tutor.course.loader import course_folder, load_lesson
from tutor.course.mathematics import fill, graph_of
from tutor.course.model import Step

OPEN, LIQUID, CLOSED, UNSURE = "open", "ends in ㄹ", "closed", "read in two ways"

NUMBER_SOUNDS = dict(zip("0123456789", (
    CLOSED, LIQUID, OPEN, CLOSED, OPEN, OPEN, CLOSED, LIQUID, LIQUID, OPEN,
), strict=True))  # fmt: skip
"""The Sino-Korean name of the last digit of a number."""
NAME_DIGIT_SOUNDS = dict(zip("0123456789", (
    UNSURE, CLOSED, OPEN, UNSURE, OPEN, OPEN, UNSURE, CLOSED, UNSURE, UNSURE,
), strict=True))  # fmt: skip
"""The last digit of a name such as w1 or F3, which is read in Korean or in English: only where both agree."""
LETTER_SOUNDS = {"l": LIQUID, "m": CLOSED, "n": CLOSED, "r": LIQUID}
"""Latin letters whose names do not end in a vowel."""
WORD_SOUNDS = {
    OPEN: {
        "adagrad", "backward", "beta", "check", "code", "course", "dbeta", "delete", "dgamma", "dict",
        "dprice", "enter", "exit", "export", "factor", "float", "forward", "gamma", "grad", "grads", "half",
        "keeps", "like", "log", "mask", "mistake", "needs", "no_color", "numerical_gradient", "numpy",
        "options", "params", "relu", "softmax", "softplus", "space", "statements", "tanh", "tutor", "worked",
        "xavier",
    },
    LIQUID: {"signal", "toml"},
    CLOSED: {
        "adam", "affine", "claim", "dout", "fan_in", "json", "max_norm", "pgdn", "plain", "reset", "return",
        "rmsprop", "sin", "tab", "when",
    },
}  # fmt: skip
"""Names that are read as words and not letter by letter."""

SPELLED = 3
"""Names of up to so many letters, and those in capitals, are read letter by letter."""
AFTER_VOWEL = ("는", "가", "를", "와", "예요", "라")
AFTER_CONSONANT = ("은", "이", "을", "과", "이에요", "이라")
TOWARDS = ("로", "으로")

_PARTICLE = r"(이에요|예요|이라|라|으로|로|은|는|이|가|을|를|과|와)(?![가-힣])"
_AFTER_NUMBER = re.compile(r"(?<![A-Za-z_\d])[\d.,]*(\d)" + _PARTICLE)
_AFTER_NAME = re.compile(r"(?<![A-Za-z0-9_.])([A-Za-z][A-Za-z_]*)([0-9]*)[`*\]]*" + _PARTICLE)


def fits(sound: str, particle: str) -> bool:
    if sound == UNSURE:
        return False
    if particle in TOWARDS:
        return (particle == "으로") == (sound == CLOSED)
    return (particle in AFTER_CONSONANT) == (sound != OPEN)


def sound_of(name: str, digits: str) -> str:
    """Return how a Latin name ends when it is read aloud; a word that is not listed counts as unsure."""
    if digits:
        return NAME_DIGIT_SOUNDS[digits[-1]]
    word = name.lower()
    for sound, words in WORD_SOUNDS.items():
        if word in words:
            return sound
    if len(name) <= SPELLED or name.isupper() or "_" in name[:2]:
        return LETTER_SOUNDS.get(word[-1], OPEN)
    return UNSURE


def misfits(text: str) -> Iterator[str]:
    """Yield each number or Latin name whose particle belongs to another last sound."""
    for match in _AFTER_NAME.finditer(text):
        if not fits(sound_of(match.group(1), match.group(2)), match.group(3)):
            yield match.group()
    for match in _AFTER_NUMBER.finditer(text):
        if not fits(NUMBER_SOUNDS[match.group(1)], match.group(2)):
            yield text[max(0, match.start() - 12) : match.end()]


def _read(file: Path) -> str:
    """Return the words of a file of the interface or of a lab, without the comments of TOML."""
    text = file.read_text("utf-8")
    return re.sub(r"(?m)^# .*$", "", text) if file.suffix == ".toml" else text


def prose(step: Step) -> Iterator[str]:
    graph = graph_of(step) if getattr(step, "statements", ()) else None
    korean = step.prose["ko"]
    for text in (korean.text, *korean.parts.values()):
        yield fill(text, graph)


@pytest.mark.parametrize("folder", list(lesson_folders()), ids=lambda folder: folder.name)
def test_particles_fit_in_a_lesson(folder: Path) -> None:
    steps = load_lesson(folder).steps
    assert [misfit for step in steps for text in prose(step) for misfit in misfits(text)] == []


def test_particles_fit_in_the_interface_and_the_labs() -> None:
    words = Path(tutor.locale.__path__[0], "ko").glob("*.toml")
    files = [*words, *course_folder().glob("labs/*/ko.md")]
    assert [(file.name, misfit) for file in files for misfit in misfits(_read(file))] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("-3를", ["-3를"]), ("0.25은", ["0.25은"]), ("6이에요. 2예요", []), ("x = 8과 9와", []),
        ("3이나", []), ("100으로 2로 1로", []), ("3로", ["3로"]),
        ("`lr`은 lr로 L은 dx는 SGD예요", []), ("`dout`는", ["dout`는"]), ("XOR를", ["XOR를"]),
        ("m1과 w2를", []), ("F3를", ["F3를"]), ("x0은", ["x0은"]),
        ("RMSProp은 Adam이", []), ("Momentum은", ["Momentum은"]),
    ],
)  # fmt: skip
def test_a_misfit_is_found(text: str, found: list[str]) -> None:
    assert list(misfits(text)) == found
