"""Ways in which the learner's file can be found, each one drawn with a random generator."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tutor.student.locations import DATABASE_NAME

Damage = Callable[[Path, random.Random], None]


def _change(path: Path, place: int, content: bytes) -> None:
    with path.open("rb+") as file:
        file.seek(place)
        file.write(content)


def flip_a_bit(path: Path, chance: random.Random) -> None:
    size = path.stat().st_size
    if size:
        place = chance.randrange(size)
        _change(path, place, bytes([path.read_bytes()[place] ^ 1 << chance.randrange(8)]))


def flip_many(path: Path, chance: random.Random) -> None:
    for _ in range(chance.randrange(2, 40)):
        flip_a_bit(path, chance)


def cut(path: Path, chance: random.Random) -> None:
    with path.open("rb+") as file:
        file.truncate(chance.randrange(path.stat().st_size + 1))


def hole(path: Path, chance: random.Random) -> None:
    size = path.stat().st_size
    if size:
        start = chance.randrange(size)
        _change(path, start, b"\0" * min(size - start, chance.randrange(1, 6000)))


def garbage_inside(path: Path, chance: random.Random) -> None:
    size = path.stat().st_size
    if size:
        start = chance.randrange(size)
        _change(path, start, chance.randbytes(min(size - start, chance.randrange(1, 3000))))


def longer(path: Path, chance: random.Random) -> None:
    with path.open("ab") as file:
        file.write(chance.randbytes(chance.randrange(1, 9000)))


def empty(path: Path, chance: random.Random) -> None:
    path.write_bytes(b"")


def gone(path: Path, chance: random.Random) -> None:
    path.unlink()


def foreign(path: Path, chance: random.Random) -> None:
    path.write_bytes(chance.randbytes(chance.randrange(1, 20_000)))


def another_database(path: Path, chance: random.Random) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")


DAMAGES: tuple[Damage, ...] = (
    flip_a_bit,
    flip_a_bit,
    flip_many,
    cut,
    hole,
    garbage_inside,
    longer,
    empty,
    gone,
    foreign,
    another_database,
)
"""Single bits come twice: they are the hardest to see."""


LOG_DAMAGES: tuple[Damage, ...] = (flip_a_bit, flip_many, cut, hole, garbage_inside, empty, gone)


def damage(folder: Path, chance: random.Random) -> str:
    """Damage the file, or where there is one its write-ahead log, and return what was done."""
    path = folder / DATABASE_NAME
    log = folder / f"{DATABASE_NAME}-wal"
    if log.exists() and log.stat().st_size and chance.random() < 0.6:
        done, harmed = chance.choice(LOG_DAMAGES), log
    else:
        done, harmed = chance.choice(DAMAGES), path
    done(harmed, chance)
    return f"{done.__name__} {harmed.name}"


def copy_of(folder: Path, target: Path) -> Path:
    """Copy a data folder, as a crash leaves it."""
    shutil.copytree(folder, target)
    return target
