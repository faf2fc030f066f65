"""The list of skills holds what lessons and templates name, and every skill can be practised."""

from collections import Counter
from pathlib import Path

import pytest
from ui_harness import lesson_folders

from tutor.course.files import TOML, read_table, read_text
from tutor.course.skills import Skill, skill_of, skills
from tutor.text import LANGUAGES, catalogue
from tutor.tutoring.item_templates import templates

ALL = list(skills().values())


def test_a_name_belongs_to_one_skill() -> None:
    names = Counter(name for skill in ALL for name in (skill.id, *skill.parts))
    assert [name for name, count in names.items() if count > 1] == []
    assert skill_of("chain.exp") == "chain.function"
    assert skill_of("mul.backward") == "mul.backward"
    assert skill_of("mul.backwards") is None


def test_the_skills_stand_in_the_order_of_the_lessons() -> None:
    numbers = [skill.lesson for skill in ALL]
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(1, 17))


@pytest.mark.parametrize("skill", ALL, ids=lambda skill: skill.id)
def test_look_alikes_name_each_other(skill: Skill) -> None:
    assert skill.alike
    for other in skill.alike:
        assert skill.id in skills()[other].alike


def test_every_template_exercises_a_skill_of_the_list() -> None:
    assert {template.skill for template in templates() if skill_of(template.skill) is None} == set()


@pytest.mark.parametrize("folder", list(lesson_folders()), ids=lambda folder: folder.name)
def test_every_step_exercises_a_skill_of_the_list(folder: Path) -> None:
    table = read_table(read_text(folder / TOML, TOML), TOML)
    named = {step["skill"] for step in table["steps"] if "skill" in step}
    named |= {skill for step in table["steps"] for skill in step.get("skills", ())}
    assert {name for name in named if skill_of(name) is None} == set()


def test_a_typed_skill_has_a_generator_and_a_chosen_one_has_none() -> None:
    generated = {skill_of(template.skill) for template in templates()}
    assert {skill.id for skill in ALL if skill.typed} == generated


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_skill_has_a_name_of_its_own(language: str) -> None:
    sentences = catalogue(language)
    names = [sentences[f"skills.{skill.id}"] for skill in ALL]
    assert len(set(names)) == len(names)
