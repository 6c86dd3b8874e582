"""Our task set: bounded, drained, and nothing fails in silence."""

import asyncio

import pytest
from structlog.testing import capture_logs

from bot.errors import Busy
from bot.tasks import TaskSet


async def test_full_set_refuses_and_closes_the_work() -> None:
    tasks, go = TaskSet(limit=1), asyncio.Event()
    tasks.spawn(go.wait())
    refused = go.wait()

    with pytest.raises(Busy, match="busy with other commands, nothing was done"):
        tasks.spawn(refused)

    assert (tasks.full, len(tasks)) == (True, 1)
    with pytest.raises(RuntimeError, match="cannot reuse"):
        await refused
    go.set()
    assert await tasks.drain(1) == 0
    assert not tasks.full


async def test_drain_waits_also_for_what_its_tasks_start() -> None:
    tasks, done = TaskSet(), []

    async def second() -> None:
        await asyncio.sleep(0)
        done.append("second")

    async def first() -> None:
        await asyncio.sleep(0)
        tasks.spawn(second())
        done.append("first")

    tasks.spawn(first())

    assert await tasks.drain(1) == 0
    assert done == ["first", "second"]


async def test_drain_cancels_and_counts_what_does_not_end() -> None:
    tasks = TaskSet()
    for _ in range(2):
        tasks.spawn(asyncio.Event().wait())

    assert await tasks.drain(0) == 2
    assert len(tasks) == 0


async def test_failed_task_is_logged_by_name() -> None:
    async def fail() -> None:
        raise ValueError("no")

    tasks = TaskSet()
    with capture_logs() as logs:
        tasks.spawn(fail(), name="relay")
        await tasks.drain(1)

    assert [(one["event"], one["task"]) for one in logs] == [("background task failed", "relay")]
