"""Sets of practice: which skills to ask, in which order, and fresh items for them.

Blocked only while a skill is new, then mixed with what it is easily taken for: what has to be learned is
which rule applies (Rohrer, Dedrick & Stershic 2015). Items are chosen to succeed about three times in four.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from functools import cache

from tutor.course.model import FaultySolution, Lesson, Step
from tutor.course.skills import skill_of, skills
from tutor.student.events import Event, EventKind
from tutor.student.learning import Learning
from tutor.student.mastery import Level
from tutor.student.ratings import Ratings
from tutor.tutoring.another_view import worked_example
from tutor.tutoring.erroneous_example import erroneous_example
from tutor.tutoring.generating import Item, Say, generate, separation
from tutor.tutoring.item_templates import Template, templates

PRACTICE = "practice:"
"""What practice is recorded under instead of a lesson; no lesson can have this slug."""

SET = 6
"""Items in a set."""

BLOCKED = 2
"""Items of a new skill that come one after the other."""

WANTED = 0.775
"""The success rate at which an item is neither a formality nor a wall."""

MISTAKES_AT_ONCE = 2
"""Misconceptions asked for in one set."""

_SHORTEST_WITH_A_FIND = 5
_LUCK = 0.1
_TRIES = 20


class Reason(Enum):
    """Why a skill is in a set."""

    FOCUS = "focus"
    """It is what the set is about."""
    MIXED = "mixed"
    """It is easily taken for that, or was learned before."""
    REVIEW = "review"
    """It is due."""
    MISTAKE = "mistake"
    """A misconception has to be beaten."""
    ERRONEOUS = "erroneous"
    """It was right before, and now somebody else's mistake has to be found in it."""
    NEW = "new"
    """It is ahead of the lessons, so it starts with an example."""
    EXAMPLE = "example"
    """It was mastered and failed, so it starts again with an example."""
    ANOTHER_VIEW = "another_view"
    """It did not come, so it is shown another way and rests."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One place in a set; `asks` is the misconception for which it is there."""

    skill: str
    reason: Reason
    asks: str = ""


@dataclass(frozen=True, slots=True)
class PracticeSet:
    """A set ready to be worked: a lesson made of fresh items, and why each is there, by step."""

    lesson: Lesson
    plan: Mapping[str, Planned]
    focus: str
    before: Mapping[str, Level] = field(default_factory=dict)
    """How far each skill of the set had come."""

    def annotated(self, events: Sequence[Event]) -> list[Event]:
        """Return what the set records: the loop's events, without the position in a lesson that is none."""
        return [recorded for event in events for recorded in self._recorded(event)]

    def _recorded(self, event: Event) -> Iterator[Event]:
        if event.kind is EventKind.POSITION:
            return
        planned = self.plan.get(event.step)
        if planned is not None and planned.asks and event.kind is EventKind.ATTEMPT:
            yield replace(event, data={**event.data, "asks": planned.asks})
        else:
            yield event
        if planned is not None and event.kind is EventKind.STEP_DONE and _is_view(planned):
            yield Event(EventKind.REPRESENTATION, event.lesson, event.step, {"skill": planned.skill})


def _is_view(planned: Planned) -> bool:
    return planned.reason is Reason.ANOTHER_VIEW


def _is_ahead(learning: Learning, skill: str) -> bool:
    """Return whether a skill belongs to a lesson later than all that the learner has met."""
    reached = max((skills()[known].lesson for known in met(learning)), default=0)
    return not learning.record(skill).count and skills()[skill].lesson > reached


def _has_fallen(learning: Learning, skill: str) -> bool:
    """Return whether a skill was mastered once and its last answer was not right without help."""
    record = learning.record(skill)
    return record.ever_mastered and record.level is not Level.MASTERED and not record.row


# -- which skills --------------------------------------------------------------------------------------------


def practisable() -> tuple[str, ...]:
    """Return the skills for which items can be generated, in the order of the lessons."""
    return tuple(skill.id for skill in skills().values() if skill.typed)


def met(learning: Learning) -> list[str]:
    """Return the practisable skills that the learner has answered to, in the order of the lessons."""
    return [skill for skill in practisable() if learning.record(skill).count]


def focus_of(learning: Learning, now: datetime) -> str:
    """Return the skill to go on with: the first met and not mastered, else what is due, else the next one."""
    known = met(learning)
    open_ = [skill for skill in known if learning.level(skill) is not Level.MASTERED]
    awake = [skill for skill in open_ if not learning.record(skill).rests(now)]
    if awake:
        return awake[0]
    following = next((skill for skill in practisable() if skill not in known), None)
    if following is None or (known and set(learning.due(now)) & set(known)):
        return min(known, key=lambda skill: learning.reviews.recall(skill, now) or 0.0)
    return following


