"""What the bot missed, and what it had begun, after a restart."""

from pathlib import Path

from bot.sandbox.slack import Message
from tests.e2e.jobs import (
    CHANNEL,
    RULES,
    RUNDECK,
    Word,
    jobs_vendors,
    reactions,
    rundeck,
    say,
    sent,
)
from tests.e2e.world import World, bot_of
from tests.patience import until


async def miss(here: World, word: Word, execution: int, job: str = "nightly / Load") -> Message:
    """Post while no bot listens."""
    ack = await here.slack.post_as_bot(
        RUNDECK,
        CHANNEL,
        rundeck(word, execution, job),
        wait=False,
    )
    assert ack.message is not None
    return ack.message


async def seen(here: World) -> None:
    """Run the bot until it knows its channels, so that it reads them after it was away."""
    async with bot_of(here):
        await here.bot.watch.catch_up.first_round.wait()
        assert CHANNEL in await here.bot.store.cursors.all()


async def test_missed_messages_are_read_and_collapsed(tmp_path: Path) -> None:
    async with jobs_vendors(tmp_path) as here:
        await seen(here)
        await miss(here, "Failed", 9)
        await miss(here, "Succeeded", 10)
        weekly = await miss(here, "Failed", 11, "weekly")
        async with bot_of(here):
            await here.slack.expect_reaction(weekly, "rotating_light")
            await until(lambda: len(sent(here)) == 2)

            assert sorted(sent(here)) == [("resolve", "critical"), ("trigger", "critical")]


async def test_timer_fires_after_a_restart(tmp_path: Path) -> None:
    async with jobs_vendors(tmp_path, RULES.replace('"1h"', '"2s"')) as here:
        await seen(here)
        async with bot_of(here):
            started = await say(here, rundeck("Started"))
        async with bot_of(here):
            await here.slack.expect_reaction(started, "rotating_light")
            assert reactions(started) == {"rotating_light"}


async def test_gap_of_the_socket_is_read(tmp_path: Path) -> None:
    async with jobs_vendors(tmp_path) as here:
        await seen(here)
        async with bot_of(here):
            await here.bot.watch.catch_up.first_round.wait()
            for connection in list(here.slack.connections):
                connection.is_silent, connection.swallows = True, True
            missed = await miss(here, "Failed", 9)
            for _ in range(len(here.slack.connections)):
                await here.slack.kill_connection()

            await here.slack.expect_reaction(missed, "rotating_light")
