"""The Textual app: it owns the learner's record, the course and the settings, and which screen is shown."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from textual import constants
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.widgets import Input

from tutor.course.loader import LessonError, Outline, course_folder, load_lesson, outlines
from tutor.course.skills import skill_of, skills
from tutor.student.events import Event
from tutor.student.faults import StoreError
from tutor.student.learner import Learner
from tutor.student.settings import Settings
from tutor.student.store import Store
from tutor.text import LANGUAGES, Text, default_language
from tutor.tutoring.next_lesson import is_finished, is_underway, recommended, unmet_needs
from tutor.ui import themes
from tutor.ui.keys_in_order import KeysInOrder
from tutor.ui.lab_messages import OpenLab, WaitsForLab
from tutor.ui.practice_wish import PracticeWish
from tutor.ui.screens.base import TutorScreen
from tutor.ui.screens.welcome import WelcomeScreen
from tutor.ui.widgets.key_bar import KeyBar
from tutor.ui.widgets.notice import Notice
from tutor.ui.widgets.too_small import HEIGHT, WIDTH, TooSmall

if TYPE_CHECKING:
    from tutor.course.glossary import Term
    from tutor.course.labs import Lab
    from tutor.course.model import Lesson


_DUE = "practice.due"


def readable_labs(folder: Path) -> Mapping[str, Lab]:
    """Return the labs of a course folder that have no fault, by name."""
    from tutor.course.labs import LABS, lab_slugs, load_lab

    found = {}
    for slug in lab_slugs(folder):
        with suppress(LessonError):
            found[slug] = load_lab(folder / LABS / slug)
    return found


@runtime_checkable
class KeepsDrafts(Protocol):
    """A screen on which something may be typed that is not stored yet."""

    def keep_drafts(self) -> None:
        """Store what is typed and not checked."""


class WholeCells(ScrollBarRender):
    """Scroll bars of whole cells, which every terminal draws alike, ASCII ones too."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


