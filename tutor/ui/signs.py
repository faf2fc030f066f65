"""Signs and formulas in sentences, for terminals that draw ASCII only."""

from __future__ import annotations

import re

_BETWEEN_WORDS = re.compile("(?<=[가-힣])·(?=[가-힣])")
"""The dot that joins Korean words, which is no multiplication."""

_ASCII = str.maketrans(
    {
        "✓": "+",
        "✗": "x",
        "≈": "~",
        "′": "'",
        "½": "1/2 ",
        "Σ": "sum ",
        "²": "^2",
        "³": "^3",
        "−": "-",
        "←": "<-",
        "→": "->",
        "·": "*",
        "×": "x",
        "÷": "/",
        "≤": "<=",
        "≥": ">=",
        "μ": "mu",
        "ε": "epsilon",
        "σ": "sigmoid",
        "∂": "d",
        "…": "...",
        "–": "-",
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
    }
)


def in_ascii(sentence: str) -> str:
    """Return a sentence with its signs spelled in ASCII; letters of any language stay."""
    return _BETWEEN_WORDS.sub("/", sentence).translate(_ASCII)
