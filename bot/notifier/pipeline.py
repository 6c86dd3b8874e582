"""A channel message on its way into the store; Slack is told "received" only afterwards.

Nothing here waits for the network, with one exception that is not on that way: the name of a
channel that nobody has heard of yet. Where rules speak of `#names`, its first message is noted by
the channel's cursor (committed before Slack is told), then the name is asked for in the
background. A crash in between loses nothing: catch-up reads the channel from that cursor.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from bot.clock import Clock
from bot.errors import Busy, SlackError, StoreError
from bot.ledger import EntryState, Ingested, Verdict, seq_of
from bot.model import ChannelMessage, Condition
from bot.notifier.averages import Expectation, fires_after
from bot.notifier.intake import Judged, Seen, judge, match, watched
from bot.notifier.mutes import MuteBook
from bot.notifier.needs import Store
from bot.notifier.rulebook import RuleBook
from bot.notifier.rules import Rule
from bot.notifier.templates import Place
from bot.ports import Rooms
from bot.tasks import TaskSet

log = structlog.get_logger(__name__)

NAME_TRIES: Final = 6
NAME_SECONDS: Final = 5.0
STORE_TRIES: Final = 10
_MOST_TALLIES: Final = 1_000
_SHOWN: Final = 300


def _never(_: ChannelMessage) -> bool:
    return False


class Witness(Protocol):
    """Whoever shows in Slack what becomes of messages. Nothing here may wait or raise."""

    def taken(self, judged: Judged, ingested: Ingested) -> None:
        """Learn that a message was stored, with the entries it led to."""
        ...


@dataclass(frozen=True, slots=True)
class Catching:
    """How a message that was read from history is taken."""

    hold: str
    is_too_old: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What a job message was judged to be, and what the store made of it."""

    judged: Judged
    ingested: Ingested


