"""Progress to look at: every skill, the notebook of mistakes, and time, mastery and predictions."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import ContentSwitcher, OptionList, Static
from textual.widgets.option_list import Option

from tutor.course.skills import skill_of, skills
from tutor.student.clock import wall_clock
from tutor.student.mastery import Level
from tutor.student.notebook import BEATEN, MisconceptionRecord, Mistake
from tutor.ui.levels import level_mark
from tutor.ui.mistake_words import (
    explained,
    given,
    looks_like,
    principle,
    skill_name,
    typed,
    upstream,
    when,
)
from tutor.ui.practice_wish import PracticeWish
from tutor.ui.progress_words import due_words, level_words, minutes_words, prediction_words, skill_words
from tutor.ui.screens.column import ColumnScreen
from tutor.ui.signs import in_ascii
from tutor.ui.widgets.heading import Heading
from tutor.ui.widgets.key_bar import KeyBar

SKILLS, NOTEBOOK, TIME = "skills", "notebook", "time"
PAGES = (SKILLS, NOTEBOOK, TIME)

_NAME, _LEVEL = 36, 12
_MOST_MISTAKES = 300
"""Mistakes on the page; a file holds them all."""

_CHART_HEIGHT, _BAR, _DAYS = 10, 24, 7
_RULE, _ENTRY = "rule:", "entry:"


class ProgressScreen(ColumnScreen):
    """Three pages; a skill or a mistake can be practised from its row."""

    KEYS = (
        ("Enter", "practice"),
        ("1 2 3", "page"),
        ("E", "export"),
        ("Arrows", "choose"),
        ("Esc", "back"),
        ("F1", "help"),
    )

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(place), f"page({place - 1})", show=False) for place in range(1, len(PAGES) + 1)),
        Binding("left", "turn(-1)", show=False),
        Binding("right,tab", "turn(1)", show=False),
        Binding("e,ㄷ", "export", show=False),
        Binding("escape,f7", "back", show=False),
    ]

    def __init__(self, page: str = SKILLS) -> None:
        super().__init__()
        self._page = page
        self._signed: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        """Lay out the pages, of which one is shown, and what is said about its chosen row."""
        yield Heading()
        yield Static(id="pages", markup=False)
        with ContentSwitcher(initial=self._page):
            yield OptionList(id=SKILLS, markup=False)
            yield OptionList(id=NOTEBOOK, markup=False)
            with VerticalScroll(id=TIME):
                yield Static(id="figures", markup=False)
                yield Static(id="chart", markup=False)
        yield Static(id="about", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """List everything, newest mistakes first."""
        notebook = self.learner.learning.notebook
        newest = notebook.mistakes[-_MOST_MISTAKES:]
        self._mistakes = {f"{_ENTRY}{place}": mistake for place, mistake in enumerate(newest)}
        records = sorted(
            notebook.misconceptions.values(), key=lambda record: (not record.is_open, -record.count)
        )
        self._records = {f"{_RULE}{record.id}": record for record in records}
        self._list(SKILLS).add_options([Option("", id=id_) for id_ in skills()])
        ids = [*self._records, *reversed(self._mistakes)]
        self._list(NOTEBOOK).add_options([Option("", id=id_) for id_ in ids])
        for page in (SKILLS, NOTEBOOK):
            self._list(page).highlighted = 0 if self._list(page).option_count else None
        following = next((id_ for id_ in skills() if self._is_open(id_)), None)
        if following is not None:
            self._list(SKILLS).highlighted = self._list(SKILLS).get_option_index(following)
        self._show_page()

    def _is_open(self, skill: str) -> bool:
        return Level.UNSEEN < self.learner.learning.level(skill) < Level.MASTERED

    def _list(self, page: str) -> OptionList:
        return self.query_one(f"#{page}", OptionList)

    def _show_page(self) -> None:
        self.query_one(ContentSwitcher).current = self._page
        self.query_one(f"#{self._page}").focus()
        self.relabel()

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new width."""
        super().on_resize(event)
        self.call_later(self.relabel)

    # -- words -----------------------------------------------------------------------------------------

    def relabel(self) -> None:
        """Write every word anew."""
        if not self.is_mounted or not self._list(SKILLS).option_count:
            return
        self.query_one(Heading).show(self.text("progress.title"))
        self.query_one("#pages", Static).update(self._pages())
        for page in (SKILLS, NOTEBOOK):
            for option in self._list(page).options:
                self._write_row(page, option.id or "")
        if self._page == TIME:
            self._show_time()
        self._describe()

    def _write_row(self, page: str, id_: str) -> None:
        if page == SKILLS:
            row = self._skill_row(id_)
        elif id_ in self._records:
            row = self._rule_row(id_, self._records[id_])
        else:
            row = self._mistake_row(id_, self._mistakes[id_])
        self._list(page).replace_option_prompt(id_, row)

    def _pages(self) -> Content:
        names = []
        for place, page in enumerate(PAGES, 1):
            chosen = page == self._page
            name = f"{place} {self.text(f'progress.page.{page}')}"
            names.append(
                Content.styled(
                    f"[{name}]" if chosen else f" {name} ", "bold $accent" if chosen else "$text-muted"
                )
            )
        return Content(" ").join(names)

    def _mark(self, page: str, id_: str) -> Content:
        option = self._list(page).highlighted_option
        sign = ">" if self.tutor.ascii_only else "▸"
        return Content.styled(f"{sign} " if option is not None and option.id == id_ else "  ", "bold $accent")

    def _skill_row(self, id_: str) -> Content:
        learning, level = self.learner.learning, self.learner.learning.level(id_)
        due = due_words(id_, learning, self.learner.now(), self.text)
        style = "bold" if level else "$text-muted"
        return Content.assemble(
            self._mark(SKILLS, id_),
            level_mark(level, self.tutor.ascii_only),
            " ",
            (self._fitted(self.text(f"skills.{id_}"), _NAME), style),
            (self._fitted(level_words(level, self.text), _LEVEL), style),
            (due, "$accent" if due == self.text("progress.due_now") else "$text-muted"),
        )

    def _rule_row(self, id_: str, record: MisconceptionRecord) -> Content:
        sign = "↻" if record.is_open else "✓"
        if self.tutor.ascii_only:
            sign = "~" if record.is_open else "+"
        figures = {"count": record.count, "beaten": record.beaten, "wanted": BEATEN}
        words = self._plain(self.text("notebook.state", **figures))
        room = max(20, self._width - cell_len(words) - 8)
        name = self._fitted(looks_like(record.id, self.text), room)
        style = "$accent" if record.is_open else "$success"
        return Content.assemble(
            self._mark(NOTEBOOK, id_), (f"{sign} ", style), name, "  ", (words, "$text-muted")
        )

    def _mistake_row(self, id_: str, mistake: Mistake) -> Content:
        name = self._fitted(skill_name(mistake.skill, self.text) or mistake.step, _NAME - 4)
        return Content.assemble(
            self._mark(NOTEBOOK, id_),
            (f"{when(mistake.at)}  ", "$text-muted"),
            name,
            set_cell_size(self._plain(typed(mistake, self.text)), max(8, self._width - _NAME - 18)).rstrip(),
        )

    @property
    def _width(self) -> int:
        return self.content_size.width - 4

    def _plain(self, words: str) -> str:
        return in_ascii(words) if self.tutor.ascii_only else words

    def _fitted(self, words: str, cells: int) -> str:
        """Return words in exactly so many cells, two at least left blank."""
        words = self._plain(words)
        if cell_len(words) > cells - 2:
            words = set_cell_size(words, cells - 3).rstrip() + ("." if self.tutor.ascii_only else "…")
        return words + " " * (cells - cell_len(words))

    def _describe(self) -> None:
        lines: list[str] = []
        chosen = self._chosen
        if self._page == SKILLS and chosen:
            learning = self.learner.learning
            lines = skill_words(skills()[chosen], learning, self.learner.now(), self.text)
        elif self._page == NOTEBOOK:
            lines = self._about_mistake(chosen)
        about = self.query_one("#about", Static)
        about.display = self._page != TIME
        about.update(Content(self._plain("\n".join(lines))))

    def _about_mistake(self, chosen: str) -> list[str]:
        if chosen in self._records:
            record = self._records[chosen]
            state = self.text(f"notebook.about_{'open' if record.is_open else 'beaten'}")
            return [looks_like(record.id, self.text), principle(record.id, self.text), state]
        if chosen not in self._mistakes:
            return [self.text("notebook.none")]
        mistake = self._mistakes[chosen]
        lines = []
        unexplained = [self.text("notebook.unexplained")] if mistake.statements else []
        outline = self.tutor.outline(mistake.lesson)
        if mistake.statements:
            lines.append("; ".join(mistake.statements))
            lines.append(self.text("notebook.given", given=given(mistake), upstream=upstream(mistake)))
        elif outline is not None:
            lines.append(f"{outline.number} {outline.title[self.text.language]}")
        lines.append(self.text("notebook.typed", typed=typed(mistake, self.text)))
        return lines + (explained(mistake, self.text) or unexplained)

    # -- time ------------------------------------------------------------------------------------------

    def _show_time(self) -> None:
        learning, text = self.learner.learning, self.text
        mastered = sum(learning.level(id_) is Level.MASTERED for id_ in skills())
        parts = [
            Content.styled(text("progress.spent", time=minutes_words(learning.seconds, text)), "bold"),
            *self._day_bars(),
            Content(""),
            *map(Content, prediction_words(learning, text)),
            Content(""),
            Content.styled(text("progress.mastered", count=mastered, total=len(skills())), "bold"),
        ]
        self.query_one("#figures", Static).update(Content("\n").join(parts))
        self.query_one("#chart", Static).update(self._chart())

    def _day_bars(self) -> list[Content]:
        days = sorted(self.learner.learning.days.items())[-_DAYS:]
        most = max((seconds for _, seconds in days), default=0) or 1
        block = "#" if self.tutor.ascii_only else "▇"
        return [
            Content.assemble(
                (f"{day}  ", "$text-muted"),
                (block * max(1, round(_BAR * seconds / most)), "$accent"),
                f" {minutes_words(seconds, self.text)}",
            )
            for day, seconds in days
        ]

    def _chart(self) -> Content:
        """Draw how many skills were mastered after each answer."""
        from tutor.ui.chart import Series, draw_chart
        from tutor.ui.curve import Curve

        counts = self.learner.learning.mastered
        if len(counts) < 2:
            return Content(self._plain(self.text("progress.no_chart")))
        curve = Curve()
        curve.extend(range(1, len(counts) + 1), counts)
        width, ascii_only = max(12, self._width - 4), self.tutor.ascii_only
        chart = draw_chart([Series("mastered", curve)], width, _CHART_HEIGHT, ascii_only=ascii_only)
        rows = [
            Content.assemble(
                *((piece.text, "$text-muted" if piece.series is None else "$accent") for piece in row)
            )
            for row in chart.rows
        ]
        return Content("\n").join([*rows, Content.styled(self.text("progress.chart"), "$text-muted")])

    # -- keys ------------------------------------------------------------------------------------------

    @property
    def _chosen(self) -> str:
        option = self._list(self._page).highlighted_option if self._page != TIME else None
        return option.id or "" if option else ""

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Move the sign to the chosen row and say more about it."""
        event.stop()
        page, id_ = event.option_list.id or "", event.option_id or ""
        for changed in {id_, self._signed.get(page, id_)} - {""}:
            self._write_row(page, changed)
        self._signed[page] = id_
        self._describe()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Practise the skill of the chosen row."""
        event.stop()
        id_ = event.option_id or ""
        name = id_
        if id_ in self._records:
            name = self._records[id_].skill
        elif id_ in self._mistakes:
            name = self._mistakes[id_].skill
        skill = skill_of(name)
        if skill is not None and skills()[skill].typed:
            self.tutor.open_practice(PracticeWish(skill))

    def action_page(self, place: int) -> None:
        """Turn to a page."""
        self._page = PAGES[place]
        self._show_page()

    def action_turn(self, by: int) -> None:
        """Turn to the next or the former page."""
        self.action_page((PAGES.index(self._page) + by) % len(PAGES))

    def action_export(self) -> None:
        """Write the notebook beside the record, or in the folder at hand where the record is in memory."""
        from tutor.ui.notebook_file import write_notebook

        store = self.tutor.store
        folder = store.path.parent if store.path else Path.cwd()
        path = folder / f"notebook-{wall_clock().astimezone():%Y-%m-%d-%H%M%S}.md"
        try:
            write_notebook(path, self.learner.learning.notebook, self.text)
        except OSError:
            self.tutor.tell("notebook.not_exported", path=path)
        else:
            self.tutor.tell("notebook.exported", path=path)

    def action_back(self) -> None:
        """Go back to where the learner was."""
        self.tutor.pop_screen()
