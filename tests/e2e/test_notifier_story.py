"""What issue 3 calls done: a nightly job's night, and another job that takes too long."""

from pathlib import Path

from bot.sandbox.slack import all_text
from tests.e2e.jobs import CHANNEL, RULES, jobs_world, reactions, rundeck, say, sent
from tests.e2e.world import World
from tests.notifier.rig import WaitingClock
from tests.patience import until


async def delivered(here: World) -> None:
    """Wait until nothing is under way: a leap of the clock would end its lease."""

    async def is_empty() -> bool:
        return not await here.bot.store.entries.find()

    await until(is_empty)


async def test_nightly_job_fails_is_retried_acknowledged_and_recovers(tmp_path: Path) -> None:
    async with jobs_world(tmp_path) as here:
        started = await say(here, rundeck("Started", 1))
        retried = await say(here, rundeck("Retry Failure", 1))
        card = await here.slack.expect_message(CHANNEL, "nightly", thread_ts=retried.ts)
        await say(here, rundeck("Started", 2))
        failed = await say(here, rundeck("Failed", 2))
        await here.slack.expect_message(CHANNEL, "Another alert", thread_ts=failed.ts)
        (incident,) = here.pagerduty.incidents.values()
        assert (await here.click(card, "acknowledge", incident.id)).ok
        await until(lambda: incident.status == "acknowledged")
        succeeded = await say(here, rundeck("Succeeded", 3))
        await here.slack.expect_reaction(succeeded, "white_check_mark")
        await until(lambda: incident.status == "resolved")

        assert sent(here) == [("trigger", "info"), ("trigger", "critical"), ("resolve", "critical")]
        assert (reactions(started), reactions(failed)) == (set(), {"rotating_light"})


async def test_job_that_takes_longer_than_its_average_is_reported_while_it_runs(
    tmp_path: Path,
) -> None:
    clock = WaitingClock()
    async with jobs_world(tmp_path, RULES.replace('"1h"', '"+20%"'), clock=clock) as here:
        await say(here, rundeck("Succeeded", 99, job="another"))
        await delivered(here)  # now the relay is at work, and idle
        for run in range(3):
            await say(here, rundeck("Started", run))
            clock.ahead += 600
            await say(here, rundeck("Succeeded", run))
            await delivered(here)
        slow = await say(here, rundeck("Started", 9))
        link = f"https://acme.slack.com/archives/{CHANNEL}/p{slow.ts.replace('.', '')}"
        assert "late after 12m" in await here.pd(f"jobs why {link}", channel=CHANNEL)
        clock.ahead += 725
        await here.slack.expect_reaction(slow, "rotating_light")
        card = await here.slack.expect_message(CHANNEL, "longer than usual", thread_ts=slow.ts)
        assert "12m so far" in all_text(card)

        done = await say(here, rundeck("Succeeded", 9))
        await here.slack.expect_reaction(done, "white_check_mark")
        (incident,) = here.pagerduty.incidents.values()
        await until(lambda: incident.status == "resolved")
