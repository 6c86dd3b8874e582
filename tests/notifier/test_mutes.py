"""A muted job calls nobody, resolves all the same, and says so where somebody looks."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.ledger import Mute
from bot.notifier.mutes import MuteBook
from bot.slack.text import plain
from tests.notifier.rig import CHANNEL, RULES, TIMED, Rig, WaitingClock, rig
from tests.patience import until
from tests.store.builders import ShiftedClock

JOB = "script:billing:nightly"
TWO_HOURS = timedelta(hours=2)
HOUR = 3_600
SOON = 60


async def mute(it: Rig, job: str = JOB, lasts: timedelta = TWO_HOURS) -> None:
    await it.jobs.mutes.put(job, lasts, "Ann")


async def overview(it: Rig) -> str:
    return "\n".join(map(plain, await it.jobs.overview()))


@pytest.mark.parametrize(
    ("words", "taken"),
    [
        pytest.param("nightly failed", [], id="a trigger is not sent"),
        pytest.param("nightly started", [], id="nor an acknowledgement"),
        pytest.param("nightly succeeded", [("resolve", JOB)], id="a resolve is"),
    ],
)
async def test_only_a_resolve_of_a_muted_job_is_sent(
    tmp_path: Path, words: str, taken: list[tuple[str, str]]
) -> None:
    rules = RULES + '[rule.on.start]\naction = "acknowledge"\n'
    async with rig(tmp_path, rules) as it:
        await mute(it)
        await it.say(f"{words} project=billing", SOON)

        assert await it.deliver() == taken


async def test_other_jobs_call_people(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await mute(it)
        await it.say("weekly failed project=billing", SOON)

        assert await it.deliver() == [("trigger", "script:billing:weekly")]


async def test_why_and_the_overview_say_who_muted_it(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await mute(it)
        said = await it.say("nightly failed project=billing", SOON)
        why = "\n".join(map(plain, await it.jobs.why(CHANNEL, said.ts)))

        assert "a failure triggers" in why
        assert "The job is muted by Ann until " in why
        assert " UTC, so only a resolve is sent." in why
        assert "Nothing was sent to PagerDuty." in why
        told = await overview(it)
        assert f"Muted\n• {JOB} by Ann until " in told
        assert 'nothing was sent. Rule "billing"' in told


async def test_it_ends_by_itself_and_what_failed_meanwhile_is_not_sent_later(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path) as it:
        await mute(it)
        await it.say("nightly failed project=billing", HOUR)
        await it.say("nightly failed project=billing", 2 * HOUR + 1)

        assert await it.deliver() == [("trigger", JOB)]
        it.clock.ahead += 2 * HOUR
        assert "Muted" not in await overview(it)


async def test_what_came_before_the_mute_and_is_read_later_is_sent(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.clock.ahead += HOUR
        await mute(it)
        await it.say("nightly failed project=billing", HOUR - 60)

        assert await it.deliver() == [("trigger", JOB)]


async def test_what_was_missed_while_it_was_muted_stays_muted(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.store.cursors.advance(CHANNEL, f"{it.begun:.6f}")
        await mute(it)
        await it.miss("nightly failed project=billing", HOUR)
    async with rig(tmp_path) as again:
        again.clock.ahead += 3 * HOUR
        again.past.messages = it.past.messages
        await again.jobs.mutes.read()
        await again.catch_up.round()

        assert len(await again.store.messages.latest()) == 1
        assert await again.deliver() == []


async def test_run_that_becomes_late_while_its_job_is_muted_calls_nobody(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED) as it:
        said = await it.say("nightly started project=billing run=7")
        await mute(it)
        it.clock.ahead += HOUR

        assert await it.timers.fire_due() == 1
        assert await it.deliver() == []
        why = "\n".join(map(plain, await it.jobs.why(CHANNEL, said.ts)))
        assert "muted by Ann until" in why


async def test_unmuted_job_calls_people_again(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await mute(it)
        it.clock.ahead += 1
        assert await it.jobs.mutes.end(JOB)
        assert not await it.jobs.mutes.end(JOB)
        await it.say("nightly failed project=billing", 2)

        assert await it.deliver() == [("trigger", JOB)]


async def test_shadow_stays_a_shadow(tmp_path: Path) -> None:
    async with rig(tmp_path, RULES + "shadow = true\n") as it:
        await mute(it)
        await it.say("nightly failed project=billing", SOON)
        await it.show()

        assert ["it would be: trigger" in text for _, text in it.board.posts] == [True]


async def test_other_replica_learns_of_it(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        other = MuteBook(it.store.mutes, clock=WaitingClock())
        following = asyncio.create_task(other.run())
        await mute(it)
        await until(other.now)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)

        assert [one.job for one in other.now()] == [JOB]


async def test_unmuting_knows_at_once_what_another_replica_was_told(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        other = MuteBook(it.store.mutes, clock=it.clock)
        await mute(it)

        assert await other.muted() == [JOB]


class Failing:
    """A store whose database is away for two reads."""

    def __init__(self) -> None:
        self.reads = 0
        self.is_read = asyncio.Event()

    def name_of(self, job: str) -> str:
        return job

    async def all(self) -> list[Mute]:
        self.reads += 1
        if self.reads in {2, 3}:
            raise StoreError("The database does not answer.")
        if self.reads == 4:
            self.is_read.set()
        return [Mute(JOB, 0, 2**62, "Ann")]

    async def put(self, mute: Mute) -> None:
        raise NotImplementedError

    async def end(self, job: str, at: int) -> bool:
        raise NotImplementedError

    async def jobs(self) -> list[str]:
        raise NotImplementedError


class TurnClock(ShiftedClock):
    """Waits for one turn of the loop."""

    async def sleep(self, seconds: float) -> None:  # noqa: ARG002 - the port's
        await asyncio.sleep(0)


async def test_what_is_known_stays_known_while_the_database_is_away() -> None:
    store = Failing()
    book = MuteBook(store, clock=TurnClock())
    following = asyncio.create_task(book.run())
    await store.is_read.wait()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)

    assert book.of(JOB, 1) is not None
    assert book.of("another", 1) is None
