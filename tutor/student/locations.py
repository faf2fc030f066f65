"""Where the learner's data is kept."""

import os
from pathlib import Path

from platformdirs import user_data_dir

from tutor.student.faults import Fault, StoreError

DATABASE_NAME = "progress.sqlite3"
"""The one file in the data folder."""


def data_folder(override: str | None = None) -> Path:
    """Return the absolute folder for the learner's data, without making it.

    `override` (the --data option) comes before TUTOR_DATA, which comes before the platform's data folder; an
    empty one counts as none. Raises StoreError(NO_HOME) where a home folder is needed and there is none.
    """
    chosen = override or os.environ.get("TUTOR_DATA")
    try:
        if chosen:
            return Path(chosen).expanduser().absolute()
        folder = Path(user_data_dir("backprop-tutor", appauthor=False))
    except RuntimeError as error:
        raise StoreError(Fault.NO_HOME) from error
    if not folder.is_absolute():  # an unexpanded "~/..." would become a folder called "~"
        raise StoreError(Fault.NO_HOME)
    return folder
