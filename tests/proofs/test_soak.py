"""Thirty minutes of everything, for the night: nothing is lost, and nothing grows without end."""

import asyncio
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.proofs.rig import Child, Rig, outage, rig, weather

pytestmark = pytest.mark.soak

SECONDS = float(os.environ.get("SOAK_SECONDS", "1800"))
PER_SECOND = 10.0
JOBS = 200
OUTAGE_SECONDS = 30.0
RESIDENT_BYTES = 250 * 1024 * 1024
GROWTH = 1.3  # of the memory, from a tenth of the time to the end
ROWS = {"timers": 0, "open_alerts": JOBS}


async def watch_memory(child: Child, seconds: float) -> list[int]:
    found = []
    for _ in range(int(seconds)):
        await asyncio.sleep(1)
        found.append(child.resident_bytes())
    return found


async def outages(here: Rig, dice: random.Random) -> None:
    while True:
        await asyncio.sleep(dice.uniform(60, 180))
        await outage(here.pagerduty, OUTAGE_SECONDS)


async def test_half_an_hour_loses_nothing_and_stays_small(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    dice = random.Random(1)  # noqa: S311 -- a fixed seed is the point
    async with rig(tmp_path) as here:
        here.pagerduty.remembered_max = 10**7
        victim = await here.start()
        await victim.until_healthy()
        await here.tell_many(20, JOBS, dice, per_second=PER_SECOND)
        await victim.kill()
        child = await here.start(LOG_LEVEL="warning")
        await child.until_healthy()
        troubles = [
            asyncio.create_task(weather(here.pagerduty, dice, every=5)),
            asyncio.create_task(outages(here, dice)),
        ]
        count = int(SECONDS * PER_SECOND)
        _, memory = await asyncio.gather(
            here.tell_many(count, JOBS, dice, per_second=PER_SECOND), watch_memory(child, SECONDS)
        )
        for trouble in troubles:
            trouble.cancel()
        here.pagerduty.faults.clear()
        await here.until_settled(180)

        assert await here.verdicts() == []
        early, late = memory[len(memory) // 10], max(memory[-60:])
        record_property("resident_bytes", (early, late))
        assert late <= RESIDENT_BYTES
        assert late <= early * GROWTH
        async with here.visit() as store:
            stats = await store.stats()
        assert stats.timers <= ROWS["timers"]
        assert stats.open_alerts <= ROWS["open_alerts"]
        assert stats.unfinished_intents == 0
