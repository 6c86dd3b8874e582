"""Two replicas on PostgreSQL: one is killed; then the server itself is, under load."""

import asyncio
import random
import time
from pathlib import Path

import pytest

from tests.postgres import Server, running_server, wait_until_answering
from tests.proofs.rig import Rig, rig, until

pytestmark = pytest.mark.proof

TAKEOVER_SECONDS = 10.0
JOBS = 20


async def take_over(here: Rig, seed: int) -> float:
    """Kill one of two replicas under load; gives the seconds until all it had was delivered."""
    dice = random.Random(seed)  # noqa: S311 -- a fixed seed is the point
    first, second = await here.start(), await here.start()
    await asyncio.gather(first.until_healthy(), second.until_healthy())
    telling = asyncio.create_task(here.tell_many(150, JOBS, dice, per_second=50))
    await asyncio.sleep(1.5)
    await first.kill()
    killed_at, before = time.monotonic(), list(here.told)
    async with here.visit() as store:

        async def is_done() -> bool:
            while before and await here.is_over(store, before[-1]):
                before.pop()
            return not before

        await until(is_done, 30)
    took = time.monotonic() - killed_at
    await telling
    await here.until_settled(30)
    return took


@pytest.mark.parametrize("seed", [1, 2])
async def test_dead_replica_is_taken_over_within_ten_seconds(
    tmp_path: Path, postgres_url: str, seed: int
) -> None:
    async with rig(tmp_path, postgres_url) as here:
        assert await take_over(here, seed) <= TAKEOVER_SECONDS
        assert await here.verdicts() == []


async def miss(here: Rig) -> None:
    """Let a job fail while nobody listens."""
    here.slack.deliverer.retry_delays_seconds = ()
    await here.tell(1, "Failed")
    await here.slack.settle()


async def who_polls(here: Rig) -> set[str]:
    """Tell with whose keys all open incidents are asked for, from now on, five times."""
    before = len(here.pagerduty.requests)

    def found() -> list[str]:
        return [
            request.headers["Authorization"].rpartition("=")[2]
            for request in here.pagerduty.requests[before:]
            if request.path == "/incidents" and "incident_key" not in request.query
        ]

    async def is_enough() -> bool:
        return len(found()) >= 5

    await until(is_enough, 30)
    return set(found())


async def test_one_replica_polls_and_one_catches_up_until_it_is_gone(
    tmp_path: Path, postgres_url: str
) -> None:
    async with rig(tmp_path, postgres_url) as here:
        here.environ["PDBOT_POLL_SECONDS"] = "1"
        seen = await here.start()
        await seen.until_healthy()
        await here.tell(2, "Failed")  # the bot has seen the channel, and has a card to compare
        await here.until_settled(30)
        await seen.stop()
        await miss(here)
        keys = [here.pagerduty.add_key(f"key-{number}").token for number in range(2)]
        pair = {key: await here.start(PAGERDUTY_API_TOKEN=key) for key in keys}
        await asyncio.gather(*(child.until_healthy() for child in pair.values()))
        await here.until_settled(30)
        (poller,) = await who_polls(here)
        caught_up = [child for child in pair.values() if "caught up" in child.log.read_text()]
        assert len(caught_up) == 1
        assert await here.verdicts() == []

        await pair.pop(poller).kill()
        assert await who_polls(here) == set(pair)


async def restart_twice(server: Server) -> None:
    """Crash the server under load, twice; `immediate` is as good as a crash."""
    for _ in range(2):
        await asyncio.sleep(2)
        await asyncio.to_thread(server.stop, "immediate")
        await asyncio.sleep(1)
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(wait_until_answering, server)


async def test_crashed_postgres_loses_nothing(tmp_path: Path) -> None:
    with running_server() as server:
        async with rig(tmp_path, server.create()) as here:
            dice = random.Random(3)  # noqa: S311 -- a fixed seed is the point
            children = [await here.start(), await here.start()]
            await asyncio.gather(*(child.until_healthy() for child in children))

            await asyncio.gather(
                here.tell_many(400, JOBS, dice, per_second=40), restart_twice(server)
            )
            await here.until_settled(60)

            assert await here.verdicts() == []
            assert [child.process.returncode for child in children] == [None, None]
            assert [(await child.health())[0] for child in children] == [200, 200]


async def test_gone_postgres_is_said_and_comes_back_without_a_restart(tmp_path: Path) -> None:
    with running_server() as server:
        async with rig(tmp_path, server.create()) as here:
            child = await here.start()
            await child.until_healthy()
            await asyncio.to_thread(server.stop, "fast")

            status, parts = await child.health()
            assert status == 503
            assert "cannot be reached" in parts["database"] or "was lost" in parts["database"]
            await here.tell(1, "Failed")  # refused: Slack delivers it again
            await asyncio.sleep(1)
            await asyncio.to_thread(server.start)
            await child.until_healthy()
            await here.until_settled(30)
            assert await here.verdicts() == []


async def test_unreachable_postgres_at_the_start_is_a_sentence(tmp_path: Path) -> None:
    async with rig(tmp_path, "postgresql://nobody:geheim@127.0.0.1:1/none") as here:
        child = await here.start()
        code = await asyncio.wait_for(child.process.wait(), 30)
        said = child.log.read_text()

    assert code == 1
    assert "cannot be reached" in said
    assert "Traceback" not in said
    assert "geheim" not in said
