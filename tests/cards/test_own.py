"""The bot's own writes hold back whoever would tell about them a second time."""

import asyncio
from typing import Any

from bot.cards.own import MOST_MARKS, OwnWrites
from bot.model import (
    Assignment,
    Incident,
    IncidentId,
    Invocation,
    Outcome,
    SlackUserId,
    Status,
    Via,
)
from tests.cards.world import Cards, FakePagerDuty, Leaping, incident

Q1 = IncidentId("Q1")


async def test_everything_is_passed_on(cards: Cards) -> None:
    own, to = cards.own, Assignment()
    await own.set_status(Q1, Status.RESOLVED, from_email=None)
    await own.assign(Q1, to, from_email=None)
    await own.escalate(Q1, 2, from_email=None)
    await own.set_priority(Q1, "P1", from_email=None)
    await own.snooze(Q1, 60, from_email=None)
    await own.create(title="t", service_id="S", from_email=None)
    await own.request_responders(Q1, requester_id="P", message="m", to=to)
    await own.add_note(Q1, "n", from_email=None)
    await own.get("Q1")
    await own.find()
    assert len(cards.pagerduty.asked) == 10
    assert [one.content for one in await own.notes(Q1)] == ["n"]


async def test_an_incident_nobody_wrote_to_is_settled() -> None:
    own = OwnWrites(FakePagerDuty(incident()), Leaping())
    await own.settled("Q1")
    assert own.take("Q1") == frozenset()


async def test_a_write_is_settled_when_it_was_told() -> None:
    clock = Leaping()
    own = OwnWrites(FakePagerDuty(incident()), clock)
    await own.add_note(Q1, "n", from_email=None)
    assert own.take("Q1") == {"N1"}
    await own.settled("Q1")
    assert clock.ahead == 0


async def test_a_write_that_is_never_told_is_settled_soon() -> None:
    clock = Leaping()
    own = OwnWrites(FakePagerDuty(incident()), clock)
    await own.set_status(Q1, Status.RESOLVED, from_email=None)
    await own.settled("Q1")
    assert 2 < clock.ahead < 5


async def test_of_two_writes_under_way_the_first_to_end_settles_nothing() -> None:
    going = asyncio.Event()

    class Slow(FakePagerDuty):
        async def assign(self, incident_id: IncidentId, to: Assignment, **_: Any) -> Incident:
            await going.wait()
            return await super().assign(incident_id, to)

    clock = Leaping()
    clock.waits = True
    own = OwnWrites(Slow(incident()), clock)
    slow = asyncio.ensure_future(own.assign(Q1, Assignment(), from_email=None))
    await asyncio.sleep(0)
    await own.add_note(Q1, "n", from_email=None)
    assert own.take("Q1") == {"N1"}
    waiting = asyncio.ensure_future(own.settled("Q1"))
    going.set()
    await slow
    own.take("Q1")
    await waiting


async def test_what_is_remembered_is_bounded() -> None:
    own = OwnWrites(FakePagerDuty(incident()), Leaping())
    for number in range(MOST_MARKS + 10):
        await own.set_status(IncidentId(f"Q{number}"), Status.RESOLVED, from_email=None)
    await own.settled("Q0")
    assert own.take("Q0") == frozenset()


async def test_action_that_failed_holds_nobody_up(cards: Cards) -> None:
    await cards.card()
    await cards.own.set_status(Q1, Status.ACKNOWLEDGED, from_email=None)
    assert cards.own.is_pending(Q1)

    failed = Invocation(via=Via.COMMAND, slack_user_id=SlackUserId("U1"), text="ack 1")
    await cards.keeper.answered(failed, Outcome(lines=(), ok=False))

    assert not cards.own.is_pending(Q1)
