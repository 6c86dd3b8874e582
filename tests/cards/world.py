"""Incidents, readings, and a keeper over the real store with Slack and PagerDuty made for tests."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from bot.cards.keeper import Keeper
from bot.cards.needs import Book
from bot.cards.own import OwnWrites
from bot.cards.painter import Painter
from bot.cards.poller import Poller
from bot.errors import NotFound, PdbotError, StoreError
from bot.ledger import CardRecord
from bot.model import (
    Acknowledgement,
    Assignment,
    Card,
    Incident,
    IncidentId,
    Line,
    Note,
    Reference,
    Status,
)
from bot.store import Store, open_store
from tests.store.builders import ShiftedClock


class Leaping(ShiftedClock):
    """A clock that leaps over every sleep, unless told to wait like everybody else."""

    waits = False

    def __init__(self) -> None:
        super().__init__()
        self.is_far = asyncio.Event()  # after ten minutes

    async def sleep(self, seconds: float) -> None:
        """Be there already."""
        if not self.waits:
            self.ahead += seconds
        if self.ahead > 600:
            self.is_far.set()
        await asyncio.sleep(seconds if self.waits else 0)


ANN, BOB = Reference("PANN", "Ann"), Reference("PBOB", "Bob")
AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
POLICY = Reference("PEP", "Billing EP", None, "escalation_policy")


def incident(**facts: Any) -> Incident:
    """Make an incident, updated so many seconds (`second`) after it began."""
    second = facts.pop("second", 0)
    base = Incident(
        id=IncidentId("Q1"),
        number=1,
        title="Nightly export failed",
        status=Status.TRIGGERED,
        urgency="high",
        html_url="https://acme.pagerduty.com/incidents/Q1",
        created_at=AT,
        service=Reference("PSVC", "Billing"),
        assignees=(ANN,),
        escalation_policy=POLICY,
        assigned_via="direct_assignment",
        updated_at=AT + timedelta(seconds=second),
    )
    return replace(base, **facts)


def acknowledged(by: Reference = ANN, **facts: Any) -> Incident:
    """Make an acknowledged incident."""
    acks = (Acknowledgement(by, AT),)
    return incident(status=Status.ACKNOWLEDGED, acknowledgements=acks, **facts)


def resolved(by: Reference = BOB, **facts: Any) -> Incident:
    """Make a resolved incident."""
    return incident(
        status=Status.RESOLVED, assignees=(), last_status_change_by=by, resolved_at=AT, **facts
    )


def note(number: int, content: str = "disk is full") -> Note:
    """Make a note."""
    return Note(f"N{number}", content, "Bob", AT + timedelta(seconds=number))


@dataclass
class FakePagerDuty:
    """One incident and its notes; `error` is raised instead."""

    incident: Incident | None = None
    held: list[Note] = field(default_factory=list)
    error: PdbotError | None = None
    notes_error: PdbotError | None = None
    asked: list[str] = field(default_factory=list)
    written: asyncio.Event = field(default_factory=asyncio.Event)
    read: asyncio.Event = field(default_factory=asyncio.Event)
    reads: asyncio.Event = field(default_factory=asyncio.Event)  # until then it gives no notes
    answers: asyncio.Event = field(default_factory=asyncio.Event)  # nor says that one is written

    def __post_init__(self) -> None:
        self.reads.set()
        self.answers.set()

    async def get(self, id_or_number: str) -> Incident:
        self.asked.append(f"get {id_or_number}")
        if self.error is not None:
            raise self.error
        if self.incident is None:
            raise NotFound("There is none.")
        return self.incident

    async def find(self, **_: Any) -> list[Incident]:
        self.asked.append("find")
        if self.error is not None:
            raise self.error
        return [self.incident] if self.incident and self.incident.is_open else []

    async def notes(self, incident_id: IncidentId) -> list[Note]:
        self.asked.append(f"notes {incident_id}")
        if self.notes_error is not None:
            raise self.notes_error
        self.read.set()
        await self.reads.wait()
        return list(self.held)

    async def set_status(self, incident_id: IncidentId, status: Status, **_: Any) -> Incident:
        self.asked.append(f"{status} {incident_id}")
        assert self.incident is not None
        self.incident = replace(self.incident, status=status)
        return self.incident

    async def assign(self, incident_id: IncidentId, to: Assignment, **_: Any) -> Incident:
        self.asked.append(f"assign {incident_id} {to.user_ids}")
        assert self.incident is not None
        return self.incident

    async def escalate(self, incident_id: IncidentId, level: int, **_: Any) -> Incident:
        self.asked.append(f"escalate {incident_id} {level}")
        assert self.incident is not None
        return self.incident

    async def set_priority(self, incident_id: IncidentId, priority_id: str, **_: Any) -> Incident:
        self.asked.append(f"priority {incident_id} {priority_id}")
        assert self.incident is not None
        return self.incident

    async def snooze(self, incident_id: IncidentId, seconds: int, **_: Any) -> Incident:
        self.asked.append(f"snooze {incident_id} {seconds}")
        assert self.incident is not None
        return self.incident

    async def create(self, *, title: str, **_: Any) -> Incident:
        self.asked.append(f"create {title}")
        assert self.incident is not None
        return self.incident

    async def request_responders(self, incident_id: IncidentId, **_: Any) -> None:
        self.asked.append(f"request {incident_id}")

    async def add_note(self, incident_id: IncidentId, content: str, **_: Any) -> Note:
        self.asked.append(f"add {incident_id}")
        written = note(len(self.held) + 1, content)
        self.held.append(written)
        self.written.set()
        await self.answers.wait()
        return written


@dataclass
class FakeBoard:
    """Where cards are shown; each of `errors` is raised once."""

    shown: list[tuple[str, Card]] = field(default_factory=list)
    posted: list[tuple[str, Card]] = field(default_factory=list)
    said: list[tuple[str | None, Line]] = field(default_factory=list)
    loud: list[Line] = field(default_factory=list)  # of them, those shown in the channel, too
    errors: list[Exception] = field(default_factory=list)

    def _fail(self) -> None:
        if self.errors:
            raise self.errors.pop(0)

    async def post(self, channel_id: str, card: Card, *, thread_ts: str | None = None) -> str:  # noqa: ARG002 - the port's
        self._fail()
        self.posted.append((channel_id, card))
        return f"{len(self.posted)}00.0"

    async def show(self, channel_id: str, ts: str, card: Card) -> None:  # noqa: ARG002 - the port's
        self._fail()
        self.shown.append((ts, card))

    async def say(
        self,
        channel_id: str,  # noqa: ARG002 - the port's
        line: Line,
        *,
        thread_ts: str | None = None,
        to_channel: bool = False,
    ) -> None:
        self._fail()
        self.said.append((thread_ts, line))
        if to_channel:
            self.loud.append(line)

    async def permalink(self, channel_id: str, ts: str) -> str:
        self._fail()
        return f"https://acme.slack.com/archives/{channel_id}/p{ts}"


class Flaky:
    """The store's cards, which fail while `is_down`."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.is_down = False

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._book, name)

        async def call(*args: Any, **more: Any) -> Any:
            if self.is_down:
                raise StoreError("The database is gone.")
            return await method(*args, **more)

        return call


