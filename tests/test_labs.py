"""The labs: checked as data, and run, so that what they say comes true."""

import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from rich.cells import cell_len

from tutor.course.checker import check_course
from tutor.course.faults import FaultCode, LessonError
from tutor.course.labs import LABS, Lab, comes_true, filled, lab_slugs, load_lab
from tutor.course.loader import course_folder
from tutor.engine.experiments import KINDS
from tutor.tutoring.laboratory import Laboratory, Stage, Verdict, WrongStageError, judged

SLUGS = lab_slugs(course_folder())
LONG = {"broken-backprop", "hidden-layer"}
"""Labs of tens of seconds."""
EVERY = [pytest.param(slug, marks=pytest.mark.long) if slug in LONG else slug for slug in SLUGS]


def lab_of(slug: str) -> Lab:
    return load_lab(course_folder() / LABS / slug)


def committed(lab: Lab) -> Laboratory:
    laboratory = Laboratory(lab)
    laboratory.commit(lab.options[0].id if lab.options else 1.0, lab.reasons[0].id)
    return laboratory


@pytest.mark.parametrize("slug", SLUGS)
def test_every_lab_is_well_formed(slug: str) -> None:
    lab = lab_of(slug)
    assert lab.right_reason
    for language in ("en", "ko"):
        assert all(cell_len(label[language]) <= 20 for label in lab.labels.values())


@pytest.mark.parametrize("slug", EVERY)
def test_exactly_one_prediction_of_every_lab_comes_true(slug: str) -> None:
    lab = lab_of(slug)
    laboratory = committed(lab)
    while laboratory.compare() is None:
        assert laboratory.advance(3000) > 0
    comparison = laboratory.comparison
    assert comparison is not None
    true = [option.id for option in lab.options if comes_true(option.claim, comparison.readings)]
    assert true == ([comparison.right] if lab.options else [])
    for language in ("en", "ko"):
        texts = [laboratory.text(language)]
        texts += [laboratory.reply(language, reason.id) for reason in lab.reasons]
        texts += [filled(lab.replies[f"idea {idea.id}"][language], comparison.readings) for idea in lab.ideas]
        assert not any("{" in text or "nan" in text for text in texts)
    for option in lab.options:
        leading = [idea for idea in lab.ideas if option.id in idea.options]
        assert (not leading) if option.id == comparison.right else len(leading) >= 2, option.id


FIGURES = {
    "dying-relu": "dead_low 0.05, dead_middle 9.75, dead_high 15.9, loss_low 0.071, loss_middle 0.161",
    "optimizer-race": "loss_sgd 0.0133, turns_sgd 30, loss_calm 0.113, loss_momentum 0.0479, turns_momentum"
    " 4, loss_nesterov 0.0238, turns_nesterov 5, loss_adagrad 0.00072, turns_adagrad 0, loss_rmsprop 0.0012,"
    " turns_rmsprop 12, loss_adam 0.102, turns_adam 2",
    "gradient-thermometer": "ratio_sigmoid 3.77e-6, ratio_wide 0.424, ratio_tanh 1.19, ratio_wildtanh 820,"
    " front_relu 3.65, front_wildrelu 2.17e7",
    "hidden-layer": "solved_none 0, solved_two 41, solved_four 50",
    "broken-backprop": "solved_correct 50, solved_updated 50, solved_output 50, solved_twice 48, solved_bias"
    " 50, solved_frozen 17, solved_hidden 16, solved_input 0, solved_sign 0, loss_correct 0.0005",
}
"""Computed by loops written out by hand, without the nodes of the engine."""


@pytest.mark.parametrize(
    "slug", [pytest.param(slug, marks=pytest.mark.long) if slug in LONG else slug for slug in FIGURES]
)
def test_what_a_lab_shows_was_computed_apart_from_it_too(slug: str) -> None:
    laboratory = committed(lab_of(slug))
    while laboratory.compare() is None:
        laboratory.advance(3000)
    assert laboratory.comparison is not None
    readings = laboratory.comparison.readings
    for figure in FIGURES[slug].split(", "):
        name, value = figure.split()
        assert float(readings[name]) == pytest.approx(float(value), rel=0.06), name


# -- the loop ------------------------------------------------------------------------------------------------


def test_nothing_runs_before_a_prediction() -> None:
    laboratory = Laboratory(lab_of("learning-rate"))
    for attempt in (
        lambda: laboratory.arms,
        lambda: laboratory.advance(1),
        laboratory.restart,
        lambda: laboratory.text("en"),
        lambda: laboratory.choose_own(0.5),
    ):
        with pytest.raises(WrongStageError):
            attempt()
    for answer, reason in (("no", "distance"), ("equal", "no"), (3.0, "distance"), ("equal", None)):
        with pytest.raises(ValueError, match=r".*"):
            laboratory.commit(answer, reason)
    assert laboratory.stage is Stage.PREDICT


