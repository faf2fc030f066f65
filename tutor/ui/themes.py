"""The colours of the tutor: a dark and a light theme with one accent.

`forward` and `backward` colour the values above and the gradients below the edges. They are the sky blue and
the orange of Okabe and Ito (2008), which differ for every kind of colour vision, darkened for light ground.
Right is green and not yet a rose, not a red: with a red, protan and deutan eyes see one colour twice.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

DARK = Theme(
    name="tutor-dark",
    dark=True,
    primary="#B9A5F5",
    secondary="#8F97A8",
    accent="#B9A5F5",
    success="#7CC67C",
    warning="#E8C65A",
    error="#EC7FB4",
    foreground="#E6E8EE",
    background="#14161C",
    surface="#1B1E26",
    panel="#242833",
    variables={
        "forward": "#56B4E9",
        "backward": "#E69F00",
        "text-muted": "#9DA4B3",
        "line": "#3A4050",
        "input-cursor-text-style": "reverse",
        "scrollbar": "#3A4050",
        "scrollbar-background": "#14161C",
        "scrollbar-background-hover": "#14161C",
        "scrollbar-background-active": "#14161C",
        "scrollbar-corner-color": "#14161C",
    },
)

LIGHT = Theme(
    name="tutor-light",
    dark=False,
    primary="#5B3FB0",
    secondary="#5A6170",
    accent="#5B3FB0",
    success="#2C6A2C",
    warning="#7A5A00",
    error="#99266A",
    foreground="#1C1F26",
    background="#FAFAF7",
    surface="#F0F0EC",
    panel="#E6E6E1",
    variables={
        "forward": "#0068A3",
        "backward": "#8F5A00",
        "text-muted": "#5A6170",
        "line": "#C3C5CC",
        "input-cursor-text-style": "reverse",
        "scrollbar": "#C3C5CC",
        "scrollbar-background": "#FAFAF7",
        "scrollbar-background-hover": "#FAFAF7",
        "scrollbar-background-active": "#FAFAF7",
        "scrollbar-corner-color": "#FAFAF7",
    },
)

THEMES: Mapping[str, Theme] = {theme.name: theme for theme in (DARK, LIGHT)}


def known(name: str | None) -> str:
    """Return the name of the theme, or of the default where there is none of that name."""
    return name if name is not None and name in THEMES else DARK.name


VARIABLES: Mapping[str, str] = {
    "forward": "ansi_cyan",
    "backward": "ansi_yellow",
    "line": "ansi_bright_black",
}
"""What the terminal's own colours give where neither theme is used."""
