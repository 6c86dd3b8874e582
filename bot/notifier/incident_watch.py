"""Find the incidents that delivered triggers became, and show their cards in the threads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.clock import Clock
from bot.errors import PdbotError
from bot.ledger import CardRecord
from bot.model import Card, Incident
from bot.notifier.needs import Store
from bot.notifier.receipt_words import NO_INCIDENT, choose, same_incident
from bot.ports import Incidents, Noticeboard, Rooms

log = structlog.get_logger(__name__)

GIVE_UP: Final = timedelta(minutes=5)
MOST_AWAITED: Final = 2_000
_AT_ONCE: Final = 5  # lookups before a pause
_QUIET_SECONDS: Final = 1.0
_FOUND: Final = 20
_FIRST_SECONDS: Final = 0.5
_LONGEST_SECONDS: Final = 20.0


@dataclass(slots=True)
class Awaited:
    """A delivered trigger whose incident is looked for.

    `thread_ts` is the thread that its receipts go into. `is_resumed`: an earlier process may have
    shown the incident already.
    """

    channel_id: str
    ts: str
    thread_ts: str
    dedup_key: str
    sent_at: datetime
    message_at: datetime
    key_ref: str = ""
    is_resumed: bool = False
    looked: int = 0
    next_at: float = 0.0


class IncidentWatch:
    """Look for incidents with backoff, the newest first."""

    def __init__(
        self,
        store: Store,
        board: Noticeboard,
        rooms: Rooms,
        incidents: Incidents,
        *,
        clock: Clock,
    ) -> None:
        self._store = store
        self._board = board
        self._rooms = rooms
        self._incidents = incidents
        self._clock = clock
        self._awaited: dict[tuple[str, ...], Awaited] = {}
        self._found: dict[tuple[str, ...], set[str]] = {}
        self._quiet_until = 0.0

    def __len__(self) -> int:
        return len(self._awaited)

    def expect(self, awaited: Awaited) -> None:
        """Look for an incident from now on; beyond 2,000 the oldest is given up in silence."""
        self._awaited.setdefault(_name(awaited), awaited)
        if len(self._awaited) > MOST_AWAITED:
            del self._awaited[next(iter(self._awaited))]

    def forget(self) -> None:
        """Leave everything to another replica."""
        self._awaited.clear()
        self._found.clear()

    def next_seconds(self) -> float | None:
        """Give the seconds until the next lookup, None when nothing is awaited."""
        if not self._awaited:
            return None
        return min(one.next_at for one in self._awaited.values()) - self._clock.monotonic()

    async def look(self) -> None:
        """Look for what is due, a few at a time: PagerDuty's limit is also the responders'."""
        now = self._clock.monotonic()
        if now < self._quiet_until:
            return
        by_key: dict[str, list[Awaited]] = {}
        for one in reversed(self._awaited.values()):
            if one.next_at <= now and (len(by_key) < _AT_ONCE or one.dedup_key in by_key):
                by_key.setdefault(one.dedup_key, []).append(one)
        if len(by_key) == _AT_ONCE:
            self._quiet_until = now + _QUIET_SECONDS
        for dedup_key, group in by_key.items():
            await self._look_for(dedup_key, group, now)

    async def _look_for(self, dedup_key: str, group: Sequence[Awaited], now: float) -> None:
        """Ask once for all triggers of a key. Its filter finds them: the answers name no keys."""
        for one in group:
            one.next_at = now + min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0 ** min(one.looked, 10))
            one.looked += 1
        try:
            found = await self._incidents.find(statuses=(), incident_key=dedup_key, limit=_FOUND)
        except PdbotError as error:
            log.info("receipts wait", reason=str(error))
            return
        for one in sorted(group, key=lambda one: one.message_at):  # the first gets the card
            # Two rules may page two services with one dedup key: each trigger has its incident.
            others = self._found.get(_message(one), set())
            left = [incident for incident in found if incident.id not in others]
            try:
                await self._settle(one, choose(left, one.message_at))
            except PdbotError as error:
                log.info("a receipt was not shown", reason=str(error))
                one.is_resumed = True  # perhaps it was, and only the answer was lost

    async def _settle(self, one: Awaited, incident: Incident | None) -> None:
        if incident is not None:
            await self._show(one, incident)
            self._found.setdefault(_message(one), set()).add(incident.id)
        elif self._clock.now() - one.sent_at < GIVE_UP:
            return
        elif not self._found.get(_message(one)) and not await self._was_said(
            one, "no incident appeared"
        ):
            await self._board.post(one.channel_id, [NO_INCIDENT], thread_ts=one.thread_ts)
        self._awaited.pop(_name(one), None)
        if not any(_message(other) == _message(one) for other in self._awaited.values()):
            self._found.pop(_message(one), None)

    async def _show(self, one: Awaited, incident: Incident) -> None:
        """Post the card, or lead to the one that this channel has."""
        cards = await self._store.cards.of_incident(incident.id)
        here = [card for card in cards if card.channel_id == one.channel_id]
        if any(card.thread_ts == one.thread_ts for card in here):
            return
        if await self._was_said(one, incident.id):
            return
        if here:
            card = here[-1]
            url = self._rooms.permalink(one.channel_id, card.ts, card.thread_ts)
            line = same_incident(incident, url)
            await self._board.post(one.channel_id, [line], thread_ts=one.thread_ts)
            return
        ts = await self._board.post_card(one.channel_id, Card(incident), thread_ts=one.thread_ts)
        await self._store.cards.put(
            CardRecord(one.channel_id, incident.id, ts, thread_ts=one.thread_ts)
        )

    async def _was_said(self, one: Awaited, words: str) -> bool:
        """Tell whether an earlier process said this; its note of it may have been lost."""
        if not one.is_resumed:
            return False
        said = await self._board.said(one.channel_id, one.thread_ts)
        return any(words in text for text in said)


def _message(one: Awaited) -> tuple[str, ...]:
    """Name what triggers of one message share that have one dedup key."""
    return (one.channel_id, one.ts, one.dedup_key)


def _name(one: Awaited) -> tuple[str, ...]:
    return (*_message(one), one.key_ref)
