"""Call people for somebody without a PagerDuty user: an event with the bot's own integration key.

It goes through the outbox, so that it is not lost while PagerDuty does not answer.
"""

import asyncio
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from bot.clock import Clock
from bot.errors import PagerDutyError
from bot.ledger import Entry, EntryState, OutboxEvent, microseconds
from bot.model import EventAction, Incident, Responder
from bot.notifier.alerts import CLIENT
from bot.notifier.needs import Store
from bot.notifier.words import clean_line, cut
from bot.ports import Called, Incidents

log = structlog.get_logger(__name__)

KEY_REF: Final = "env:PDBOT_TRIGGER_KEY"

# How long the caller waits for an answer, and where PagerDuty gave one, for the incident.
_SETTLING: Final = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 2.0)
_OPENING: Final = (0.2, 0.4, 0.8, 1.5, 2.0)
_PATIENCE_SECONDS: Final = 6.0  # also where PagerDuty does not answer, which is tried for longer
_NAME_LIMIT: Final = 200
_GIVEN_UP: Final = frozenset({EntryState.ABANDONED, EntryState.DISCARDED})


class Pager:
    """`ports.Pager`."""

    def __init__(
        self, store: Store, incidents: Incidents, *, wake: Callable[[], None], clock: Clock
    ) -> None:
        self._store = store
        self._incidents = incidents
        self._wake = wake
        self._clock = clock

    async def call(self, title: str, caller: Responder, channel_id: str | None) -> Called:
        """Store the event, let it leave, and wait a little for what comes of it."""
        now = self._clock.now()
        dedup_key = f"pdbot-{secrets.token_hex(8)}"
        event = OutboxEvent(
            rule=f"typed by {cut(clean_line(caller.name), _NAME_LIMIT)}",
            key_ref=KEY_REF,
            dedup_key=dedup_key,
            action=EventAction.TRIGGER,
            body=body(title, caller, channel_id, dedup_key=dedup_key, at=now),
        )
        job = cut(clean_line(title), _NAME_LIMIT)
        entry_id = await self._store.messages.call(event, job=job, seq=microseconds(now))
        self._wake()
        entry = await self._settled(entry_id)
        if entry.state is EntryState.SENT:
            return Called("sent", entry_id, incident=await self._opened(dedup_key))
        if entry.state in _GIVEN_UP:
            return Called("refused", entry_id, why=entry.error)
        return Called("waiting", entry_id, why=entry.error)

    async def _settled(self, entry_id: int) -> Entry:
        """Wait until it was sent or refused, or has failed once and waits."""
        for seconds in _SETTLING:
            entry = await self._store.entries.show(entry_id)
            if entry.settled_at is not None or entry.error is not None:
                return entry
            await self._clock.sleep(seconds)
        return await self._store.entries.show(entry_id)

    async def _opened(self, dedup_key: str) -> Incident | None:
        """Look for the incident; the alert is there also where it cannot be shown yet."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                for seconds in _OPENING:
                    found = await self._incidents.find(statuses=(), incident_key=dedup_key, limit=1)
                    if found:
                        return found[0]
                    await self._clock.sleep(seconds)
        except (PagerDutyError, TimeoutError) as error:
            log.info(
                "an incident is not shown to who opened it",
                reason=str(error) or "no answer in time",
            )
        return None


def body(
    title: str, caller: Responder, channel_id: str | None, *, dedup_key: str, at: datetime
) -> dict[str, Any]:
    """Give the event, which names who asked for it wherever PagerDuty shows a name. Pure."""
    details = {
        "opened_by": caller.name,
        "slack_user_id": caller.slack_user_id,
        "slack_email": caller.slack_email,
        "slack_channel_id": channel_id,
    }
    return {
        "event_action": EventAction.TRIGGER.value,
        "dedup_key": dedup_key,
        "payload": {
            "summary": title,
            "source": cut(f"{clean_line(caller.name)} in Slack", _NAME_LIMIT),
            "severity": "critical",
            "timestamp": at.astimezone(UTC).isoformat(timespec="milliseconds"),
            "class": "person",
            "custom_details": {key: value for key, value in details.items() if value},
        },
        "client": CLIENT,
    }