class Pipeline:
    """`ports.Ingest`: recognize, match, plan, commit.

    `wake` is called when something may be sent.
    """

    def __init__(
        self,
        *,
        book: RuleBook,
        store: Store,
        rooms: Rooms,
        clock: Clock,
        tasks: TaskSet,
        wake: Callable[[], None],
        mutes: MuteBook,
        witness: Witness | None = None,
    ) -> None:
        self._book = book
        self._store = store
        self._rooms = rooms
        self._clock = clock
        self._tasks = tasks
        self.wake = wake
        self.mutes = mutes
        self._witness = witness
        self._channels: set[str] = set()
        self._late: set[str] = set()
        self.is_missed: Callable[[ChannelMessage], bool] = _never
        """Tells of a live message that catch-up is about to read it, too."""
        self._tallies: deque[tuple[str, str, str]] = deque()
        self._tallying: asyncio.Task[None] | None = None
        self.uncounted = 0

    async def __call__(self, message: ChannelMessage) -> None:
        """Take a live message. Raises StoreError when it was not stored."""
        if self._book.rules is None:
            return
        await self._note_channel(message)
        name = self._rooms.name(message.channel_id)
        if name is None and self._book.names_channels:
            try:
                self._tasks.spawn(self._take_when_named(message), name="a channel's first message")
            except Busy as busy:
                raise StoreError(str(busy)) from busy
            return
        await self._take_live(message, name)

    async def _take_live(self, message: ChannelMessage, channel_name: str | None) -> None:
        """Take a live message; one that Slack delivers again after downtime waits with the others.

        Else a failure that recovered meanwhile would page, because both arrive one by one.
        """
        if not self.is_missed(message):
            await self.take(message, channel_name)
            return
        self._late.add(message.channel_id)
        await self.take(message, channel_name, Catching(message.channel_id))
        if not self.is_missed(message):  # the reading ended meanwhile
            await self.release_late()

    async def release_late(self) -> None:
        """Let go what live messages left to catch-up. Raises StoreError."""
        while self._late:
            channel_id = next(iter(self._late))
            if await self._store.entries.release(channel_id):
                self.wake()
            self._late.discard(channel_id)

    async def take(
        self, message: ChannelMessage, channel_name: str | None, catching: Catching | None = None
    ) -> Taken | None:
        """Store what follows from a message; None when it is no job's.

        Raises:
            StoreError: nothing was stored.
        """
        rules = self._book.rules
        if rules is None:
            return None
        recognition = rules.producers.recognize(message)
        status = recognition.job_status
        if status is None:
            if catching is None:
                self._tally(message, recognition.reason)
            return None
        url = self._rooms.permalink(message.channel_id, message.ts, message.thread_ts)
        place = Place(message.channel_id, channel_name, url)
        seen = Seen(message, status, recognition, place)
        if catching is not None:
            seen = Seen(message, status, recognition, place, catching.hold, catching.is_too_old)
        matched = match(rules, seen)
        expected = await self._expectations(seen, matched)
        judged = judge(seen, matched, expected, self.mutes.of)
        return Taken(judged, await self.store(judged))

    async def store(self, judged: Judged) -> Ingested:
        """Commit; the relay may claim in the same commit, or right behind it."""
        is_sent = bool(judged.ingestion.events) and judged.ingestion.hold is None
        if is_sent:
            self.wake()
            await asyncio.sleep(0)  # the claim goes into the queue first, and into the same commit
        ingested = await self._store.messages.ingest(judged.ingestion)
        if EntryState.PENDING in ingested.entries:
            self.wake()
        if ingested.verdict is Verdict.STORED and self._witness is not None:
            self._witness.taken(judged, ingested)
        return ingested

    async def _expectations(
        self, seen: Seen, matched: tuple[Rule, ...]
    ) -> Mapping[str, Expectation]:
        """Tell, for a start, by rule when its run is late; the average is that of now."""
        rules = watched(matched) if seen.status.condition is Condition.START else ()
        thresholds = {rule.name: rule.threshold for rule in rules if rule.threshold is not None}
        if not thresholds:
            return {}
        needs_runs = any(threshold.needs_runs for threshold in thresholds.values())
        past = await self._store.runs.durations(seen.job) if needs_runs else []
        return {name: fires_after(threshold, past) for name, threshold in thresholds.items()}

    # ------------------------------------------------------------ channels

    async def _note_channel(self, message: ChannelMessage) -> None:
        """Remember from when on a channel is read: from just before its first message."""
        channel_id = message.channel_id
        if channel_id in self._channels:
            return
        if await self._store.cursors.get(channel_id) is None:
            await self._store.cursors.advance(channel_id, just_before(message.ts))
        self._channels.add(channel_id)

    async def _take_when_named(self, message: ChannelMessage) -> None:
        name = None
        for _ in range(NAME_TRIES):
            try:
                name = await self._rooms.resolve(message.channel_id)
                break
            except SlackError as error:
                log.info("a channel's name is not known yet", reason=str(error))
                await self._clock.sleep(NAME_SECONDS)
        for _ in range(STORE_TRIES):
            try:
                await self.take(message, name)
            except StoreError as error:
                log.warning("a message waits for the database", ts=message.ts, reason=str(error))
                await self._clock.sleep(NAME_SECONDS)
            else:
                return
        log.error("a message is left to catch-up", channel_id=message.channel_id, ts=message.ts)

    # ------------------------------------------------------------ what nobody recognized

    def _tally(self, message: ChannelMessage, reason: str) -> None:
        """Count it in the background: no acknowledgement waits for statistics."""
        if len(self._tallies) >= _MOST_TALLIES:
            self.uncounted += 1
            return
        self._tallies.append((message.channel_id, reason[:_SHOWN], message.ts))
        if self._tallying is None or self._tallying.done():
            self._tallying = asyncio.create_task(self._count(), name="unrecognized messages")

    async def _count(self) -> None:
        while self._tallies:
            some = [self._tallies.popleft() for _ in range(min(50, len(self._tallies)))]
            try:
                await asyncio.gather(*(self._store.messages.tally(*each) for each in some))
            except StoreError as error:
                log.info("unrecognized messages were not counted", reason=str(error))

    async def drain(self) -> None:
        """Count what is left to count."""
        if self._tallying is not None:
            await self._tallying


def just_before(ts: str) -> str:
    """Give the `ts` one microsecond earlier."""
    seconds, fraction = divmod(max(0, seq_of(ts) - 1), 1_000_000)
    return f"{seconds}.{fraction:06d}"