@dataclass
class Cards:
    """All of it."""

    store: Store
    book: Flaky
    clock: Leaping
    pagerduty: FakePagerDuty
    board: FakeBoard
    own: OwnWrites
    painter: Painter
    keeper: Keeper
    poller: Poller

    async def card(self, channel: str = "C1", ts: str = "1.0") -> CardRecord:
        """Store a card that shows the incident as PagerDuty has it."""
        await self.store.cards.put(CardRecord(channel, "Q1", ts))
        await self.keeper.refresh("Q1")
        await self.drawn()
        self.board.shown.clear()
        self.pagerduty.asked.clear()
        found = await self.store.cards.get(channel, "Q1")
        assert found is not None
        return found

    async def drawn(self) -> None:
        """Wait until nothing is to be drawn for the moment."""
        await self.painter.drain(5)

    async def change(self, new: Incident | None, notes: Sequence[Note] | None = None) -> None:
        """Let PagerDuty have something else, and the keeper read it."""
        self.pagerduty.incident = new
        if notes is not None:
            self.pagerduty.held = list(notes)
        await self.keeper.refresh("Q1")
        await self.drawn()


async def slack_user_of(pagerduty_user_id: str) -> str | None:
    """Tell who somebody is in Slack: all but Ann's user is there."""
    return None if pagerduty_user_id == ANN.id else f"U0{pagerduty_user_id}"


@asynccontextmanager
async def cards_of(
    folder: Path, *, seconds: float = 30, leads: bool = True
) -> AsyncIterator[Cards]:
    """Make it, over an empty database."""
    clock = Leaping()
    store = await open_store(f"sqlite:///{folder}/pdbot.db", clock=clock, ballast_bytes=0)
    pagerduty, board = FakePagerDuty(incident()), FakeBoard()
    own = OwnWrites(pagerduty, clock)
    flaky = Flaky(store.cards)
    book = cast(Book, flaky)
    painter = Painter(book, board, clock, slack_user_of)
    keeper = Keeper(book=book, board=board, own=own, painter=painter, clock=clock)

    async def lead() -> bool:
        return leads

    poller = Poller(
        keeper=keeper,
        painter=painter,
        book=book,
        incidents=pagerduty,
        clock=clock,
        lead=lead,
        seconds=seconds,
    )
    try:
        yield Cards(store, flaky, clock, pagerduty, board, own, painter, keeper, poller)
    finally:
        await painter.drain(0)
        await store.close()
