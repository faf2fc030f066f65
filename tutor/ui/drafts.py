"""What is typed and not checked yet, kept on disk a moment after it was typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tutor.student.faults import StoreError
from tutor.student.store import Store


class Drafts:
    """The drafts of one lesson.

    `on_fault` hears of an error of the store, once until the store works again; what could not be kept is
    tried again with the next flush.
    """

    def __init__(self, store: Store, lesson: str, on_fault: Callable[[StoreError], None]) -> None:
        self._store = store
        self._lesson = lesson
        self._on_fault = on_fault
        self._unsaved: dict[tuple[str, str], str] = {}
        self._failing = False

    def note(self, step: str, field: str, text: str) -> None:
        """Remember what stands in a field until the next flush."""
        self._unsaved[step, field] = text

    def flush(self) -> None:
        """Keep everything that was noted."""
        with self._telling():
            for (step, field), text in list(self._unsaved.items()):
                self._store.save_draft(self._lesson, step, field, text)
                del self._unsaved[step, field]
                self._failing = False

    def of(self, step: str) -> dict[str, str]:
        """Return what was typed in a step."""
        unsaved = {field: text for (own, field), text in self._unsaved.items() if own == step}
        with self._telling():
            return self._store.drafts(self._lesson, step) | unsaved
        return unsaved

    def clear(self, step: str) -> None:
        """Forget what was typed in a step."""
        for own, field in list(self._unsaved):
            if own == step:
                del self._unsaved[own, field]
        with self._telling():
            self._store.clear_drafts(self._lesson, step)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except StoreError as error:
            if not self._failing:
                self._failing = True
                self._on_fault(error)
