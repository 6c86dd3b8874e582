"""`pdbot outbox …` as an operator types it."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.clock import SystemClock
from bot.ledger import EntryState
from bot.store import open_store
from tests.store.builders import event, message


async def _fill(url: str) -> None:
    """Leave a database with one alert that PagerDuty refused."""
    store = await open_store(url, clock=SystemClock(), ballast_bytes=0)
    await store.messages.ingest(message(1, event(rule="billing")))
    (claimed,) = await store.outbox.claim(1, 1)
    await store.outbox.abandon(claimed, "PagerDuty refused the event (400).")
    await store.close()


async def _state(url: str) -> EntryState:
    store = await open_store(url, clock=SystemClock(), lock=False)
    entry = await store.entries.show(1)
    await store.close()
    return entry.state


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    address = f"sqlite:///{tmp_path / 'bot.db'}"
    (tmp_path / "address").write_text(address + "\n", encoding="utf-8")
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "address"))
    asyncio.run(_fill(address))
    return address


def outbox(*words: str) -> Result:
    return CliRunner().invoke(app, ["outbox", *words])


def test_outbox_list_finds_the_database_by_its_file(url: str) -> None:
    assert url.startswith("sqlite:")
    result = outbox("list", "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["state"] == "abandoned"


@pytest.mark.usefixtures("url")
def test_outbox_show_tells_the_whole_event() -> None:
    result = outbox("show", "1", "--json")

    assert json.loads(result.stdout)["event"]["event_action"] == "trigger"


def test_outbox_retry_makes_it_wait_for_the_bot(url: str) -> None:
    assert outbox("retry", "1").exit_code == 0
    assert asyncio.run(_state(url)) is EntryState.PENDING


def test_outbox_discard_gives_it_up(url: str) -> None:
    assert outbox("discard", "1").exit_code == 0
    assert asyncio.run(_state(url)) is EntryState.DISCARDED


@pytest.mark.usefixtures("url")
@pytest.mark.parametrize("command", ["show", "retry", "discard"])
def test_outbox_entry_that_is_not_there_fails(command: str) -> None:
    result = outbox(command, "99")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "no entry 99" in result.stderr


def test_outbox_without_a_readable_address_is_bad_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "absent"))
    result = outbox("list")

    assert result.exit_code == 2
    assert "DATABASE_URL" in result.stderr
