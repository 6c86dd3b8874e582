"""What Slack shows of a job message follows from the outbox, and delays nothing."""

import asyncio
from pathlib import Path

import pytest

from bot.errors import OutcomeUnknown, Refused, SlackError, Unavailable
from bot.ledger import EntryState
from tests.notifier.rig import CHANNEL, KEY, NIGHTLY, RULES, Rig, WaitingClock, incident, rig
from tests.patience import until


def shown(it: Rig, ts: str) -> set[str]:
    return it.board.shown.get((CHANNEL, ts), set())


async def test_delivered_trigger_gets_the_light(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        said = await it.say("nightly failed")
        await it.deliver()
        await it.show()

        assert shown(it, said.ts) == {"rotating_light"}


async def test_resolve_gets_its_mark_only_when_an_alert_was_open(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        first = await it.say("nightly succeeded", 0)
        await it.say("nightly failed", 1)
        second = await it.say("nightly succeeded", 2)
        await it.deliver()
        await it.show()

        assert shown(it, first.ts) == set()
        assert shown(it, second.ts) == {"white_check_mark"}


async def test_message_that_was_edited_shows_its_newest_state(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        said = await it.say("nightly failed", 0)
        await it.deliver()
        await it.show()
        await it.pipeline(it.message("nightly succeeded", 5, ts=said.ts, previous=said.content))
        await it.deliver()
        await it.show()

        assert shown(it, said.ts) == {"white_check_mark"}


async def test_hourglass_comes_after_two_seconds_and_goes(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sender.steps.append(Unavailable("500"))
        said = await it.say("nightly failed")
        await it.deliver()
        await it.show()
        assert shown(it, said.ts) == set()

        it.clock.ahead += 2.1
        await it.show()
        assert shown(it, said.ts) == {"hourglass_flowing_sand"}
        await it.deliver()
        await it.show()
        assert shown(it, said.ts) == {"rotating_light"}


async def test_loop_that_rests_wakes_when_the_hourglass_is_due(tmp_path: Path) -> None:
    rests: asyncio.Queue[float] = asyncio.Queue()

    class RestingClock(WaitingClock):
        async def sleep(self, seconds: float) -> None:
            await rests.put(seconds)
            await asyncio.Event().wait()  # until the alarm rings

    async with rig(tmp_path, clock=RestingClock()) as it, asyncio.timeout(5):
        running = asyncio.create_task(it.receipts.run())
        idle = await rests.get()
        await it.say("nightly failed")

        assert idle > 2
        assert 1 < await rests.get() <= 2
        running.cancel()


async def test_refused_event_is_told_with_a_retry_button(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sender.steps.append(Refused("PagerDuty refused the event (400)."))
        said = await it.say("nightly failed")
        await it.deliver()
        await it.show()
        await it.show()

        assert shown(it, said.ts) == {"x"}
        ((thread, text),) = it.board.posts
        assert thread == said.ts
        assert "refused the event (400)" in text
        assert it.board.buttons[0].value == '{"verb": "jobs", "incidents": [], "args": "retry 1"}'
        assert await it.jobs.retry(1)
        await it.deliver()
        await it.show()
        assert shown(it, said.ts) == {"rotating_light"}


async def test_blocked_event_is_told(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        del it.environ["KEY"]
        said = await it.say("nightly failed")
        await it.deliver()
        await it.show()
        it.clock.ahead += 3
        await it.show()

        assert "the variable KEY is not set" in it.board.posts[0][1]
        assert shown(it, said.ts) == {"hourglass_flowing_sand"}


async def test_message_that_takes_no_reaction_has_its_card_all_the_same(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.incidents.by_key[NIGHTLY] = [incident()]
        it.board.errors += [SlackError("too_many_reactions")]
        said = await it.say("nightly failed")
        await it.deliver()
        await it.show()

        assert it.board.cards == [(said.ts, "Q000001")]


async def test_receipts_of_a_reply_go_into_its_thread(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.incidents.by_key[NIGHTLY] = [incident()]
        await it.say("nightly failed", 5, thread_ts="1700000000.000100")
        await it.deliver()
        await it.show()

        assert it.board.cards == [("1700000000.000100", "Q000001")]


# ---------------------------------------------------------------- restarts, replicas, weather


async def test_receipts_are_taken_up_after_a_restart(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        said = await it.say("nightly failed")
        await it.deliver()
    async with rig(tmp_path) as again:
        again.incidents.by_key[NIGHTLY] = [incident()]
        await again.show()

        assert shown(again, said.ts) == {"rotating_light"}
        assert again.board.cards == [(said.ts, "Q000001")]


async def test_restart_repeats_nothing_that_the_thread_says(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sender.steps.append(Refused("no"))
        await it.say("nightly failed")
        await it.deliver()
        await it.show()
        board = it.board
    async with rig(tmp_path) as again:
        again.board.posts += board.posts
        await again.show()

        assert again.board.posts == board.posts


async def test_mark_spares_the_next_start_what_is_done(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.incidents.by_key[NIGHTLY] = [incident()]
        await it.say("nightly failed", -3_600)
        await it.deliver()
        await it.show()
        await it.receipts.mark()
        clock = it.clock
    clock.ahead += 60
    async with rig(tmp_path, clock=clock) as again:
        await again.receipts.lead()
        await again.receipts.round()
        assert again.incidents.asked == []


async def test_mark_is_not_set_while_something_is_left(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.say("nightly failed")
        await it.receipts.mark()

        assert await it.store.get_meta("receipts") is None


async def test_replica_that_does_not_lead_shows_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.say("nightly failed")
        await it.deliver()
        await it.receipts.round()
        assert it.board.shown == {}

        await it.receipts.lead()
        it.receipts._leads = True
        it.receipts._store = Loses(it.store)  # type: ignore[assignment]
        await it.receipts.lead()
        await it.receipts.round()
        assert it.board.shown == {}


class Loses:
    def __init__(self, store: object) -> None:
        self._store = store

    async def lead(self, _: str) -> bool:
        return False


async def test_what_another_replica_delivered_is_found(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.receipts.lead()
        said = await it.say("nightly failed")
        (claimed,) = await it.store.outbox.claim(1, 1)
        await it.store.outbox.settle_sent(claimed)
        await it.show()

        assert shown(it, said.ts) == {"rotating_light"}


async def test_slack_that_refuses_is_asked_again(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.board.errors += [SlackError("ratelimited")] * 2
        said = await it.say("nightly failed")
        await it.deliver()
        for _ in range(3):
            await it.show()

        assert shown(it, said.ts) == {"rotating_light"}


async def test_slack_that_refuses_for_good_is_left_alone(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.board.errors += [SlackError("no")] * 5
        await it.say("nightly failed")
        await it.deliver()
        for _ in range(8):
            await it.show()

        assert it.board.errors == []
        assert it.board.shown == {}


async def test_late_trigger_that_was_superseded_waits_no_longer(tmp_path: Path) -> None:
    """It waited for hours behind a resolve that PagerDuty may have taken."""
    async with rig(tmp_path) as it:
        it.sender.steps.append(OutcomeUnknown("no answer"))
        await it.say("nightly succeeded", 1)
        await it.deliver()
        late = await it.say("nightly failed", 0)
        for seconds in (0.0, 2.1):
            it.clock.ahead += seconds
            await it.show()
        assert shown(it, late.ts) == {"hourglass_flowing_sand"}

        it.clock.ahead += 3 * 3_600
        assert await it.deliver() == [("resolve", "script:-:nightly")]
        await it.show()
        assert shown(it, late.ts) == set()


@pytest.mark.parametrize("seconds", [3, 3_600])
async def test_discarded_entry_is_shown_as_nothing(tmp_path: Path, seconds: float) -> None:
    async with rig(tmp_path) as it:
        del it.environ["KEY"]
        said = await it.say("nightly failed")
        await it.deliver()
        it.clock.ahead += seconds
        await it.show()
        await it.store.entries.discard(1)
        await it.show()

        assert shown(it, said.ts) == set()


async def test_loop_shows_what_happens(tmp_path: Path) -> None:
    async with rig(tmp_path, clock=WaitingClock()) as it:
        running = asyncio.create_task(it.receipts.run())
        said = await it.say("nightly failed")
        await it.deliver()
        await until(lambda: shown(it, said.ts))
        it.board.errors += [SlackError("no")]
        it.adopt(RULES + "shadow = true\n")
        await it.reload()
        await it.say("weekly failed", 5)
        await until(lambda: not it.board.errors)
        running.cancel()
        assert it.environ["KEY"] == KEY
        assert EntryState.SENT in await it.states()