def test_predict_commit_run_compare_and_the_own_setting() -> None:
    laboratory = Laboratory(lab_of("learning-rate"))
    laboratory.commit("better", "same")
    assert laboratory.stage is Stage.RUN
    with pytest.raises(WrongStageError):
        laboratory.commit("equal", "distance")
    laboratory.advance(7)
    assert laboratory.comparison is None
    laboratory.advance(100)
    found = laboratory.comparison
    assert found is not None
    assert (found.verdict, found.right, found.reason_right) == (Verdict.MISS, "equal", False)
    assert (found.right_reason, found.mistake) == ("distance", "gd_same_grad")
    assert "0.0001329" in laboratory.text("ko")
    laboratory.choose_own(0.5)
    assert laboratory.stage is Stage.OWN_PREDICT
    laboratory.commit(0.0)
    assert [arm.name for arm in laboratory.arms][-1] == "own"
    laboratory.advance(100)
    assert laboratory.own_comparison is not None
    assert (laboratory.own_comparison.verdict, laboratory.own_comparison.right) == (Verdict.HIT, 0.0)
    assert laboratory.comparison is found
    laboratory.choose_own(1.1)
    laboratory.commit(45.0)
    laboratory.advance(100)
    assert laboratory.own_comparison.right == pytest.approx(1.2**40)
    laboratory.restart()
    assert laboratory.stage is Stage.OWN_RUN


def test_after_a_wrong_option_the_ideas_that_lead_to_it_can_be_named() -> None:
    laboratory = Laboratory(lab_of("learning-rate"))
    assert not laboratory.ideas
    laboratory.commit("grows", "distance")
    assert not laboratory.ideas
    laboratory.advance(100)
    assert [idea.id for idea in laboratory.ideas] == ["zigzag", "beyond"]
    assert laboratory.idea_reply("en") == ""
    with pytest.raises(ValueError, match="times"):
        laboratory.name_idea("times")
    laboratory.name_idea("beyond")
    for language in ("en", "ko"):
        assert "-0.8" in laboratory.idea_reply(language)
    right = Laboratory(lab_of("learning-rate"))
    right.commit("equal", "same")
    right.advance(100)
    assert not right.ideas


@pytest.mark.parametrize(
    ("predicted", "ideas"),
    [(21.0, ["same"]), (15.2, ["late"]), (42.0, ["twice"]), (27.0, []), (26.0, []), (-3.0, [])],
)
def test_after_a_wrong_number_the_ideas_are_those_that_give_it(predicted: float, ideas: list[str]) -> None:
    laboratory = Laboratory(lab_of("order-of-backward"))
    laboratory.commit(predicted, "equal")
    laboratory.advance(100)
    assert [idea.id for idea in laboratory.ideas] == ideas


@pytest.mark.parametrize(
    ("predicted", "found", "near", "within", "verdict"),
    [
        (2.0, 1.0, 2.0, None, Verdict.HIT),
        (0.26, 1.0, 2.0, None, Verdict.CLOSE),
        (5.0, 1.0, 2.0, None, Verdict.MISS),
        (-1.0, 1.0, 2.0, None, Verdict.MISS),
        (0.0, 0.0, 2.0, None, Verdict.HIT),
        (9.0, 10.0, None, 1.0, Verdict.HIT),
        (7.0, 10.0, None, 1.0, Verdict.CLOSE),
        (6.9, 10.0, None, 1.0, Verdict.MISS),
        (float("inf"), float("inf"), 2.0, None, Verdict.HIT),
        (1e9, float("inf"), 2.0, None, Verdict.MISS),
    ],
)
def test_how_near_a_number_is(
    predicted: float, found: float, near: float | None, within: float | None, verdict: Verdict
) -> None:
    assert judged(predicted, found, near=near, within=within) is verdict


def test_overflow_and_numbers_in_the_explanation() -> None:
    import numpy as np

    readings = {"loss_a": np.array(np.inf), "loss_b": np.array(0.25)}
    assert filled("{loss_a}, {loss_b}, {2 * loss_b}", readings) == "∞, 0.25, 0.5"
    assert comes_true("loss_a > loss_b", readings)
    assert not comes_true("loss_b > loss_a", readings)


# -- faults of form -----------------------------------------------------------------------------------------


def broken(tmp_path: Path, change: Callable[[Path], None]) -> set[FaultCode]:
    target = tmp_path / LABS / "learning-rate"
    shutil.copytree(course_folder() / LABS / "learning-rate", target)
    change(target)
    with pytest.raises(LessonError) as found:
        load_lab(target)
    assert all(fault.file.startswith("labs/learning-rate/") for fault in found.value.faults)
    return {fault.code for fault in found.value.faults}


def replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), "utf-8")

    return change


