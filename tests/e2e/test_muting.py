"""`jobs mute` in the whole bot: who may, what it does, what is left of it."""

import asyncio
import io
import re
from pathlib import Path

from bot.ops.audit import audit
from bot.sandbox.slack import all_text
from tests.e2e.jobs import CHANNEL, incidents, jobs_vendors, jobs_world, rundeck, say
from tests.e2e.world import HastyClock, bot_of
from tests.postgres import postgres_server as postgres_server  # noqa: PLC0414 -- a fixture
from tests.store.conftest import postgres_url as postgres_url  # noqa: PLC0414 -- as above

POLICY = """
[[allow]]
effects = ["mute"]
users = ["U0ANN"]

[[allow]]
effects = ["ack", "resolve", "note", "reassign", "reopen", "trigger", "snooze"]
"""
JOB = "rundeck-slack-incoming:billing:nightly / Load"


async def test_muted_job_opens_nothing_also_after_a_restart(tmp_path: Path) -> None:
    async with jobs_vendors(tmp_path) as here:
        async with bot_of(here):
            await say(here, rundeck("Succeeded", execution=8))
            assert f"Muted: {JOB} until " in await here.pd("jobs mute nightly / Load 2h")
            await say(here, rundeck("Failed"))
        async with bot_of(here):
            await say(here, rundeck("Failed", execution=10))
            assert f"{JOB} by ann until " in await here.pd("jobs")
            assert await incidents(here) == []
            assert "Unmuted" in await here.pd("jobs unmute nightly / Load")
            failed = await say(here, rundeck("Failed", execution=11))
            await here.slack.expect_reaction(failed, "rotating_light")
        out = io.StringIO()
        assert await audit(here.environ, out=out, since="1d") == 0

    assert "jobs mute nightly / Load 2h" in out.getvalue()
    assert re.search(rf"done: Muted: {JOB} until [0-9]{{4}}-[0-9-]+ [0-9:]+ UTC", out.getvalue())


async def test_pick_mutes_the_one_that_is_meant(tmp_path: Path) -> None:
    async with jobs_world(tmp_path) as here:
        for job in ("a:deploy", "b:deploy"):
            await say(here, rundeck("Succeeded", job=job))
        asked = await here.answer("jobs mute deploy 2h")
        assert "2 jobs could be meant" in all_text(asked)

        await here.click(asked, "pick")

        said = all_text(await here.slack.expect_ephemeral(here.ann))
        assert "Muted: rundeck-slack-incoming:billing:a:deploy until" in said


async def test_policy_grants_it_by_a_name_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(POLICY)
    async with jobs_world(tmp_path, environ={"PDBOT_POLICY": str(file)}) as here:
        await say(here, rundeck("Succeeded"))

        refused = await here.pd("jobs mute nightly / Load 2h", here.bob, CHANNEL)
        assert "mute is for the user U0ANN. Nothing was done." in refused
        assert "Muted: " in await here.pd("jobs mute nightly / Load 2h")


async def test_two_replicas_keep_quiet_whichever_was_told(
    tmp_path: Path, postgres_url: str
) -> None:
    environ = {"DATABASE_URL": postgres_url}
    async with (
        jobs_vendors(tmp_path, environ=environ, clock=HastyClock()) as here,
        bot_of(here) as one,
        bot_of(here) as other,
    ):
        assert "Muted: " in await here.pd(f"jobs mute {JOB} 2h")
        async with asyncio.timeout(10):
            while not (one.watch.jobs.mutes.now() and other.watch.jobs.mutes.now()):  # noqa: ASYNC110 - the poll tells nobody
                await asyncio.sleep(0.01)
        for execution in range(8):  # each to one of their four connections
            await say(here, rundeck("Failed", execution=execution))

        assert await incidents(here) == []
        assert len(await one.store.messages.latest()) == 8
        assert await one.store.entries.since(0) == []
