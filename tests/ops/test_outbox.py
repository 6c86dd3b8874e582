"""`pdbot outbox` beside the running bot's database."""

import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.errors import ConfigError
from bot.ledger import EntryState, Ingestion, MessageId, OutboxEvent
from bot.model import Condition, EventAction
from bot.ops.outbox import discard_entry, list_entries, retry_entry, show_entry
from bot.store import Store, open_store


@pytest.fixture
async def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'pdbot.db'}"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """Give the bot's own store, with one alert that PagerDuty refused."""
    opened = await open_store(url, clock=SystemClock(), ballast_bytes=0)
    body = {"event_action": "trigger", "payload": {"summary": "load\x1b[31m failed"}}
    seq = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
    await opened.messages.ingest(
        Ingestion(
            message=MessageId("T0", "C0JOBS", "1700000000.000100", Condition.FAILURE),
            seq=seq,
            producer="script",
            job="load",
            events=(OutboxEvent("billing", "env:KEY", "load", EventAction.TRIGGER, body),),
        )
    )
    (claimed,) = await opened.outbox.claim(1, 1)
    await opened.outbox.abandon(claimed, "PagerDuty refused the event (400).")
    yield opened
    await opened.close()


async def told(command: object, *arguments: object, **more: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    assert callable(command)
    code = await command(*arguments, out=out, err=err, **more)
    return code, out.getvalue(), err.getvalue()


async def test_list_shows_what_was_refused(store: Store, url: str) -> None:
    code, out, _ = await told(list_entries, url)

    assert code == 0
    assert "abandoned" in out
    assert "load [31m failed" in out
    assert "(PagerDuty refused the event (400).)" in out


async def test_list_as_json_is_an_object_a_line(store: Store, url: str) -> None:
    _, out, _ = await told(list_entries, url, as_json=True)

    (line,) = out.splitlines()
    assert json.loads(line)["state"] == "abandoned"


async def test_show_gives_the_whole_event(store: Store, url: str) -> None:
    code, out, _ = await told(show_entry, url, 1)
    _, as_json, _ = await told(show_entry, url, 1, as_json=True)

    assert code == 0
    assert "event_action" in out
    assert json.loads(as_json)["event"]["event_action"] == "trigger"


async def test_retry_lets_the_running_bot_send_it(store: Store, url: str) -> None:
    code, out, _ = await told(retry_entry, url, 1)

    assert code == 0
    assert "sent again" in out
    assert (await store.entries.show(1)).state is EntryState.PENDING
    assert len(await store.outbox.claim(1, 1)) == 1


async def test_discard_gives_it_up(store: Store, url: str) -> None:
    code, out, _ = await told(discard_entry, url, 1, as_json=True)

    assert code == 0
    assert json.loads(out)["state"] == "discarded"
    assert (await told(list_entries, url))[1] == "The outbox is empty: everything was delivered.\n"


async def test_list_shows_last_what_came_too_late_to_be_sent(store: Store, url: str) -> None:
    async def take(action: EventAction, condition: Condition, second: int) -> None:
        event = OutboxEvent("billing", "env:KEY", "nightly", action, {"event_action": action})
        message = MessageId("T0", "C0JOBS", f"170000000{second}.000100", condition)
        ingestion = Ingestion(
            message=message, seq=second, producer="script", job="nightly", events=(event,)
        )
        await store.messages.ingest(ingestion)
        for claimed in await store.outbox.claim(1, 1):
            await store.outbox.settle_sent(claimed)

    await take(EventAction.RESOLVE, Condition.SUCCESS, 5)
    await take(EventAction.TRIGGER, Condition.FAILURE, 4)
    _, out, _ = await told(list_entries, url)

    assert [line.split()[1] for line in out.splitlines()] == ["abandoned", "superseded"]
    assert "Something newer with the same keys was already sent" in out


@pytest.mark.parametrize("command", [show_entry, retry_entry, discard_entry])
async def test_entry_that_is_not_there_is_said(store: Store, url: str, command: object) -> None:
    code, out, err = await told(command, url, 99)

    assert (code, out) == (1, "")
    assert "no entry 99" in err


async def test_database_that_is_not_there_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(ConfigError, match="no database"):
        await told(list_entries, url)
