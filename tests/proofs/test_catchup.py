"""Hours of downtime: a thousand missed messages, of which only what still matters is sent."""

import asyncio
import random
from pathlib import Path

import pytest

from bot.sandbox.slack.faults import Fault
from tests.e2e.jobs import RUNDECK, rundeck
from tests.proofs.rig import CHANNEL, WORDS, Rig, Told, rig, until

pytestmark = pytest.mark.proof

MISSED = 1_000
JOBS = 40
HOURS = 10


async def miss(here: Rig, dice: random.Random) -> None:
    """Post messages while nobody listens, spread over the last hours."""
    now = here.slack.workspace.clock.now().timestamp()
    here.slack.deliverer.retry_delays_seconds = ()
    for number in range(MISSED):
        job, word, execution = dice.randrange(JOBS), dice.choice(WORDS), next(here.executions)
        ts = f"{now - HOURS * 3600 + number * HOURS * 3600 / MISSED:.6f}"
        fields = rundeck(word, execution=execution, job=f"nightly / Load {job}")
        await here.slack.post_as_bot(RUNDECK, CHANNEL, fields, ts=ts, wait=False)
        here.told.append(Told(ts, f"{job}", execution, word, 0.0))


async def test_thousand_missed_messages_leave_what_still_matters(tmp_path: Path) -> None:
    dice = random.Random(1)  # noqa: S311 -- a fixed seed is the point
    async with rig(tmp_path) as here:
        first = await here.start()
        await first.until_healthy()
        async with here.visit() as store:
            long_ago = here.slack.workspace.clock.now().timestamp() - (HOURS + 1) * 3600
            await store.cursors.forget(CHANNEL)
            await store.cursors.advance(CHANNEL, f"{long_ago:.6f}")
        await first.kill()
        await miss(here, dice)
        here.slack.deliverer.retry_delays_seconds = (0.05, 1.0, 5.0)
        here.slack.faults.add(
            Fault("conversations.history", error="ratelimited", status=429, retry_after=1, times=2)
        )

        second = await here.start()
        await here.tell(1, "Failed")  # live messages go on meanwhile
        await second.until_healthy()
        await here.until_settled(90)

        assert await here.verdicts() == []
        accepted = [event for events in here.accepted().values() for event in events]
        assert len(accepted) <= JOBS + 1  # of each job the last word, and the live one
        assert "caught up" in second.log.read_text()


async def test_edge_of_the_window_is_summarized_and_not_sent(tmp_path: Path) -> None:
    async with rig(tmp_path) as here:
        here.environ["PDBOT_CATCHUP_MAX"] = "1h"
        first = await here.start()
        await first.until_healthy()
        now = here.slack.workspace.clock.now().timestamp()
        async with here.visit() as store:
            await store.cursors.forget(CHANNEL)
            await store.cursors.advance(CHANNEL, f"{now - 3 * 3600:.6f}")
        await first.kill()
        here.slack.deliverer.retry_delays_seconds = ()
        for minutes, job in ((120, "old"), (30, "young")):
            fields = rundeck("Failed", execution=minutes, job=job)
            ts = f"{now - minutes * 60:.6f}"
            await here.slack.post_as_bot(RUNDECK, CHANNEL, fields, ts=ts, wait=False)
        await asyncio.sleep(0)

        await here.start()

        async def summarized() -> bool:
            said = str(
                [dict(one) for one in here.slack.workspace.channel(CHANNEL).messages.values()]
            )
            return "While I was away" in said and bool(here.accepted())

        await until(summarized, 30)
        assert [number for events in here.accepted().values() for number, _ in events] == [30]