C = FaultCode


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda folder: (folder / "ko.md").unlink(), C.MISSING_LANGUAGE),
        (lambda folder: (folder / "lab.toml").unlink(), C.MISSING_FILE),
        (lambda folder: (folder / "run.py").write_text("1"), C.EXTRA_FILE),
        (replaced("lab.toml", "format = 1", "format = 2"), C.NOT_ONE_OF),
        (replaced("lab.toml", 'kind = "descent"', 'kind = "race"'), C.MALFORMED),
        (replaced("lab.toml", "minutes = 4", "minute = 4"), C.UNKNOWN_KEY),
        (replaced("lab.toml", "value = 0.1 }", "value = true }"), C.IMPOSSIBLE_SETTING),
        (replaced("lab.toml", "steps = 20", "steps = 0"), C.IMPOSSIBLE_SETTING),
        (replaced("lab.toml", 'id = "tiny"', 'id = "small"'), C.REPEATED_ID),
        (replaced("lab.toml", "loss_large < 0.5 * loss_small", "loss_huge < 1"), C.UNREADABLE_FORMULA),
        (replaced("lab.toml", "loss_large < 0.5 * loss_small", "loss_large"), C.NOT_A_COMPARISON),
        (
            replaced("lab.toml", '{ id = "distance" }', '{ id = "distance", wrong = true }'),
            C.ONE_RIGHT_REASON,
        ),
        (replaced("lab.toml", "gd_same_grad", "gd_some_grad"), C.UNKNOWN_MISCONCEPTION),
        (replaced("lab.toml", 'id = "times", options = ["better"]', 'id = "times"'), C.IDEA_FITS_NOTHING),
        (
            replaced("lab.toml", 'id = "times", options = ["better"]', 'id = "times", options = ["best"]'),
            C.NOT_ONE_OF,
        ),
        (
            replaced("lab.toml", 'id = "times", options', 'id = "times", mistake = "gd_x", options'),
            C.UNKNOWN_MISCONCEPTION,
        ),
        (
            replaced("lab.toml", 'id = "times", options', 'id = "times", when = "predicted", options'),
            C.NOT_A_COMPARISON,
        ),
        (replaced("lab.toml", 'id = "rests"', 'id = "times"'), C.REPEATED_ID),
        (replaced("ko.md", "### idea times", "### idea timed"), C.UNKNOWN_SECTION),
        (replaced("lab.toml", "high = 1.2", "high = 0.0"), C.OWN_SETTING),
        (replaced("lab.toml", 'reading = "loss"', 'reading = "lost"'), C.NOT_ONE_OF),
        (replaced("lab.toml", 'kind = "choice"', 'kind = "number"'), C.CLAIM_NEEDED),
        (replaced("en.md", "### reason same", "### reason seme"), C.UNKNOWN_SECTION),
        (replaced("en.md", "{loss_large}", "{loss_large"), C.UNBALANCED_BRACE),
        (replaced("en.md", "{loss_large}", "{loss_lorge}"), C.UNREADABLE_FORMULA),
        (replaced("en.md", "makes 20 steps", "makes 21 steps"), C.BARE_NUMBER),
        (replaced("en.md", "a single step?", "a {loss_large} step?"), C.FIELD_NOT_ALLOWED),
        (replaced("ko.md", "{loss_more}", "∞"), C.FIELDS_DIFFER),
    ],
    ids=lambda value: value.value if isinstance(value, FaultCode) else None,
)
def test_every_fault_of_a_lab_is_found(
    tmp_path: Path, change: Callable[[Path], None], code: FaultCode
) -> None:
    assert code in broken(tmp_path, change)


def test_the_course_is_checked_with_its_labs(tmp_path: Path) -> None:
    shutil.copytree(course_folder(), tmp_path / "course")
    (tmp_path / "course" / LABS / "learning-rate" / "en.md").write_text("# Title\n\nText\n", "utf-8")
    faults = check_course(tmp_path / "course")
    assert {fault.code for fault in faults} == {C.MISSING_SECTION}
    assert {fault.file for fault in faults} == {"labs/learning-rate/en.md"}


def test_a_lesson_that_visits_a_lab_that_is_not_there(tmp_path: Path) -> None:
    visited = [
        path for path in course_folder().glob("*/lesson.toml") if 'kind = "lab"' in path.read_text("utf-8")
    ]
    assert visited
    shutil.copytree(visited[0].parent, tmp_path / "course" / visited[0].parent.name)
    assert C.UNKNOWN_LAB in {fault.code for fault in check_course(tmp_path / "course")}


def test_the_document_lists_every_kind_with_its_settings_and_readings() -> None:
    document = (Path(__file__).parent.parent / "docs" / "labs.md").read_text("utf-8")
    rows = {line.split("`")[1]: line for line in document.splitlines() if line.startswith("| `")}
    for name, kind in KINDS.items():
        readings = [reading for reading in kind.reads if not reading.startswith("error_")]
        settings = [field.name for field in fields(kind.settings_type)]
        assert [word for word in (*readings, *settings) if word not in rows[name]] == []
