"""What every screen of the tutor shares: the app it belongs to, its keys, and a change of language."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.screen import Screen

from tutor.text import Text

if TYPE_CHECKING:
    from tutor.student.learner import Learner
    from tutor.ui.app import TutorApp


class TutorScreen(Screen[None]):
    """A screen whose words can change while it is shown.

    `KEYS` lists what its key bar offers: the key as it is printed, and the name of a sentence in `keys`.
    """

    KEYS: ClassVar[tuple[tuple[str, str], ...]] = ()

    @property
    def tutor(self) -> TutorApp:
        """The app, with the learner's record, course and settings."""
        from tutor.ui.app import TutorApp

        return cast(TutorApp, self.app)

    @property
    def learner(self) -> Learner:
        """Who learns here, and what is known of them."""
        return self.tutor.learner

    @property
    def text(self) -> Text:
        """The sentences of the learner's language."""
        return self.tutor.text

    def relabel(self) -> None:
        """Write every word anew in the learner's language, leaving focus and typed text alone."""
