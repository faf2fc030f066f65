"""Every misconception that the engine executes has kind, short and complete words in each language."""

import re
import tomllib
import unicodedata
from pathlib import Path

import pytest

import tutor
from tutor.engine.misconceptions import CATALOGUE
from tutor.text import LANGUAGES, Text, catalogue
from tutor.tutoring.transforms import Transform

PARTS = ("ask", "looks_like", "principle")
SIGNS = "·×−²σ"
ENGLISH_WORDS = 25
KOREAN_CHARACTERS = 40

Words = dict[str, dict[str, str]]
NAMES = {"name": "x", "output": "L"}
"""What a question may be filled in with, as on a graph with these names."""


def read(language: str) -> str:
    folder = Path(tutor.__file__).parent / "locale" / language
    return (folder / "misconceptions.toml").read_text(encoding="utf-8")


RAW: dict[str, Words] = {language: tomllib.loads(read(language)) for language in LANGUAGES}
WORDS: dict[str, Words] = {
    language: {
        id_: {part: text.format(**NAMES) for part, text in table.items()} for id_, table in tables.items()
    }
    for language, tables in RAW.items()
}


def all_parts(language: str) -> list[tuple[str, str]]:
    return [(f"{id_}.{part}", text) for id_, table in WORDS[language].items() for part, text in table.items()]


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.?!])\s+", text)


def numbers(text: str) -> list[str]:
    return sorted(set(re.findall(r"(?<![A-Za-z\d.])\d+(?:\.\d+)?", text)))


def offenders(language: str, pattern: str) -> list[tuple[str, str]]:
    return [(name, text) for name, text in all_parts(language) if re.search(pattern, text, re.IGNORECASE)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_misconception_and_nothing_else_has_the_three_parts(language: str) -> None:
    assert {id_: set(table) for id_, table in WORDS[language].items()} == {
        id_: set(PARTS) for id_ in CATALOGUE
    }
    assert [name for name, text in all_parts(language) if text.strip() != text or not text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_is_plain(language: str) -> None:
    assert unicodedata.is_normalized("NFC", read(language))
    assert offenders(language, r"[{}\[\]*_`#~\"\n]") == []
    letters = "가-힣" if language == "ko" else ""
    assert offenders(language, rf"[^\x20-\x7e{SIGNS}{letters}]") == []


def test_english_sentences_are_short_and_complete() -> None:
    for name, text in all_parts("en"):
        for sentence in sentences(text):
            assert len(sentence.split()) <= ENGLISH_WORDS, (name, sentence)
            assert sentence[-1] in ".?", (name, sentence)


def test_korean_sentences_are_short_and_polite() -> None:
    for name, text in all_parts("ko"):
        for sentence in sentences(text):
            assert len(sentence) <= KOREAN_CHARACTERS, (name, sentence)
            assert re.search(r"(요[.?]|죠[.?])$", sentence), (name, sentence)


def test_nobody_is_blamed_or_talked_down_to() -> None:
    assert offenders("en", r"\b(just|simpl[ey]|obvious|obviously|clearly|easy|easily)\b") == []
    assert offenders("en", r"\b(wrong|mistake|error)") == []
    assert offenders("en", r"\b(I|me|my|we|us|our|let's)\b") == []
    assert offenders("en", r"\b(you|your)\b") == []
    assert offenders("ko", r"틀렸|틀린|틀려|잘못|당연|간단|단순|쉽게|그냥|실수|오개념") == []
    assert offenders("ko", r"(?<![가-힣])(저는|제가|나는|내가|우리[는가]?|당신\w*)(?![가-힣])") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_question_asks_and_does_not_answer(language: str) -> None:
    for id_, table in WORDS[language].items():
        assert table["ask"].endswith("?"), id_
        assert not re.search(r"\bd[xyb] ?=", table["ask"]), id_
        assert "?" not in table["looks_like"] + table["principle"], id_


def test_a_diagnosis_stays_a_guess() -> None:
    for id_ in CATALOGUE:
        assert WORDS["en"][id_]["looks_like"].startswith("This looks like "), id_
        assert "처럼 보여요." in WORDS["ko"][id_]["looks_like"], id_


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_diagnoses_sound_the_same(language: str) -> None:
    diagnoses = [table["looks_like"] for table in WORDS[language].values()]
    assert sorted(diagnoses) == sorted(set(diagnoses))


def test_questions_hold_the_same_numbers_in_both_languages() -> None:
    for id_, table in WORDS["en"].items():
        assert numbers(table["ask"]) == numbers(WORDS["ko"][id_]["ask"]), id_


def test_no_particle_hangs_on_a_formula_in_korean() -> None:
    """A particle depends on how the sign before it is read; only single names are read in one way."""
    assert offenders("ko", r" [·×−+/=<>]=? [!-~σ²−]+[가-힣]") == []
    assert offenders("ko", r"(?<!기울기\(dout)\)[가-힣]") == []


def test_questions_alone_use_the_names_of_the_graph_and_the_same_in_both_languages() -> None:
    for id_, table in RAW["en"].items():
        for part, text in table.items():
            fields = set(re.findall(r"{(\w*)}", text))
            assert fields <= (set(NAMES) if part == "ask" else set()), (id_, part)
            assert fields == set(re.findall(r"{(\w*)}", RAW["ko"][id_][part])), (id_, part)


@pytest.mark.parametrize("topic", ["misconceptions", "transforms"])
def test_no_particle_hangs_on_a_name_of_the_graph_in_korean(topic: str) -> None:
    for name, sentence in catalogue("ko").items():
        if name.startswith(f"{topic}."):
            hanging = re.findall(r"}[`]?(?!의|에|에서|까지|만|도)[가-힣]+", sentence)
            assert set(hanging) <= {"}배", "}등분한", "}행만", "}열만", "}번째"}, (name, hanging)


def test_what_was_done_to_a_right_answer_is_asked_first_and_said_then() -> None:
    for language in LANGUAGES:
        for transform in Transform:
            said = {
                part: Text(language)(
                    f"transforms.{transform.value}.{part}", name="`W`", entry="W", goal="L", count=3
                )
                for part in ("ask", "looks_like")
            }
            assert said["ask"].endswith("?")
            assert "처럼 보여요." in said["looks_like"] or said["looks_like"].startswith("This looks like ")