def plan(
    learning: Learning, now: datetime, rng: random.Random, *, skill: str | None = None, count: int = SET
) -> tuple[Planned, ...]:
    """Return the places of a set about `skill`, or about what is best now."""
    focus = skill or focus_of(learning, now)
    beside = list(_beside(learning, now, rng, focus, everything_due=skill is None))
    if learning.record(focus).is_fruitless:
        view = Planned(focus, Reason.ANOTHER_VIEW)
        others = [planned for planned in beside if planned.skill != focus]
        return (view, *_arranged(focus, 0, others[: count - 1], ""))[:count]
    first = Reason.EXAMPLE if _has_fallen(learning, focus) else None
    if skill is None and _is_ahead(learning, focus):
        first = Reason.NEW
    if first is not None and count > 2:
        rest = _plan_about(focus, learning, beside, count - 1, free=skill is None)
        return (Planned(focus, first), *rest)
    return _plan_about(focus, learning, beside, count, free=skill is None)


def _plan_about(
    focus: str, learning: Learning, beside: list[Planned], count: int, *, free: bool
) -> tuple[Planned, ...]:
    """Return the places of a set about a skill; where the set is `free` what presses may take most of it."""
    pressing = sum(planned.reason in (Reason.REVIEW, Reason.MISTAKE) for planned in beside)
    wanted = max(count // 2, min(pressing, count - 1) if free else 0)
    mixed = [planned for planned in beside if planned.reason is Reason.MIXED]
    while mixed and len(beside) < wanted:
        beside += mixed
    own = count - min(len(beside), wanted)
    blocked = min(own, max(0, BLOCKED - learning.record(focus).count))
    first = (Planned(focus, Reason.FOCUS),) * blocked
    rest = _arranged(focus, own - blocked, beside[: count - own], focus if blocked else "")
    return (*first, *rest)


def _beside(
    learning: Learning, now: datetime, rng: random.Random, focus: str, *, everything_due: bool
) -> Iterator[Planned]:
    """Yield what else could be in a set, what presses first."""
    due = [skill for skill in learning.due(now) if skill != focus and skill in practisable()]
    for skill in due if everything_due else due[:2]:
        yield Planned(skill, Reason.REVIEW)
    asked = 0
    for record in learning.notebook.due(now):
        skill = skill_of(record.skill) or ""
        if asked < MISTAKES_AT_ONCE and any(shows(template, record.id) for template in templates_of(skill)):
            asked += 1
            yield Planned(skill, Reason.MISTAKE, record.id)
    known = met(learning)
    alike = [skill for skill in skills()[focus].alike if skills()[skill].typed]
    near = [skill for skill in alike if skill in known and skill not in due]
    rng.shuffle(near)
    yield from (Planned(skill, Reason.MIXED) for skill in near)
    others = [skill for skill in known if skill not in (focus, *alike, *due)]
    others.sort(key=lambda skill: learning.reviews.recall(skill, now) or 0.0)
    yield from (Planned(skill, Reason.MIXED) for skill in others)
    if not near and not others:
        lesson = skills()[focus].lesson
        yield from (Planned(skill, Reason.MIXED) for skill in alike if skills()[skill].lesson <= lesson)


def _arranged(focus: str, own: int, others: list[Planned], last: str) -> Iterator[Planned]:
    """Yield `own` places of the focus and the others, neighbours of different skills where possible."""
    waiting = list(others)
    while own or waiting:
        other = next((planned for planned in waiting if planned.skill != last), None)
        if own and last != focus and (own >= len(waiting) or other is None):
            own, chosen = own - 1, Planned(focus, Reason.FOCUS)
        elif other is not None:
            waiting.remove(other)
            chosen = other
        elif own:
            own, chosen = own - 1, Planned(focus, Reason.FOCUS)
        else:
            chosen = waiting.pop(0)
        last = chosen.skill
        yield chosen


# -- which items ---------------------------------------------------------------------------------------------


@cache
def templates_of(skill: str) -> tuple[Template, ...]:
    """Return the templates of a skill and of its parts."""
    return tuple(template for template in templates() if skill_of(template.skill) == skill)


@cache
def shows(template: Template, misconception: str) -> bool:
    """Return whether items of a template show a misconception."""
    return misconception in separation(template).showing


def expected_difficulty(template: Template) -> float:
    """Return how hard the form of a template makes its items, in logits, before anybody has tried one."""
    arrays = any(source.shape for source in template.inputs.values())
    longer, wider = len(template.statements) - 1, max(0, len(template.ask) - 1)
    return -1.5 + 0.3 * longer + 0.25 * wider + 0.6 * arrays


@cache
def _expected() -> Mapping[str, float]:
    return {template.code.lower(): expected_difficulty(template) for template in templates()}


def ratings_of(learning: Learning) -> Ratings:
    """Return the ratings of a learner and of the kinds of item."""
    return Ratings(learning.opportunities, lambda kind: _expected().get(kind, 0.0))


def make_set(
    learning: Learning,
    now: datetime,
    seed: int,
    languages: Mapping[str, Say],
    *,
    skill: str | None = None,
    count: int = SET,
) -> PracticeSet:
    """Return a set of fresh items; the same learning and seed give the same set."""
    rng = random.Random(seed)
    places = plan(learning, now, rng, skill=skill, count=count)
    ratings, used = ratings_of(learning), {opportunity.step for opportunity in learning.opportunities}
    steps: dict[str, tuple[Step, Planned]] = {}
    kinds: list[str] = []
    items: list[Item] = []
    for planned in places:
        template = _template(planned, ratings, rng, kinds)
        items.append(_fresh(template, rng, used | {item.step.id for item in items}))
        kinds.append(template.code)
    to_find = _to_find(places, items, learning, rng, languages)
    for place, (planned, item) in enumerate(zip(places, items, strict=True)):
        step: Step = item.worded(languages)
        if planned.reason in (Reason.ANOTHER_VIEW, Reason.EXAMPLE, Reason.NEW):
            step = worked_example(item, languages, planned.reason.value)
        elif place in to_find:
            step, planned = to_find[place], Planned(planned.skill, Reason.ERRONEOUS)
        steps[step.id] = (step, planned)
    focus = skill or focus_of(learning, now)
    lesson = Lesson(
        slug=PRACTICE,
        number=0,
        title={language: say("practice.title") for language, say in languages.items()},
        intro=dict.fromkeys(languages, ""),
        keep=dict.fromkeys(languages, ""),
        minutes=0,
        needs=(),
        steps=tuple(step for step, _ in steps.values()),
    )
    plan_ = {id_: planned for id_, (_, planned) in steps.items()}
    return PracticeSet(lesson, plan_, focus, {p.skill: learning.level(p.skill) for p in places})


def _to_find(
    places: Sequence[Planned],
    items: Sequence[Item],
    learning: Learning,
    rng: random.Random,
    languages: Mapping[str, Say],
) -> Mapping[int, FaultySolution]:
    """Return the one mistake to find in a longer set, by its place: the last that suits it, if any does.

    It is of a skill that was right before, and a misconception can be planted in its item.
    """
    if len(places) < _SHORTEST_WITH_A_FIND:
        return {}
    habits = list(learning.notebook.misconceptions)
    for place in reversed(range(len(places))):
        planned = places[place]
        met_before = planned.reason in (Reason.MIXED, Reason.REVIEW)
        if met_before and learning.level(planned.skill) >= Level.PRACTISED:
            faulty = erroneous_example(items[place], habits, rng, languages)
            if faulty is not None:
                return {place: faulty}
    return {}


def _template(planned: Planned, ratings: Ratings, rng: random.Random, kinds: list[str]) -> Template:
    """Return the template whose success rate is nearest to the wanted, with some luck and no repetition."""
    found = templates_of(planned.skill)
    if planned.asks:
        found = tuple(template for template in found if shows(template, planned.asks)) or found

    def distance(template: Template) -> float:
        rate = ratings.success_rate(planned.skill, template.code.lower())
        again = sum(kind == template.code for kind in kinds)
        return abs(rate - WANTED) + _LUCK * rng.random() + 0.2 * again

    return min(found, key=distance)


def _fresh(template: Template, rng: random.Random, used: set[str]) -> Item:
    """Return an item whose numbers the learner has not seen, as far as there are any."""
    item = generate(template.id, rng.getrandbits(32))
    for _ in range(_TRIES):
        if item.step.id not in used:
            break
        item = generate(template.id, rng.getrandbits(32))
    return item


# -- what came of it -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SkillOutcome:
    """How a set went for one of its skills."""

    skill: str
    right: int
    """Items right at the first try without help."""
    count: int
    before: Level
    now: Level


def outcomes(practised: PracticeSet, learning: Learning) -> tuple[SkillOutcome, ...]:
    """Return how a set went, by skill, in the order in which they were asked."""
    found = {
        opportunity.step: opportunity
        for opportunity in learning.opportunities
        if opportunity.lesson == PRACTICE
    }
    answered = [found[step] for step in practised.plan if step in found]
    return tuple(
        SkillOutcome(
            skill,
            right=sum(opportunity.alone for opportunity in answered if opportunity.skill == skill),
            count=sum(opportunity.skill == skill for opportunity in answered),
            before=practised.before.get(skill, Level.UNSEEN),
            now=learning.level(skill),
        )
        for skill in dict.fromkeys(opportunity.skill for opportunity in answered)
    )
