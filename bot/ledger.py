"""What the notifier decides and the store keeps: the words both share, standard library only.

Instants of Slack are `seq`: microseconds since 1970, taken from a `ts` (see `seq_of`). They order
what leaves; the store's own time (leases, back-off, timers) never does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.model import Condition, EventAction

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def seq_of(ts: str) -> int:
    """Turn Slack's `1700000000.123456` into microseconds.

    Raises:
        ValueError: it is not a Slack timestamp.
    """
    seconds, _, fraction = ts.partition(".")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 12):  # noqa: PLR2004 -- year 33658
        raise ValueError("This is not a timestamp of Slack's.")
    if not (fraction.isascii() and (fraction or "0").isdigit()):
        raise ValueError("This is not a timestamp of Slack's.")
    return int(seconds) * 1_000_000 + int(fraction[:6].ljust(6, "0"))


def microseconds(instant: datetime) -> int:
    """Turn an instant into microseconds since 1970, exactly."""
    return (instant - EPOCH) // timedelta(microseconds=1)


def instant(microseconds_: int) -> datetime:
    """Turn microseconds since 1970 into an instant."""
    return EPOCH + timedelta(microseconds=microseconds_)


class EntryState(StrEnum):
    """Where an entry of the outbox stands."""

    PENDING = "pending"  # waits for its turn, or for the next attempt
    LEASED = "leased"  # somebody is sending it
    BLOCKED = "blocked"  # its integration key cannot be found; holds its lane
    HELD = "held"  # read from history; waits until all of its channel is read
    SENT = "sent"  # PagerDuty answered 202
    SUPERSEDED = "superseded"  # something newer of its lane was sent before
    COLLAPSED = "collapsed"  # of what was missed, something newer in its lane says all
    SKIPPED = "skipped"  # a start, while that job has an alert open
    ABANDONED = "abandoned"  # PagerDuty refused it
    DISCARDED = "discarded"  # an operator gave it up


class RunStep(StrEnum):
    """What a message says about one run of a job."""

    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class MessageId:
    """What makes two deliveries one message."""

    team_id: str
    channel_id: str
    ts: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """One event that a rule makes of a message.

    `body` is all of Events v2 but the routing key. `ordinal` separates rules that meet in one
    lane. `unless_open`: not sent while the job has an alert open (a `start`). `elsewhere_only`: a
    resolve whose own pair another rule resolves with the same message.
    """

    rule: str
    key_ref: str
    dedup_key: str
    action: EventAction
    body: Mapping[str, Any]
    ordinal: int = 0
    unless_open: bool = False
    elsewhere_only: bool = False


@dataclass(frozen=True, slots=True)
class RunChange:
    """A run has started or ended.

    Without `execution_id` a job is taken to have one run at a time. `duration_seconds` is what
    the producer reported; None: computed from start and end. Only successes count for averages.
    """

    step: RunStep
    execution_id: str | None = None
    succeeded: bool = False
    duration_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Timer:
    """Something to do later unless the run ends before. The `name` makes it one."""

    name: str
    due: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ingestion:
    """All that follows from one recognized message; stored in one commit, or not at all.

    `job` is the job's identity, never the run's. `hold` names the catch-up that must finish before
    the events may leave (the channel), None for a live message. `fired` is the timer this comes
    from: when it is gone (the run ended) nothing is stored.
    """

    message: MessageId
    seq: int
    producer: str
    job: str
    status: Mapping[str, Any] = field(default_factory=dict)
    why: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[OutboxEvent, ...] = ()
    run: RunChange | None = None
    timers: tuple[Timer, ...] = ()
    hold: str | None = None
    fired: str | None = None


class Verdict(StrEnum):
    """What became of an ingestion."""

    STORED = "stored"
    KNOWN = "known"  # delivered before: nothing else happened
    CANCELLED = "cancelled"  # its timer is gone: nothing happened


@dataclass(frozen=True, slots=True)
class Ingested:
    """What the store made of an ingestion: one state an entry, fanned-out resolves included."""

    verdict: Verdict
    entries: tuple[EntryState, ...] = ()


@dataclass(frozen=True, slots=True)
class Claimed:
    """An entry that is ours to send until the lease ends; `attempts` fences the settling."""

    id: int
    lane: str
    seq: int
    key_ref: str
    dedup_key: str
    action: EventAction
    body: Mapping[str, Any]
    attempts: int
    rule: str
    job: str
    was_open: bool  # a resolve: there was an alert to resolve
    message: MessageId


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the outbox, for people."""

    id: int
    state: EntryState
    rule: str
    job: str
    key_ref: str
    dedup_key: str
    action: EventAction
    body: Mapping[str, Any]
    seq: int
    attempts: int
    error: str | None
    was_open: bool
    message: MessageId
    created_at: datetime
    due_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A recognized message, and why what was (not) sent for it."""

    id: MessageId
    seq: int
    producer: str
    job: str
    status: Mapping[str, Any]
    why: Mapping[str, Any]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """Messages of a channel that were not recognized for one reason."""

    channel_id: str
    reason: str
    sample_ts: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer to fire: ingest with `fired=name`, which removes it in the same commit."""

    name: str
    job: str
    due: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that has started and not ended; channel and `ts` are those of its start."""

    job: str
    execution_id: str | None
    started_seq: int
    channel_id: str
    ts: str


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that a rule has open for a job."""

    rule: str
    job: str
    key_ref: str
    dedup_key: str
    opened_seq: int


@dataclass(frozen=True, slots=True)
class Mute:
    """A job that calls nobody for a while: what Slack dates from `since` to before `until`.

    `by` is the name of who asked for it.
    """

    job: str
    since: int
    until: int
    by: str

    def covers(self, seq: int) -> bool:
        """Tell whether something of that time is muted."""
        return self.since <= seq < self.until


@dataclass(frozen=True, slots=True)
class CardRecord:
    """One incident's card in one channel or thread; `thread_ts` None outside a thread.

    `wanted`, `shown` and `state` are whatever the cards write there; where `wanted` is empty the
    incident is still to be read. `revision` counts changes of `wanted`; `lease` is until when
    somebody may edit it, in microseconds; `reposts` how often it was posted again.
    """

    channel_id: str
    incident_id: str
    ts: str
    thread_ts: str | None = None
    wanted: str = ""
    shown: str = ""
    state: str = ""
    revision: int = 0
    reposts: int = 0
    lease: int = 0


@dataclass(frozen=True, slots=True)
class CardLine:
    """A line that is to be written into a card's thread."""

    id: int
    body: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who asked for what, and what came of it; `outcome` None: never finished."""

    reference: str
    at: datetime
    slack_user_id: str
    channel_id: str | None
    via: str
    text: str
    finished_at: datetime | None = None
    responder: str | None = None
    email: str | None = None
    pagerduty_user_id: str | None = None
    outcome: str | None = None
    incidents: tuple[str, ...] = ()
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Stats:
    """The store in figures. `depth` counts what is not settled, and what was abandoned."""

    depth: Mapping[EntryState, int]
    oldest_pending_seconds: float | None
    retrying_lanes: int
    paused_keys: int
    timers: int
    open_alerts: int
    unfinished_intents: int
    cards_behind: int = 0
