"""The relay: what an answer of PagerDuty's means, order, and who waits for whom."""

import asyncio
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.errors import OutcomeUnknown, PagerDutyError, RateLimited, Refused, Unavailable
from bot.ledger import EntryState
from bot.notifier.backoff import delay_seconds
from bot.notifier.keys import KeyMissing, KeyRing
from tests.notifier.rig import KEY, RULES, Rig, WaitingClock, rig
from tests.patience import until


async def test_accepted_event_is_sent_with_the_key_of_its_rule(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.say("nightly failed")

        assert await it.deliver() == [("trigger", "script:-:nightly")]
        assert it.sender.keys == [KEY]
        assert await it.states() == [EntryState.SENT]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        pytest.param(
            RateLimited("slow down", retry_after_seconds=30), EntryState.PENDING, id="429"
        ),
        pytest.param(RateLimited("slow down"), EntryState.PENDING, id="429 without a time"),
        pytest.param(Unavailable("500", status=500), EntryState.PENDING, id="500"),
        pytest.param(Unavailable("nobody is there"), EntryState.PENDING, id="no connection"),
        pytest.param(OutcomeUnknown("nobody answers"), EntryState.PENDING, id="no answer"),
        pytest.param(Refused("invalid event", status=400), EntryState.ABANDONED, id="400"),
        pytest.param(PagerDutyError("?", status=302), EntryState.ABANDONED, id="anything else"),
    ],
)
async def test_answer_decides_what_becomes_of_the_event(
    tmp_path: Path, answer: PagerDutyError, state: EntryState
) -> None:
    async with rig(tmp_path) as it:
        it.sender.steps.append(answer)
        await it.say("nightly failed")
        await it.deliver()

        (entry,) = await it.entries()
        assert (entry.state, entry.error) == (state, str(answer))
        assert it.relay.ended == {state: 1}


async def test_server_that_asks_for_no_wait_is_not_asked_without_end(tmp_path: Path) -> None:
    """`ratelimit-reset: 0` says that less than a second is left."""
    async with rig(tmp_path) as it:
        it.sender.steps += [RateLimited("slow down", retry_after_seconds=0)] * 3
        await it.say("nightly failed")

        assert await it.deliver() == []
        it.clock.ahead += 1
        assert await it.deliver() == []
        assert it.relay.ended == {EntryState.PENDING: 2}


