"""Whether SQLite will find in its write-ahead log all that was committed to it.

SQLite reads the log up to the first frame that does not fit and takes what follows for leftovers. After a
kill that is right; after damage it would lose answers without a word, so the log is looked at before SQLite
opens it. The layout is that of https://www.sqlite.org/walformat.html.
"""

import struct
import time
from pathlib import Path

_HEADER, _FRAME_HEADER = 32, 24
_MAGIC = 0x377F0682
_LOOKS, _BETWEEN = 3, 0.02
"""A process that writes meanwhile may show a frame half done; damage looks the same every time."""


def log_of(path: Path) -> Path:
    """Return the write-ahead log of a database."""
    return path.with_name(f"{path.name}-wal")


def index_of(path: Path) -> Path:
    """Return the file of shared memory that belongs to the log of a database."""
    return path.with_name(f"{path.name}-shm")


def is_intact(path: Path) -> bool:
    """Return whether the log of a database holds what was committed, as far as can be seen."""
    for look in range(_LOOKS):
        if look:
            time.sleep(_BETWEEN)
        if _looks_intact(_read(log_of(path)), _read(index_of(path))):
            return True
    return False


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _looks_intact(log: bytes, index: bytes) -> bool:
    if len(log) < _HEADER:
        return _frames_in_index(index, None) == 0
    magic, _, page_size = struct.unpack_from(">III", log)
    if magic & ~1 != _MAGIC or not 512 <= page_size <= 65536:
        return False
    order = ">" if magic & 1 else "<"
    check = _checksum(log[:24], (0, 0), order)
    if check != struct.unpack_from(">II", log, 24):
        return False
    salt, good, place, size = log[16:24], 0, _HEADER, _FRAME_HEADER + page_size
    while place + size <= len(log) and log[place + 8 : place + 16] == salt:
        check = _checksum(log[place : place + 8], check, order)
        check = _checksum(log[place + _FRAME_HEADER : place + size], check, order)
        if check != struct.unpack_from(">II", log, place + 16):
            return False
        good += 1
        place += size
    return _frames_in_index(index, salt) <= good


def _frames_in_index(index: bytes, salt: bytes | None) -> int:
    """Return how many frames the index knows of, 0 where all are in the database or it says nothing."""
    if len(index) < 100 or index[:48] != index[48:96] or not index[12]:
        return 0
    if salt is not None and index[32:40] != salt:
        return 0
    (frames,) = struct.unpack_from("=I", index, 16)
    (copied,) = struct.unpack_from("=I", index, 96)
    return int(frames) if frames > copied else 0


def _checksum(content: bytes, start: tuple[int, int], order: str) -> tuple[int, int]:
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    first, second = start
    for k in range(0, len(words), 2):
        first = (first + words[k] + second) & 0xFFFFFFFF
        second = (second + words[k + 1] + first) & 0xFFFFFFFF
    return first, second
