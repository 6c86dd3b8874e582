"""Let Slack show what cards should show: one edit a second and card at most, the last state always.

What is to be done stands in the store; whoever holds a card's lease does it. The lease outlives the
edit by a second, which is what keeps edits apart, also those of several replicas.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from bot.cards import lines, snapshot
from bot.cards.needs import Book
from bot.clock import Clock
from bot.errors import Busy, ChannelClosed, MessageGone, SlackError, SlackLimited, StoreError
from bot.ledger import CardRecord
from bot.model import Line, Mention, Person
from bot.ports import CardBoard
from bot.tasks import TaskSet

log = structlog.get_logger(__name__)

EDIT_SECONDS = 10.0  # one call to Slack; it ends well within the lease
LOOK_UP_SECONDS = 3.0  # of people, while the lease goes on
LEASE_SECONDS = 30.0
BETWEEN_EDITS_SECONDS = 1.0
CLOSED_SECONDS = 3600.0  # until a closed channel is tried again
LONGEST_PAUSE_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 5.0  # for somebody else's lease; beyond it the sweep comes back to it
WIDTH = 8  # edits at a time
MOST_TASKS = 2000
TOLD_AGAIN = timedelta(days=1)

SlackUserOf = Callable[[str], Awaitable[str | None]]
"""Give who a PagerDuty user is in Slack; None where nobody could tell. Raises nothing."""

_Place = tuple[str, str | None, str]


class Painter:
    """Draw cards and write their threads' lines."""

    def __init__(
        self, book: Book, board: CardBoard, clock: Clock, slack_user_of: SlackUserOf
    ) -> None:
        self._book = book
        self._board = board
        self._slack_user_of = slack_user_of
        self._clock = clock
        self._tasks = TaskSet(MOST_TASKS)
        self._running: set[_Place] = set()
        self._slots = asyncio.Semaphore(WIDTH)
        self._failures: dict[_Place, int] = {}
        self._limited_until = 0.0  # Slack's limits are for the whole workspace
        self._told: dict[str, datetime] = {}

    def nudge(self, card: CardRecord) -> None:
        """Look at a card soon."""
        place = _place(card)
        if place in self._running:
            return  # it looks again before it ends
        with suppress(Busy):  # the sweep finds it
            self._tasks.spawn(self._look_after(card), name="card")
            self._running.add(place)

    async def sweep(self) -> list[CardRecord]:
        """Look at what was left: by a restart, by another replica, by an error.

        Gives the cards whose incident must be read before anything can be drawn.
        """
        unknown = []
        for card in await self._book.due():
            if snapshot.card_of(card.wanted) is None:
                unknown.append(card)
            else:
                self.nudge(card)
        return unknown

    async def drain(self, timeout_seconds: float) -> None:
        """Finish what is under way; what is left stands in the store."""
        await self._tasks.drain(timeout_seconds)

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while len(self._tasks):
            await self._clock.sleep(0.01)

    async def _look_after(self, card: CardRecord) -> None:
        place = _place(card)
        try:
            while (seconds := await self._next(card)) is not None:
                if seconds > LONGEST_WAIT_SECONDS:
                    return
                await self._clock.sleep(seconds)
        except StoreError as error:
            log.warning("a card waits for the database", reason=str(error))
        finally:
            self._running.discard(place)

    async def _next(self, card: CardRecord) -> float | None:
        """Do what is to be done now; give the seconds until there may be more, None if not."""
        async with self._slots:
            limited = self._limited_until - self._clock.monotonic()
            if limited > 0:
                return limited
            claimed = await self._book.claim(card, LEASE_SECONDS)
            if not isinstance(claimed, CardRecord):
                return claimed
            await self._draw(claimed)
            return 0.0

    async def _draw(self, card: CardRecord) -> None:
        place = _place(card)
        wanted = snapshot.card_of(card.wanted)
        if wanted is None:
            # Left to the sweep, which has the incident read: longer than anybody waits for here.
            await self._book.settle(card, pause_seconds=LONGEST_WAIT_SECONDS + 1)
            return
        try:
            if card.wanted != card.shown:
                async with asyncio.timeout(EDIT_SECONDS):
                    await self._board.show(card.channel_id, card.ts, wanted)
            await self._write_lines(card)
        except MessageGone:
            await self._post_again(card)
        except ChannelClosed as error:
            self._tell_operator(card, error)
            await self._book.settle(card, pause_seconds=CLOSED_SECONDS)
        except SlackLimited as error:
            self._limited_until = self._clock.monotonic() + error.retry_after_seconds
            await self._book.settle(card, pause_seconds=error.retry_after_seconds)
        except (SlackError, TimeoutError) as error:
            await self._later(card, error)
        else:
            self._failures.pop(place, None)
            await self._book.settle(card, shown=card.wanted, pause_seconds=BETWEEN_EDITS_SECONDS)

    async def _write_lines(self, card: CardRecord) -> None:
        for waiting in await self._book.lines(card):
            line, to_channel = lines.read(waiting.body)
            if line:
                line = await self._notifying(line)
                async with asyncio.timeout(EDIT_SECONDS):
                    await self._board.say(
                        card.channel_id,
                        line,
                        thread_ts=card.thread_ts or card.ts,
                        to_channel=to_channel,
                    )
            else:  # of another version
                log.error("a line cannot be read and is left out", incident=card.incident_id)
            await self._book.written(waiting)

    async def _notifying(self, line: Line) -> Line:
        """Mention those who must know of it; who is not found in Slack soon is named."""
        pieces = list(line)
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_UP_SECONDS):
                for at, piece in enumerate(line):
                    if isinstance(piece, Person) and (
                        found := await self._slack_user_of(piece.pagerduty_user_id)
                    ):
                        pieces[at] = Mention(found)
        return tuple(pieces)

    async def _post_again(self, card: CardRecord) -> None:
        """Post a deleted card once more; whoever deletes it again does not want it."""
        wanted = snapshot.card_of(card.wanted)
        if card.reposts or wanted is None:
            log.info("a card was deleted again and is forgotten", incident=card.incident_id)
            await self._book.forget(card)
            return
        try:
            async with asyncio.timeout(EDIT_SECONDS):
                ts = await self._board.post(card.channel_id, wanted, thread_ts=card.thread_ts)
        except MessageGone:  # its thread is gone, too
            await self._book.forget(card)
        except (SlackError, TimeoutError) as error:
            await self._later(card, error)
        else:
            await self._book.settle(
                card, shown=card.wanted, ts=ts, pause_seconds=BETWEEN_EDITS_SECONDS
            )

    async def _later(self, card: CardRecord, error: Exception) -> None:
        place = _place(card)
        failures = self._failures[place] = self._failures.get(place, 0) + 1
        pause = min(LONGEST_PAUSE_SECONDS, 2.0 ** min(failures, 10))
        if failures == 1:  # the next ones tell the same
            log.warning(
                "a card could not be drawn and is tried again until it is",
                incident=card.incident_id,
                channel_id=card.channel_id,
                reason=str(error) or type(error).__name__,
            )
        await self._book.settle(card, pause_seconds=pause)

    def _tell_operator(self, card: CardRecord, error: ChannelClosed) -> None:
        now = self._clock.now()
        told = self._told.get(card.channel_id)
        if told is not None and now - told < TOLD_AGAIN:
            return
        self._told[card.channel_id] = now
        log.error(
            "cards in a channel cannot be kept true: invite the bot again, or unarchive it",
            channel_id=card.channel_id,
            reason=str(error),
        )


def _place(card: CardRecord) -> _Place:
    return (card.channel_id, card.thread_ts, card.incident_id)
