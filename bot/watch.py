"""Put the notifier together, start it, stop it: job messages in, alerts out.

Start: the channels' names, then catch-up, then timers and the relay, so that a failure that
recovered while the bot was away pages nobody; but they wait for catch-up no longer than 10 s.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol

import structlog
from dotenv import dotenv_values

from bot.clock import Clock
from bot.config import Settings
from bot.errors import PdbotError, SlackError
from bot.ledger import Claimed, EntryState, Ingested
from bot.notifier.catchup import CatchUp
from bot.notifier.explain import Explain
from bot.notifier.incident_watch import IncidentWatch
from bot.notifier.intake import Judged
from bot.notifier.keys import KeyRing
from bot.notifier.mutes import MuteBook
from bot.notifier.needs import Events
from bot.notifier.pager import Pager
from bot.notifier.pipeline import Pipeline
from bot.notifier.receipts import Receipts
from bot.notifier.relay import WIDTH, Relay
from bot.notifier.rulebook import RuleBook
from bot.notifier.rules import Rules
from bot.notifier.rules_load import load_file
from bot.notifier.timers import TimerLoop
from bot.ports import History, Incidents, Noticeboard, Rooms
from bot.slack.board import Board
from bot.slack.client import Identity, SlackWeb
from bot.slack.history import History as SlackHistory
from bot.slack.rooms import Rooms as SlackRooms
from bot.store import Ages, Store
from bot.tasks import TaskSet

log = structlog.get_logger(__name__)

HEAD_START_SECONDS: Final = 10.0  # of catch-up over what is stored already
NAMES_SECONDS: Final = 300.0
FIRST_NAMES_SECONDS: Final = 5.0
CONNECTION_SECONDS: Final = 1.0
SWEEP_SECONDS: Final = 3_600.0
AGAIN_SECONDS: Final = 1.0
DRAIN_SECONDS: Final = 5.0

Environ = Callable[[], Mapping[str, str]]


@dataclass
class Watch:
    """The notifier, running between `start` and `stop`."""

    book: RuleBook
    pipeline: Pipeline
    relay: Relay
    timers: TimerLoop
    catch_up: CatchUp
    receipts: Receipts
    incident_watch: IncidentWatch
    jobs: Explain
    pager: Pager
    rooms: Rooms
    store: Store
    clock: Clock
    tasks: TaskSet
    ages: Ages
    _loops: list[asyncio.Task[None]] = field(default_factory=list)
    _had_gap: bool = False

    async def prepare(self) -> None:
        """Learn before the first message what is muted, and the channels' names.

        Not knowing the names stops nothing.

        Raises:
            StoreError: the database does not answer.
        """
        await self.jobs.mutes.read()
        try:
            async with asyncio.timeout(FIRST_NAMES_SECONDS):
                await self.rooms.joined()
        except (SlackError, TimeoutError) as error:
            log.warning("the channels' names are not known yet", reason=str(error))

    def start(self, connected: Callable[[], bool] | None = None) -> None:
        """Start all that goes on in the background.

        `connected` tells whether Slack's messages reach the bot; after a gap they are read.
        """
        self.book.adopted = self._adopted
        works: dict[str, Callable[[], Awaitable[None]]] = {
            "catch-up": self.catch_up.run,
            "relay": self._after_catch_up(self.relay.run),
            "timers": self._after_catch_up(self.timers.run),
            "receipts": self.receipts.run,
            "rules file": self.book.run,
            "mutes": self.jobs.mutes.run,
            "channel names": self._keep_names,
            "retention": self._sweep,
        }
        if connected is not None:
            self.timers.is_blind = lambda: self._is_blind(connected)
            works["connection"] = lambda: self._watch_connection(connected)
        self._loops = [
            asyncio.create_task(self._forever(name, work), name=name)
            for name, work in works.items()
        ]

    async def stop(self) -> None:
        """Take nothing new, let what is being sent arrive, and end; what is stored stays stored."""
        await self.tasks.drain(DRAIN_SECONDS)
        await self.relay.stop()
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await self.pipeline.drain()

    async def _adopted(self) -> None:
        """Let blocked events try again, and look whether other channels matter now."""
        await self.store.entries.unblock()
        self.relay.wake()
        self.catch_up.request()

    def _after_catch_up(self, work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def later() -> None:
            caught_up = asyncio.ensure_future(self.catch_up.first_round.wait())
            patience = asyncio.ensure_future(self.clock.sleep(HEAD_START_SECONDS))
            try:
                await asyncio.wait({caught_up, patience}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                caught_up.cancel()
                patience.cancel()
            await work()

        return later

    async def _forever(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work; a defect in it must not end it for good."""
        while True:
            try:
                await work()
            except Exception:
                log.exception("a part of the notifier failed and is started again", part=name)
                await self.clock.sleep(AGAIN_SECONDS)
            else:
                return

    async def _keep_names(self) -> None:
        while True:
            await self.clock.sleep(NAMES_SECONDS)
            try:
                await self.rooms.joined()
            except SlackError as error:
                log.info("the channels' names were not read", reason=str(error))

    async def _watch_connection(self, connected: Callable[[], bool]) -> None:
        while True:
            await self.clock.sleep(CONNECTION_SECONDS)
            if connected() and self._had_gap:
                self._had_gap = False
                self.catch_up.request()
            self._had_gap = self._had_gap or not connected()

    def _is_blind(self, connected: Callable[[], bool]) -> bool:
        """Tell whether ends of runs may be unheard: Slack is away, or what was missed is unread."""
        self._had_gap = self._had_gap or not connected()
        return self._had_gap or self.catch_up.is_behind

    async def _sweep(self) -> None:
        while True:
            await self.clock.sleep(SWEEP_SECONDS)
            try:
                if await self.store.lead("retention"):
                    swept = await self.store.retention.sweep(self.ages)
                    log.debug("old rows were deleted", **swept)
            except PdbotError as error:
                log.warning("old rows were not deleted", reason=str(error))


