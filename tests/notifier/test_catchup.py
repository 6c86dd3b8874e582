"""What was missed is read, held, collapsed; only what still matters is sent."""

import asyncio
from pathlib import Path

import pytest

from bot.errors import SlackError
from bot.ledger import EntryState, seq_of
from bot.notifier.catchup import MOST_OPEN_RUNS
from bot.notifier.pipeline import Catching
from tests.notifier.rig import CHANNEL, RULES, TIMED, Rig, WaitingClock, rig
from tests.patience import until

HOUR = 3_600
DAY = 24 * HOUR


class NotThere(SlackError):
    transient = False


async def away(it: Rig, seconds: float) -> None:
    """Be seen in the channel once, then be away for so long."""
    assert await it.catch_up.round()
    it.clock.ahead += seconds


async def test_channel_never_seen_is_read_from_now_on(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.miss("nightly failed", -60)
        assert await it.catch_up.round()
        assert await it.catch_up.round()

        assert await it.deliver() == []
        cursor = await it.store.cursors.get(CHANNEL)
        assert cursor is not None
        assert seq_of(cursor) >= int(it.begun) * 1_000_000


async def test_missed_failure_is_sent(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await away(it, HOUR)
        missed = await it.miss("nightly failed", 60)
        assert await it.catch_up.round()

        assert await it.deliver() == [("trigger", "script:-:nightly")]
        assert await it.store.cursors.get(CHANNEL) == missed.ts


async def test_failure_that_recovered_meanwhile_pages_nobody(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await away(it, HOUR)
        for second in range(0, 600, 60):
            await it.miss(
                "nightly failed" if second % 120 == 0 else "nightly succeeded", second + 1
            )
        await it.miss("weekly failed", 700)
        assert await it.catch_up.round()

        assert sorted(await it.deliver()) == [
            ("resolve", "script:-:nightly"),
            ("trigger", "script:-:weekly"),
        ]
        states = await it.states()
        assert states.count(EntryState.COLLAPSED) == 9


async def test_recovery_gets_its_mark_only_when_its_alert_was_sent_before(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.say("weekly failed")
        await it.deliver()
        await away(it, HOUR)
        recovered = {}
        for second, job in enumerate(("nightly", "weekly")):
            await it.miss(f"{job} failed", 10 + second)
            recovered[job] = await it.miss(f"{job} succeeded", 20 + second)
        assert await it.catch_up.round()
        await it.deliver()
        await it.show()

        assert not it.board.shown.get((CHANNEL, recovered["nightly"].ts))
        assert it.board.shown[CHANNEL, recovered["weekly"].ts] == {"white_check_mark"}
        assert (await it.store.stats()).open_alerts == 0


async def test_nothing_leaves_before_all_of_a_channel_is_read(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await away(it, HOUR)
        missed = it.message("nightly failed", 60)
        await it.pipeline.take(missed, "jobs", Catching(CHANNEL))

        assert await it.deliver() == []
        assert await it.states() == [EntryState.HELD]
        assert await it.catch_up.round()  # whoever died here left it held
        assert len(await it.deliver()) == 1


async def test_live_messages_go_on_meanwhile(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await away(it, HOUR)
        await it.miss("nightly failed", 60)
        await it.say("nightly succeeded", 120)
        assert await it.catch_up.round()

        assert [action for action, _ in await it.deliver()] == ["resolve"]


async def test_same_message_live_and_from_history_is_one(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await away(it, HOUR)
        await it.miss("nightly failed", 60)
        await it.say("nightly failed", 60)
        for _ in range(3):
            assert await it.catch_up.round()

        assert len(await it.deliver()) == 1


async def test_replies_under_recent_parents_are_read(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        parent = await it.miss("nightly started run=7", -HOUR)
        await away(it, HOUR)
        await it.miss("nightly failed run=7", 60, thread_ts=parent.ts)
        assert await it.catch_up.round()

        assert len(await it.deliver()) == 1


async def test_start_that_goes_on_is_looked_at_again(tmp_path: Path) -> None:
    """Many producers edit their first message; history shows it under its old time."""
    async with rig(tmp_path) as it:
        assert await it.catch_up.round()
        start = await it.say("nightly started run=7", 1)
        it.clock.ahead += 5 * HOUR
        await it.store.cursors.advance(CHANNEL, f"{it.begun + 4 * HOUR:.6f}")
        await it.miss("nightly failed run=7", 5 * HOUR, ts=start.ts)
        assert await it.catch_up.round()

        assert [action for action, _ in await it.deliver()] == ["trigger"]


async def test_what_was_missed_does_not_wait_for_all_starts_without_an_end(tmp_path: Path) -> None:
    """Some producers tell of starts and failures only: each success leaves a run that goes on."""
    async with rig(tmp_path) as it:
        assert await it.catch_up.round()
        starts = [await it.say(f"nightly started run={n}", n) for n in range(30)]
        it.clock.ahead += 5 * HOUR
        await it.store.cursors.advance(CHANNEL, f"{it.begun + 4 * HOUR:.6f}")
        assert await it.catch_up.round()

        newest = [start.ts for start in reversed(starts[-MOST_OPEN_RUNS:])]
        assert it.past.asked_replies == newest


async def test_deleted_start_stops_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        assert await it.catch_up.round()
        await it.say("nightly started run=7", 1)
        await it.store.cursors.advance(CHANNEL, f"{it.begun + 4 * HOUR:.6f}")
        it.clock.ahead += 5 * HOUR

        real = it.past.replies

        async def gone(*_: object, **__: object) -> list[object]:
            raise NotThere("thread_not_found")

        it.past.replies = gone  # type: ignore[assignment, method-assign]
        assert await it.catch_up.round()
        it.past.replies = real  # type: ignore[method-assign]


async def test_run_that_ended_while_away_is_not_reported_late(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED) as it:
        await away(it, 10 * HOUR)
        await it.miss("nightly started run=7", 60)
        await it.miss("nightly succeeded run=7", 120)
        await it.miss("weekly started run=8", 180)
        assert await it.catch_up.round()

        assert await it.timers.fire_due() == 1
        assert ("trigger", "script:-:weekly") in await it.deliver()


async def test_older_failures_are_summarized_not_sent(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await away(it, 3 * DAY)
        await it.miss("nightly failed", 60)
        await it.miss("nightly failed", 120)
        await it.miss("weekly failed", 180)
        await it.miss("hourly failed", 240)
        await it.miss("hourly succeeded", 300)
        await it.miss("daily failed", 3 * DAY - HOUR)
        assert await it.catch_up.round()

        assert sorted(await it.deliver()) == [
            ("resolve", "script:-:hourly"),  # an alert may be open since before
            ("trigger", "script:-:daily"),
        ]
        ((thread, line),) = it.board.posts
        assert thread is None
        assert "3 failures were missed that are older than 1d" in line
        assert "nightly (2×), weekly." in line


async def test_summary_that_slack_does_not_take_stops_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await away(it, 3 * DAY)
        await it.miss("nightly failed", 60)
        it.board.errors.append(SlackError("no"))
        assert await it.catch_up.round()


async def test_reading_ends_where_all_is_far_too_old(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await away(it, 30 * DAY)
        for second in range(100):
            await it.miss(f"job-{second} failed", 1 + second)
        assert await it.catch_up.round()

        assert it.past.pages_read == 21


async def test_slack_that_does_not_answer_is_asked_again(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await away(it, HOUR)
        await it.miss("nightly failed", 60)
        it.past.errors.append(SlackError("ratelimited"))
        assert not await it.catch_up.round()
        assert await it.catch_up.round()

        assert len(await it.deliver()) == 1


async def test_reading_that_breaks_off_loses_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        parent = await it.miss("nightly started run=7", -10)
        await away(it, HOUR)
        await it.miss("weekly failed", 120)
        await it.miss("nightly failed run=7", 60, thread_ts=parent.ts)
        before = await it.store.cursors.get(CHANNEL)

        async def breaks(*_: object, **__: object) -> list[object]:
            raise SlackError("ratelimited")

        real, it.past.replies = it.past.replies, breaks  # type: ignore[assignment, method-assign]
        assert not await it.catch_up.round()
        assert await it.store.cursors.get(CHANNEL) == before
        it.past.replies = real  # type: ignore[method-assign]
        assert await it.catch_up.round()
        assert len(await it.deliver()) == 2


async def test_channel_that_the_bot_left_is_forgotten(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await away(it, HOUR)
        it.rooms.names.clear()
        it.past.errors.append(NotThere("not_in_channel"))
        assert await it.catch_up.round()

        assert await it.store.cursors.get(CHANNEL) is None


async def test_channel_that_no_rule_means_is_not_read(tmp_path: Path) -> None:
    async with rig(tmp_path, RULES + 'channels = ["#other"]\n') as it:
        assert await it.catch_up.round()

        assert await it.store.cursors.all() == {}


async def test_database_that_is_gone_is_met_again_later(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await away(it, HOUR)
        await it.miss("nightly failed", 60)
        await it.store.writer.close()

        assert not await it.catch_up.round()
        assert await it.catch_up._once() > 0
        assert it.catch_up.first_round.is_set()


async def test_message_that_cannot_be_judged_does_not_hide_the_others(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await away(it, HOUR)
        await it.miss("nightly failed", 60)
        await it.miss("weekly failed", 90)
        take = it.pipeline.take

        async def breaks(message: object, *rest: object) -> object:
            if "weekly" in str(message):
                raise ZeroDivisionError
            return await take(message, *rest)  # type: ignore[arg-type]

        it.pipeline.take = breaks  # type: ignore[assignment, method-assign]
        assert await it.catch_up.round()
        assert len(await it.deliver()) == 1


async def test_a_thousand_missed_messages_after_simulated_hours(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await away(it, 12 * HOUR)
        for number in range(1_000):
            word = "failed" if number < 950 else "succeeded"
            await it.miss(f"job-{number % 50} {word}", 1 + number)
        assert await it.catch_up.round()
        await it.deliver()

        assert {action for action, _ in it.sender.taken} == {"resolve"}
        assert len(it.sender.taken) == 50


async def test_rounds_go_on_for_ever_and_at_request(tmp_path: Path) -> None:
    async with rig(tmp_path, clock=WaitingClock()) as it:
        running = asyncio.create_task(it.catch_up.run())
        await it.catch_up.first_round.wait()
        await it.miss("nightly failed", 60)
        it.catch_up.request()
        await until(it.deliver)
        running.cancel()


@pytest.mark.parametrize("rules", [None, RULES])
async def test_round_that_is_not_ours_waits(tmp_path: Path, rules: str | None) -> None:
    async with rig(tmp_path, rules) as it:
        if rules is not None:
            it.rooms.failures = 1
        assert await it.catch_up._once() == (5 if rules is None else 30)


async def test_what_was_missed_is_unread_until_somebody_tried(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.past.errors.append(SlackError("Slack did not answer."))
        await it.say("nightly failed")
        states = [it.catch_up.is_behind]
        await it.catch_up._once()
        states.append(it.catch_up.is_behind)
        it.catch_up.request()
        states.append(it.catch_up.is_behind)
        await it.catch_up._once()
        states.append(it.catch_up.is_behind)

        assert states == [True, False, True, False]
