"""Terms in Korean, in English or in both: once for each screen, never in code, with a particle that fits."""

from __future__ import annotations

import pytest
from ui_harness import OneScreenApp, screen_text

from tutor.course.glossary import Term, terms_of
from tutor.course.loader import course_folder, load_lesson
from tutor.student.store import Store
from tutor.ui.term_display import BOTH, ENGLISH, KOREAN, TermDisplay, fitting_particle, glossary_lines

TERMS = terms_of(course_folder())
TEXT = "역전파의 기울기를 `기울기`에 더해요. 상류에서 온 기울기는 뉴런으로 가고, 기울기를 미분하면 안 돼요."


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        (KOREAN, TEXT),
        (
            BOTH,
            "역전파(backpropagation)의 기울기(gradient)를 `기울기`에 더해요. "
            "상류에서 온 기울기(upstream gradient)는 뉴런(neuron)으로 가고, 기울기를 미분하면 안 돼요.",
        ),
        (
            ENGLISH,
            "backpropagation의 gradient를 `기울기`에 더해요. upstream gradient는 "
            "neuron으로 가고, gradient를 미분하면 안 돼요.",
        ),
    ],
)
def test_the_form_of_the_terms(form: str, shown: str) -> None:
    assert TermDisplay(TERMS, form)(TEXT) == shown


@pytest.mark.parametrize("form", [BOTH, ENGLISH])
@pytest.mark.parametrize("text", ["기울기(그래디언트)라고도 해요.", "**기울기**(그래디언트)라고도 해요."])
def test_a_term_with_its_other_name_in_brackets_stays(text: str, form: str) -> None:
    assert TermDisplay(TERMS, form)(text) == text


def test_brackets_stand_once_on_a_screen() -> None:
    display = TermDisplay(TERMS, BOTH)
    assert display("편향이에요.") == "편향(bias)이에요."
    assert display("편향이에요.") == "편향이에요."


@pytest.mark.parametrize(
    ("word", "particle", "fitting"),
    [
        ("gradient", "을", "를"), ("neuron", "는", "은"), ("label", "으로", "로"), ("momentum", "로", "으로"),
        ("node", "이에요", "예요"), ("logit", "가", "이"), ("epoch", "를", "을"), ("bias", "에서", "에서"),
        ("bias", "", ""),
    ],
)  # fmt: skip
def test_a_particle_fits_the_sound(word: str, particle: str, fitting: str) -> None:
    assert fitting_particle(word, particle) == fitting


def test_other_names_are_shown_once_in_the_glossary() -> None:
    lines = dict(glossary_lines(TERMS, "ko"))
    assert lines["기울기"] == "gradient · 그래디언트 · 변화도"
    assert dict(glossary_lines([Term("gradient", "기울기", (), ("변화도",))], "en")) == {
        "gradient": "기울기 · 변화도"
    }


async def test_the_switch_changes_the_lesson_on_the_screen() -> None:
    lesson = load_lesson(course_folder() / "03-add-and-multiply")
    app = OneScreenApp(Store.open(None), lesson, start="multiply", language="ko")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "gradient" not in screen_text(app)
        app.change_settings(terms="both")
        await pilot.pause()
        assert "(upstream gradient)" in screen_text(app)
        app.change_settings(language="en")
        await pilot.pause()
        assert "기울기" not in screen_text(app)
        await pilot.press("f1")
        await pilot.pause()
        assert app.store.settings().terms == "both"
