"""A process that records events: `store_writer.py FOLDER NAME COUNT [begin]`.

Prints the number of each event as soon as the store has confirmed it. With `begin` it first prints "ready"
and waits for a line, so that several can be let go together before the file exists.
"""

import sys
from pathlib import Path

from tutor.student.events import Event, EventKind
from tutor.student.store import Store


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    folder, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    if "begin" in sys.argv:
        say("ready")
        sys.stdin.readline()
    with Store.open(folder) as store:
        for number in range(count):
            seq = store.append(Event(EventKind.HINT, name, str(number), {"padding": "x" * (number % 700)}))
            say(str(seq))


if __name__ == "__main__":
    main()
