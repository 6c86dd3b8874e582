"""The outbox against a plain model of its lanes, on both engines.

One rule and one job for each lane: what opens and closes alerts has its own tests.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from bot.ledger import Claimed, EntryState, Verdict
from bot.model import Condition, EventAction
from bot.store import Store, open_store
from tests.postgres import Server
from tests.store.builders import (
    ACKNOWLEDGE,
    RESOLVE,
    TRIGGER,
    ShiftedClock,
    event,
    message,
    seq,
)

LANES = ("a", "b", "c")
LEASE = 6
BACK_OFF = 100

S = EntryState
OPEN = {S.PENDING, S.LEASED, S.BLOCKED}
LIVING = {*OPEN, S.HELD, S.SENT}


@dataclass
class Row:
    """An entry, as the model knows it. `due` is the model's time."""

    lane: str
    place: int
    action: EventAction
    state: EntryState
    due: float = 0
    attempts: int = 0
    has_failed: bool = False
    doubts: int = 0


@dataclass
class Model:
    """What the store should be."""

    now: float = 0
    rows: dict[tuple[str, int], Row] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)
    paused_until: float = -1

    def lane(self, name: str) -> list[Row]:
        mine = [row for row in self.rows.values() if row.lane == name and row.state in OPEN]
        return sorted(mine, key=lambda row: row.place)

    def head(self, name: str) -> Row | None:
        """Give what may be claimed of a lane."""
        rows = self.lane(name)
        if not rows or self.paused_until > self.now:
            return None
        if any(row.state is S.LEASED and row.due > self.now for row in rows):
            return None
        first = next((row for row in rows if row.doubts), rows[0])
        return None if first.state is S.BLOCKED or first.due > self.now else first

    def is_late(self, row: Row) -> bool:
        return row.place < self.sent.get(row.lane, -1)

    def is_recovered(self, row: Row) -> bool:
        """Tell whether a trigger's job has recovered, by a resolve that will not be sent."""
        later = [
            other.state
            for other in self.rows.values()
            if other.lane == row.lane and other.place > row.place and other.action is RESOLVE
        ]
        return row.action is TRIGGER and bool(later) and not LIVING.intersection(later)


