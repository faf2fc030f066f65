"""Open the learner's record, wherever it is."""

from __future__ import annotations

import sys

from tutor.student.faults import StoreError
from tutor.student.locations import data_folder
from tutor.student.store import Store
from tutor.text import Text


def open_store(folder: str | None, text: Text) -> Store:
    """Open the learner's record; where that cannot be, say so and go on in memory."""

    try:
        store = Store.open(data_folder(folder))
    except StoreError as error:
        print(f"tutor: {text(f'student.fault.{error.fault.value}', path=error.path or '')}", file=sys.stderr)
        return Store.open(None)
    if store.notice:
        sentence = text(f"student.notice.{store.notice.name}", **store.notice.fields)
        print(f"tutor: {sentence}", file=sys.stderr)
    return store
