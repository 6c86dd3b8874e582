"""Messages, as the pipeline would hand them to the store."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.ledger import Ingestion, MessageId, OutboxEvent, RunChange, RunStep, Timer
from bot.model import Condition, EventAction

BASE = 1_700_000_000_000_000
"""The `seq` of second 0."""

TRIGGER, ACKNOWLEDGE, RESOLVE = EventAction.TRIGGER, EventAction.ACKNOWLEDGE, EventAction.RESOLVE

_CONDITIONS = {
    TRIGGER: Condition.FAILURE,
    RESOLVE: Condition.SUCCESS,
    ACKNOWLEDGE: Condition.START,
}


class ShiftedClock:
    """The machine's clock, moved forward at will; PostgreSQL's time moves with it."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    async def sleep(self, seconds: float) -> None:
        self.ahead += seconds


class StillClock(ShiftedClock):
    """Stands still until it is moved, so that no test depends on how long it takes itself.

    Not for PostgreSQL, whose own clock goes on.
    """

    def __init__(self) -> None:
        super().__init__()
        self._began = datetime.now(UTC), time.monotonic()

    def now(self) -> datetime:
        return self._began[0] + timedelta(seconds=self.ahead)

    def monotonic(self) -> float:
        return self._began[1] + self.ahead


def seq(second: float) -> int:
    return BASE + round(second * 1_000_000)


def event(
    action: EventAction = TRIGGER,
    *,
    dedup: str = "load",
    key_ref: str = "env:K",
    rule: str = "rule",
    ordinal: int = 0,
    unless_open: bool = False,
) -> OutboxEvent:
    body = {"event_action": action.value, "dedup_key": dedup}
    return OutboxEvent(rule, key_ref, dedup, action, body, ordinal, unless_open)


def message(
    second: float,
    *events: OutboxEvent,
    job: str = "load",
    condition: Condition | None = None,
    channel: str = "C1",
    team: str = "T1",
    at: float | None = None,
    **rest: Any,
) -> Ingestion:
    """Make the message of a second; its condition follows from its first event.

    `at` is the second of what happened, where that is another one: an edit, a timer.
    """
    changed, at_seq = seq(second if at is None else at), seq(second)
    if condition is None:
        condition = _CONDITIONS[events[0].action] if events else Condition.SUCCESS
    ts = f"{at_seq // 1_000_000}.{at_seq % 1_000_000:06d}"
    return Ingestion(
        MessageId(team, channel, ts, condition),
        changed,
        "rundeck",
        job,
        {"job": job},
        {"rules": [each.rule for each in events]},
        events,
        **rest,
    )


def start(second: float, execution: str | None = "1", *timers: Timer, **rest: Any) -> Ingestion:
    return message(
        second,
        condition=Condition.START,
        run=RunChange(RunStep.START, execution),
        timers=timers,
        **rest,
    )


def end(
    second: float,
    execution: str | None = "1",
    *,
    took: float | None = None,
    succeeded: bool = True,
    events: tuple[OutboxEvent, ...] = (),
    **rest: Any,
) -> Ingestion:
    condition = Condition.SUCCESS if succeeded else Condition.FAILURE
    change = RunChange(RunStep.END, execution, succeeded, took)
    return message(second, *events, condition=condition, run=change, **rest)
