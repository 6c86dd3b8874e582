"""`pdbot audit`: who did what to which incident, before and after."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, TextIO

from bot.clock import Clock, SystemClock
from bot.config import Reader, database_url, read_text
from bot.durations import parse_duration
from bot.errors import ConfigError
from bot.ledger import AuditEntry
from bot.ops.console import write_line
from bot.store import open_store

OK = 0
MOST = 100_000  # entries of one listing
_SHOWN_TEXT = 120
_LINK = re.compile(r"<[^<>|]{1,400}\|([^<>|]{1,400})>")  # Slack's form of an address


async def audit(
    environ: Mapping[str, str],
    *,
    out: TextIO,
    since: str = "7d",
    as_json: bool = False,
    clock: Clock | None = None,
) -> int:
    """Print what was asked for, oldest first; works beside a running bot.

    Raises:
        ConfigError: the settings or `since` are wrong.
        StoreError: the database cannot be read.
    """
    age = age_of(since)
    reader = Reader(environ, read_text)
    url = database_url(reader)
    if reader.problems:
        raise ConfigError(reader.problems)
    store = await open_store(url.reveal(), clock=clock or SystemClock(), lock=False)
    try:
        entries = await store.audit.since(age, limit=MOST)
    finally:
        await store.close()
    if as_json:
        out.writelines(json.dumps(as_record(entry)) + "\n" for entry in entries)
        return OK
    for entry in entries:
        _print(out, entry)
    if not entries:
        write_line(out, f"Nobody asked for a write in the last {since}.")
    return OK


def age_of(since: str) -> timedelta:
    """Read `--since`.

    Raises:
        ConfigError: it is no duration.
    """
    try:
        return timedelta(seconds=parse_duration(since))
    except ValueError as error:
        raise ConfigError([f"--since {error}."]) from None


def as_record(entry: AuditEntry) -> dict[str, Any]:
    """Give an entry as JSON, instants in UTC."""
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in asdict(entry).items()
    }


def _print(out: TextIO, entry: AuditEntry) -> None:
    who = f"{entry.responder} ({entry.slack_user_id})" if entry.responder else entry.slack_user_id
    at = f"{entry.at:%Y-%m-%d %H:%M:%S}Z"
    where = entry.channel_id or "-"
    words = " ".join(_LINK.sub(r"\1", entry.text).split())
    words = words if len(words) <= _SHOWN_TEXT else words[: _SHOWN_TEXT - 1] + "…"
    write_line(out, f"{at}  {who}  {entry.via} in {where}: {words or '-'}")
    for incident in entry.incidents:
        write_line(out, f"    {_change(incident, entry)}")
    user = f", PagerDuty user {entry.pagerduty_user_id}" if entry.pagerduty_user_id else ""
    outcome = entry.outcome or "never finished: nobody knows whether it was done"
    outcome = outcome.removesuffix(f" (ref {entry.reference})")
    write_line(out, f"    {outcome} (ref {entry.reference}{user})")


def _change(incident: str, entry: AuditEntry) -> str:
    before, after = ((state or {}).get(incident) for state in (entry.before, entry.after))
    number = after.get("number") if isinstance(after, Mapping) else None
    name = f"#{number} ({incident})" if number else incident
    return f"{name}: {_state(before)} -> {_state(after)}"


def _state(state: Any) -> str:
    if not isinstance(state, Mapping):
        return str(state or "unknown")
    assignees = ", ".join(map(str, state.get("assignees") or ())) or "nobody"
    return f"{state.get('status')}, {assignees}"
