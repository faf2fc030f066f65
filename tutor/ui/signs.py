"""Signs and formulas in sentences, for terminals that draw ASCII only."""

from __future__ import annotations

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
    return sentence.translate(_ASCII)
