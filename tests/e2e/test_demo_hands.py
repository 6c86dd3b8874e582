"""The demo without a browser: what its page does, with the real bot at the other end."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.errors import ConfigError
from bot.ops import demo
from bot.ops.demo import on_stage, start_bot
from bot.ops.demo_child import BotProcess
from bot.sandbox.slack import Message, View
from bot.sandbox.stage import Stage
from bot.sandbox.stage.keyboard import typed_lines
from bot.sandbox.stage.screen import Screen
from bot.sandbox.stage.story import tell
from bot.sandbox.web.hands import Hands
from tests.patience import PATIENCE_SECONDS
from tests.sandbox.idle import idle_stage

ANN, PLACE = "U0ANN", "C0INCIDENTS"


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with on_stage() as found:
        await start_bot(found)
        yield found


async def test_page_can_do_everything_that_a_person_can(stage: Stage) -> None:
    hands, disk = Hands(stage), stage.cast.disk

    async def do(verb: str, **details: Any) -> dict[str, Any]:
        return await hands.do({"do": verb, "who": ANN, **details})

    async def pressed(shown: Message, action: str) -> View:
        at = {"channel": PLACE, "ts": shown.ts}
        assert await do("click", **at, action_id=action, value=disk.id) == {"ok": True}
        return await stage.slack.expect_view(ANN, action)

    assert await do("command", channel=PLACE, text="/pd show #3") == {"ok": True}
    card = await stage.slack.expect_ephemeral(ANN, PLACE)

    form = await pressed(card, "reassign")
    refused = await do("submit", view=form.id, values={})
    assert refused["ok"] is True
    assert refused["errors"]
    found = await do("options", view=form.id, action_id="escalation_policy", typed="plat")
    assert [one["text"]["text"] for one in found["options"]] == ["Platform on-call"]
    chosen = {"view": form.id, "action_id": "escalation_policy", "value": found["options"][0]}
    assert await do("choose", **chosen) == {"ok": True}
    assert await do("close", view=form.id) == {"ok": True}
    assert stage.slack.views == {}

    form = await pressed(card, "note")
    assert await do("submit", view=form.id, values={"note": "found it"}) == {"ok": True}
    assert await stage.until(lambda: disk.notes, 5)

    assert await do("home") == {"ok": True}
    home = await stage.slack.expect_home(ANN, "Disk full")
    assert (await do("click", view=home.id, action_id="acknowledge", value=disk.id))["ok"]
    assert await stage.until(lambda: disk.status == "acknowledged", 5)

    assert await do("shortcut", callback_id="open_incidents") == {"ok": True}
    await stage.slack.expect_view(ANN)


async def test_outbox_is_read_beside_the_bot_dead_or_alive(stage: Stage) -> None:
    stage.weather.change("pagerduty", "down")
    await stage.jobs.happen("jenkins-fail", wait=True)
    await stage.until(lambda: stage.pagerduty.events, 10)
    await stage.machine.kill()
    (entry,) = await stage.machine.outbox()

    assert stage.machine.state == "stopped"
    assert "SIGKILL" in stage.machine.log[-1]
    assert entry["state"] in {"pending", "leased"}
    assert entry["action"] == "trigger"
    stage.weather.change("pagerduty", "fine")
    await start_bot(stage)
    assert await stage.until(lambda: stage.alert("deploy-api", "triggered"), 15)


async def test_start_of_a_running_bot_and_end_of_a_dead_one_change_nothing(stage: Stage) -> None:
    await stage.machine.start()
    assert stage.machine.state == "running"
    for _ in range(2):
        await stage.machine.stop()
        assert stage.machine.state == "stopped"
    assert "exit code 0" in stage.machine.log[-1]


async def test_bot_that_cannot_start_is_said_with_the_end_of_its_log(tmp_path: Path) -> None:
    async with on_stage() as stage:
        machine = stage.machine
        assert isinstance(machine, BotProcess)
        machine.configure({"DATABASE_URL": f"sqlite:///{tmp_path / 'none.db'}"})
        with pytest.raises(ConfigError, match="PAGERDUTY_API_TOKEN"):
            await start_bot(stage)
        assert await machine.outbox() == []


async def test_callers_own_settings_and_proxies_do_not_reach_the_bot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAGERDUTY_API_TOKEN", "the-callers-real-key")
    monkeypatch.setenv("https_proxy", "http://proxy.example.com")
    machine = BotProcess(tmp_path)
    machine.configure({"DATABASE_URL": f"sqlite:///{tmp_path / 'x.db'}"})
    await machine.start()
    await machine.close()

    assert machine.state == "stopped"
    assert any("PAGERDUTY_API_TOKEN is missing" in line for line in machine.log)
    assert not any("the-callers-real-key" in line for line in machine.log)


async def test_story_that_does_not_come_true_says_so() -> None:
    out = io.StringIO()
    async with idle_stage() as (stage, _):
        screen = Screen(stage, Console(file=out))
        assert not await tell(stage, screen, patience_seconds=0.05)

    assert "That should have happened within 0.05 s." in out.getvalue()
    assert "pdbot is running" in out.getvalue()


async def test_lines_of_a_file_are_read_like_typed_ones(tmp_path: Path) -> None:
    written = tmp_path / "lines"
    written.write_text("/pd list\nquit")
    with written.open() as stream:
        assert [line.strip() async for line in typed_lines(stream)] == ["/pd list", "quit"]


class Told(io.StringIO):
    """An output that says when it was written to."""

    def __init__(self) -> None:
        super().__init__()
        self.flushed = asyncio.Event()

    def flush(self) -> None:
        self.flushed.set()


@pytest.mark.parametrize("display", [None, ":0"])
async def test_page_opens_in_a_browser_only_where_there_is_a_desktop(
    monkeypatch: pytest.MonkeyPatch, display: str | None
) -> None:
    loop, opened = asyncio.get_running_loop(), asyncio.Event()
    monkeypatch.setattr("webbrowser.open", lambda _: loop.call_soon_threadsafe(opened.set))
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    if display:
        monkeypatch.setenv("DISPLAY", display)
    streams = demo.Streams(io.StringIO(), told := Told())
    task = asyncio.create_task(demo._page(streams, 0, browser=True))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await (opened if display else told.flushed).wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert "The demo is at http://127.0.0.1:" in told.getvalue()
    assert opened.is_set() == bool(display)
