"""`pdbot outbox`: the durable queue, beside a running bot.

What is changed here the bot finds within a second. Nothing is sent by this program itself.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TextIO

from bot.clock import Clock, SystemClock
from bot.errors import RequestError, StoreError
from bot.ledger import Entry, EntryState
from bot.ops.console import write_line
from bot.store import Store, open_store
from bot.store.entries import UNSETTLED

SHOWN: Final = 1_000
_PAGE: Final = 200
_CELL: Final = 80
_FAILED: Final = 1
_LISTED: Final = (*UNSETTLED, EntryState.SUPERSEDED)
_RANKS: Final = {EntryState.ABANDONED: 0, EntryState.SUPERSEDED: 2}


async def list_entries(
    database_url: str, *, out: TextIO, err: TextIO, as_json: bool = False
) -> int:
    """List what has not been delivered, refused ones first; 0, or 1 when it cannot be read."""

    async def work(store: Store) -> None:
        entries = await _undelivered(store)
        for entry in entries if as_json else entries[:SHOWN]:
            write_line(out, json.dumps(as_object(entry)) if as_json else _line(entry))
        if as_json:
            return
        if not entries:
            write_line(out, "The outbox is empty: everything was delivered.")
        elif len(entries) > SHOWN:
            write_line(out, f"… and {len(entries) - SHOWN} more.")

    return await _visit(database_url, work, err)


async def show_entry(
    database_url: str, entry_id: int, *, out: TextIO, err: TextIO, as_json: bool = False
) -> int:
    """Show all of one entry; 0, or 1 when there is none."""

    async def work(store: Store) -> None:
        entry = await store.entries.show(entry_id)
        shown = as_object(entry) | {"event": entry.body}
        if as_json:
            write_line(out, json.dumps(shown))
            return
        for name, value in shown.items():
            written = json.dumps(value, indent=2).splitlines() if name == "event" else [str(value)]
            write_line(out, f"{name + ':':<16} {'-' if value is None else written[0]}")
            for line in written[1:]:
                write_line(out, line)

    return await _visit(database_url, work, err)


async def retry_entry(
    database_url: str, entry_id: int, *, out: TextIO, err: TextIO, as_json: bool = False
) -> int:
    """Let the bot send an entry again; 0, or 1 when it cannot be."""

    async def work(store: Store) -> None:
        entry = await store.entries.retry(entry_id)
        late = "is superseded: something newer with the same keys was sent, so this never will be"
        is_late = entry.state is EntryState.SUPERSEDED
        _say(entry, late if is_late else "is sent again by the running bot", out, as_json=as_json)

    return await _visit(database_url, work, err)


async def discard_entry(
    database_url: str, entry_id: int, *, out: TextIO, err: TextIO, as_json: bool = False
) -> int:
    """Give an entry up; 0, or 1 when it cannot be."""

    async def work(store: Store) -> None:
        entry = await store.entries.discard(entry_id)
        _say(entry, "is given up and will not be sent", out, as_json=as_json)

    return await _visit(database_url, work, err)


def as_object(entry: Entry) -> dict[str, Any]:
    """Give an entry as JSON; it holds no integration key, only where that is found."""
    summary = entry.body.get("payload", {})
    return {
        "id": entry.id,
        "state": entry.state.value,
        "action": entry.action.value,
        "rule": entry.rule,
        "job": entry.job,
        "summary": summary.get("summary") if isinstance(summary, Mapping) else None,
        "integration_key": entry.key_ref,
        "dedup_key": entry.dedup_key,
        "attempts": entry.attempts,
        "error": entry.error,
        "channel": entry.message.channel_id,
        "ts": entry.message.ts,
        "created_at": entry.created_at.isoformat(),
        "due_at": entry.due_at.isoformat() if entry.due_at else None,
        "settled_at": entry.settled_at.isoformat() if entry.settled_at else None,
    }


async def _undelivered(store: Store) -> list[Entry]:
    """Read all of it, page by page; the refused ones come first, what will never be sent last."""
    found: list[Entry] = []
    after = 0
    while page := await store.entries.find(_LISTED, limit=_PAGE, after_id=after):
        found += page
        after = page[-1].id
    return sorted(found, key=lambda entry: (_RANKS.get(entry.state, 1), entry.id))


def _line(entry: Entry) -> str:
    what = as_object(entry)
    head = f"{entry.id:>6}  {entry.state:<10} {entry.action:<11} {entry.created_at:%Y-%m-%d %H:%M}"
    error = f"  ({_cell(entry.error)})" if entry.error else ""
    return f"{head}  {_cell(entry.rule)}: {_cell(what['summary'] or entry.dedup_key)}{error}"


def _cell(text: str) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= _CELL else folded[: _CELL - 1] + "…"


def _say(entry: Entry, sentence: str, out: TextIO, *, as_json: bool) -> None:
    told = f"Entry {entry.id} ({entry.action} of {_cell(entry.rule)}) {sentence}."
    write_line(out, json.dumps(as_object(entry)) if as_json else told)


async def _visit(database_url: str, work: Callable[[Store], Awaitable[None]], err: TextIO) -> int:
    """Do one thing in the bot's database. Raises ConfigError when there is none."""
    try:
        async with _opened(database_url, SystemClock()) as store:
            await work(store)
    except (RequestError, StoreError) as error:
        write_line(err, f"pdbot: {error}")
        return _FAILED
    return 0


@asynccontextmanager
async def _opened(database_url: str, clock: Clock) -> AsyncIterator[Store]:
    store = await open_store(database_url, clock=clock, lock=False)
    try:
        yield store
    finally:
        await store.close()