class Meter(Protocol):
    """Whoever counts. Nothing here may wait or raise."""

    def taken(self, judged: Judged, ingested: Ingested) -> None:
        """Learn of a stored message."""
        ...

    def settled(self, claimed: Claimed, state: EntryState, error: str | None) -> None:
        """Learn how an attempt to deliver ended."""
        ...


@dataclass(frozen=True, slots=True)
class _Told:
    """The receipts, and whoever counts."""

    receipts: Receipts
    meter: Meter

    def taken(self, judged: Judged, ingested: Ingested) -> None:
        self.meter.taken(judged, ingested)
        self.receipts.taken(judged, ingested)

    def settled(self, claimed: Claimed, state: EntryState, error: str | None) -> None:
        self.meter.settled(claimed, state, error)
        self.receipts.settled(claimed, state, error)


def build_watch(
    settings: Settings,
    clock: Clock,
    *,
    store: Store,
    web: SlackWeb,
    who: Identity,
    incidents: Incidents,
    events: Events,
    environ: Environ | None = None,
    read_rules: Callable[[Path], Rules] = load_file,
    meter: Meter | None = None,
) -> Watch:
    """Put the notifier together.

    `environ` is where integration keys are looked up; the process's own, and `.env`, without it.
    `meter` counts what becomes of messages and events.

    Raises:
        ConfigError: the rules file is wrong.
    """
    return put_together(
        store=store,
        clock=clock,
        book=RuleBook(Path(settings.rules), clock=clock, read=read_rules),
        rooms=SlackRooms(web.patient, url=who.url),
        history=SlackHistory(web.patient, identity=who),
        board=Board(web.patient, bot_id=who.bot_id),
        incidents=incidents,
        events=events,
        keys=KeyRing(_with_own_keys(settings, environ or _own_environ), clock=clock),
        meter=meter,
        longest_seconds=settings.catchup_max_seconds,
        ages=Ages(audit=timedelta(seconds=settings.audit_keep_seconds)),
    )


def put_together(
    *,
    store: Store,
    clock: Clock,
    book: RuleBook,
    rooms: Rooms,
    history: History,
    board: Noticeboard,
    incidents: Incidents,
    events: Events,
    keys: KeyRing,
    longest_seconds: float,
    ages: Ages,
    meter: Meter | None = None,
    width: int = WIDTH,
) -> Watch:
    """Introduce the notifier's parts to one another, whoever Slack and PagerDuty are.

    Catch-up reads back at most `longest_seconds`; the relay sends at most `width` at once.
    """
    tasks = TaskSet()
    incident_watch = IncidentWatch(store, board, rooms, incidents, clock=clock)
    receipts = Receipts(store, board, incident_watch, clock=clock)
    mutes = MuteBook(store.mutes, clock=clock)
    told = _Told(receipts, meter) if meter else receipts
    relay = Relay(store, events, keys, clock=clock, settled=told.settled, width=width)
    pipeline = Pipeline(
        book=book,
        store=store,
        rooms=rooms,
        clock=clock,
        tasks=tasks,
        wake=relay.wake,
        mutes=mutes,
        witness=told,
    )
    return Watch(
        book=book,
        pipeline=pipeline,
        relay=relay,
        timers=TimerLoop(store, pipeline, book, clock=clock),
        catch_up=CatchUp(
            store=store,
            pipeline=pipeline,
            book=book,
            rooms=rooms,
            history=history,
            board=board,
            clock=clock,
            longest_seconds=longest_seconds,
        ),
        receipts=receipts,
        incident_watch=incident_watch,
        jobs=Explain(
            book=book, store=store, rooms=rooms, history=history, relay=relay, mutes=mutes
        ),
        pager=Pager(store, incidents, wake=relay.wake, clock=clock),
        rooms=rooms,
        store=store,
        clock=clock,
        tasks=tasks,
        ages=ages,
    )


def _own_environ() -> Mapping[str, str]:
    """Give the environment over `.env`, read anew: a key that is added there is found."""
    from_file = {key: value for key, value in dotenv_values(".env").items() if value is not None}
    return {**from_file, **os.environ}


def _with_own_keys(settings: Settings, environ: Environ) -> Environ:
    keys = {
        "PAGERDUTY_INTEGRATION_KEY": settings.pagerduty_integration_key,
        "PDBOT_TRIGGER_KEY": settings.trigger_key,
    }
    own = {name: key.reveal() for name, key in keys.items() if key is not None}
    return lambda: {**environ(), **own}
