"""Keys that arrive all at once do what they do one by one."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.containers import Container
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from tutor.ui import keys_in_order
from tutor.ui.keys_in_order import KeysInOrder

NAMES = {"\x7f": "backspace", "\t": "tab", "\x15": "ctrl+u"}


class Fields(KeysInOrder):
    """Two fields, the second one some levels down."""

    def compose(self) -> ComposeResult:
        yield Input(id="first")
        with Container(), Container():
            yield Input(id="second")

    @property
    def typed(self) -> tuple[str, str]:
        return self.query_one("#first", Input).value, self.query_one("#second", Input).value


async def send_at_once(pilot: Pilot[None], characters: str) -> None:
    driver = pilot.app._driver
    assert driver is not None
    for character in characters:
        key = Key(NAMES.get(character, character), character)
        key.set_sender(pilot.app)
        driver.process_message(key)
    await pilot.pause()
    await pilot.pause()


@pytest.mark.parametrize(
    ("keys", "typed"),
    [
        ("12\x7f\x7f190", ("190", "")),
        ("1\x7f2\x7f3\x7f4", ("4", "")),
        ("12\t34\t5", ("5", "34")),
        ("123\x15\x7f4", ("4", "")),
        ("3" * 60 + "\x7f" * 59, ("3", "")),
    ],
)
async def test_a_burst_takes_effect_in_order(keys: str, typed: tuple[str, str]) -> None:
    app = Fields()
    async with app.run_test() as pilot:
        app.query_one("#first").focus()
        await pilot.pause()
        await send_at_once(pilot, keys)
        assert app.typed == typed


async def test_a_key_whose_field_goes_away_holds_no_other_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    class Vanishing(Fields):
        async def on_input_changed(self, event: Input.Changed) -> None:
            if event.value == "1":
                await event.input.remove()
                self.query_one("#second").focus()

        @property
        def second(self) -> str:
            return self.query_one("#second", Input).value

    monkeypatch.setattr(keys_in_order, "STUCK", 0.0)
    app = Vanishing()
    async with app.run_test() as pilot:
        app.query_one("#first").focus()
        await pilot.pause()
        await send_at_once(pilot, "1")
        await send_at_once(pilot, "2")
        await send_at_once(pilot, "3")
        assert app.second == "23"


async def test_textual_alone_still_needs_this() -> None:
    """The day this fails, the module can go."""

    class Plain(App[None]):
        def compose(self) -> ComposeResult:
            yield Input()

    app = Plain()
    async with app.run_test() as pilot:
        await send_at_once(pilot, "12\x7f\x7f190")
        assert app.query_one(Input).value == "121"
