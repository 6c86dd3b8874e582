"""Late runs are reported once: by two replicas, one of which dies, and at once after a restart."""

import asyncio
from pathlib import Path

import pytest

from tests.e2e.jobs import RUNDECK, rundeck
from tests.proofs.rig import CHANNEL, RULES, Rig, rig, until

pytestmark = pytest.mark.proof

RUNS = 30
WATCHED = RULES + '\n[rule.on.avg_duration]\nthreshold = "4s"\n'


async def begin_runs(here: Rig) -> None:
    for number in range(RUNS):
        fields = rundeck("Started", execution=number, job=f"nightly / Load {number}")
        await here.slack.post_as_bot(RUNDECK, CHANNEL, fields)


def reported(here: Rig) -> list[int]:
    return sorted(number for events in here.accepted().values() for number, _ in events)


async def test_late_runs_are_reported_once_though_a_replica_dies(
    tmp_path: Path, postgres_url: str
) -> None:
    async with rig(tmp_path, postgres_url, WATCHED) as here:
        first, second = await here.start(), await here.start()
        await asyncio.gather(first.until_healthy(), second.until_healthy())
        await begin_runs(here)

        async def some() -> bool:
            return bool(here.accepted())

        await until(some, 20)
        await first.kill()

        async def all_of_them() -> bool:
            return set(reported(here)) == set(range(RUNS))

        await until(all_of_them, 20)
        async with here.visit() as store:
            stats = await store.stats()
        assert stats.timers == 0
        assert len(await _entries(here)) == RUNS  # each once, whoever fired it


async def test_timers_that_came_due_meanwhile_fire_within_a_second_of_the_start(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path, rules=WATCHED) as here:
        first = await here.start()
        await first.until_healthy()
        await begin_runs(here)
        await first.kill()
        await asyncio.sleep(5)
        assert reported(here) == []

        second = await here.start()
        await second.until_healthy()

        async def all_of_them() -> bool:
            return reported(here) == list(range(RUNS))

        await until(all_of_them, 1.0 + 1.0)  # to fire, and to be sent


async def _entries(here: Rig) -> list[int]:
    async with here.visit() as store:
        return [entry.id for entry in await store.entries.since(0)]
