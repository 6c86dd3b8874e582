"""Report runs that take too long, while they go on."""

from collections.abc import Callable
from typing import Final

import structlog

from bot.clock import Clock
from bot.errors import StoreError
from bot.ledger import DueTimer, Verdict, microseconds
from bot.notifier.alarm import Alarm
from bot.notifier.intake import Judged, Overdue, judge_overdue
from bot.notifier.needs import Store
from bot.notifier.pipeline import Pipeline
from bot.notifier.rulebook import RuleBook

log = structlog.get_logger(__name__)

POLL_SECONDS: Final = 0.5
BLIND_SECONDS: Final = 300.0
_SOONEST_SECONDS: Final = 0.02


def _sees() -> bool:
    return False


class TimerLoop:
    """Fire what is due; the store gives each timer to one replica, and only once.

    While `is_blind`, ends of runs may go unheard, so nothing is reported as still running; but no
    longer than five minutes: an outage of Slack must not hide a job that hangs.
    """

    def __init__(self, store: Store, pipeline: Pipeline, book: RuleBook, *, clock: Clock) -> None:
        self._store = store
        self._pipeline = pipeline
        self._book = book
        self._clock = clock
        self._alarm = Alarm(clock)
        self.is_blind: Callable[[], bool] = _sees
        self._blind_since: float | None = None

    async def run(self) -> None:
        """Fire for ever; a timer is at most half a second late while the bot runs."""
        while True:
            seconds = POLL_SECONDS
            try:
                may_fire = self._may_fire()
                if may_fire:
                    await self.fire_due()
                due = await self._store.timers.next_due_seconds()
                if due is not None and may_fire:
                    seconds = min(POLL_SECONDS, max(_SOONEST_SECONDS, due))
            except StoreError as error:
                log.warning("timers wait for the database", reason=str(error))
            await self._alarm.wait(seconds)

    def _may_fire(self) -> bool:
        if not self.is_blind():
            self._blind_since = None
            return True
        now = self._clock.monotonic()
        if self._blind_since is None:
            self._blind_since = now
        return now - self._blind_since >= BLIND_SECONDS

    async def fire_due(self) -> int:
        """Fire all that are due now; counts the reports that were stored."""
        count = 0
        while due := await self._store.timers.claim():
            for each in due:
                count += await self._fire(each)
        return count

    async def _fire(self, due: DueTimer) -> bool:
        try:
            judged = self._judged(due)
        except Exception:  # one timer must not keep all others from firing
            log.exception("a timer could not be judged, so its run is not reported", job=due.job)
            judged = None
        if judged is None:
            await self._store.timers.cancel(due.name)
            return False
        ingested = await self._pipeline.store(judged)
        if ingested.verdict is Verdict.KNOWN:  # its producer has reported it by itself
            await self._store.timers.cancel(due.name)
        return ingested.verdict is Verdict.STORED

    def _judged(self, due: DueTimer) -> Judged | None:
        """Decide what a timer reports; None when nobody wants to know any more."""
        late = Overdue.read(due.body)
        rules = self._book.rules.rules if self._book.rules is not None else ()
        rule = next((one for one in rules if one.name == late.rule), None)
        if rule is None or rule.threshold is None:
            log.info("a timer's rule is gone, or watches no durations now", rule=late.rule)
            return None
        due_seq = microseconds(due.due)
        mute = self._pipeline.mutes.of(due.job, due_seq)
        return judge_overdue(late, rule, job=due.job, name=due.name, due_seq=due_seq, mute=mute)
