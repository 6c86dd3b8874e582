"""`kill -9` of the whole bot at random moments, with bad weather at PagerDuty."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.proofs.rig import Rig, outage, rig, weather

pytestmark = pytest.mark.proof

MESSAGES = 500
JOBS = 50
PER_SECOND = 25.0
OUTAGE_SECONDS = 30.0
KILLS = 6
SETTLE_SECONDS = 120.0


async def kill_now_and_then(here: Rig, dice: random.Random) -> None:
    """Start the bot, kill it, again and again; the last one lives."""
    for _ in range(KILLS):
        child = await here.start()
        await child.until_healthy()
        await asyncio.sleep(dice.uniform(0.1, 2.5))
        await child.kill()
    await (await here.start()).until_healthy()


async def storm(here: Rig, seed: int) -> None:
    """Let everything happen at once."""
    dice = random.Random(seed)  # noqa: S311 -- a fixed seed is the point
    first = await here.start()
    await first.until_healthy()
    clouds = asyncio.create_task(weather(here.pagerduty, dice))
    telling = asyncio.create_task(here.tell_many(MESSAGES, JOBS, dice, per_second=PER_SECOND))
    await asyncio.sleep(dice.uniform(0.5, 2))
    await first.kill()
    await asyncio.gather(
        kill_now_and_then(here, dice), telling, outage(here.pagerduty, OUTAGE_SECONDS)
    )
    clouds.cancel()
    here.pagerduty.faults.clear()


@pytest.mark.parametrize("seed", [1, 2])
async def test_killed_bot_loses_nothing_and_keeps_the_order(
    tmp_path: Path, seed: int, record_property: Callable[[str, object], None]
) -> None:
    async with rig(tmp_path) as here:
        await storm(here, seed)
        await here.until_settled(SETTLE_SECONDS)

        assert len(here.told) == MESSAGES
        assert await here.verdicts() == []
        record_property("repeats", here.repeats())
