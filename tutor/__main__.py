"""Start the tutor: `tutor`, `backprop-tutor` or `python -m tutor`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    # One thread: small matrices gain nothing from a second one, and the screen needs the other core.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from tutor.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
