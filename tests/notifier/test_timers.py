"""Runs that take too long are reported while they go on: once, and not when they ended."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import bindparam, update

from bot.errors import StoreError
from bot.ledger import EntryState, seq_of
from bot.model import Condition, EventAction
from bot.notifier.timers import BLIND_SECONDS
from bot.store.schema import timers
from tests.notifier.rig import CHANNEL, RULES, TIMED, Rig, WaitingClock, rig
from tests.patience import PATIENCE_SECONDS

HOUR = 3_600

_broken = update(timers).where(timers.c.job == bindparam("of_job")).values(body="{}")


async def looped(it: Rig, until: float) -> None:
    """Let the loop run until so many seconds have passed."""
    running = asyncio.create_task(it.timers.run())
    async with asyncio.timeout(PATIENCE_SECONDS):
        while it.clock.ahead < until:  # noqa: ASYNC110 - the loop tells nobody
            await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def late(it: Rig, seconds: float = HOUR) -> int:
    it.clock.ahead += seconds
    return await it.timers.fire_due()


async def test_run_over_its_limit_is_reported(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED) as it:
        said = await it.say("nightly started run=7")
        assert await late(it, 44 * 60) == 0
        assert await late(it, 2 * 60) == 1

        await it.deliver()
        (body,) = it.sender.bodies
        assert body["payload"]["class"] == "avg_duration"
        assert body["payload"]["severity"] == "warning"
        assert body["payload"]["custom_details"]["duration"] == "45m"
        (entry,) = await it.entries()
        assert entry.seq == seq_of(said.ts) + 45 * 60 * 1_000_000
        assert entry.message.condition is Condition.AVG_DURATION


async def test_timer_fires_once(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED) as it:
        await it.say("nightly started run=7")

        assert [await late(it), await late(it), await late(it)] == [1, 0, 0]


async def test_timer_survives_a_restart(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED) as it:
        await it.say("nightly started run=7")
    async with rig(tmp_path, TIMED) as again:
        assert await late(again) == 1


@pytest.mark.parametrize("word", ["succeeded", "failed", "retrying"])
async def test_end_cancels_the_timer(tmp_path: Path, word: str) -> None:
    async with rig(tmp_path, TIMED) as it:
        await it.say("nightly started run=7", 0)
        await it.say(f"nightly {word} run=7", 1)

        assert await late(it) == 0


async def test_end_before_its_start_makes_no_timer(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED) as it:
        await it.say("nightly succeeded run=7", 5)
        await it.say("nightly started run=7", 0)

        assert await late(it) == 0


async def test_average_of_the_last_runs_decides(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED.replace("45m", "+50%")) as it:
        for run in range(3):
            await it.say(f"nightly started run={run}", run * 1_000)
            await it.say(f"nightly succeeded run={run}", run * 1_000 + 100)
        said = await it.say("nightly started run=9", 5_000)

        (stored,) = await it.store.messages.of(CHANNEL, said.ts)
        assert "a run is late after 2m30s" in stored.why["timers"][0]["reason"]
        assert await late(it, 5_149) == 0
        assert await late(it, 2) == 1


async def test_too_few_runs_are_said_not_guessed(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED.replace("45m", "+50%")) as it:
        said = await it.say("nightly started run=9")

        (stored,) = await it.store.messages.of(CHANNEL, said.ts)
        assert "0 of 3" in stored.why["timers"][0]["reason"]
        assert await late(it) == 0


async def test_reported_duration_counts_where_no_start_was_seen(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED.replace("45m", "+50%")) as it:
        for run in range(3):
            await it.say(f"nightly succeeded run={run} duration=1m40s", run)
        said = await it.say("nightly started run=9", 10)

        (stored,) = await it.store.messages.of(CHANNEL, said.ts)
        assert "successful runs is 1m40s" in stored.why["timers"][0]["reason"]


async def test_two_rules_report_the_same_run_at_their_own_times(tmp_path: Path) -> None:
    second = TIMED.replace("billing", "more").replace("45m", "90m")
    rules = TIMED.replace("[rule.on", "continue = true\n[rule.on") + second
    rules += 'dedup_key = "slow-{job}"\n'
    async with rig(tmp_path, rules) as it:
        await it.say("nightly started run=7")

        assert [await late(it), await late(it)] == [1, 1]
        assert len(await it.deliver()) == 2


async def test_rule_that_is_gone_fires_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED) as it:
        await it.say("nightly started run=7")
        it.adopt(RULES)
        await it.reload()

        assert await late(it) == 0
        assert await it.store.timers.next_due_seconds() is None


async def test_producer_that_reported_by_itself_is_not_repeated(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED) as it:
        said = await it.say("nightly started run=7")
        slow = it.message("nightly slow run=7", ts=said.ts, previous=said.content)
        await it.pipeline(slow)

        assert await late(it) == 0
        assert await it.store.timers.next_due_seconds() is None


async def test_shadow_of_a_long_run_is_told(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED + "shadow = true\n") as it:
        said = await it.say("nightly started run=7")
        await late(it)
        await it.show()

        assert await it.deliver() == []
        assert "takes longer than usual" in dict(it.board.posts)[said.ts]


async def test_success_after_a_long_run_resolves_its_alert(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED) as it:
        await it.say("nightly started run=7")
        await late(it)
        await it.say("nightly succeeded run=7", HOUR)

        assert [action for action, _ in await it.deliver()] == ["trigger", "resolve"]
        assert await it.states() == [EntryState.SENT, EntryState.SENT]


async def test_loop_goes_on_when_the_database_does_not_answer(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED, clock=WaitingClock()) as it:
        await it.store.writer.close()
        with pytest.raises(StoreError):
            await it.timers.fire_due()
        running = asyncio.create_task(it.timers.run())
        for _ in range(50):
            await asyncio.sleep(0)
        assert not running.done()
        running.cancel()


async def test_loop_fires_at_the_time(tmp_path: Path) -> None:
    """The loop sleeps on the rig's clock: seconds pass as fast as it can wait."""
    async with rig(tmp_path, TIMED) as it:
        await it.say("nightly started run=7")
        it.clock.ahead += 45 * 60 - 5
        await looped(it, until=45 * 60 + 2)
        (entry,) = await it.entries()

        assert entry.created_at.timestamp() - entry.seq / 1_000_000 < 1


