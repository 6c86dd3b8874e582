"""Let what is stored reach PagerDuty: claim, send, settle; the one retrier of events.

The store keeps the order within each lane. Here is decided what an answer means, and how much is
under way at once: fresh entries go first, retries take at most a quarter of the slots, so that a
slow or failing endpoint does not keep healthy lanes waiting.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final

import structlog

from bot.clock import Clock
from bot.errors import OutcomeUnknown, PagerDutyError, PdbotError, RateLimited, StoreError
from bot.ledger import Claimed, EntryState
from bot.notifier.alarm import Alarm
from bot.notifier.backoff import delay_seconds
from bot.notifier.keys import KeyMissing
from bot.notifier.needs import Events, Keys, Store

log = structlog.get_logger(__name__)

WIDTH: Final = 64
POLL_SECONDS: Final = 1.0
LEASE_SECONDS: Final = 6.0  # of the store; measured here from before the claim
SEND_SECONDS: Final = 3.0  # of the events client: an attempt must end within its lease
UNBLOCK_SECONDS: Final = 2.0
SHORTEST_PAUSE_SECONDS: Final = 0.5  # also where 0 s are told: attempts would follow without end
LONGEST_PAUSE_SECONDS: Final = 3_600.0
DRAIN_SECONDS: Final = 6.0

Settled = Callable[[Claimed, EntryState, str | None], None]


class _LeaseOver(PdbotError):
    """It was not sent: another replica may have the lease by now."""


class Relay:
    """Send what is due, until `stop`.

    `settled` learns how each attempt ended (PENDING: it is tried again), after it was stored.
    """

    def __init__(
        self,
        store: Store,
        events: Events,
        keys: Keys,
        *,
        clock: Clock,
        settled: Settled | None = None,
        width: int = WIDTH,
    ) -> None:
        self._store = store
        self._events = events
        self._keys = keys
        self._clock = clock
        self._settled = settled
        self._width = width
        self._stopped = Alarm(clock)
        self._claiming: asyncio.Task[None] | None = None
        self._again = False
        self._running = False
        self._sending: set[asyncio.Task[None]] = set()
        self._slots = [0, 0]  # taken by fresh entries, and by those that failed before
        self._trouble = ""
        self.ended: Counter[EntryState] = Counter()  # attempts, by what they ended in

    @property
    def sending(self) -> int:
        """Count what is under way."""
        return len(self._sending)

    def wake(self) -> None:
        """Claim in the next turn of the loop: something was, or is about to be, committed.

        Who wakes, yields once and then commits finds its claim in the same commit: one flush of
        the disk less before the event leaves.
        """
        if not self._running:
            return
        if self._claiming is None:
            self._claiming = asyncio.create_task(self._claim(), name="relay's claim")
        else:
            self._again = True

    async def _claim(self) -> None:
        try:
            await self.claim_once()
            while self._again and self._running:
                self._again = False
                await self.claim_once()
        finally:
            self._claiming, self._again = None, False

    async def run(self) -> None:
        """Work until `stop`; the poll finds what a dead replica or a command-line tool left."""
        self._running = True
        look_for_keys_at = self._clock.monotonic()
        while self._running:
            self.wake()
            if self._clock.monotonic() >= look_for_keys_at:
                await self.unblock()
                look_for_keys_at = self._clock.monotonic() + UNBLOCK_SECONDS
            await self._stopped.wait(POLL_SECONDS)

    async def stop(self) -> None:
        """Claim nothing more, and let what is under way finish; its lease bounds how long."""
        self._running = False
        self._stopped.ring()
        while self._claiming is not None:
            await asyncio.wait({self._claiming})
        if self._sending:
            await asyncio.wait(set(self._sending), timeout=DRAIN_SECONDS)
        for task in set(self._sending):
            task.cancel()
        await asyncio.gather(*set(self._sending), return_exceptions=True)

    async def settle_down(self) -> None:
        """Wait until nothing is under way."""
        while self._sending:
            await asyncio.wait(set(self._sending))

    # ------------------------------------------------------------ claiming

    async def claim_once(self) -> int:
        """Claim as much as there are slots for, and start sending it; counts it."""
        free = self._width - sum(self._slots)
        if free <= 0:
            return 0  # whoever finishes wakes
        retries = max(0, self._width // 4 - self._slots[1])
        claimed_at = self._clock.monotonic()
        try:
            claimed = await self._store.outbox.claim(free, retries)
        except StoreError as error:
            self._report(str(error))
            return 0
        self._report("")
        until = claimed_at + LEASE_SECONDS
        for each in claimed:
            self._slots[each.attempts > 1] += 1
            task = asyncio.create_task(self._send(each, until), name="relay")
            self._sending.add(task)
            task.add_done_callback(self._finished)
        return len(claimed)

    def _report(self, trouble: str) -> None:
        """Log only what changes: a database that is gone is gone for many rounds."""
        if trouble and not self._trouble:
            log.error("the outbox cannot be read; events wait", reason=trouble)
        elif self._trouble and not trouble:
            log.info("the outbox can be read again")
        self._trouble = trouble

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self.wake()
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its lease ends by itself, then it is tried again.
            log.error("an event could not be handled", exc_info=error)

    # ------------------------------------------------------------ sending

    async def _send(self, claimed: Claimed, until: float) -> None:
        try:
            refusal = await self._attempt(claimed, until)
        finally:
            # Before it is settled: its settling and the next claim then share a commit.
            self._slots[claimed.attempts > 1] -= 1
            self.wake()
        try:
            await self._settle(claimed, refusal)
        except StoreError as error:
            # It is sent again after its lease, which PagerDuty's deduplication absorbs.
            log.error(  # noqa: TRY400 - the trace would only lead here
                "what became of an event could not be stored",
                id=claimed.id,
                rule=claimed.rule,
                reason=str(error),
            )

    async def _attempt(self, claimed: Claimed, until: float) -> PdbotError | None:
        if self._clock.monotonic() + SEND_SECONDS > until:
            # A process that was frozen wakes here: somebody else may have sent it meanwhile.
            return _LeaseOver("Its lease was nearly over before it was sent.")
        try:
            await self._events.send(self._keys.resolve(claimed.key_ref), claimed.body)
        except (KeyMissing, PagerDutyError) as refusal:
            return refusal
        return None

    async def _settle(self, claimed: Claimed, refusal: PdbotError | None) -> None:
        bound = log.bind(id=claimed.id, rule=claimed.rule, action=str(claimed.action))
        if isinstance(refusal, _LeaseOver):
            bound.warning("not sent, the event waits for its next lease", reason=str(refusal))
            return
        state = _judged(refusal)
        is_ours = await self._store_it(claimed, refusal, state)
        error = None if refusal is None else str(refusal)
        if not is_ours:
            bound.warning("a lease was lost before its attempt ended")
        elif error is None:
            bound.info("delivered", attempts=claimed.attempts)
        else:
            bound.warning("not delivered", state=str(state), reason=error)
        if is_ours:
            self.ended[state] += 1
        if is_ours and self._settled is not None:
            self._settled(claimed, state, error)

    async def _store_it(
        self, claimed: Claimed, refusal: PdbotError | None, state: EntryState
    ) -> bool:
        outbox = self._store.outbox
        if refusal is None:
            return await outbox.settle_sent(claimed)
        if state is EntryState.BLOCKED:
            return await outbox.block(claimed, str(refusal))
        if state is EntryState.ABANDONED:
            return await outbox.abandon(claimed, str(refusal))
        seconds = delay_seconds(claimed.attempts)
        if isinstance(refusal, RateLimited):
            if (told := refusal.retry_after_seconds) is not None:
                seconds = min(max(SHORTEST_PAUSE_SECONDS, told), LONGEST_PAUSE_SECONDS)
            await outbox.pause(claimed.key_ref, seconds)
        is_doubtful = isinstance(refusal, OutcomeUnknown)
        return await outbox.settle_retry(claimed, seconds, str(refusal), is_doubtful=is_doubtful)

    # ------------------------------------------------------------ blocked ones

    async def unblock(self) -> int:
        """Let entries try again whose integration key can be found now; counts them."""
        count = 0
        try:
            for key_ref in await self._store.entries.blocked_keys():
                if self._is_there(key_ref):
                    count += await self._store.entries.unblock(key_ref)
        except StoreError as error:
            self._report(str(error))
        if count:
            log.info("integration keys were found; their events go on", count=count)
            self.wake()
        return count

    def _is_there(self, key_ref: str) -> bool:
        try:
            self._keys.resolve(key_ref)
        except KeyMissing:
            return False
        return True


def _judged(refusal: PdbotError | None) -> EntryState:
    if refusal is None:
        return EntryState.SENT
    if isinstance(refusal, KeyMissing):
        return EntryState.BLOCKED
    return EntryState.PENDING if refusal.transient else EntryState.ABANDONED
