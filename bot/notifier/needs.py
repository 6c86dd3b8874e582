"""What the notifier needs from the store and from Events v2, and nothing more."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from bot.ledger import (
    CardRecord,
    Claimed,
    DueTimer,
    Entry,
    EntryState,
    Ingested,
    Ingestion,
    Mute,
    OpenRun,
    OutboxEvent,
    Stats,
    StoredMessage,
    Tally,
)


class Messages(Protocol):
    """Messages in, answers about them out."""

    async def ingest(self, ingestion: Ingestion) -> Ingested:
        """Store a message and all that follows from it; returns after the commit."""
        ...

    async def call(self, event: OutboxEvent, *, job: str, seq: int) -> int:
        """Store an event that a person asked for; gives its id in the outbox."""
        ...

    async def tally(self, channel_id: str, reason: str, ts: str) -> None:
        """Count a message that was not recognized."""
        ...

    async def tallies(self, limit: int = 50) -> list[Tally]:
        """Give what was not recognized, the newest first."""
        ...

    async def of(self, channel_id: str, ts: str) -> list[StoredMessage]:
        """Give what one Slack message was recognized as."""
        ...

    async def latest(
        self, limit: int = 20, *, channel_id: str | None = None
    ) -> list[StoredMessage]:
        """Give the messages received last, newest first."""
        ...


class Outbox(Protocol):
    """The relay's side of the outbox."""

    async def claim(self, limit: int, retries: int) -> list[Claimed]:
        """Claim at most one entry a lane for 6 s."""
        ...

    async def settle_sent(self, claimed: Claimed) -> bool:
        """Store that PagerDuty took it."""
        ...

    async def settle_retry(
        self, claimed: Claimed, after_seconds: float, error: str, *, is_doubtful: bool = False
    ) -> bool:
        """Store that it is to be tried again later."""
        ...

    async def abandon(self, claimed: Claimed, error: str) -> bool:
        """Store that PagerDuty refused it."""
        ...

    async def block(self, claimed: Claimed, reason: str) -> bool:
        """Store that its integration key cannot be found."""
        ...

    async def pause(self, key_ref: str, seconds: float) -> None:
        """Claim nothing of an integration key for a while."""
        ...

    async def next_due_seconds(self) -> float | None:
        """Give the seconds until a lane is due."""
        ...


class Entries(Protocol):
    """The entries of the outbox, one by one."""

    async def find(
        self, states: Collection[EntryState] = ..., *, limit: int = 100, after_id: int = 0
    ) -> list[Entry]:
        """Give entries in these states, oldest first."""
        ...

    async def show(self, entry_id: int) -> Entry:
        """Give one entry. Raises RequestError."""
        ...

    async def of_message(self, channel_id: str, ts: str) -> list[Entry]:
        """Give the entries that a Slack message led to."""
        ...

    async def since(self, seq: int, limit: int = 1000) -> list[Entry]:
        """Give the entries of messages from `seq` on, newest first."""
        ...

    async def settled_since(self, at: int, limit: int = 1000) -> list[Entry]:
        """Give the entries that were settled from then on (microseconds), the last ones first."""
        ...

    async def retry(self, entry_id: int) -> Entry:
        """Send an entry again. Raises RequestError."""
        ...

    async def blocked_keys(self) -> set[str]:
        """Name the integration keys that entries wait for."""
        ...

    async def unblock(self, key_ref: str | None = None) -> int:
        """Let blocked entries try again; counts them."""
        ...

    async def release(self, hold: str) -> dict[EntryState, int]:
        """Let what was read from history leave; counts what became of it."""
        ...


class Timers(Protocol):
    """What fires later."""

    async def claim(self, limit: int = 100) -> list[DueTimer]:
        """Give the due timers, to one caller only for 6 s."""
        ...

    async def cancel(self, name: str) -> bool:
        """Remove a timer."""
        ...

    async def next_due_seconds(self) -> float | None:
        """Give the seconds until the next timer is due."""
        ...


class Runs(Protocol):
    """What is known about runs of jobs."""

    async def durations(self, job: str, limit: int = 20) -> list[float]:
        """Give the seconds that the job's last successful runs took, newest first."""
        ...

    async def going(self, limit: int = 1000) -> list[OpenRun]:
        """Give the runs that have started and not ended, newest first."""
        ...


class Mutes(Protocol):
    """Jobs that are muted for a while."""

    def name_of(self, job: str) -> str:
        """Give the name under which a job is kept."""
        ...

    async def all(self) -> list[Mute]:
        """Give every mute, also those that have ended."""
        ...

    async def put(self, mute: Mute) -> None:
        """Mute a job."""
        ...

    async def end(self, job: str, at: int) -> bool:
        """End a mute now; False when the job is not muted."""
        ...

    async def jobs(self) -> list[str]:
        """Give the names of the jobs whose runs are known."""
        ...


class Cursors(Protocol):
    """How far each channel's history is read."""

    async def get(self, channel_id: str) -> str | None:
        """Give the `ts` up to which a channel is read; None for a channel never seen."""
        ...

    async def advance(self, channel_id: str, ts: str) -> None:
        """Move a cursor on; never back."""
        ...

    async def forget(self, channel_id: str) -> None:
        """Forget a channel that the bot has left."""
        ...

    async def all(self) -> dict[str, str]:
        """Give every channel's cursor."""
        ...


class Cards(Protocol):
    """Which incident has its card where."""

    async def put(self, card: CardRecord) -> None:
        """Store a card."""
        ...

    async def of_incident(self, incident_id: str) -> list[CardRecord]:
        """Give all cards of an incident."""
        ...


class Store(Protocol):
    """The store, as far as the notifier knows it."""

    @property
    def messages(self) -> Messages:
        """Messages."""
        ...

    @property
    def outbox(self) -> Outbox:
        """The relay's side of the outbox."""
        ...

    @property
    def entries(self) -> Entries:
        """The outbox, entry by entry."""
        ...

    @property
    def timers(self) -> Timers:
        """Timers."""
        ...

    @property
    def runs(self) -> Runs:
        """Runs."""
        ...

    @property
    def cursors(self) -> Cursors:
        """Cursors."""
        ...

    @property
    def cards(self) -> Cards:
        """Cards."""
        ...

    async def lead(self, name: str) -> bool:
        """Try to be the one replica that does `name`."""
        ...

    async def stats(self) -> Stats:
        """Give the store in figures."""
        ...

    async def get_meta(self, name: str) -> str | None:
        """Give a value kept under a name."""
        ...

    async def set_meta(self, name: str, value: str) -> None:
        """Keep a value under a name."""
        ...


class Events(Protocol):
    """Events v2: one attempt each."""

    async def send(self, routing_key: str, body: Mapping[str, Any]) -> object:
        """Send one event. Raises RateLimited, Unavailable, Refused."""
        ...


class Keys(Protocol):
    """Where integration keys are found."""

    def resolve(self, key_ref: str) -> str:
        """Give the key. Raises KeyMissing with the remedy; never shows a key."""
        ...


Waiting = Sequence[EntryState]
WAITING: Waiting = (EntryState.PENDING, EntryState.LEASED, EntryState.BLOCKED)