async def test_resolve_waits_for_its_trigger_that_is_retried(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sender.steps += [Unavailable("500"), Unavailable("500")]
        await it.say("nightly failed", 0)
        await it.deliver()
        await it.say("nightly succeeded", 1)
        assert await it.deliver() == []

        for _ in range(2):
            it.clock.ahead += 3
            await it.deliver()

        assert [action for action, _ in it.sender.taken] == ["trigger", "resolve"]


@pytest.mark.parametrize(
    ("lost", "taken"),
    [
        pytest.param(OutcomeUnknown("no answer"), ["resolve"], id="may have been taken"),
        pytest.param(Unavailable("500"), ["trigger", "resolve"], id="was not taken"),
    ],
)
async def test_older_trigger_does_not_come_between_a_resolve_and_its_repetition(
    tmp_path: Path, lost: PagerDutyError, taken: list[str]
) -> None:
    async with rig(tmp_path) as it:
        it.sender.steps.append(lost)
        await it.say("nightly succeeded", 1)
        await it.deliver()
        await it.say("nightly failed", 0)
        for _ in range(2):
            it.clock.ahead += 3
            await it.deliver()

        assert [action for action, _ in it.sender.taken] == taken


async def test_rate_limit_pauses_its_key_and_no_other(tmp_path: Path) -> None:
    rules = RULES + 'job = "nightly"\n[[rule]]\nname = "rest"\nintegration_key = "env:OTHER"\n'
    async with rig(tmp_path, rules) as it:
        it.environ["OTHER"] = KEY[::-1]
        it.sender.steps.append(RateLimited("slow down", retry_after_seconds=30))
        await it.say("nightly failed", 0)
        await it.deliver()
        await it.say("nightly failed project=two", 1)
        await it.say("weekly failed", 2)
        assert await it.deliver() == [("trigger", "script:-:weekly")]

        it.clock.ahead += 29
        assert len(await it.deliver()) == 1
        it.clock.ahead += 2
        assert len(await it.deliver()) == 3


async def test_missing_key_blocks_until_it_is_there(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        del it.environ["KEY"]
        await it.say("nightly failed")
        await it.deliver()
        assert await it.states() == [EntryState.BLOCKED]
        assert await it.relay.unblock() == 0

        it.environ["KEY"] = KEY
        assert await it.relay.unblock() == 1
        assert len(await it.deliver()) == 1


async def test_failed_ones_take_a_quarter_of_the_slots(tmp_path: Path) -> None:
    async with rig(tmp_path, width=8) as it:
        for number in range(6):
            it.sender.steps.append(Unavailable("500"))
            await it.say(f"bad-{number} failed", number)
        await it.deliver()
        it.clock.ahead += 2
        for number in range(3):
            await it.say(f"good-{number} failed", 10 + number)
        it.sender.gate = asyncio.Event()

        assert await it.relay.claim_once() == 5  # 3 fresh ones, and 2 of those that failed
        assert await it.relay.claim_once() == 0
        it.sender.gate.set()
        await it.relay.settle_down()


async def test_all_slots_taken_claims_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path, width=1) as it:
        it.sender.gate = asyncio.Event()
        await it.say("one failed", 0)
        await it.say("two failed", 1)
        assert await it.relay.claim_once() == 1
        assert (await it.relay.claim_once(), it.relay.sending) == (0, 1)

        it.sender.gate.set()
        await it.relay.settle_down()
        assert len(await it.deliver()) == 2


async def test_lease_that_is_nearly_over_is_not_sent(tmp_path: Path) -> None:
    class Frozen(SystemClock):
        """Jumps four seconds ahead each time that it is asked."""

        def __init__(self) -> None:
            self.jumps = 0.0

        def monotonic(self) -> float:
            self.jumps += 4
            return self.jumps

    async with rig(tmp_path) as it:
        await it.say("nightly failed")
        it.relay._clock = Frozen()
        await it.deliver()

        assert it.sender.taken == []
        assert await it.states() == [EntryState.LEASED]


async def test_database_that_is_gone_stops_nothing_for_good(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.say("nightly failed")
        await it.store.writer.close()

        assert await it.relay.claim_once() == 0
        assert await it.relay.claim_once() == 0
        assert await it.relay.unblock() == 0


async def test_outcome_that_cannot_be_stored_is_sent_again(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.say("nightly failed")
        it.sender.gate = asyncio.Event()
        await it.relay.claim_once()
        await it.store.writer.close()
        it.sender.gate.set()
        await it.relay.settle_down()
        assert len(it.sender.taken) == 1

    async with rig(tmp_path) as again:
        assert await again.deliver() == [("trigger", "script:-:nightly")]


async def test_running_relay_sends_and_stops_with_what_is_under_way(tmp_path: Path) -> None:
    async with rig(tmp_path, clock=WaitingClock()) as it:
        it.sender.gate = asyncio.Event()
        running = asyncio.create_task(it.relay.run())
        await asyncio.sleep(0)
        await it.say("nightly failed")
        await until(lambda: it.relay.sending)
        stopping = asyncio.create_task(it.relay.stop())
        await asyncio.sleep(0)
        it.sender.gate.set()
        await stopping
        await running

        assert len(it.sender.taken) == 1
        it.relay.wake()
        assert it.relay.sending == 0


async def is_now(it: Rig, state: EntryState) -> bool:
    return await it.states() == [state]


async def test_running_relay_finds_what_was_committed_elsewhere(tmp_path: Path) -> None:
    async with rig(tmp_path, clock=WaitingClock()) as it:
        await it.say("nightly failed")  # before it runs: nobody wakes it
        del it.environ["KEY"]
        running = asyncio.create_task(it.relay.run())
        await until(lambda: is_now(it, EntryState.BLOCKED))
        it.environ["KEY"] = KEY
        await until(lambda: is_now(it, EntryState.SENT))
        await it.relay.stop()
        await running


async def test_defect_while_sending_leaves_the_event_to_its_next_lease(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sender.steps.append(ZeroDivisionError())
        await it.say("nightly failed")
        assert await it.deliver() == []

        it.clock.ahead += 7
        assert len(await it.deliver()) == 1


async def test_lease_that_somebody_else_has_now_is_not_settled(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sender.gate = asyncio.Event()
        await it.say("nightly failed")
        await it.relay.claim_once()
        it.clock.ahead += 7
        (other,) = await it.store.outbox.claim(1, 1)
        it.sender.gate.set()
        await it.relay.settle_down()

        assert await it.states() == [EntryState.LEASED]
        assert await it.store.outbox.settle_sent(other)


def test_delays_grow_to_a_minute() -> None:
    for attempts, longest in ((0, 1), (1, 1), (2, 2), (5, 16), (7, 60), (500, 60)):
        assert longest / 2 <= delay_seconds(attempts) <= longest


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        pytest.param({}, "the variable KEY is not set", id="absent"),
        pytest.param({"KEY": "too-short"}, "does not hold an integration key", id="no key"),
        pytest.param({"KEY_FILE": "/nowhere"}, "cannot be read", id="file absent"),
    ],
)
def test_key_that_cannot_be_found_is_explained_and_never_shown(
    found: dict[str, str], reason: str
) -> None:
    with pytest.raises(KeyMissing, match=reason) as caught:
        KeyRing(lambda: found, clock=SystemClock()).resolve("env:KEY")
    assert "too-short" not in str(caught.value)


def test_key_is_found_in_files(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n")
    ring = KeyRing(lambda: {"KEY_FILE": str(path)}, clock=SystemClock())

    assert ring.resolve("env:KEY") == KEY
    assert ring.resolve(f"file:{path}") == KEY
    path.unlink()
    assert ring.resolve("env:KEY") == KEY  # for a second


def test_file_of_bytes_holds_no_key(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(KeyMissing, match="it is no text"):
        KeyRing(dict, clock=SystemClock()).resolve(f"file:{path}")