class Machine(RuleBasedStateMachine):
    """Random work on a store."""

    url_of: Any = None
    is_sqlite = True
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = ShiftedClock()
        self.model = Model()
        self.url = next(self.url_of)
        self.store: Store = self.open()

    def open(self) -> Store:
        return self.runner.run(open_store(self.url, clock=self.clock, ballast_bytes=0))

    def teardown(self) -> None:
        self.runner.run(self.store.close())
        self.runner.close()

    @initialize()
    def begin(self) -> None:
        assert self.runner.run(self.store.outbox.claim(10, 10)) == []

    @rule(
        lane=st.sampled_from(LANES),
        place=st.integers(0, 30),
        action=st.sampled_from(EventAction),
        is_held=st.booleans(),
    )
    def ingest(self, lane: str, place: int, action: EventAction, is_held: bool) -> None:
        each = message(
            place,
            event(action, dedup=lane, rule=lane),
            job=lane,
            condition=Condition.FAILURE,
            channel=lane,
            hold="held" if is_held else None,
        )
        result = self.runner.run(self.store.messages.ingest(each))
        if (lane, place) in self.model.rows:
            assert result.verdict is Verdict.KNOWN
            return
        row = Row(lane, place, action, S.HELD if is_held else S.PENDING, due=self.model.now)
        if self.model.is_late(row):
            row.state = S.SUPERSEDED
        self.model.rows[lane, place] = row
        assert result.entries == (row.state,)

    @rule(target=claims, limit=st.integers(1, 4), retries=st.integers(0, 3))
    def claim(self, limit: int, retries: int) -> Any:
        heads = [head for name in LANES if (head := self.model.head(name)) is not None]
        fresh = [row for row in heads if not row.has_failed]
        again = [row for row in heads if row.has_failed]
        got = self.runner.run(self.store.outbox.claim(limit, retries))
        retired = self.retired(heads)
        most = min(limit, len(fresh) + min(len(again), retries, limit))
        assert len(got) + len(retired) == most
        places = {(each.dedup_key, (each.seq - seq(0)) // 1_000_000): each for each in got}
        taken = [row for row in heads if (row.lane, row.place) in places]
        assert len(taken) == len(got)
        assert sum(row.has_failed for row in (*taken, *retired)) <= retries
        assert len([r for r in (*taken, *retired) if not r.has_failed]) >= min(limit, len(fresh))
        for row in retired:
            assert self.model.is_late(row)
            row.state = S.SUPERSEDED
        for row in taken:
            assert not self.model.is_late(row)
            row.state, row.due = S.LEASED, self.model.now + LEASE
            row.attempts, row.doubts = row.attempts + 1, row.doubts + 1
            assert places[row.lane, row.place].attempts == row.attempts
        return multiple(*got)

    def retired(self, heads: list[Row]) -> list[Row]:
        """Find the heads that the claim has just superseded."""
        found = self.runner.run(self.store.entries.find([S.SUPERSEDED], limit=1000))
        places = {(entry.dedup_key, (entry.seq - seq(0)) // 1_000_000) for entry in found}
        return [row for row in heads if (row.lane, row.place) in places]

    @rule(
        claimed=consumes(claims),
        how=st.sampled_from([S.SENT, S.SENT, S.SENT, S.PENDING, S.ABANDONED, S.BLOCKED]),
        is_doubtful=st.booleans(),
    )
    def settle(self, claimed: Claimed, how: EntryState, is_doubtful: bool) -> None:
        outbox = self.store.outbox
        row = self.row(claimed)
        work = {
            S.SENT: lambda: outbox.settle_sent(claimed),
            S.PENDING: lambda: outbox.settle_retry(
                claimed, BACK_OFF, "HTTP 500", is_doubtful=is_doubtful
            ),
            S.ABANDONED: lambda: outbox.abandon(claimed, "HTTP 400"),
            S.BLOCKED: lambda: outbox.block(claimed, "no key"),
        }[how]
        is_ours = row.state is S.LEASED and row.attempts == claimed.attempts
        assert self.runner.run(work()) == is_ours  # type: ignore[no-untyped-call]
        if is_ours:
            row.state, row.has_failed = how, how is not S.SENT
            row.doubts -= not (how is S.PENDING and is_doubtful)
            row.doubts *= how in OPEN
            row.due = self.model.now + BACK_OFF
            if how is S.SENT and row.action is not ACKNOWLEDGE:
                self.model.sent[row.lane] = max(self.model.sent.get(row.lane, -1), row.place)

    def row(self, claimed: Claimed) -> Row:
        return self.model.rows[claimed.dedup_key, (claimed.seq - seq(0)) // 1_000_000]

    @rule(seconds=st.sampled_from([10, 60]))
    def wait(self, seconds: int) -> None:
        self.clock.ahead += seconds
        self.model.now += seconds

    @rule()
    def unblock(self) -> None:
        blocked = [row for row in self.model.rows.values() if row.state is S.BLOCKED]
        assert self.runner.run(self.store.entries.unblock()) == len(blocked)
        for row in blocked:
            row.state, row.due, row.has_failed = S.PENDING, self.model.now, False

    @rule()
    def pause(self) -> None:
        self.runner.run(self.store.outbox.pause("env:K", 30))
        self.model.paused_until = self.model.now + 30

    @rule()
    def release(self) -> None:
        """Of what is held the newest trigger or resolve leaves, and what is acknowledged later."""
        self.runner.run(self.store.entries.release("held"))
        for name in LANES:
            held = [r for r in self.model.rows.values() if r.lane == name and r.state is S.HELD]
            decisive = [
                r.place for r in (*held, *self.model.lane(name)) if r.action is not ACKNOWLEDGE
            ]
            for row in held:
                if self.model.is_late(row):
                    row.state = S.SUPERSEDED
                elif decisive and row.place < max(decisive):
                    row.state = S.COLLAPSED
                else:
                    row.state, row.due = S.PENDING, self.model.now

    @rule(
        lane=st.sampled_from(LANES),
        state=st.sampled_from([S.ABANDONED, S.ABANDONED, S.PENDING, S.BLOCKED]),
        is_retry=st.booleans(),
    )
    def operate(self, lane: str, state: EntryState, is_retry: bool) -> None:
        """An operator retries or discards what was abandoned, or what waits."""
        entries = self.store.entries
        for entry in self.runner.run(entries.find([state], limit=1000)):
            if entry.dedup_key == lane:
                row = self.model.rows[lane, (entry.seq - seq(0)) // 1_000_000]
                act = entries.retry if is_retry else entries.discard
                became = self.runner.run(act(entry.id)).state
                row.state = S.DISCARDED
                if is_retry:
                    is_over = self.model.is_late(row) or self.model.is_recovered(row)
                    row.state = S.SUPERSEDED if is_over else S.PENDING
                row.due, row.has_failed = self.model.now, False
                row.doubts *= row.state in OPEN
                assert became is row.state

    @rule()
    def restart(self) -> None:
        """Only SQLite frees what was in flight: on PostgreSQL others may be sending it."""
        self.runner.run(self.store.close())
        self.store = self.open()
        for row in self.model.rows.values():
            if row.state is S.LEASED and self.is_sqlite:
                row.state, row.due = S.PENDING, self.model.now

    @invariant()
    def agree(self) -> None:
        for name in LANES:
            assert sum(bool(row.doubts) for row in self.model.lane(name)) <= 1
        found = self.runner.run(self.store.entries.find(list(S), limit=1000))
        states = {(e.dedup_key, (e.seq - seq(0)) // 1_000_000): e.state for e in found}
        assert states == {name: row.state for name, row in self.model.rows.items()}


def run(urls: Iterator[str], *, is_sqlite: bool, examples: int) -> None:
    machine = type("ThisMachine", (Machine,), {"url_of": urls, "is_sqlite": is_sqlite})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def files() -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        number = 0
        while True:
            number += 1
            yield f"sqlite:///{folder}/{number}.db"


def databases(server: Server) -> Iterator[str]:
    while True:
        yield server.create()


def test_the_outbox_on_sqlite_is_the_models() -> None:
    run(files(), is_sqlite=True, examples=25)


@pytest.mark.proof
def test_the_outbox_on_sqlite_is_the_models_in_many_more_examples() -> None:
    run(files(), is_sqlite=True, examples=150)


@pytest.mark.proof
def test_the_outbox_on_postgresql_is_the_models(postgres_server: Server) -> None:
    run(databases(postgres_server), is_sqlite=False, examples=40)