class TutorApp(KeysInOrder):
    """The tutor on the screen.

    `store` is open and stays the caller's to close. `language` and `ascii_only` override the settings for
    this run. With `practice` the app opens there.
    """

    CSS_PATH = Path(__file__).with_name("tutor.tcss")
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = [  # noqa: RUF012
        (0, "-too-narrow"),
        (WIDTH, "-narrow"),
        (80, "-normal"),
        (120, "-wide"),
    ]
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None = [  # noqa: RUF012
        (0, "-too-low"),
        (HEIGHT, "-low"),
        (24, "-medium"),
        (36, "-high"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", show=False),
        Binding("f4", "settings", show=False),
        Binding("f5", "training", show=False),
        Binding("f6", "practice", show=False),
        Binding("f7", "progress", show=False),
        Binding("f8", "notice_read", show=False),
        Binding("f9", "switch_language", show=False, priority=True),
        Binding("ctrl+q", "quit", show=False, priority=True),
        Binding("ctrl+c,ctrl+d,ctrl+backslash", "how_to_quit", show=False, system=True),
        Binding("ctrl+l", "redraw", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", show=False, priority=True),
    ]

    def __init__(
        self,
        store: Store,
        course: Path,
        *,
        language: str | None = None,
        ascii_only: bool = False,
        practice: PracticeWish | None = None,
        driver_class: type[Driver] | None = None,
    ) -> None:
        super().__init__(driver_class=driver_class)
        self._practice_wish = practice
        self.store = store
        self.course_folder = course
        self.settings: Settings = store.settings()
        self.learner = Learner(store, skill_of)
        self.text = Text(language or self._stored_language() or default_language())
        self.ascii_only = ascii_only or self.settings.ascii
        self.terminal_lost: Callable[[], None] = lambda: self.end(1)
        self.crash: Exception | None = None
        self.notice: tuple[str, dict[str, object]] | None = None
        """The sentence, by name, that the learner has not read yet, and its fields."""
        self._language_is_known = language is not None or self._stored_language() is not None
        self.opening: Outline | None = None
        """The lesson that is being loaded to be shown."""
        self._lessons: dict[str, Lesson] = {}
        self._loading: dict[str, asyncio.Task[Lesson]] = {}
        self._unusable: set[str] = set()
        self._making_practice = False
        self._labs: Mapping[str, Lab] | None = None
        ScrollBar.renderer = WholeCells
        for theme in themes.THEMES.values():
            self.register_theme(theme)
        self._apply_look()

    def _stored_language(self) -> str | None:
        return self.settings.language if self.settings.language in LANGUAGES else None

    # -- start -----------------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[Any]:
        """Return the screen to start with, below which there is none."""
        if self._practice_wish is None and self.learner.progress.position is None:
            return WelcomeScreen(ask_language=not self._language_is_known)
        from tutor.ui.screens.course_map import CourseMap

        return CourseMap()

    def on_mount(self) -> None:
        """Open where the learner left off, or with the welcome."""
        self.screen_change_signal.subscribe(self, self._complete_screen)
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())
        found = self.store.notice
        if found is not None:
            self.tell(f"student.notice.{found.name}", **found.fields)
        self.call_after_refresh(self._complete_screen, self.screen)
        self.call_after_refresh(self._go_on)

    def _go_on(self) -> None:
        """Open practice if that was wished for, else tell what is due and open the lesson that was left."""
        if self._practice_wish is not None:
            self.open_practice(self._practice_wish)
            return
        if self.notice is None and not self.learner.is_new and (due := self.due()):
            self.tell(_DUE, count=len(due))
        progress = self.learner.progress
        place = progress.position
        outline = self.outline(place.lesson) if place else None
        if place and outline and is_underway(outline, place.step, progress):
            self.open_lesson(place.lesson, place.step)

    def _complete_screen(self, screen: Screen[Any]) -> None:
        """Give a screen what all screens have in common, once it stands."""
        if isinstance(screen, TutorScreen):
            screen.call_later(self._add_common, screen)

    def _add_common(self, screen: TutorScreen) -> None:
        if screen.is_attached and not any(isinstance(child, TooSmall) for child in screen.children):
            screen.mount(Notice(), TooSmall())

    # -- the course ------------------------------------------------------------------------------------

    @cached_property
    def outlines(self) -> tuple[Outline, ...]:
        """What the course map knows of every lesson; not needed before the first screen stands."""
        return outlines(self.course_folder)

    def outline(self, slug: str) -> Outline | None:
        """Return what the course map knows of a lesson."""
        return next((outline for outline in self.outlines if outline.slug == slug), None)

    def is_usable(self, outline: Outline) -> bool:
        """Return whether a lesson can be opened, as far as is known."""
        return not outline.damaged and outline.slug not in self._unusable

    def is_finished(self, outline: Outline) -> bool:
        """Return whether every step of a lesson is done."""
        return is_finished(outline, self.learner.progress)

    def recommended(self, after: str | None = None) -> Outline | None:
        """Return the lesson to go on with; `after` names one just completed."""
        progress = self.learner.progress
        return recommended(self.outlines, progress, unusable=self._unusable, after=after)

    def unmet_needs(self, outline: Outline) -> tuple[Outline, ...]:
        """Return the lessons of this course that should come first and are not finished."""
        return unmet_needs(outline, self.outlines, self.learner.progress)

    def open_lesson(self, slug: str, step: str | None = None) -> None:
        """Open a lesson above the course map, at a step or where it was left."""
        outline = self.outline(slug)
        if outline is not None and self.opening is None:
            self.opening = outline
            self.run_worker(self._open_lesson(outline, step))

    async def _open_lesson(self, outline: Outline, step: str | None) -> None:
        try:
            self.relabel()
            lesson = await self._loaded(outline)
        except LessonError:
            self._unusable.add(outline.slug)
            self.tell("app.lesson_damaged", title=outline.title[self.text.language])
            self.back_to_map()
        else:
            from tutor.ui.screens.lesson import LessonScreen

            self.back_to_map()
            self.push_screen(LessonScreen(lesson, step))
        finally:
            self.opening = None
            self.relabel()

    async def _loaded(self, outline: Outline) -> Lesson:
        """Return a lesson, proved; LessonError where that fails."""
        slug = outline.slug
        if slug not in self._lessons:
            if slug not in self._loading:
                # The first one brings in numpy and pydantic, so the screen must not wait for it.
                work = asyncio.to_thread(load_lesson, outline.folder)
                self._loading[slug] = asyncio.create_task(work, name=f"load {slug}")
            try:
                self._lessons[slug] = await asyncio.shield(self._loading[slug])
            finally:
                self._loading.pop(slug, None)
        return self._lessons[slug]

    def make_ready(self, outline: Outline | None) -> None:
        """Load the lesson that is likely to be opened next, while the learner is still reading."""
        if outline is not None and self.is_usable(outline):
            self.run_worker(self._load_ahead(outline))

    async def _load_ahead(self, outline: Outline) -> None:
        with suppress(LessonError):  # told when the lesson is opened
            await self._loaded(outline)

    def back_to_map(self) -> None:
        """Show the course map, closing what lies above it."""
        from tutor.ui.screens.course_map import CourseMap

        while not isinstance(self.screen, CourseMap | WelcomeScreen):
            self.pop_screen()
        if isinstance(self.screen, WelcomeScreen):  # it stays below: Textual cannot replace the first screen
            self.push_screen(CourseMap())

    def on_lesson_screen_left(self) -> None:
        """Go back to the course map."""
        self.back_to_map()

    # -- labs ------------------------------------------------------------------------------------------

    async def read_labs(self) -> Mapping[str, Lab]:
        """Return the labs of the course that can be read, by name."""
        if self._labs is None:
            # The first one brings in numpy and pydantic, so the screen must not wait for it.
            self._labs = await asyncio.to_thread(readable_labs, self.course_folder)
        return self._labs

    async def on_open_lab(self, message: OpenLab) -> None:
        """Open a lab above the present screen."""
        self.run_worker(self._open_lab(message.slug))

    async def _open_lab(self, slug: str) -> None:
        lab = (await self.read_labs()).get(slug)
        if lab is None:
            self.tell("lab.damaged", slug=slug)
            return
        from tutor.ui.screens.guided_lab import GuidedLabScreen

        self.push_screen(GuidedLabScreen(lab))

    def on_guided_lab_screen_compared(self, message: Any) -> None:
        """Tell the lesson that waits for this lab."""
        for screen in self.screen_stack:
            if isinstance(screen, WaitsForLab):
                screen.lab_compared(message.slug)

    def on_lab_list_open_training(self) -> None:
        """Open free training above the list."""
        from tutor.ui.screens.training import TrainingScreen

        self.push_screen(TrainingScreen())

    def on_lab_list_open_hunt(self) -> None:
        """Open the bug hunt above the list."""
        from tutor.ui.screens.bug_hunt import BugHuntScreen

        self.push_screen(BugHuntScreen())

    def on_bug_hunt_screen_left(self) -> None:
        """Go back to the list."""
        self.pop_screen()

    def on_lab_screen_frozen(self, message: Any) -> None:
        """Open a run that stands as the graph that it is."""
        from tutor.ui.screens.freeze import FreezeScreen

        self.push_screen(FreezeScreen(message.training))

    def on_freeze_screen_left(self) -> None:
        """Go back to the run."""
        self.pop_screen()

    def on_lab_screen_left(self) -> None:
        """Go back to where the learner was."""
        self.pop_screen()

    def on_lab_list_left(self) -> None:
        """Go back to where the learner was."""
        self.pop_screen()

    def on_lesson_screen_finished(self, message: Any) -> None:
        """Show what was learned and what comes next."""
        from tutor.ui.screens.done import DoneScreen

        lesson = self._lessons[message.slug]
        self.back_to_map()
        self.push_screen(DoneScreen(lesson))

    # -- practice --------------------------------------------------------------------------------------

    def due(self) -> list[str]:
        """Return the skills that are ready for review, the longest due first."""
        return [skill for skill in self.learner.learning.due(self.learner.now()) if skills()[skill].typed]

    def open_practice(self, wish: PracticeWish | None = None) -> None:
        """Open a set of fresh items above the course map."""
        if not self._making_practice:
            self._making_practice = True
            self.run_worker(self._open_practice(wish or PracticeWish()))

    async def _open_practice(self, wish: PracticeWish) -> None:
        # The first one brings in numpy, and some items take a while to draw.
        from tutor.ui.screens.practice import PracticeScreen, new_set

        try:
            learning, now = self.learner.learning, self.learner.now()
            practised = await asyncio.to_thread(new_set, learning, now, wish)
        finally:
            self._making_practice = False
        if self.notice is not None and self.notice[0] == _DUE:
            self.action_notice_read()
        self.back_to_map()
        self.push_screen(PracticeScreen(practised, wish))

    def on_practice_screen_completed(self, message: Any) -> None:
        """Show what a set has brought."""
        from tutor.ui.screens.practice_done import PracticeDoneScreen

        self.back_to_map()
        self.push_screen(PracticeDoneScreen(message.practised, message.wish))

    # -- the record ------------------------------------------------------------------------------------

    def record(self, events: Sequence[Event]) -> None:
        """Store events, all or none, and count them in; returns when they are sure to survive.

        Where the record cannot be written the learner is told and goes on.
        """
        with self.telling_faults():
            self.learner.record(events)

    @contextmanager
    def telling_faults(self) -> Iterator[None]:
        """Tell the learner of a fault of the record inside, and go on."""
        try:
            yield
        except StoreError as error:
            self.tell(f"student.fault.{error.fault.value}", path=error.path or "")

    def change_settings(self, **changes: Any) -> None:
        """Change settings, store them and let every screen follow."""
        self.settings = replace(self.settings, **changes)
        with self.telling_faults():
            self.store.save_settings(self.settings)
        if "ascii" in changes:
            self.ascii_only = self.settings.ascii
        if "language" in changes:
            self.text = Text(self._stored_language() or self.text.language)
        self._apply_look()
        self.relabel()

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """The terms of the course, or of the one that comes with the program where it lists none."""
        from tutor.course.glossary import terms_of

        return terms_of(self.course_folder) or terms_of(course_folder())

    def _apply_look(self) -> None:
        self.set_class(self.ascii_only, "-ascii")
        self.set_class(not self.settings.motion, "-still")
        self.animation_level = constants.TEXTUAL_ANIMATIONS if self.settings.motion else "none"
        if not self.no_color:  # without colour the terminal's own theme stays, whatever was chosen
            self.theme = themes.known(self.settings.theme)

    def avoid_wide_signs(self) -> None:
        """Use ASCII signs for this run, where the terminal draws others two columns wide."""
        if not self.ascii_only:
            self.ascii_only = True
            self._apply_look()
            self.relabel()
            self.tell("app.wide_signs")

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return our own variables for themes that do not set them."""
        return dict(themes.VARIABLES)

    # -- words -----------------------------------------------------------------------------------------

    def relabel(self) -> None:
        """Let every open screen write its words anew."""
        for screen in self.screen_stack:
            if isinstance(screen, TutorScreen):
                screen.relabel()
                for part in screen.query(KeyBar):
                    part.relabel()
                for common in (*screen.query(Notice), *screen.query(TooSmall)):
                    common.refresh(layout=True)

    def tell(self, sentence: str, /, **fields: object) -> None:
        """Show one sentence on every screen until the learner has read it."""
        self.notice = (sentence, fields)
        self._show_notice()

    def _show_notice(self) -> None:
        for screen in self.screen_stack:
            for line in screen.query(Notice):
                line.show()

    # -- actions ---------------------------------------------------------------------------------------

    def action_switch_language(self) -> None:
        """Go on in the next language."""
        languages = list(LANGUAGES)
        following = languages[(languages.index(self.text.language) + 1) % len(languages)]
        self.change_settings(language=following)

    def action_notice_read(self) -> None:
        """Put the sentence away."""
        self.notice = None
        self._show_notice()

    def action_help(self) -> None:
        """Show the keys of this screen, the conventions and the words."""
        from tutor.ui.screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.pop_screen()
        elif isinstance(self.screen, TutorScreen):
            self.push_screen(HelpScreen(self.screen.KEYS))

    def action_settings(self) -> None:
        """Show the settings."""
        from tutor.ui.screens.help import HelpScreen
        from tutor.ui.screens.settings import SettingsScreen

        if isinstance(self.screen, HelpScreen):
            self.pop_screen()
        if not isinstance(self.screen, SettingsScreen | WelcomeScreen):
            self.push_screen(SettingsScreen())

    def action_practice(self) -> None:
        """Open a set of practice above the course map."""
        if not isinstance(self.screen, WelcomeScreen):
            self.open_practice()

    def action_progress(self) -> None:
        """Show what has been learned, above whatever is on the screen."""
        from tutor.ui.screens.progress import ProgressScreen

        if not isinstance(self.screen, ProgressScreen | WelcomeScreen):
            self.push_screen(ProgressScreen())

    def action_training(self) -> None:
        """Open the list of labs above whatever is on the screen, but for the first welcome."""
        from tutor.ui.screens.lab_list import LabList

        listed = any(isinstance(screen, LabList) for screen in self.screen_stack)
        if not listed and not isinstance(self.screen, WelcomeScreen):
            self.push_screen(LabList())

    def action_how_to_quit(self) -> None:
        """Say which key quits; Ctrl+C is for copying in many terminals."""
        self.tell("app.how_to_quit")

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        # An input method shows what it composes at the terminal's cursor, which Textual moves with a key.
        if isinstance(self.focused, Input):
            self.cursor_position = self.focused.cursor_screen_offset
        super()._display(screen, renderable)

    def action_redraw(self) -> None:
        """Paint every cell again."""
        self.screen.refresh(layout=True)
        self._display(self.screen, self.screen._compositor.render_update(full=True))

    # -- end -------------------------------------------------------------------------------------------

    def end(self, code: int) -> None:
        """End with an exit code, drafts kept; may be called from a signal handler and from any thread."""
        loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(self._end, code)
        elif threading.current_thread() is threading.main_thread():
            raise SystemExit(code)

    def _end(self, code: int) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, KeepsDrafts) and screen.is_mounted:
                with self.telling_faults():
                    screen.keep_drafts()
        self.exit(return_code=code)

    def _handle_exception(self, error: Exception) -> None:
        self.crash = self.crash or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        if self.debug or self.is_headless:
            super()._fatal_error()
        else:  # whoever runs the app apologises in words
            self._close_messages_no_wait()
