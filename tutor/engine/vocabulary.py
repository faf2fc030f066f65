"""The names that a formula may use, and how they are found in what was typed.

Names that are known decide: with x and y known, `2xy` is three words, and `dL/dy` is one when it is a name.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from tutor.engine.characters import is_name_part, is_name_start, plain


class Vocabulary:
    """The names that a text may use: a closed list, or any name when there is no list."""

    def __init__(self, names: Collection[str], *, closed: bool) -> None:
        self.closed = closed
        self.names = tuple(dict.fromkeys(names))
        self._known = {_key(name): name for name in reversed(self.names)}
        self._longest = max(map(len, self._known), default=1)
        self._compound = [
            (re.compile(self._spelling(key)), name)
            for key, name in sorted(self._known.items(), key=lambda item: -len(item[0]))
            if name_length(key, 0) != len(key)
        ]

    def _spelling(self, key: str) -> str:
        head, slash, tail = key.partition("/")
        between = "/" if head in self._known else " */ *"
        return re.escape(head) + (between + re.escape(tail) if slash else "")

    def known(self, word: str) -> str | None:
        """Return the name that a word in plain characters spells."""
        return self._known.get(word.replace("∂", "d"))

    def compound(self, text: str, start: int) -> tuple[str, int] | None:
        """Return a name like dL/dy that starts here, and where it ends."""
        for pattern, name in self._compound:
            match = pattern.match(text.replace("∂", "d"), start)
            if match and not (match.end() < len(text) and is_name_part(text[match.end()])):
                return name, match.end()
        return None

    def split(self, word: str) -> list[tuple[str, int]] | None:
        """Return the known names that a word is made of, longest first, each with its place in the word."""
        pieces: list[tuple[str, int]] = []
        start = 0
        while start < len(word):
            ends = (
                end
                for end in range(min(len(word), start + self._longest), start, -1)
                if self._is_piece(word[start:end])
            )
            end = next(ends, None)
            if end is None:
                return None
            pieces.append((word[start:end], start))
            start = end
        return pieces

    def _is_piece(self, word: str) -> bool:
        return word in ("π", "σ") or self.known(word) is not None

    def other_case(self, word: str) -> str | None:
        """Return the known name that differs from a word in capitals only."""
        return next((name for name in self.names if name.casefold() == word.casefold()), None)


@lru_cache(maxsize=1024)
def _key(name: str) -> str:
    """Return the spelling by which names are compared: in plain characters, with d for ∂."""
    return plain(name).text.replace("∂", "d")


def name_length(text: str, start: int) -> int:
    """Return how many characters from `start` on belong to one name, 0 if none."""
    if start == len(text) or not is_name_start(text[start]):
        return 0
    end = start + 1
    while end < len(text) and is_name_part(text[end]) and text[end] != "ᵀ":
        end += 1
    return end - start
