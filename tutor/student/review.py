"""When each skill should be asked again: one FSRS card per skill, graded by what the learner did.

The cards follow from the log; they are kept in memory only and made anew at every start.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING

from tutor.student.clock import LATEST
from tutor.student.opportunities import Opportunity

if TYPE_CHECKING:
    from fsrs import Card, Scheduler

APART = timedelta(hours=12)
"""Less than this after a review of the same skill is practice and no test of memory."""

RETENTION = 0.9
"""The probability of success at which a skill is asked again."""

_FEWEST_TIMES = 3


class Grade(IntEnum):
    """How a review went; the numbers are those of FSRS."""

    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


def grade(opportunity: Opportunity, times: list[int]) -> Grade:
    """Return the grade of an answer; `times` are the milliseconds of earlier right ones of the same skill."""
    if not opportunity.right or opportunity.shown:
        return Grade.AGAIN
    if opportunity.hints:
        return Grade.HARD
    from statistics import median  # takes its time to import, and many a start grades nothing

    fast = len(times) >= _FEWEST_TIMES and 0 < opportunity.milliseconds < median(times)
    return Grade.EASY if fast else Grade.GOOD


@cache
def _scheduler() -> Scheduler:
    from fsrs import Scheduler

    # No steps of minutes: every interval is a day or more. No fuzz: the same log gives the same cards.
    return Scheduler(
        desired_retention=RETENTION, learning_steps=(), relearning_steps=(), enable_fuzzing=False
    )


class Reviews:
    """The cards of a learner, brought up to date opportunity by opportunity."""

    def __init__(self) -> None:
        self._dealt: dict[str, Card] = {}
        self._times: dict[str, list[int]] = {}
        self._waiting: list[Opportunity] = []

    def add(self, opportunity: Opportunity) -> None:
        """Count an opportunity in; the work is done when somebody asks."""
        self._waiting.append(opportunity)

    @property
    def _cards(self) -> dict[str, Card]:
        for opportunity in self._waiting:
            self._take(opportunity)
        self._waiting.clear()
        return self._dealt

    def _take(self, opportunity: Opportunity) -> None:
        at = min(opportunity.at, LATEST)
        card, times = self._dealt.get(opportunity.skill), self._times.setdefault(opportunity.skill, [])
        given = grade(opportunity, times)
        if opportunity.alone and opportunity.milliseconds:
            times.append(opportunity.milliseconds)
        is_practice = card is not None and card.last_review is not None and at - card.last_review < APART
        if not is_practice:
            self._dealt[opportunity.skill] = self._reviewed(card, given, at)

    def _reviewed(self, card: Card | None, given: Grade, at: datetime) -> Card:
        import fsrs

        card = card or fsrs.Card(card_id=1, due=at)
        reviewed, _ = _scheduler().review_card(card, fsrs.Rating(given), at)
        return reviewed

    def due_at(self, skill: str) -> datetime | None:
        """Return when a skill should be asked again, None where it never was."""
        card = self._cards.get(skill)
        return card.due if card else None

    def recall(self, skill: str, now: datetime) -> float | None:
        """Return the probability, 0 to 1, that a skill is still known; None where it never was."""
        card = self._cards.get(skill)
        if card is None or card.last_review is None:
            return None
        return float(_scheduler().get_card_retrievability(card, max(min(now, LATEST), card.last_review)))

    def due(self, now: datetime) -> list[str]:
        """Return the skills that are due, the longest due first."""
        dated = sorted((card.due, skill) for skill, card in self._cards.items())
        return [skill for due, skill in dated if due <= now]
