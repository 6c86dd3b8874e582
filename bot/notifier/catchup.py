"""Read what was missed: after downtime, after a gap of the socket, and every few minutes.

A channel is read newest first, from now back to its cursor, through the same way as live messages.
So an end is known before its start, and what was read when reading breaks off is the part that
counts. What is read is held until the whole channel is; then of each lane only the newest leaves.
The cursor moves on only after that: a crash anywhere means reading again, not losing.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog

from bot.clock import Clock
from bot.durations import format_duration
from bot.errors import PdbotError, SlackError, StoreError
from bot.ledger import OpenRun, Verdict, microseconds, seq_of
from bot.model import ChannelMessage, Code, Condition, Line
from bot.notifier.alarm import Alarm
from bot.notifier.globs import Glob
from bot.notifier.needs import Store
from bot.notifier.pipeline import Catching, Pipeline, Taken, just_before
from bot.notifier.rulebook import RuleBook
from bot.notifier.words import clean_line, cut
from bot.ports import History, Noticeboard, Rooms, Said

log = structlog.get_logger(__name__)

LEADER: Final = "catch-up"
EVERY_SECONDS: Final = 300.0
AGAIN_SECONDS: Final = 30.0
LEAD_SECONDS: Final = 5.0
PARENTS: Final = timedelta(hours=2)
"""How far behind its cursor a channel is searched for threads with new replies."""

SHALLOW: Final = timedelta(minutes=10)
OVERLAP: Final = timedelta(seconds=10)
MOST_OLD_PAGES: Final = 20
MOST_OPEN_RUNS: Final = 20
"""Of a channel; what was missed waits for them, and Slack allows about 50 such calls a minute."""

_AT_ONCE: Final = 2  # channels
_CHUNK: Final = 50
_PROGRESS_PAGES: Final = 5
_NAMED: Final = 5
_SHOWN: Final = 80
_MICRO: Final = timedelta(microseconds=1)


@dataclass
class _Reading:
    """One reading of one channel; instants in microseconds."""

    channel_id: str
    name: str | None
    cursor: int
    oldest: int
    too_old: int
    newest_ts: str | None = None
    pages: int = 0
    stored: int = 0
    recovered: set[str] = field(default_factory=set)
    withheld: Counter[str] = field(default_factory=Counter)

    def is_new(self, message: ChannelMessage) -> bool:
        return seq_of(message.changed_at) > self.cursor - OVERLAP // _MICRO

    def saw(self, ts: str) -> None:
        if self.newest_ts is None or seq_of(self.newest_ts) < seq_of(ts):
            self.newest_ts = ts

    def count(self, taken: Taken | None) -> None:
        if taken is None or taken.ingested.verdict is not Verdict.STORED:
            return
        self.stored += 1
        ingestion = taken.judged.ingestion
        if ingestion.message.condition is Condition.SUCCESS:
            self.recovered.add(ingestion.job)
        elif taken.judged.is_withheld and ingestion.job not in self.recovered:
            name = clean_line(str(ingestion.status.get("job") or ingestion.job))
            self.withheld[cut(name, _SHOWN)] += 1


class CatchUp:
    """Read missed messages; one replica does."""

    def __init__(
        self,
        *,
        store: Store,
        pipeline: Pipeline,
        book: RuleBook,
        rooms: Rooms,
        history: History,
        board: Noticeboard,
        clock: Clock,
        longest_seconds: float,
    ) -> None:
        self._store = store
        self._pipeline = pipeline
        self._book = book
        self._rooms = rooms
        self._history = history
        self._board = board
        self._clock = clock
        self._longest = timedelta(seconds=longest_seconds)
        self._alarm = Alarm(clock)
        self._is_deep = True
        self.first_round = asyncio.Event()
        self._is_asked = False
        self.is_behind = True
        """Messages may have been missed, and nobody has tried to read them yet."""
        self._behind_since = microseconds(clock.now())
        pipeline.is_missed = self._reads

    def _reads(self, message: ChannelMessage) -> bool:
        """Tell whether a message was posted while nobody listened, and is about to be read."""
        return self.is_behind and seq_of(message.changed_at) < self._behind_since

    def request(self) -> None:
        """Read soon, and far enough back to find threads: messages may have been missed."""
        self._is_deep = self.is_behind = self._is_asked = True
        self._behind_since = microseconds(self._clock.now())
        self._alarm.ring()

    async def run(self) -> None:
        """Read now, when asked to, and every five minutes, for ever."""
        while True:
            await self._alarm.wait(await self._once())

    async def _once(self) -> float:
        """Read once where that is ours to do; gives the seconds until the next time."""
        self._is_asked = False
        is_deep = is_whole = False
        try:
            if self._book.rules is None or not await self._store.lead(LEADER):
                return LEAD_SECONDS
            is_deep, self._is_deep = self._is_deep, False
            is_whole = await self.round(is_deep=is_deep)
        except PdbotError as error:
            log.warning("catch-up waits", reason=str(error))
            is_deep = True
        finally:
            self._is_deep = self._is_deep or (is_deep and not is_whole)
            self.first_round.set()
            self.is_behind = self._is_asked  # asked again meanwhile: another round follows
            await self._let_go()
        return EVERY_SECONDS if is_whole else AGAIN_SECONDS

    async def _let_go(self) -> None:
        try:
            await self._pipeline.release_late()
        except StoreError as error:
            log.warning("missed messages wait for the database", reason=str(error))

    # ------------------------------------------------------------ a round

    async def round(self, *, is_deep: bool = True) -> bool:
        """Read all channels; tells whether all could be read."""
        joined = await self._rooms.joined()
        cursors = await self._store.cursors.all()
        going = await self._store.runs.going()
        left = {channel_id: "" for channel_id in cursors if channel_id not in joined}
        wanted = {**joined, **(left if is_deep else {})}
        slots = asyncio.Semaphore(_AT_ONCE)

        async def one(channel_id: str, name: str) -> bool:
            async with slots:
                open_runs = [run for run in going if run.channel_id == channel_id]
                cursor = cursors.get(channel_id)
                try:
                    return await self._channel(
                        channel_id, name or None, cursor, open_runs, is_deep=is_deep
                    )
                except StoreError as error:
                    log.warning("a channel's messages wait", channel_id=channel_id, why=str(error))
                    return False

        relevant = [(each, name) for each, name in wanted.items() if self._matters(each, name)]
        done = await asyncio.gather(*(one(*each) for each in relevant))
        return all(done)

    def _matters(self, channel_id: str, name: str) -> bool:
        """Tell whether any rule could mean this channel."""
        rules = self._book.rules.rules if self._book.rules is not None else ()
        names = (channel_id, f"#{name}") if name else (channel_id,)
        return any(
            not rule.channels or any(Glob(glob).matches(n) for glob in rule.channels for n in names)
            for rule in rules
        )

    async def _channel(
        self,
        channel_id: str,
        name: str | None,
        cursor: str | None,
        open_runs: Sequence[OpenRun],
        *,
        is_deep: bool,
    ) -> bool:
        now = self._clock.now()
        if cursor is None:  # first seen: from now on
            seconds, fraction = divmod(microseconds(now), 1_000_000)
            await self._store.cursors.advance(channel_id, f"{seconds}.{fraction:06d}")
            return True
        at = seq_of(cursor)
        reading = _Reading(
            channel_id,
            name,
            cursor=at,
            oldest=max(0, at - (PARENTS if is_deep else SHALLOW) // _MICRO),
            too_old=microseconds(now - self._longest),
        )
        try:
            await self._read(reading)
            await self._read_open_runs(reading, open_runs)
        except SlackError as error:
            log.warning("a channel's history was not read", channel_id=channel_id, why=str(error))
            await self._release(reading)
            if not error.transient:
                await self._store.cursors.forget(channel_id)
            return not error.transient
        await self._release(reading)
        await self._summarize(reading)
        if reading.newest_ts is not None:
            await self._store.cursors.advance(channel_id, reading.newest_ts)
        return True

    async def _release(self, reading: _Reading) -> None:
        released = await self._store.entries.release(reading.channel_id)
        if reading.stored or released:
            log.info(
                "caught up",
                channel_id=reading.channel_id,
                pages=reading.pages,
                messages=reading.stored,
                **{str(state): count for state, count in released.items()},
            )
        if released:
            self._pipeline.wake()

    # ------------------------------------------------------------ reading

    async def _read(self, reading: _Reading) -> None:
        old_pages = 0
        async for page in self._history.pages(reading.channel_id, _ts(reading.oldest)):
            reading.pages += 1
            for said in page:
                reading.saw(said.ts)
            found: list[ChannelMessage] = []
            for said in page:
                found += await self._with_replies(reading, said)
            await self._take(reading, found)
            if reading.pages % _PROGRESS_PAGES == 0:
                log.info(
                    "catching up",
                    channel_id=reading.channel_id,
                    pages=reading.pages,
                    messages=reading.stored,
                )
            old_pages += bool(page) and seq_of(page[-1].ts) < reading.too_old
            if old_pages > MOST_OLD_PAGES:
                log.warning("the rest is too old to be read", channel_id=reading.channel_id)
                return

    async def _with_replies(self, reading: _Reading, said: Said) -> list[ChannelMessage]:
        """Give what is new of a message and the replies to it, the newest first."""
        since = reading.cursor - OVERLAP // _MICRO
        everything = [said]
        if said.latest_reply is not None and seq_of(said.latest_reply) > since:
            replies = await self._history.replies(reading.channel_id, said.ts, _ts(max(0, since)))
            everything = [*(reply for reply in replies if reply.ts != said.ts), said]
        return [
            each.message
            for each in everything
            if each.message is not None and reading.is_new(each.message)
        ]

    async def _read_open_runs(self, reading: _Reading, open_runs: Sequence[OpenRun]) -> None:
        """Look again at the starts of runs that go on: they are edited in place, or replied to.

        Only at the newest: where a producer tells no successes, each of them leaves such a run.
        """
        # Newer ones were on the pages.
        unseen = (r for r in open_runs if reading.too_old <= seq_of(r.ts) < reading.oldest)
        for run in itertools.islice(unseen, MOST_OPEN_RUNS):
            try:
                replies = await self._history.replies(reading.channel_id, run.ts)
            except SlackError as error:
                if error.transient:
                    raise
                continue  # somebody deleted the message
            await self._take(reading, [said.message for said in replies if said.message])

    async def _take(self, reading: _Reading, messages: Sequence[ChannelMessage]) -> None:
        """Take messages; those of a chunk share a commit."""
        for at in range(0, len(messages), _CHUNK):
            results = await asyncio.gather(
                *(self._take_one(reading, message) for message in messages[at : at + _CHUNK])
            )
            for taken in results:
                reading.count(taken)

    async def _take_one(self, reading: _Reading, message: ChannelMessage) -> Taken | None:
        is_too_old = seq_of(message.changed_at) < reading.too_old
        catching = Catching(reading.channel_id, is_too_old)
        name = reading.name or await self._rooms.resolve(reading.channel_id)
        try:
            return await self._pipeline.take(message, name, catching)
        except StoreError:
            raise
        except Exception:  # one message must not keep all others from being read
            log.exception("a missed message could not be judged", ts=message.ts)
            return None

    async def _summarize(self, reading: _Reading) -> None:
        """Say which failures were too old to page anybody."""
        if not reading.withheld:
            return
        count = reading.withheld.total()
        names = ", ".join(
            f"{name} ({times}×)" if times > 1 else name
            for name, times in reading.withheld.most_common(_NAMED)
        )
        rest = len(reading.withheld) - _NAMED
        more = f" and {rest} more" if rest > 0 else ""
        verb = "failure was" if count == 1 else "failures were"
        line: Line = (
            f"While I was away, {count} {verb} missed that are older than "
            f"{format_duration(self._longest.total_seconds())}, so PagerDuty was not told: "
            f"{names}{more}. ",
            Code("jobs why"),
            " with a message's link says more.",
        )
        log.warning("missed failures are too old to be sent", jobs=dict(reading.withheld))
        try:
            await self._board.post(reading.channel_id, [line])
        except SlackError as error:
            log.warning("the summary was not posted", reason=str(error))


def _ts(seq: int) -> str:
    return just_before(f"{seq // 1_000_000}.{seq % 1_000_000:06d}")
