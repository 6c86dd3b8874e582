"""Readings of incidents become what their cards should show.

Whatever happened (an action of the bot's own, a webhook, a comparison), the incident is read and
its notes behind it, and what was read decides: nothing is drawn from a report. Readings are
ordered by PagerDuty's own time, so that an older one changes nothing, however late it comes.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from bot.cards import lines, snapshot
from bot.cards.change import Change, Reading, advance
from bot.cards.needs import Book
from bot.cards.own import OwnWrites
from bot.cards.painter import Painter
from bot.cards.snapshot import Snapshot
from bot.clock import Clock
from bot.errors import (
    MessageGone,
    NotFound,
    PagerDutyError,
    PdbotError,
    SlackError,
    StoreError,
)
from bot.ledger import CardRecord
from bot.model import Incident, IncidentId, Invocation, Line, Link, Outcome, Reference, Via
from bot.ports import CardBoard

log = structlog.get_logger(__name__)

_TRIES = 20  # of a compare and swap that others win

_ChangeOf = Callable[[Snapshot | None], Change | None]


@dataclass(slots=True)
class _Reads:
    """Who reads one incident: one at a time; `began` is the turn of the last one."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    began: int = 0
    wanted: int = 0


class Keeper:
    """Keep cards true."""

    def __init__(
        self,
        *,
        book: Book,
        board: CardBoard,
        own: OwnWrites,
        painter: Painter,
        clock: Clock,
    ) -> None:
        self._book = book
        self._board = board
        self._own = own
        self._painter = painter
        self._clock = clock
        self._turns = itertools.count(1)
        self._reads: dict[str, _Reads] = {}
        self._unread: set[str] = set()  # incidents that PagerDuty did not give when asked
        self._posting = asyncio.Lock()

    @property
    def unread(self) -> frozenset[str]:
        """The incidents that changed and could not be read yet."""
        return frozenset(self._unread)

    # ------------------------------------------------------------ what leads to a reading

    async def reported(
        self, incident_id: str, occurred_at: datetime, agent: Reference | None = None
    ) -> None:
        """Take a report that something happened to an incident; an old one is ignored."""
        try:
            cards = await self._book.of_incident(incident_id)
            if cards and not all(_knows(card, occurred_at) for card in cards):
                await self.refresh(incident_id, agent=agent)
        except StoreError as error:
            self._wait_for("a report waits for the database", incident_id, error)

    async def refresh(self, incident_id: str, *, agent: Reference | None = None) -> None:
        """Read an incident that has cards, and let them show it; who comes together reads once."""
        if not await self._book.of_incident(incident_id):
            self._unread.discard(incident_id)
            return
        turn = next(self._turns)
        for _ in range(_TRIES):
            await self._own.settled(incident_id)
            async with self._alone(incident_id) as reads:
                if reads.began > turn:
                    return  # somebody began to read after this was asked for
                reads.began = next(self._turns)
                reading = await self._read(incident_id, agent=agent)
                if not self._own.is_pending(incident_id):
                    await self._take(incident_id, reading)
                    return
                # What the bot wrote meanwhile is told by whoever asked for it: read it anew.
                reads.began = 0
        self._unread.add(incident_id)

    async def answered(self, invocation: Invocation, outcome: Outcome) -> None:
        """Let cards follow what somebody did, and repair the card that was pressed."""
        named = invocation.incidents if invocation.via in {Via.BUTTON, Via.FORM} else ()
        changed = {one.id: one for one in outcome.changed}
        before = {one.id: one for one in outcome.before}
        if invocation.message_ts and invocation.channel_id and len(named) == 1:
            await self.adopt(
                invocation.channel_id, invocation.message_ts, named[0], invocation.thread_ts
            )
        try:
            for incident_id in dict.fromkeys((*changed, *map(IncidentId, named))):
                told = outcome.thread_lines if incident_id in changed else ()
                await self._own_change(
                    incident_id, changed.get(incident_id), told, before.get(incident_id)
                )
        finally:
            self._own.let_go()

    async def _own_change(
        self,
        incident_id: str,
        known: Incident | None,
        told: tuple[Line, ...],
        before: Incident | None,
    ) -> None:
        try:
            if not await self._book.of_incident(incident_id):
                return
            async with self._alone(incident_id) as reads:
                began_at = self._clock.now()
                reads.began = next(self._turns)
                reading = await self._read(incident_id, told=told, own=True)
                if reading is None and known is not None:
                    reading = Reading(began_at, known, None, told=told)
                await self._take(
                    incident_id, reading and replace(reading, before=before, after=known)
                )
        finally:
            self._own.take(incident_id)

    async def adopt(
        self, channel_id: str, ts: str, incident_id: str, thread_ts: str | None = None
    ) -> None:
        """Know a card that stands in Slack already; draw a second one of its incident once."""
        known = await self._book.get(channel_id, incident_id, thread_ts)
        if known is None:
            await self._book.put(CardRecord(channel_id, incident_id, ts, thread_ts))
        elif known.ts != ts:
            await self._repair(channel_id, ts, incident_id)

    async def post(self, channel_id: str, incident: Incident, thread_ts: str | None = None) -> None:
        """Post an incident's card; where there is one already, lead to it.

        Raises:
            SlackError: nothing was posted.
        """
        async with self._posting:
            if await self._lead_to_card(channel_id, incident, thread_ts):
                return
            reading = await self._read(incident.id) or Reading(self._clock.now(), incident)
            change = advance(None, reading) or Change(Snapshot(incident, reading.asked_at))
            card = change.snapshot
            ts = await self._board.post(channel_id, card.card(), thread_ts=thread_ts)
            wanted = card.wanted()
            await self._book.put(
                CardRecord(channel_id, incident.id, ts, thread_ts, wanted, wanted, card.state())
            )
        # What happened before it was stored was reported to nobody.
        await self.refresh(incident.id)

    async def _lead_to_card(
        self, channel_id: str, incident: Incident, thread_ts: str | None
    ) -> bool:
        known = await self._book.get(channel_id, incident.id, thread_ts)
        if known is None:
            return False
        try:
            url = await self._board.permalink(channel_id, known.ts)
        except MessageGone:
            return False
        await self._board.say(
            channel_id,
            (f"#{incident.number} has its card here already: ", Link("to the card", url), "."),
            thread_ts=thread_ts,
        )
        await self.refresh(incident.id)
        return True

    # ------------------------------------------------------------ PagerDuty does not answer

    async def mark_stale(self, cards: Sequence[CardRecord], since: datetime | None) -> None:
        """Let cards say, once, since when PagerDuty has not answered.

        Where nobody knows since when, a card says when its incident was read last.
        """
        for card in cards:
            await self._revise(card, lambda old: _marked(old, since, answers=False))

    async def mark_fresh(self, cards: Sequence[CardRecord]) -> None:
        """Let cards say no more that PagerDuty does not answer."""
        for card in cards:
            await self._revise(card, lambda old: _marked(old, None, answers=True))

    # ------------------------------------------------------------ inside

    async def _read(
        self,
        incident_id: str,
        *,
        agent: Reference | None = None,
        told: tuple[Line, ...] = (),
        own: bool = False,
    ) -> Reading | None:
        """Read an incident, then its notes; None when PagerDuty does not give it."""
        asked_at = self._clock.now()
        name = IncidentId(incident_id)
        try:
            incident = await self._own.get(name)
        except NotFound:
            return Reading(asked_at, None)
        except PagerDutyError as error:
            self._wait_for("a card waits for PagerDuty", incident_id, error)
            return None
        try:
            notes = await self._own.notes(name)
        except PagerDutyError as error:
            self._wait_for("notes could not be read", incident_id, error)
            notes = None
        else:
            self._unread.discard(incident_id)
        if not own:
            return Reading(asked_at, incident, notes, agent)
        await self._own.calm(incident_id)
        own_notes = self._own.take(incident_id)
        if others := self._own.is_pending(incident_id):
            self._unread.add(incident_id)  # should they fail
        return Reading(asked_at, incident, notes, agent, told, own_notes, others_tell=others)

    def _wait_for(self, what: str, incident_id: str, error: PdbotError) -> None:
        """Leave an incident to the sweeps, and say so once."""
        if incident_id not in self._unread:
            log.warning(what, incident=incident_id, reason=str(error))
        self._unread.add(incident_id)

    async def _take(self, incident_id: str, reading: Reading | None) -> None:
        if reading is None:
            return
        if reading.incident is None:
            self._unread.discard(incident_id)
        for at, card in enumerate(await self._book.of_incident(incident_id)):
            await self._revise(card, lambda old: advance(old, reading), is_quiet=at > 0)

    async def _revise(self, card: CardRecord, change: _ChangeOf, *, is_quiet: bool = False) -> None:
        """Change what a card should show; again where somebody else was first.

        `is_quiet`: nobody is notified, because another card of the incident does that.
        """
        found: CardRecord | None = card
        for _ in range(_TRIES):
            if found is None:
                return
            changed = change(snapshot.read(found))
            if changed is None:
                break
            new = changed.snapshot
            if await self._book.revise(
                found,
                wanted=new.wanted(),
                state=new.state(),
                is_open=new.is_open,
                lines=_written(changed, is_quiet=is_quiet),
            ):
                break
            found = await self._book.get(card.channel_id, card.incident_id, card.thread_ts)
        self._painter.nudge(card)

    async def _repair(self, channel_id: str, ts: str, incident_id: str) -> None:
        """Draw a second card of an incident once, at best effort."""
        reading = await self._read(incident_id)
        change = advance(None, reading) if reading else None
        if change is None:
            return
        try:
            await self._board.show(channel_id, ts, change.snapshot.card())
        except SlackError as error:
            log.info("an old card could not be repaired", incident=incident_id, reason=str(error))

    @asynccontextmanager
    async def _alone(self, incident_id: str) -> AsyncIterator[_Reads]:
        """Be the only one who reads an incident."""
        reads = self._reads.setdefault(incident_id, _Reads())
        reads.wanted += 1
        try:
            async with reads.lock:
                yield reads
        finally:
            reads.wanted -= 1
            if not reads.wanted:
                self._reads.pop(incident_id, None)


def _written(change: Change, *, is_quiet: bool) -> list[str]:
    told = [lines.quiet(one) for one in change.lines] if is_quiet else change.lines
    last = len(told) - 1
    return [
        lines.write(one, to_channel=change.to_channel and at == last) for at, one in enumerate(told)
    ]


def _knows(card: CardRecord, occurred_at: datetime) -> bool:
    """Tell whether what was read for a card is newer than something that happened.

    The notes were read after the incident, so they are as new.
    """
    known = snapshot.read(card)
    if known is None or known.notes_due or known.incident.updated_at is None:
        return False
    return occurred_at < known.incident.updated_at


def _marked(old: Snapshot | None, since: datetime | None, *, answers: bool) -> Change | None:
    if old is None or answers == (old.stale_since is None):
        return None
    return Change(replace(old, stale_since=None if answers else since or old.asked_at))
