"""Show at each job message what became of it.

Derived state: what is wanted follows from the outbox, and is compared with what is shown, newest
first, at best effort. Nothing waits for it. One replica does it; what others delivered it finds
by looking at the outbox every few seconds.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from typing import Final, TypeVar

import structlog

from bot.clock import Clock
from bot.errors import PdbotError
from bot.ledger import Claimed, Entry, EntryState, Ingested, instant, microseconds
from bot.model import EventAction, Line
from bot.notifier import receipt_words as words
from bot.notifier.alarm import Alarm
from bot.notifier.incident_watch import Awaited, IncidentWatch
from bot.notifier.intake import Judged
from bot.notifier.needs import WAITING, Store
from bot.ports import Noticeboard

log = structlog.get_logger(__name__)

LEADER: Final = "receipts"
ROUND_SECONDS: Final = 0.25
LEAD_SECONDS: Final = 5.0
POLL_SECONDS: Final = 5.0
MARK_SECONDS: Final = 15.0
MARK: Final = "receipts"
WINDOW: Final = timedelta(minutes=10)
LOOK_BACK: Final = timedelta(hours=6)
MOST: Final = 5_000
TRIES: Final = 5
_AT_ONCE: Final = 10
_POLLED: Final = 500

K = TypeVar("K")
V = TypeVar("V")

Key = tuple[str, str]
"""A message: its channel and `ts`."""


class Receipts:
    """Learn of messages and deliveries, and keep what Slack shows of them true."""

    def __init__(
        self, store: Store, board: Noticeboard, watch: IncidentWatch, *, clock: Clock
    ) -> None:
        self._store = store
        self._board = board
        self._watch = watch
        self._clock = clock
        self._alarm = Alarm(clock)
        self._dirty: dict[Key, None] = {}
        self._waiting: dict[Key, float] = {}
        self._shown: dict[Key, set[str]] = {}
        self._told: dict[tuple[int, str], None] = {}
        self._states: dict[int, EntryState] = {}
        self._resumed: set[Key] = set()
        self._failed: dict[Key, int] = {}
        self._shadows: deque[tuple[str, str, tuple[Line, ...]]] = deque(maxlen=200)
        self._leads = False

    # ------------------------------------------------------------ learning

    def taken(self, judged: Judged, ingested: Ingested) -> None:
        """Learn of a stored message: it may have to wait, or be a shadow's."""
        ingestion = judged.ingestion
        key = (ingestion.message.channel_id, ingestion.message.ts)
        if EntryState.PENDING in ingested.entries:
            if not self._waiting:
                self._alarm.ring()  # the loop may be resting for longer than this should wait
            _keep(self._waiting, key, self._clock.monotonic())
        if judged.shadows:
            thread_ts = str(ingestion.why.get("thread_ts") or key[1])
            lines = tuple((f":ghost: {sentence}",) for sentence in judged.shadows)
            self._shadows.append((key[0], thread_ts, lines))
            self._alarm.ring()

    def settled(self, claimed: Claimed, state: EntryState, error: str | None) -> None:  # noqa: ARG002 - the relay's
        """Learn how an attempt ended."""
        key = (claimed.message.channel_id, claimed.message.ts)
        is_quiet = claimed.action is not EventAction.TRIGGER and not claimed.was_open
        if state is EntryState.SENT and is_quiet and key not in self._shown:
            self._waiting.pop(key, None)
            return  # nothing to show
        if state is not EntryState.PENDING:
            self._mark(key)

    def _mark(self, key: Key) -> None:
        if not key[0]:
            return  # somebody asked for it, and was answered: there is no message to show it at
        self._dirty.pop(key, None)
        _keep(self._dirty, key, None)
        self._alarm.ring()

    # ------------------------------------------------------------ the rounds

    async def run(self) -> None:
        """Work for ever, while this replica leads."""
        lead_at = poll_at = mark_at = self._clock.monotonic()
        while True:
            now = self._clock.monotonic()
            try:
                if now >= lead_at:
                    await self.lead()
                    lead_at = now + LEAD_SECONDS
                if self._leads and now >= poll_at:
                    await self.poll()
                    poll_at = now + POLL_SECONDS
                await self.round()
                if self._leads and now >= mark_at:
                    await self.mark()
                    mark_at = now + MARK_SECONDS
            except PdbotError as error:
                log.info("receipts wait", reason=str(error))
            if self._leads and (self._dirty or self._shadows):
                await self._clock.sleep(ROUND_SECONDS)  # a burst's deliveries go first
            else:
                await self._alarm.wait(self._rest_seconds())

    def _rest_seconds(self) -> float:
        """Give how long nothing needs to be done unless somebody rings."""
        if not self._leads:
            return LEAD_SECONDS
        until = [LEAD_SECONDS]
        for since in islice(self._waiting.values(), 1):  # the oldest
            due = since + words.PATIENCE.total_seconds()
            until.append(max(0.05, due - self._clock.monotonic()))
        if (seconds := self._watch.next_seconds()) is not None:
            until.append(max(0.05, seconds))
        return min(until)

    async def lead(self) -> None:
        """Try to be the one replica; who becomes it takes up what another one left."""
        led, self._leads = self._leads, await self._store.lead(LEADER)
        if self._leads and not led:
            await self.resume()
        if not self._leads:
            self._dirty.clear()
            self._waiting.clear()
            self._shadows.clear()
            self._watch.forget()

    async def round(self) -> None:
        """Show what is wanted of the newest messages, and look for incidents."""
        if not self._leads:
            return
        limit = self._clock.monotonic() - words.PATIENCE.total_seconds()
        for key in [key for key, since in self._waiting.items() if since <= limit]:
            del self._waiting[key]
            self._mark(key)
        while self._shadows:
            channel_id, thread_ts, lines = self._shadows.pop()
            await self._board.post(channel_id, lines, thread_ts=thread_ts)
        newest = [self._dirty.popitem()[0] for _ in range(min(_AT_ONCE, len(self._dirty)))]
        await asyncio.gather(*map(self._try, newest))
        await self._watch.look()

    async def _try(self, key: Key) -> None:
        try:
            await self.reconcile(key)
        except PdbotError as error:
            tries = self._failed.get(key, 0) + 1
            _keep(self._failed, key, tries)
            log.info("a receipt was not shown", reason=str(error), tries=tries)
            if tries < TRIES:
                self._mark(key)
        else:
            self._failed.pop(key, None)

    async def reconcile(self, key: Key) -> None:
        """Compare what a message should show with what it does, and change that."""
        channel_id, ts = key
        shown = self._shown.pop(key, set())
        _keep(self._shown, key, shown)
        entries = await self._store.entries.of_message(channel_id, ts)
        wanted = words.wanted_reactions(entries, self._clock.now())
        if words.HOURGLASS not in wanted:
            self._waiting.pop(key, None)
            if any(entry.state in WAITING for entry in entries):
                _keep(self._waiting, key, self._clock.monotonic())  # look again when it is time
        try:
            for emoji in sorted(wanted - shown):
                await self._board.react(channel_id, ts, emoji)
                shown.add(emoji)
            for emoji in sorted(shown - wanted):
                await self._board.unreact(channel_id, ts, emoji)
                shown.discard(emoji)
        finally:  # a message that takes no reaction has a thread all the same
            thread_ts = await self._thread(key, entries)
            for entry in entries:
                if self._is_news(entry):
                    await self._tell(key, thread_ts, entry)

    def _is_news(self, entry: Entry) -> bool:
        """Tell whether a thread has yet to hear of this state; it is told of each one once."""
        is_sent_trigger = entry.state is EntryState.SENT and entry.action is EventAction.TRIGGER
        is_trouble = entry.state in {EntryState.ABANDONED, EntryState.BLOCKED}
        return (is_sent_trigger or is_trouble) and (entry.id, entry.state) not in self._told

    async def _tell(self, key: Key, thread_ts: str, entry: Entry) -> None:
        channel_id, ts = key
        is_resumed = key in self._resumed
        if entry.state is EntryState.SENT:
            self._watch.expect(
                Awaited(
                    channel_id=channel_id,
                    ts=ts,
                    thread_ts=thread_ts,
                    dedup_key=entry.dedup_key,
                    key_ref=entry.key_ref,
                    sent_at=entry.settled_at or self._clock.now(),
                    message_at=instant(entry.seq),
                    is_resumed=is_resumed,
                )
            )
        elif not (is_resumed and await self._was_told(channel_id, thread_ts, entry)):
            is_abandoned = entry.state is EntryState.ABANDONED
            line = words.abandoned(entry) if is_abandoned else words.blocked(entry)
            buttons = (words.retry_button(entry.id),)
            await self._board.post(channel_id, [line], thread_ts=thread_ts, buttons=buttons)
        _keep(self._told, (entry.id, entry.state), None)

    async def _was_told(self, channel_id: str, thread_ts: str, entry: Entry) -> bool:
        said = await self._board.said(channel_id, thread_ts)
        return any(f"(outbox {entry.id})" in text for text in said)

    async def _thread(self, key: Key, entries: Sequence[Entry]) -> str:
        """Find the thread that receipts of a message go into: its own, or the one it stands in."""
        if any(self._is_news(entry) for entry in entries):
            for message in await self._store.messages.of(*key):
                if thread_ts := message.why.get("thread_ts"):
                    return str(thread_ts)
        return key[1]

    # ------------------------------------------------------------ what others did, or left

    async def poll(self) -> None:
        """Find what other replicas delivered, and what a command-line tool changed."""
        since = microseconds(self._clock.now() - WINDOW)
        recent = await self._store.entries.settled_since(since, _POLLED)
        trouble = await self._store.entries.find(
            (EntryState.ABANDONED, EntryState.BLOCKED), limit=_POLLED
        )
        for entry in reversed([*recent, *trouble]):
            if self._states.get(entry.id) is not entry.state:
                _keep(self._states, entry.id, entry.state)
                self._mark((entry.message.channel_id, entry.message.ts))

    async def resume(self) -> None:
        """Take up what an earlier process, or a dead replica, left undone."""
        now = microseconds(self._clock.now())
        mark = await self._store.get_meta(MARK)
        oldest = now - LOOK_BACK // timedelta(microseconds=1)
        since = max(int(mark), oldest) if mark is not None and mark.isdecimal() else oldest
        left = await self._store.entries.since(since, _POLLED)
        waiting = await self._store.entries.find((*WAITING, EntryState.ABANDONED), limit=_POLLED)
        for entry in reversed([*left, *waiting]):
            key = (entry.message.channel_id, entry.message.ts)
            _keep(self._states, entry.id, entry.state)
            if entry.state is EntryState.ABANDONED and entry.seq < oldest:
                continue  # it was shown long ago, and stays until somebody acts
            self._resumed.add(key)
            self._shown.setdefault(key, {words.HOURGLASS})  # it may be there
            self._mark(key)

    async def mark(self) -> None:
        """Write down up to where everything is shown, so that a restart need not look at it."""
        if self._dirty or self._waiting or len(self._watch):
            return
        self._resumed.clear()
        await self._store.set_meta(MARK, str(microseconds(self._clock.now() - WINDOW)))


def _keep(kept: dict[K, V], key: K, value: V) -> None:
    """Set a key, and let the oldest go beyond 5,000."""
    kept[key] = value
    while len(kept) > MOST:
        del kept[next(iter(kept))]
