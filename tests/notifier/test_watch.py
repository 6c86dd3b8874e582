"""What the notifier does in the background, beside its parts: it starts, repeats and ends them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from structlog.testing import capture_logs

from bot.ledger import EntryState
from bot.watch import AGAIN_SECONDS, CONNECTION_SECONDS, NAMES_SECONDS, SWEEP_SECONDS
from tests.notifier.rig import Rig, rig
from tests.patience import until
from tests.store.builders import StillClock

MONTH = 31 * 86_400


class Naps(StillClock):
    """Naps of one length take no time, and are counted; all others last for ever."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self.passed = 0

    async def sleep(self, seconds: float) -> None:
        if seconds != self.seconds:
            await asyncio.Event().wait()
        self.passed += 1
        await asyncio.sleep(0.001)


@asynccontextmanager
async def running(it: Rig, connected: list[bool] | None = None) -> AsyncIterator[None]:
    """Run all that goes on in the background; `connected` is what it finds, the last for ever."""

    def found() -> bool:
        assert connected is not None
        return connected.pop(0) if len(connected) > 1 else connected[0]

    it.watch.start(None if connected is None else found)
    try:
        yield
    finally:
        await it.watch.stop()


async def test_part_that_fails_is_started_again(tmp_path: Path) -> None:
    async with rig(tmp_path, clock=Naps(AGAIN_SECONDS)) as it:
        await it.catch_up.round()  # a channel is read from when it was first seen
        await it.miss("nightly failed", 1)
        it.past.errors.append(ZeroDivisionError("a defect"))
        with capture_logs() as logs:
            async with running(it):
                await until(lambda: it.sender.taken)

    (failed,) = [one for one in logs if one["log_level"] == "error"]
    assert failed["event"] == "a part of the notifier failed and is started again"
    assert failed["part"] == "catch-up"


async def test_gap_of_the_connection_is_read(tmp_path: Path) -> None:
    async with rig(tmp_path, clock=Naps(CONNECTION_SECONDS)) as it:
        connected = [False]
        async with running(it, connected):
            await it.catch_up.first_round.wait()
            await until(it.timers.is_blind)
            await it.miss("nightly failed", 1)
            connected.append(True)
            await until(lambda: it.sender.taken)
            await until(lambda: not it.timers.is_blind())


async def test_names_of_channels_are_read_again_also_after_slack_failed(tmp_path: Path) -> None:
    async with rig(tmp_path, clock=(clock := Naps(NAMES_SECONDS))) as it:
        with capture_logs() as logs:
            async with running(it):
                await it.catch_up.first_round.wait()
                it.rooms.failures = 1
                await until(lambda: not it.rooms.failures)
                failed = clock.passed
                await until(lambda: clock.passed > failed)

    assert [one["event"] for one in logs].count("the channels' names were not read") == 1


async def test_names_that_slack_does_not_tell_stop_no_start(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.rooms.failures = 1
        with capture_logs() as logs:
            await it.watch.prepare()

    assert [one["event"] for one in logs] == ["the channels' names are not known yet"]


async def test_what_is_long_sent_is_deleted(tmp_path: Path) -> None:
    async with rig(tmp_path, clock=Naps(SWEEP_SECONDS)) as it:
        await it.say("nightly failed")
        await it.deliver()
        assert await it.states() == [EntryState.SENT]
        it.clock.ahead += MONTH

        async def is_gone() -> bool:
            return not await it.entries()

        async with running(it):
            await until(is_gone)


async def test_database_that_cannot_be_swept_is_told_and_tried_again(tmp_path: Path) -> None:
    async with rig(tmp_path, clock=(clock := Naps(SWEEP_SECONDS))) as it:
        await it.store.writer.close()
        with capture_logs() as logs:
            async with running(it):
                await until(lambda: clock.passed > 2)

    assert [one["event"] for one in logs].count("old rows were not deleted") >= 2


async def test_what_is_running_ends_with_the_watch(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    async with rig(tmp_path, clock=Naps(CONNECTION_SECONDS)) as it:
        async with running(it, [True]):
            await it.say("nightly failed")
            await until(lambda: it.sender.taken)

        assert asyncio.all_tasks() - before == set()
