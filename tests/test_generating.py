"""Items are drawn anew, come back by their code, and show every mistake that they list."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from itertools import combinations

import numpy as np
import pytest

from tutor.course.mathematics import fill
from tutor.course.model import GraphFill, required_parts
from tutor.engine.misconceptions import MISCONCEPTIONS
from tutor.engine.nodes import NODES, Array
from tutor.engine.tolerance import unit
from tutor.student.events import Event
from tutor.text import LANGUAGES, Text
from tutor.tutoring.exercise import Exercise
from tutor.tutoring.generating import (
    Item,
    UnknownItemError,
    from_code,
    generate,
    separating_item,
    separating_template,
    separation,
    tells_mistakes_apart,
    written_everywhere,
)
from tutor.tutoring.item_templates import RANGE, Template, skills, templates, templates_for
from tutor.ui.exercise_picture import drawing_of, slots_of

EVERY = templates()
SAMPLED = [
    template if number % 3 == 0 else pytest.param(template, marks=pytest.mark.long)
    for number, template in enumerate(EVERY)
]
"""Every template; the everyday run takes each third one."""


@cache
def fresh(template: Template) -> Item:
    return generate(template.id, 7)


WIDTH, HEIGHT = 78, 17
"""Cells for a picture on a screen of 80×24, beside the question and one line below."""

WORDS = {language: Text(language) for language in LANGUAGES}


@pytest.mark.parametrize("template", SAMPLED, ids=lambda template: template.id)
def test_the_same_seed_and_the_code_bring_back_the_item(template: Template) -> None:
    item = fresh(template)
    assert generate(template.id, 7) == item
    assert from_code(item.code) == item
    assert from_code(f" {item.code.lower()} ") == item


@pytest.mark.parametrize("template", EVERY, ids=lambda template: template.id)
def test_the_picture_of_an_item_fits_a_screen_of_eighty_columns(template: Template) -> None:
    exercise = Exercise(fresh(template).step)
    drawing = drawing_of(exercise, slots_of(exercise), WIDTH, ascii_only=False)
    assert drawing.width <= WIDTH
    assert drawing.height <= HEIGHT


def test_seeds_give_different_numbers() -> None:
    assert len({generate("mul", seed).code for seed in range(20)}) == 20


def test_a_skill_gives_items_of_all_its_templates() -> None:
    found = {generate("mul.backward", seed).template.id for seed in range(20)}
    assert found == {template.id for template in templates_for("mul.backward")}
    assert all(generate("mul.backward", seed).skill == "mul.backward" for seed in range(3))


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    item = next(item for seed in range(200) if {"0", "1"} <= set((item := generate("mul", seed)).code))
    prefix, _, digits = item.code.partition("-")
    assert from_code(f"{prefix}-{digits.replace('0', 'o').replace('1', 'l')}") == item


@pytest.mark.parametrize("name", ["", "MUL", "MUL-", "MUL-12345", "MUL-12U4", "NOPE-0000", "-0000"])
def test_a_code_that_no_item_has_is_refused(name: str) -> None:
    with pytest.raises(UnknownItemError):
        from_code(name)
    with pytest.raises(UnknownItemError):
        generate(name, 1)


@pytest.mark.parametrize("template", SAMPLED, ids=lambda template: template.id)
def test_right_answers_are_in_range(template: Template) -> None:
    exercise = Exercise(fresh(template).step)
    least, most = template.range
    for blank in exercise.blanks:
        for size in np.abs(blank.truth).reshape(-1):
            assert least <= size <= most or (template.zeros and size == 0)


def test_answers_of_arithmetic_need_no_rounding() -> None:
    for seed in range(20):
        for blank in Exercise(generate("div.backward", seed).step).blanks:
            assert float(f"{float(blank.truth):.4g}") == pytest.approx(float(blank.truth), rel=1e-12)
            assert RANGE[0] <= abs(float(blank.truth)) <= RANGE[1]


@pytest.mark.parametrize("template", SAMPLED, ids=lambda template: template.id)
def test_a_listed_mistake_misses_the_truth_and_the_other_mistakes(template: Template) -> None:
    item = fresh(template)
    exercise, known = Exercise(item.step), separation(template)
    written = written_everywhere(exercise, item.step.mistakes)
    assert set(written) == set(item.step.mistakes) == set(known.showing)
    if template.magnitude:
        return
    for blank in exercise.blanks:
        values = {id_: found[blank.key] for id_, found in written.items() if id_ in known.shown[blank.key]}
        for id_, value in values.items():
            assert differ(value, blank.truth, 8), (item.code, id_, blank.key)
        for one, other in combinations(values, 2):
            if frozenset((one, other)) not in known.equal[blank.key]:
                assert differ(values[one], values[other], 2), (item.code, one, other)


def differ(one: Array, other: Array, units: float) -> bool:
    def size(value: float) -> float:
        return unit(value) if abs(value) > 1e-9 else 0.0

    return one.shape != other.shape or any(
        abs(a - b) > units * (size(a) + size(b))
        for a, b in zip(one.reshape(-1), other.reshape(-1), strict=True)
    )


def test_numbers_that_hide_a_mistake_are_drawn_again() -> None:
    item = generate("add", 1)
    hidden = item.step.model_copy(update={"inputs": {"x": 2.0, "y": 2.0}, "upstream": 1.0})
    assert tells_mistakes_apart(item)
    assert not tells_mistakes_apart(type(item)(item.template, item.draw, hidden))


# -- coverage --------------------------------------------------------------------------------------------


def test_every_skill_has_two_templates() -> None:
    assert {skill for skill in skills() if len(templates_for(skill)) < 2} == set()


def test_every_misconception_is_targeted_by_two_templates() -> None:
    targets = dict.fromkeys(MISCONCEPTIONS, 0)
    for template in EVERY:
        for id_ in separation(template).showing:
            targets[id_] += 1
    assert {id_: count for id_, count in targets.items() if count < 2} == {}


def test_every_pair_within_a_skill_is_told_apart_somewhere() -> None:
    apart: set[frozenset[str]] = set()
    together: dict[str, set[frozenset[str]]] = defaultdict(set)
    for template in EVERY:
        known = separation(template)
        pairs = {frozenset(pair) for pair in combinations(known.showing, 2)}
        together[template.skill] |= pairs
        apart |= {pair for pair in pairs if known.tells_apart(pair)}
    missing = {skill: pairs - apart for skill, pairs in together.items() if pairs - apart}
    assert missing == {}


def test_twins_are_found_and_another_template_separates_them() -> None:
    twins = frozenset({"relu_pass", "upstream_only"})
    assert twins in separation(templates_for("relu-vector")[0]).twins
    template = separating_template(twins, skill="relu.backward")
    assert template is not None
    assert separation(template).tells_apart(twins)
    item = separating_item(twins, 1, skill="relu.backward")
    assert item is not None
    first, second = written_everywhere(Exercise(item.step), twins).values()
    assert any(differ(first[key], second[key], 2) for key in first)


def test_the_separating_template_is_of_the_same_skill_where_there_is_one() -> None:
    template = separating_template(("sig_y", "sig_1my"), skill="sigmoid.backward")
    assert template is not None
    assert template.skill == "sigmoid.backward"


def test_no_template_separates_what_never_meets() -> None:
    assert separating_template(("relu_pass", "gd_ascent")) is None
    assert separating_item(("relu_pass", "gd_ascent"), 1) is None


# -- as a step of a lesson -------------------------------------------------------------------------------


@pytest.mark.parametrize("template", SAMPLED, ids=lambda template: template.id)
def test_an_item_is_worded_in_every_language(template: Template) -> None:
    step = fresh(template).worded(WORDS)
    asked = template.ask or (template.quantity,)
    assert set(step.prose) == set(LANGUAGES)
    for prose in step.prose.values():
        assert tuple(prose.parts) == required_parts(step)
        assert all(f"`{name}`" in prose.text for name in asked)
        for text in (prose.text, *prose.parts.values()):
            assert "{" not in text
            assert fill(text, Exercise(step).graph) == text


@pytest.mark.parametrize("template", SAMPLED, ids=lambda template: template.id)
def test_inputs_are_named_and_operations_known(template: Template) -> None:
    graph = Exercise(fresh(template).step).graph
    assert graph is not None
    assert set(template.inputs) <= set(graph.names)
    assert all(node.is_leaf or node.kind in NODES for node in graph.nodes)


def test_recipes_are_shown_as_formulas_and_networks_as_graphs() -> None:
    pictures = {id_: generate(id_, 1).step.picture for id_ in ("momentum-two-steps", "mul")}
    assert pictures == {"momentum-two-steps": "formulas", "mul": "graph"}


def test_an_item_is_solved_in_the_lesson_loop() -> None:
    from tutor.course.model import Lesson
    from tutor.tutoring.lesson_loop import LessonLoop

    step = generate("mul", 4).worded(WORDS)
    assert isinstance(step, GraphFill)
    lesson = Lesson("fresh", 0, {}, {}, {}, 5, (), (step,))
    recorded: list[Event] = []
    loop = LessonLoop(lesson, recorded.extend)
    wrong = {blank.key: str(float(blank.truth) * 3) for blank in loop.exercise.blanks}
    assert not loop.check(wrong).solved
    assert loop.check({blank.key: str(float(blank.truth)) for blank in loop.exercise.blanks}).solved
    assert loop.finished


@pytest.mark.long
@pytest.mark.parametrize("template", SAMPLED, ids=lambda template: template.id)
def test_every_template_generates_for_many_seeds(template: Template) -> None:
    codes = {generate(template.id, seed).code for seed in range(200)}
    assert len(codes) >= 2
