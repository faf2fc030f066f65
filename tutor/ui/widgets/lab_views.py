"""The views of a lab, one or two at a time, and the row that names them with their digits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual import events
from textual.app import ComposeResult, RenderResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from tutor.ui.lab_steps import Subject, Traced
from tutor.ui.views.catalogue import CURVES, NETWORK_VIEWS, VIEWS
from tutor.ui.views.picture import Canvas, Mark, fitted, row
from tutor.ui.widgets.loss_plot import LossPlot
from tutor.ui.widgets.marked_rows import MarkedRows

_VIEW = "view"
_ROOM_FOR_TWO = 26
"""Rows in which a picture stands below the curves instead of in their place."""


class ViewTabs(Widget):
    """The names of the views; a click or the digit chooses one."""

    DEFAULT_CSS = "ViewTabs { height: 1; width: 100%; }"

    class Chosen(Message):
        """A view was clicked."""

        def __init__(self, view: str) -> None:
            super().__init__()
            self.view = view

    def __init__(self) -> None:
        super().__init__()
        self._names: Sequence[tuple[str, str]] = ()
        self._chosen = ""

    def write(self, names: Sequence[tuple[str, str]], chosen: str) -> None:
        """Name the views: id and word, in the order of the digits."""
        self._names, self._chosen = names, chosen
        self.refresh()

    def render(self) -> RenderResult:
        """Return the names in a row; the chosen one stands out without colour, too."""
        parts = []
        for digit, (view, name) in enumerate(self._names, start=1):
            here = view == self._chosen
            text = Content.assemble(
                (f"{digit}", "bold $accent" if not here else "bold reverse"),
                (f" {name}", "bold reverse" if here else "$text-muted"),
            )
            parts.append(text.stylize(Style.from_meta({_VIEW: view})))
        wide = sum(part.cell_length + 2 for part in parts) <= self.size.width
        return Content("  " if wide else " ").join(parts)

    def on_click(self, event: events.Click) -> None:
        """Choose the view under the mouse."""
        event.stop()
        if view := event.style.meta.get(_VIEW):
            self.post_message(self.Chosen(view))


class LabViews(Vertical):
    """Loss and accuracy as curves, and pictures of the network; where there is room, one below the other."""

    DEFAULT_CSS = """
    LabViews {
        height: 1fr; width: 100%;
        & > LossPlot, & > MarkedRows { height: 1fr; }
        & > #picture { margin-top: 0; }
        &.-two > #picture { height: 1fr; margin-top: 1; }
    }
    """

    view: reactive[str] = reactive(CURVES[0])

    class Changed(Message):
        """Another view, another size or another place of the cursor: there is something else to look at."""

    def __init__(self, *, reduced_motion: bool, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.names: tuple[str, ...] = NETWORK_VIEWS
        self.tabs = ViewTabs()
        self.plot = LossPlot(id="plot", reduced_motion=reduced_motion)
        self.accuracy = LossPlot(id="accuracy", reduced_motion=reduced_motion)
        self.picture = MarkedRows(id="picture")
        self._say: Callable[..., str] = lambda name, **fields: name
        self._ascii = False
        self._cursors: dict[str, int] = {}
        self._look: tuple[str, Any] | None = None
        self._traced = False

    def compose(self) -> ComposeResult:
        """The names above the views."""
        yield self.tabs
        yield self.plot
        yield self.accuracy
        yield self.picture

    def on_mount(self) -> None:
        """Show what is chosen."""
        self._arrange()

    def on_resize(self) -> None:
        """Use the room that there is."""
        self._arrange()
        self.post_message(self.Changed())

    def offer(self, names: Sequence[str]) -> None:
        """Offer other views, and show the first."""
        self.names = tuple(names)
        self.view = self.names[0]
        self._arrange()

    def write(self, say: Callable[..., str], ascii_only: bool) -> None:
        """Write every word and sign anew."""
        self._say, self._ascii = say, ascii_only
        self.plot.ascii_only = self.accuracy.ascii_only = ascii_only
        self._arrange()
        self.draw()

    def watch_view(self) -> None:
        """Show another view."""
        self._arrange()
        self.post_message(self.Changed())

    def _arrange(self) -> None:
        self.tabs.write([(name, self._say(f"view.{name}")) for name in self.names], self.view)
        picture = self.view in VIEWS
        two = picture and self._traced and self.size.height >= _ROOM_FOR_TWO
        self.set_class(two, "-two")
        self.plot.display = self.view == "loss" or two
        self.accuracy.display = self.view == "right"
        self.picture.display = picture

    def lay(self, traced: Sequence[Traced]) -> None:
        """Lay these curves over each other, and no others."""
        self._traced = bool(traced)
        self.plot.clear_series()
        self.accuracy.clear_series()
        for one in traced:
            self.plot.add_series(one.name, one.loss)
            if one.right is not None:
                self.accuracy.add_series(one.name, one.right)
        self._arrange()

    def choose(self, digit: int) -> None:
        """Show the view of this digit."""
        if digit <= len(self.names):
            self.view = self.names[digit - 1]

    def choose_next(self, by: int) -> None:
        """Show the view after this one, or before it."""
        self.view = self.names[(self.names.index(self.view) + by) % len(self.names)]

    def move_cursor(self, by: int) -> None:
        """Move along the curve, or to the next unit of the picture."""
        if self.view in VIEWS and not (self.plot.display and self.view != "weights"):
            self._cursors[self.view] = self._cursors.get(self.view, 0) + (1 if by > 0 else -1)
            self.draw()
        else:
            (self.accuracy if self.view == "right" else self.plot).move_cursor(by)

    @property
    def cursor_step(self) -> int | None:
        """The step that the cursor stands at, if it stands anywhere."""
        cursor = (self.accuracy if self.view == "right" else self.plot).cursor
        return None if cursor is None else round(cursor)

    def put_cursor_away(self) -> None:
        """Let the legend show the last values again."""
        self.plot.cursor = self.accuracy.cursor = None

    # -- pictures --------------------------------------------------------------------------------------

    def wanted(self) -> tuple[str, Callable[[Subject], Any]] | None:
        """Return the picture that is looked at and how to look; None where only curves are."""
        view = VIEWS.get(self.view)
        width, height = self.picture.size
        if view is None or not width or not height:
            return None
        return self.view, lambda subject: view.look(subject, width, height)

    def show(self, name: str, look: Any) -> None:
        """Draw what was seen."""
        self._look = (name, look)
        self.draw()

    def draw(self) -> None:
        """Draw what was last seen, if it is still wanted."""
        if self._look is None or self._look[0] != self.view:
            return
        width, height = self.picture.size
        look = self._look[1]
        canvas = Canvas(width, height, self._cursors.get(self.view, 0), self._ascii, self._say)
        rows = [row(Mark(self._say("not_here")))] if look is None else VIEWS[self.view].draw(look, canvas)
        self.picture.put_rows(fitted(rows, width, height))
