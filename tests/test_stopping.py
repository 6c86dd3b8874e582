"""A signal ends the work in order, wherever the work is; the whole program: e2e/test_process."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from bot.stopping import for_long, until_stopped


@dataclass
class Work:
    """Something that is started, runs, and is closed; it notes how far it came."""

    came: list[str] = field(default_factory=list)
    starts: asyncio.Event = field(default_factory=asyncio.Event)
    ends: asyncio.Event = field(default_factory=asyncio.Event)
    may_start: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self.starts.set()
        await self.may_start.wait()
        self.came.append("started")
        yield
        self.ends.set()
        await self.may_end.wait()
        self.came.append("closed")


both_signals = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])


@both_signals
async def test_work_is_closed_when_a_signal_comes(number: signal.Signals) -> None:
    work = Work()
    work.may_start.set()
    work.may_end.set()
    running = asyncio.create_task(until_stopped(work.running()))
    await work.starts.wait()
    signal.raise_signal(number)
    await running

    assert work.came == ["started", "closed"]


@both_signals
async def test_start_that_takes_for_ever_is_given_up(number: signal.Signals) -> None:
    work = Work()
    with capture_logs() as logs:
        running = asyncio.create_task(until_stopped(work.running()))
        await work.starts.wait()
        signal.raise_signal(number)
        await running

    assert work.came == []
    assert [one["event"] for one in logs] == ["pdbot was stopped before it ran"]


async def test_second_signal_does_not_disturb_the_closing() -> None:
    work = Work()
    work.may_start.set()
    running = asyncio.create_task(until_stopped(work.running()))
    await work.starts.wait()
    signal.raise_signal(signal.SIGTERM)
    await work.ends.wait()
    signal.raise_signal(signal.SIGTERM)
    for _ in range(3):  # the loop reads of it, calls the handler, and runs what that woke
        await asyncio.sleep(0)
    work.may_end.set()
    await running

    assert work.came == ["started", "closed"]


async def test_cancellation_that_no_signal_asked_for_is_passed_on() -> None:
    work = Work()
    running = asyncio.create_task(until_stopped(work.running()))
    await work.starts.wait()
    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running


async def test_what_a_start_made_is_spared_by_the_collector() -> None:
    work = Work()
    work.may_start.set()
    work.may_end.set()
    before = gc.get_freeze_count()
    async with for_long(work.running()):
        assert gc.get_freeze_count() > before
        assert work.came == ["started"]

    assert work.came[-1] != "started"
