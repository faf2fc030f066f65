"""The screens around the lessons: as text, at every size, in both themes, and in ASCII."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable
from itertools import product
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.color import Color, rgb_to_lab
from textual.pilot import Pilot
from textual.widgets import Input
from ui_harness import screen_text, settled

from tutor.course.loader import course_folder, load_lesson, outlines
from tutor.student.events import Event, EventKind, attempt
from tutor.student.store import Store
from tutor.text import LANGUAGES, Text
from tutor.ui import themes
from tutor.ui.app import TutorApp
from tutor.ui.screens.done import DoneScreen
from tutor.ui.screens.lesson import LessonScreen
from tutor.ui.screens.welcome import WelcomeScreen, picture
from tutor.ui.widgets.too_small import TooSmall

pytestmark = pytest.mark.usefixtures("english_system")

COURSE = Path(__file__).parent / "data" / "course"
"""Three lessons that are never rewritten: what the screens show then changes with the screens alone."""

HOME = (80, 24)
A_LANGUAGE = ["ko", pytest.param("en", marks=pytest.mark.long)]
"""The language whose letters take two cells stands for both in the everyday run."""

SIZES = (
    (1, 1),
    (2, 2),
    (3, 1),
    (5, 3),
    (10, 3),
    (20, 5),
    (40, 12),
    (59, 19),
    (60, 20),
    HOME,
    (140, 45),
    (200, 60),
)


def record_of_a_learner() -> Store:
    """Return a record with one lesson completed and one begun."""
    store = Store.open(None)
    by_slug = {outline.slug: [step.id for step in outline.steps] for outline in outlines(COURSE)}
    for place, step in enumerate(by_slug["products"]):
        answer = attempt("products", step, right=place != 4, entries={}, outcomes={}, milliseconds=50_000)
        store.append(answer, Event(EventKind.STEP_DONE, "products", step))
    store.append(Event(EventKind.HINT, "products", "product", {"level": 1}))
    for step in by_slug["gates"][:2]:
        store.append(Event(EventKind.STEP_DONE, "gates", step))
    return store


Open = Callable[[Pilot[None]], Awaitable[None]]


def the_app(pilot: Pilot[None]) -> TutorApp:
    assert isinstance(pilot.app, TutorApp)
    return pilot.app


async def open_language(pilot: Pilot[None]) -> None:
    the_app(pilot).push_screen(WelcomeScreen(ask_language=True))


async def open_welcome(pilot: Pilot[None]) -> None:
    the_app(pilot).push_screen(WelcomeScreen(ask_language=False))


async def open_map(pilot: Pilot[None]) -> None:
    assert isinstance(pilot.app, TutorApp)


async def open_settings(pilot: Pilot[None]) -> None:
    the_app(pilot).action_settings()


async def open_help(pilot: Pilot[None]) -> None:
    the_app(pilot).action_help()


async def open_done(pilot: Pilot[None]) -> None:
    lesson = load_lesson(next(COURSE.glob("*-products")))
    the_app(pilot).push_screen(DoneScreen(lesson))


SCREENS: dict[str, Open] = {
    "language": open_language,
    "welcome": open_welcome,
    "map": open_map,
    "settings": open_settings,
    "help": open_help,
    "done": open_done,
}


async def open_screen(pilot: Pilot[None], name: str) -> TutorApp:
    app = the_app(pilot)
    await settled(pilot)
    app.back_to_map()
    await pilot.pause()
    await SCREENS[name](pilot)
    await settled(pilot)
    return app


# -- golden screens --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("name", list(SCREENS))
async def test_a_screen_looks_as_designed(name: str, language: str, snapshot: SnapshotAssertion) -> None:
    with record_of_a_learner() as store:
        app = TutorApp(store, COURSE, language=language)
        async with app.run_test(size=HOME) as pilot:
            assert screen_text(await open_screen(pilot, name)) == snapshot


@pytest.mark.parametrize("language", A_LANGUAGE)
@pytest.mark.parametrize("name", list(SCREENS))
@pytest.mark.parametrize(
    "size", [(60, 20), *(pytest.param(size, marks=pytest.mark.long) for size in (HOME, (140, 45)))], ids=str
)
async def test_no_row_is_wider_than_the_screen_and_no_word_is_cut(
    name: str, language: str, size: tuple[int, int]
) -> None:
    with record_of_a_learner() as store:
        app = TutorApp(store, COURSE, language=language)
        async with app.run_test(size=size) as pilot:
            await open_screen(pilot, name)
            rows = app.screen._compositor.render_strips(app.screen.size)
            assert {sum(segment.cell_length for segment in row) for row in rows} == {size[0]}
            shown = re.sub(r"\s", "", screen_text(app))
            for sentence in sentences_of(app, name):
                assert re.sub(r"\s", "", sentence) in shown, sentence


def sentences_of(app: TutorApp, name: str) -> list[str]:
    """Return what must be readable in full on a screen of any size it is made for."""
    text, language = app.text, app.text.language
    match name:
        case "language":
            return [text("welcome.which"), *LANGUAGES.values()]
        case "welcome":
            return [text(f"welcome.what_{number}") for number in (1, 2, 3)]
        case "map":
            following = app.recommended()
            assert following is not None
            # The others scroll into view.
            titles = [outline.title[language] for outline in app.outlines[:3]]
            return [*titles, following.intro[language]]
        case "settings":
            return [text(f"settings.{row}.about") for row in ("language", "theme", "ascii", "motion")]
        case "done":
            return [text(f"done.{key}") for key in ("keep", "how", "next", "first_try", "time")]
        case _:
            return [text("help.here"), text("help.everywhere")]


@pytest.mark.parametrize("language", A_LANGUAGE)
@pytest.mark.parametrize("size", [(60, 20), pytest.param(HOME, marks=pytest.mark.long)], ids=str)
async def test_the_map_shows_the_whole_introduction_of_every_lesson(
    size: tuple[int, int], language: str
) -> None:
    with record_of_a_learner() as store:
        app = TutorApp(store, course_folder(), language=language)
        async with app.run_test(size=size) as pilot:
            await open_screen(pilot, "map")
            await pilot.press("home")
            for outline in app.outlines:
                await settled(pilot)
                shown = re.sub(r"\s", "", screen_text(app))
                needs = ",".join(
                    f"{unmet.number}{unmet.title[language]}" for unmet in app.unmet_needs(outline)
                )
                for sentence in (outline.intro[language], needs):
                    assert re.sub(r"\s", "", sentence) in shown
                await pilot.press("down")


# -- sizes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sizes", [SIZES[::3], pytest.param(SIZES, marks=pytest.mark.long)], ids=["sampled", "all"]
)
@pytest.mark.parametrize("language", A_LANGUAGE)
@pytest.mark.parametrize("name", list(SCREENS))
async def test_a_screen_survives_every_size(name: str, language: str, sizes: list[tuple[int, int]]) -> None:
    with record_of_a_learner() as store:
        app = TutorApp(store, COURSE, language=language)
        async with app.run_test(size=HOME) as pilot:
            await open_screen(pilot, name)
            for width, height in sizes:
                await pilot.resize_terminal(width, height)
                await pilot.pause()
                small = width < 60 or height < 20
                assert app.screen.query_one(TooSmall).display is small
                if small and width >= 40 and height >= 3:
                    assert "60×20" in screen_text(app)


@pytest.mark.parametrize("name", list(SCREENS))
async def test_a_screen_may_open_in_the_smallest_terminal(name: str) -> None:
    with record_of_a_learner() as store:
        app = TutorApp(store, COURSE, language="ko")
        async with app.run_test(size=(1, 1)) as pilot:
            await open_screen(pilot, name)
            await pilot.resize_terminal(*HOME)
            await pilot.pause()
            assert len(screen_text(app).splitlines()) > 5


@pytest.mark.parametrize("language", A_LANGUAGE)
@pytest.mark.parametrize(
    "sizes",
    [
        [(1, 1), (4, 45), (80, 1), (80, 19)],
        pytest.param(
            list(
                product(
                    (1, 2, 3, 4, 5, 8, 20, 40, 59, 60, 80, 200), (1, 2, 3, 4, 5, 8, 12, 19, 20, 24, 45, 60)
                )
            ),
            marks=pytest.mark.long,
        ),
    ],
    ids=["sampled", "all"],
)
async def test_the_busiest_screen_survives_sizes(sizes: list[tuple[int, int]], language: str) -> None:
    with record_of_a_learner() as store:
        store.append(Event(EventKind.POSITION, "gates", "vector"))
        app = TutorApp(store, COURSE, language=language)
        async with app.run_test(size=HOME) as pilot:
            await settled(pilot)
            for size in sizes:
                await pilot.resize_terminal(*size)
                await pilot.pause()
            await pilot.resize_terminal(*HOME)
            await settled(pilot)
            assert isinstance(app.screen, LessonScreen)
            assert app.screen.lesson.title[language] in screen_text(app)


async def test_too_small_a_window_keeps_focus_and_text() -> None:
    with Store.open(None) as store:
        store.append(Event(EventKind.POSITION, "products", "product"))
        app = TutorApp(store, COURSE, language="en")
        async with app.run_test(size=HOME) as pilot:
            await settled(pilot)
            await pilot.press("1")
            field = app.focused
            assert isinstance(field, Input)
            await pilot.resize_terminal(30, 8)
            await pilot.pause()
            assert "60×20" in screen_text(app)
            await pilot.press("2")
            await pilot.resize_terminal(*HOME)
            await pilot.pause()
            await pilot.press("3")
            assert app.focused is field
            assert field.value == "123"
            assert "60×20" not in screen_text(app)


# -- ASCII -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", A_LANGUAGE)
@pytest.mark.parametrize("name", list(SCREENS))
async def test_in_ascii_only_letters_stay_beyond_it(name: str, language: str) -> None:
    with record_of_a_learner() as store:
        app = TutorApp(store, COURSE, language=language, ascii_only=True)
        async with app.run_test(size=(80, 60)) as pilot:
            app = await open_screen(pilot, name)
            odd = {sign for sign in screen_text(app) if not sign.isascii() and not is_hangul(sign)}
            assert odd == set()


def is_hangul(sign: str) -> bool:
    return unicodedata.name(sign, "").startswith("HANGUL")


# -- colours ---------------------------------------------------------------------------------------------

# Machado, Oliveira and Fernandes (2009), complete deficiency, applied to linear RGB.
VISIONS = {
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def curved(share: float) -> int:
    clipped = min(1.0, max(0.0, share))
    return round(255 * (12.92 * clipped if clipped <= 0.0031308 else 1.055 * clipped ** (1 / 2.4) - 0.055))


def seen(color: Color, vision: str) -> Color:
    channels = [linear(channel) for channel in color.rgb]
    red, green, blue = (
        curved(sum(a * b for a, b in zip(row, channels, strict=True))) for row in VISIONS[vision]
    )
    return Color(red, green, blue)


def difference(one: Color, other: Color) -> float:
    first, second = rgb_to_lab(one), rgb_to_lab(other)
    return float(
        sum(
            (a - b) ** 2
            for a, b in zip((first.L, first.a, first.b), (second.L, second.a, second.b), strict=True)
        )
        ** 0.5
    )


def contrast(one: Color, other: Color) -> float:
    def luminance(color: Color) -> float:
        red, green, blue = (linear(channel) for channel in color.rgb)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def colors(theme: str) -> dict[str, Color]:
    chosen = themes.THEMES[theme]
    variables = {**chosen.to_color_system().generate(), **chosen.variables}
    names = ("background", "surface", "panel", "foreground", "accent", "success", "warning", "error")
    return {name: Color.parse(variables[name]) for name in (*names, "text-muted", "forward", "backward")}


@pytest.mark.parametrize("theme", list(themes.THEMES))
@pytest.mark.parametrize("ground", ["background", "surface", "panel"])
def test_every_colour_of_words_is_readable_on_every_ground(theme: str, ground: str) -> None:
    palette = colors(theme)
    for name in palette.keys() - {"background", "surface", "panel"}:
        assert contrast(palette[name], palette[ground]) >= 4.5, name


@pytest.mark.parametrize("theme", list(themes.THEMES))
@pytest.mark.parametrize("vision", list(VISIONS))
@pytest.mark.parametrize(("one", "other", "least"), [("forward", "backward", 40), ("success", "error", 30)])
def test_pairs_of_colours_differ_for_every_kind_of_vision(
    theme: str, vision: str, one: str, other: str, least: float
) -> None:
    palette = colors(theme)
    assert difference(seen(palette[one], vision), seen(palette[other], vision)) >= least


@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_picture_of_the_welcome_is_coloured_by_direction(ascii_only: bool) -> None:
    drawn = picture(ascii_only=ascii_only)
    styled = {
        (drawn.plain[span.start : span.end].strip(), str(span.style)) for span in drawn.spans if span.style
    }
    assert styled == {
        ("3", "bold $forward"),
        ("-12", "bold $forward"),
        ("-4", "bold $forward"),
        ("dx ?", "bold $backward"),
        ("dy ?", "bold $backward"),
        ("1", "bold $backward"),
    }
    assert drawn.plain.isascii() is ascii_only


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_finished_lesson_shows_the_skills_that_were_met_and_no_help_that_was_not_taken(
    language: str,
) -> None:
    lesson, store = load_lesson(course_folder() / "03-add-and-multiply"), Store.open(None)
    for step in ("multiply", "multiply-again"):
        store.append(
            attempt(
                lesson.slug,
                step,
                right=True,
                entries={"dx": "1"},
                outcomes={"dx": "correct"},
                skill="mul.backward",
            )
        )
    app = TutorApp(store, course_folder(), language=language)
    async with app.run_test(size=HOME) as pilot:
        await app.push_screen(DoneScreen(lesson))
        await pilot.pause()
        text, shown = Text(language), screen_text(app)
    assert text("skills.mul.backward") in shown
    assert text("skills.div.backward") not in shown
    assert text("done.hints") not in shown


@pytest.mark.parametrize("key", ["f5", "f7"])
async def test_a_list_beside_its_explanation_survives_any_smaller_size(key: str) -> None:
    with record_of_a_learner() as store:
        app = TutorApp(store, course_folder())
        async with app.run_test(size=(140, 45)) as pilot:
            await settled(pilot)
            app.back_to_map()
            await pilot.press(key)
            await settled(pilot)
            for size in ((1, 1), (200, 60), (3, 40), (140, 45), (2, 50), (140, 45), (4, 4), (140, 45)):
                await pilot.resize_terminal(*size)
                await pilot.pause()
            assert app.crash is None
