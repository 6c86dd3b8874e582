"""Decide what a message's events become: pure, on the state of the lanes and alerts around them.

Works on what was loaded and remembers what must be written; order of arrival must not matter
where Slack's order says otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.ledger import EntryState, Ingestion, OutboxEvent
from bot.model import EventAction
from bot.store.text import clean, clip, dump, key, lane_of

FINAL = frozenset(
    {
        EntryState.SENT,
        EntryState.SUPERSEDED,
        EntryState.COLLAPSED,
        EntryState.SKIPPED,
        EntryState.ABANDONED,
        EntryState.DISCARDED,
    }
)

LATE = "Something newer with the same keys was already sent to PagerDuty."
RECOVERED = "The job has already recovered."
STILL_OPEN = "A start is not sent while the job has an alert open."

Place = tuple[int, int]
"""Where an entry stands in its lane: seq, then ordinal."""


@dataclass(slots=True)
class Lane:
    """What is known of a lane: the newest event sent and the newest one stored."""

    key_ref: str
    sent: Place = (0, 0)
    newest: int = 0
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that a rule has open for a job in a lane."""

    job: str
    rule: str
    lane: str
    key_ref: str
    dedup_key: str
    opened: int


AlertKey = tuple[str, str, str]


@dataclass(slots=True)
class Book:
    """State that was loaded, and the rows that must be written."""

    lanes: dict[str, Lane] = field(default_factory=dict)
    alerts: dict[AlertKey, Alert] = field(default_factory=dict)
    recoveries: dict[tuple[str, str], int] = field(default_factory=dict)
    taken: set[tuple[str, int, int]] = field(default_factory=set)
    resolved: set[tuple[str, int]] = field(default_factory=set)  # (lane, seq) of resolves
    entries: list[dict[str, Any]] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    opened: set[AlertKey] = field(default_factory=set)
    closed: set[AlertKey] = field(default_factory=set)
    recovered: set[tuple[str, str]] = field(default_factory=set)

    def enter(self, ingestion: Ingestion, now: int) -> tuple[EntryState, ...]:
        """Enter all events of a message; gives a state for each entry made of them."""
        first = len(self.entries)
        for event in ingestion.events:
            match event.action:
                case EventAction.TRIGGER:
                    self._trigger(ingestion, event, now)
                case EventAction.RESOLVE:
                    self._resolve(ingestion, event, now)
                case EventAction.ACKNOWLEDGE:
                    self._other(ingestion, event, now)
        return tuple(EntryState(entry["state"]) for entry in self.entries[first:])

    def enter_calls(self, ingestion: Ingestion, now: int) -> None:
        """Enter events that a person asked for: no job has an alert open for them."""
        for event in ingestion.events:
            self._add(ingestion, event, now)

    def _is_quiet(self, ingestion: Ingestion, event: OutboxEvent) -> bool:
        job = key(ingestion.job)
        return not (event.unless_open and any(alert.job == job for alert in self.alerts.values()))

    def _other(self, ingestion: Ingestion, event: OutboxEvent, now: int) -> None:
        if self._is_quiet(ingestion, event):
            self._add(ingestion, event, now)
        else:
            self._add(ingestion, event, now, EntryState.SKIPPED, STILL_OPEN)

    def _trigger(self, ingestion: Ingestion, event: OutboxEvent, now: int) -> None:
        job, rule = key(ingestion.job), key(event.rule)
        lane = lane_of(event.key_ref, event.dedup_key)
        recovery = self.recoveries.get((job, rule), 0)
        if ingestion.seq >= recovery:
            if not self._is_quiet(ingestion, event):
                self._add(ingestion, event, now, EntryState.SKIPPED, STILL_OPEN)
            elif self._add(ingestion, event, now) is not EntryState.SUPERSEDED:
                self._open(
                    Alert(job, rule, lane, clean(event.key_ref), clean(event.dedup_key), 0),
                    ingestion.seq,
                )
        elif (lane, recovery) in self.resolved:
            self._add(ingestion, event, now)  # its lane's order decides
        else:
            self._add(ingestion, event, now, EntryState.SUPERSEDED, RECOVERED)

    def _open(self, alert: Alert, seq: int) -> None:
        name = (alert.job, alert.rule, alert.lane)
        known = self.alerts.get(name)
        if known is None or known.opened < seq:
            self.alerts[name] = replace(alert, opened=seq)
            self.opened.add(name)
            self.closed.discard(name)

    def _resolve(self, ingestion: Ingestion, event: OutboxEvent, now: int) -> None:
        """Send it to its own lane, and to all lanes where this rule has an older alert open."""
        job, rule, seq = key(ingestion.job), key(event.rule), ingestion.seq
        own = lane_of(event.key_ref, event.dedup_key)
        older = [alert for alert in self.alerts.values() if alert.opened <= seq]
        others = sorted(
            (a for a in older if (a.job, a.rule) == (job, rule) and a.lane != own),
            key=lambda alert: alert.lane,
        )
        open_lanes = {alert.lane for alert in older}
        if not event.elsewhere_only:
            self._add(ingestion, event, now, was_open=own in open_lanes)
        for alert in others:
            there = replace(
                event,
                key_ref=alert.key_ref,
                dedup_key=alert.dedup_key,
                body={**event.body, "dedup_key": alert.dedup_key},
            )
            self._add(ingestion, there, now, was_open=True)
        reached = {own, *(alert.lane for alert in others)}
        for alert in older:
            if alert.lane in reached:  # PagerDuty resolves it for whichever rule or job opened it
                name = (alert.job, alert.rule, alert.lane)
                del self.alerts[name]
                self.opened.discard(name)
                self.closed.add(name)
        if seq > self.recoveries.get((job, rule), 0):
            self.recoveries[job, rule] = seq
            self.recovered.add((job, rule))
        self.resolved.update((lane, seq) for lane in reached)

    def _add(
        self,
        ingestion: Ingestion,
        event: OutboxEvent,
        now: int,
        state: EntryState | None = None,
        error: str | None = None,
        *,
        was_open: bool = False,
    ) -> EntryState:
        name = lane_of(event.key_ref, event.dedup_key)
        lane = self.lanes.setdefault(name, Lane(clean(event.key_ref), is_new=True))
        ordinal = event.ordinal
        while (name, ingestion.seq, ordinal) in self.taken:
            ordinal += 1
        self.taken.add((name, ingestion.seq, ordinal))
        lane.newest = max(lane.newest, ingestion.seq)
        self.touched.add(name)
        if state is None and (ingestion.seq, ordinal) < lane.sent:
            state, error = EntryState.SUPERSEDED, LATE
        elif state is None:
            state = EntryState.PENDING if ingestion.hold is None else EntryState.HELD
        self.entries.append(
            {
                "lane": name,
                "seq": ingestion.seq,
                "ordinal": ordinal,
                "state": state,
                "due": now if state is EntryState.PENDING else None,
                "attempts": 0,
                "doubts": 0,
                "action": event.action,
                "rule": key(event.rule),
                "job": key(ingestion.job),
                "key_ref": clean(event.key_ref),
                "dedup_key": clean(event.dedup_key),
                "body": dump(event.body),
                "error": error,
                "hold": None if ingestion.hold is None else key(ingestion.hold),
                "was_open": was_open,
                **message_columns(ingestion),
                "created": now,
                "settled": now if state in FINAL else None,
            }
        )
        return state


def message_columns(ingestion: Ingestion) -> Mapping[str, str]:
    """Give the columns that identify the message."""
    message = ingestion.message
    return {
        "team": clip(message.team_id, 64),
        "channel": clip(message.channel_id, 64),
        "ts": clip(message.ts, 32),
        "condition": message.condition,
    }