async def test_run_that_ends_unheard_is_not_reported(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED) as it:
        await it.say("nightly started run=7")
        it.clock.ahead += 45 * 60
        it.timers.is_blind = lambda: True
        await looped(it, until=45 * 60 + 10)
        assert await it.entries() == []

        it.timers.is_blind = lambda: False
        await it.say("nightly succeeded run=7", 10)
        await looped(it, until=45 * 60 + 20)
        assert [entry.action for entry in await it.entries()] == [EventAction.RESOLVE]


async def test_long_outage_of_slack_does_not_hide_a_job_that_hangs(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED) as it:
        await it.say("nightly started run=7")
        it.clock.ahead += 45 * 60
        it.timers.is_blind = lambda: True
        await looped(it, until=45 * 60 + BLIND_SECONDS + 10)

        assert [entry.action for entry in await it.entries()] == [EventAction.TRIGGER]


async def test_end_that_arrives_after_its_report_resolves_it(tmp_path: Path) -> None:
    """It is older than the report in Slack, but it is the end of that very run."""
    async with rig(tmp_path, TIMED) as it:
        await it.say("nightly started run=7")
        await late(it)
        await it.deliver()
        await it.say("nightly succeeded run=7", 44 * 60)

        assert [action for action, _ in await it.deliver()] == ["trigger", "resolve"]
        assert await it.store.messages.open_alerts() == []


async def test_timer_that_cannot_be_judged_keeps_no_other_from_firing(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED) as it:
        await it.say("nightly started run=7", 0)
        await it.say("weekly started run=8", 1)
        await it.store.run(lambda t: t.change(_broken, of_job="script:-:nightly"))

        assert await late(it) == 1
        assert await it.store.timers.next_due_seconds() is None
