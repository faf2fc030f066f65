"""English and Korean are equals: the same sentences with the same fields."""

import string
import unicodedata

import pytest

from tutor.text import LANGUAGES, Text, catalogue, default_language


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_both_languages_have_the_same_sentences() -> None:
    english, *others = (set(catalogue(language)) for language in LANGUAGES)
    for other in others:
        assert english ^ other == set()


@pytest.mark.parametrize("name", sorted(catalogue("en")))
def test_a_sentence_has_the_same_fields_in_both_languages(name: str) -> None:
    assert {frozenset(fields(catalogue(language)[name])) for language in LANGUAGES} == {
        frozenset(fields(catalogue("en")[name]))
    }


def test_every_sentence_is_composed_and_says_something() -> None:
    for language in LANGUAGES:
        for name, sentence in catalogue(language).items():
            assert sentence.strip(), name
            assert unicodedata.is_normalized("NFC", sentence), name


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"TUTOR_LANG": "ko"}, "ko"),
        ({"TUTOR_LANG": "KO_KR.UTF-8", "LANG": "en_US.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.EUC-KR"}, "ko"),
        ({"TUTOR_LANG": "fr", "LANG": "en_GB"}, "en"),
        ({"LC_ALL": "C"}, "en"),
    ],
)
def test_the_language_to_start_in(
    variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TUTOR_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("locale.getlocale", lambda: (None, None))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert default_language() == expected


def test_an_unknown_sentence_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        Text("en")("no.such.sentence")
