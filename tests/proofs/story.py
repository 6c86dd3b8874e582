"""A short life of the store that comes by every statement of ingest, claim and settle.

What is acknowledged to Slack and what is posted to PagerDuty is noted in a file that survives the
process. A story may be told any number of times in one database, each time about other jobs.
"""

import asyncio
import os
import threading
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.errors import StoreError
from bot.ledger import Claimed, Entry, EntryState, Ingestion, Timer
from bot.model import Condition
from bot.store import Store
from tests.store.builders import ACKNOWLEDGE, RESOLVE, TRIGGER, end, event, message, start

FINAL = {EntryState.SENT, EntryState.SUPERSEDED, EntryState.SKIPPED}
LONG_AGO, FAR_AHEAD = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Notes:
    """A file that is appended to by whoever lives."""

    path: Path

    def write(self, *words: object) -> None:
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(handle, (" ".join(str(word) for word in words) + "\n").encode())
        os.close(handle)

    def read(self, kind: str) -> list[list[str]]:
        if not self.path.exists():
            return []
        lines = (line.split() for line in self.path.read_text().splitlines())
        return [line[1:] for line in lines if line[0] == kind]


@dataclass
class Story:
    """The messages of one telling, and what is done with them."""

    number: int
    notes: Notes
    early: list[Ingestion] = field(default_factory=list)
    late: list[Ingestion] = field(default_factory=list)

    def __post_init__(self) -> None:
        at, self.overdue = self.number * 1000, self._name("overdue")
        jobs = [self._name(letter) for letter in "abcd"]
        place: dict[str, Any] = {"channel": f"C{self.number}"}

        def told(second: int, job: str, action: Any, *more: Any, **rest: Any) -> Ingestion:
            own = event(action, dedup=job)
            return message(at + second, own, *more, job=job, **place, **rest)

        timer = Timer(self.overdue, LONG_AGO, {"rule": "rule"})
        a, b, c, d = jobs
        self.early = [
            told(1, a, TRIGGER),
            told(2, b, TRIGGER, event(TRIGGER, dedup=b, rule="another", ordinal=1)),
            message(at + 3, event(TRIGGER, dedup=f"{c}-old"), job=c, **place),
            told(4, d, ACKNOWLEDGE),
            start(at + 5, "7", timer, job=d, **place),  # goes on for ever
            start(at + 5.5, "8", Timer(self._name("later"), FAR_AHEAD, {}), job=d, **place),
        ]
        self.fired = message(
            at + 6, event(TRIGGER, dedup=d), job=d, condition=Condition.AVG_DURATION,
            fired=self.overdue, **place,
        )  # fmt: skip
        self.late = [
            told(20, a, RESOLVE),
            told(15, a, TRIGGER),  # older than what arrived before it
            told(21, b, RESOLVE),
            told(22, c, RESOLVE),  # goes to the older key of the same job, too
            end(at + 23, "8", took=12.0, job=d, **place),
            self.early[0],  # Slack delivers it once more
        ]

    def _name(self, what: str) -> str:
        return f"{self.number}-{what}"

    @property
    def channel(self) -> str:
        return f"C{self.number}"

    async def live(self, store: Store) -> None:
        """Tell the story; what fails is left to be done again."""
        await together(store, [self._take(store, each) for each in self.early])
        await self.relay(store, first_fails=True)
        await self._fire(store)
        await together(store, [*(self._take(store, each) for each in self.late), self.relay(store)])
        await self.relay(store)

    async def recover(self, store: Store, clock: Any) -> None:
        """Do what a restart does: Slack delivers again, timers fire, the relay sends all."""
        for each in [*self.early, *self.late]:
            await store.messages.ingest(each)
        clock.ahead += 7  # longer than a lease
        await self._fire(store)
        while await store.outbox.next_due_seconds() is not None:
            await self.relay(store)
            clock.ahead += 7

    async def _take(self, store: Store, ingestion: Ingestion) -> None:
        try:
            await store.messages.ingest(ingestion)
        except (StoreError, RuntimeError):
            return
        self.notes.write("ack", ingestion.message.channel_id, ingestion.message.ts)

    async def _fire(self, store: Store) -> None:
        try:
            for due in await store.timers.claim():
                number = int(due.name.partition("-")[0])
                if number == self.number:
                    await store.messages.ingest(self.fired)
        except (StoreError, RuntimeError):
            return

    async def relay(self, store: Store, *, first_fails: bool = False) -> None:
        try:
            claimed = await store.outbox.claim(10, 10)
        except (StoreError, RuntimeError):
            return
        for each in claimed:
            self.notes.write("post", each.lane.replace(" ", "_"), each.seq, each.action)
        await together(
            store,
            [
                self._settle(store, each, fails=first_fails and position == 0)
                for position, each in enumerate(claimed)
            ],
        )

    async def _settle(self, store: Store, claimed: Claimed, *, fails: bool) -> None:
        try:
            if fails:
                await store.outbox.settle_retry(claimed, 0, "HTTP 500")
            else:
                await store.outbox.settle_sent(claimed)
        except (StoreError, RuntimeError):
            return

    async def entries(self, store: Store) -> list[Entry]:
        """Give all that became of this telling."""
        found: list[Entry] = []
        for ts in {each.message.ts for each in [*self.early, *self.late, self.fired]}:
            found += await store.entries.of_message(self.channel, ts)
        return found

    async def outcome(self, store: Store) -> Any:
        """Give what must be the same however often it was interrupted."""
        entries = await self.entries(store)
        alerts = [
            alert
            for letter in "abcd"
            for alert in await store.messages.open_alerts(self._name(letter))
        ]
        prefix = len(self._name(""))
        told = sorted((e.message.ts[-10:], e.dedup_key[prefix:], str(e.action)) for e in entries)
        return (
            [each for each in told if each[1:] != ("c-old", "resolve")],  # see `verdicts`
            sorted((alert.job[prefix:], alert.rule) for alert in alerts),
            [await store.runs.durations(self._name("d"))],
            [
                run.job[prefix:]
                for run in await store.runs.going()
                if run.channel_id == self.channel
            ],
        )

    async def verdicts(self, store: Store) -> list[str]:
        """Give what is wrong: lost, reordered, or unfinished."""
        wrong = []
        posts: dict[str, list[int]] = {}
        for lane, seq, _ in self.notes.read("post"):
            posts.setdefault(lane, []).append(int(seq))
        wrong += [f"{lane} out of order: {seqs}" for lane, seqs in posts.items()
                  if seqs != sorted(seqs)]  # fmt: skip
        for entry in await self.entries(store):
            lane = f"{entry.key_ref}_{entry.dedup_key}"
            if entry.state not in FINAL:
                wrong.append(f"{lane} {entry.seq} is {entry.state}")
            if entry.state is EntryState.SENT and entry.seq not in posts.get(lane, ()):
                wrong.append(f"{lane} {entry.seq} was never posted")
        # Its trigger may turn up after the job's recovery: then it pages nobody, else it is resolved.
        old = {str(e.action): e.state for e in await self.entries(store)
               if e.dedup_key == self._name("c-old")}  # fmt: skip
        if old["trigger"] is EntryState.SENT and old.get("resolve") is not EntryState.SENT:
            wrong.append("the older key of a job was never resolved")
        for channel, ts in self.notes.read("ack"):
            if channel == self.channel and not await store.messages.of(channel, ts):
                wrong.append(f"{ts} was acknowledged and is gone")
        return wrong


async def together(store: Store, work: Sequence[Awaitable[None]]) -> None:
    """Do all of this in one transaction: the writer is held up until everything waits."""
    gate, is_held = threading.Event(), threading.Event()

    def hold(_: Any) -> None:
        is_held.set()
        gate.wait(30)

    held = asyncio.ensure_future(store.run(hold))
    tasks = [asyncio.ensure_future(each) for each in work]
    while not is_held.is_set() and not held.done():  # noqa: ASYNC110 -- set by the writer's thread
        await asyncio.sleep(0.0005)
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(held, *tasks, return_exceptions=True)
