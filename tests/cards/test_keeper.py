"""Readings become what cards should show, whoever caused them, once."""

import asyncio
from datetime import timedelta

import pytest

from bot.errors import MessageGone, SlackError, StoreError, Unavailable
from bot.ledger import CardRecord
from bot.model import (
    Assignment,
    IncidentId,
    Invocation,
    Mention,
    Outcome,
    Person,
    Reference,
    SlackUserId,
    Status,
    Struck,
    Via,
)
from tests.cards.world import ANN, AT, BOB, Cards, acknowledged, incident, note, resolved

DOWN = Unavailable("PagerDuty does not answer.")


def invocation(via: Via = Via.BUTTON, **facts: object) -> Invocation:
    usual: dict[str, object] = {"incidents": ("Q1",), "channel_id": "C1", "message_ts": "1.0"}
    return Invocation(via=via, slack_user_id=SlackUserId("U1"), text="", **{**usual, **facts})  # type: ignore[arg-type] # a table of facts


async def test_two_cards_of_an_incident_follow_together(cards: Cards) -> None:
    await cards.card()
    await cards.card("C2", "2.0")
    await cards.change(acknowledged(second=1))
    assert sorted(ts for ts, _ in cards.board.shown) == ["1.0", "2.0"]


async def test_a_report_older_than_what_is_known_reads_nothing(cards: Cards) -> None:
    await cards.card()
    await cards.keeper.reported("Q1", AT - timedelta(seconds=1))
    assert cards.pagerduty.asked == []


async def test_a_report_about_an_incident_without_a_card_reads_nothing(cards: Cards) -> None:
    await cards.keeper.reported("Q2", AT)
    assert cards.pagerduty.asked == []


async def test_reports_that_come_together_read_twice_at_most(cards: Cards) -> None:
    await cards.card()
    await asyncio.gather(*(cards.keeper.reported("Q1", AT) for _ in range(10)))
    assert cards.pagerduty.asked.count("get Q1") <= 2


async def test_an_incident_that_cannot_be_read_is_read_by_the_next_sweep(cards: Cards) -> None:
    await cards.card()
    cards.pagerduty.error = DOWN
    await cards.keeper.reported("Q1", AT)
    assert cards.keeper.unread == {"Q1"}

    cards.pagerduty.error, cards.pagerduty.incident = None, resolved(second=2)
    await cards.poller.sweep()
    await cards.drawn()

    assert cards.keeper.unread == set()
    assert cards.board.shown[-1][1].incident.status is Status.RESOLVED


async def test_notes_that_cannot_be_read_do_not_hold_up_the_state(cards: Cards) -> None:
    await cards.card()
    cards.pagerduty.notes_error = DOWN
    await cards.change(acknowledged(second=1), [note(1)])
    assert cards.board.shown[-1][1].incident.status is Status.ACKNOWLEDGED

    cards.pagerduty.notes_error = None
    await cards.poller.sweep()
    await cards.drawn()
    assert cards.board.shown[-1][1].note_count == 1
    assert len(cards.board.said) == 1


async def test_a_report_waits_for_the_database(cards: Cards) -> None:
    await cards.card()
    cards.book.is_down = True
    await cards.keeper.reported("Q1", AT)
    assert cards.keeper.unread == {"Q1"}


async def test_an_own_action_is_told_in_its_own_words(cards: Cards) -> None:
    await cards.card()
    await cards.own.add_note(IncidentId("Q1"), "it was the disk", from_email=None)
    cards.pagerduty.incident = resolved(second=1)
    told = (("ann resolved: it was the disk",),)
    outcome = Outcome(lines=(), changed=(cards.pagerduty.incident,), thread_lines=told)

    await cards.keeper.answered(invocation(), outcome)
    await cards.keeper.refresh("Q1")
    await cards.drawn()

    assert cards.board.said == [("1.0", told[0])]
    assert cards.board.shown[-1][1].note_count == 1


async def test_an_own_action_is_drawn_although_pagerduty_does_not_answer(cards: Cards) -> None:
    await cards.card()
    cards.pagerduty.error = DOWN
    done = Outcome(lines=(), changed=(acknowledged(second=1),))
    await cards.keeper.answered(invocation(Via.COMMAND, incidents=()), done)
    await cards.drawn()
    assert cards.board.shown[-1][1].incident.status is Status.ACKNOWLEDGED


async def test_a_report_waits_until_the_own_action_is_told(cards: Cards) -> None:
    await cards.card()
    cards.clock.waits = True
    await cards.own.assign(IncidentId("Q1"), Assignment(), from_email=None)
    cards.pagerduty.incident = incident(assignees=(BOB,), second=1)
    echo = asyncio.ensure_future(cards.keeper.reported("Q1", AT + timedelta(seconds=1)))
    told = (("Ann → Bob, by ann",),)

    outcome = Outcome(lines=(), changed=(cards.pagerduty.incident,), thread_lines=told)
    await cards.keeper.answered(invocation(), outcome)
    await echo
    await cards.drawn()

    assert cards.board.said == [("1.0", told[0])]


async def test_an_own_note_that_nobody_told_about_is_told_after_all(cards: Cards) -> None:
    await cards.card()
    await cards.own.add_note(IncidentId("Q1"), "half done", from_email=None)
    await cards.keeper.refresh("Q1")
    await cards.drawn()
    assert len(cards.board.said) == 1


async def test_a_pressed_card_that_nobody_knows_is_known_again(cards: Cards) -> None:
    cards.pagerduty.incident = resolved(second=1)
    await cards.keeper.answered(invocation(), Outcome(lines=(), ok=False))
    await cards.drawn()
    assert [ts for ts, _ in cards.board.shown] == ["1.0"]
    assert cards.board.said == []


async def test_a_second_card_is_repaired_when_it_is_pressed(cards: Cards) -> None:
    await cards.card()
    cards.pagerduty.incident = resolved(second=1)
    await cards.keeper.answered(invocation(message_ts="0.5"), Outcome(lines=(), ok=False))
    await cards.drawn()
    assert {ts for ts, _ in cards.board.shown} == {"0.5", "1.0"}


@pytest.mark.parametrize("gone", [True, False])
async def test_a_second_card_that_cannot_be_repaired_is_left(cards: Cards, gone: bool) -> None:
    await cards.card()
    if gone:
        cards.pagerduty.incident = None
    else:
        cards.board.errors.append(SlackError("Slack did not take it."))
    await cards.keeper.adopt("C1", "0.5", "Q1")
    assert cards.board.shown == []


async def test_an_action_without_a_card_asks_nothing_more(cards: Cards) -> None:
    outcome = Outcome(lines=(), changed=(acknowledged(),))
    await cards.keeper.answered(invocation(Via.COMMAND, incidents=()), outcome)
    assert cards.pagerduty.asked == []


async def test_a_card_is_posted_once_for_each_place(cards: Cards) -> None:
    cards.pagerduty.held = [note(1)]
    for thread in (None, None, "0.1"):
        await cards.keeper.post("C1", incident(), thread)
    assert [card.note_count for _, card in cards.board.posted] == [1, 1]
    assert [thread for thread, _ in cards.board.said] == [None]


async def test_a_card_whose_message_is_gone_is_posted_anew(cards: Cards) -> None:
    await cards.card()
    cards.board.errors.append(MessageGone("gone"))
    await cards.keeper.post("C1", incident())
    assert len(cards.board.posted) == 1


async def test_a_card_is_posted_although_pagerduty_does_not_answer_any_more(cards: Cards) -> None:
    cards.pagerduty.error = DOWN
    await cards.keeper.post("C1", acknowledged(ANN))
    assert cards.board.posted[0][1].incident.status is Status.ACKNOWLEDGED


async def test_a_card_forgotten_meanwhile_is_left_alone(cards: Cards) -> None:
    card = await cards.card()
    await cards.store.cards.forget(card)
    await cards.keeper.mark_stale([card], AT)
    assert await cards.store.cards.get("C1", "Q1") is None


async def test_many_at_once_revise_a_card_one_after_the_other(cards: Cards) -> None:
    card = await cards.card()
    await asyncio.gather(*(cards.keeper.mark_stale([card], AT) for _ in range(5)))
    found = await cards.store.cards.get("C1", "Q1")
    assert found is not None
    assert found.revision == card.revision + 1


async def test_a_store_that_fails_is_the_callers_to_handle(cards: Cards) -> None:
    cards.book.is_down = True
    with pytest.raises(StoreError):
        await cards.keeper.answered(
            invocation(), Outcome(lines=(), changed=(incident(),), thread_lines=(("x",),))
        )


async def test_a_card_of_a_deleted_incident_says_so(cards: Cards) -> None:
    await cards.card()
    await cards.change(None)
    assert cards.board.shown[-1][1].is_gone
    record = await cards.store.cards.get("C1", "Q1")
    assert isinstance(record, CardRecord)


async def test_who_is_assigned_is_notified_by_one_card_and_named_by_the_others(
    cards: Cards,
) -> None:
    await cards.card()
    await cards.card("C2", "2.0")
    cards.pagerduty.incident = incident(second=1, assignees=(BOB, ANN))
    await cards.keeper.reported("Q1", AT, Reference("PDANA", "Dana"))
    await cards.drawn()

    assert sorted(cards.board.said) == [
        ("1.0", (Struck("Ann"), " → ", Mention("U0PBOB"), ", ", "Ann", ", by Dana")),
        ("2.0", (Struck("Ann"), " → ", "Bob", ", ", "Ann", ", by Dana")),
    ]


async def test_who_is_not_in_slack_is_named(cards: Cards) -> None:
    cards.pagerduty.incident = incident(assignees=(BOB,))
    await cards.card()
    cards.pagerduty.incident = incident(second=1, assignees=(ANN,))
    await cards.keeper.reported("Q1", AT, Reference("PDANA", "Dana"))
    await cards.drawn()

    assert cards.board.said == [("1.0", (Struck("Bob"), " → ", Person("Ann", "PANN"), ", by Dana"))]


async def test_unheard_escalation_is_shown_in_the_channel_once(cards: Cards) -> None:
    cards.pagerduty.incident = incident(assigned_via="escalation_policy")
    await cards.card()
    escalated = incident(second=1, assigned_via="escalation_policy", assignees=(BOB,))
    await cards.change(escalated, [note(1)])
    await cards.change(escalated, [note(1), note(2)])

    assert cards.board.loud == [("Escalated: ", Struck("Ann"), " → ", Mention("U0PBOB"))]
    assert len(cards.board.said) == 3
    await cards.change(resolved(second=2))
    assert cards.board.loud[1:] == [("Bob", " resolved this.")]


@pytest.mark.parametrize("content", ["🔥" * 3000, "x" * 30_000, "a\0b\ud800c"])
async def test_any_note_is_told_in_the_thread(cards: Cards, content: str) -> None:
    await cards.card()
    await cards.change(incident(second=1), [note(1, content)])

    ((_, line),) = cards.board.said
    assert line[:2] == ("Bob", " noted: ")
    assert cards.board.shown[-1][1].note_count == 1


async def test_an_actions_long_line_is_told_shortened(cards: Cards) -> None:
    await cards.card()
    cards.pagerduty.incident = incident(second=1, assignees=(BOB,))
    told = ((f"Ann → Bob ({'🔥' * 20_000})",),)
    outcome = Outcome(lines=(), changed=(cards.pagerduty.incident,), thread_lines=told)
    await cards.keeper.answered(invocation(), outcome)
    await cards.drawn()

    ((_, (text,)),) = cards.board.said
    assert str(text).startswith("Ann → Bob (🔥")
    assert str(text).endswith("…")


def noted(text: str) -> Outcome:
    return Outcome(lines=(), changed=(incident(),), thread_lines=((text,),))


async def test_notes_of_two_people_at_once_are_told_once_each(cards: Cards) -> None:
    """The second is in PagerDuty when the first one's action reads, and is answered later."""
    await cards.card()
    cards.clock.waits = True
    await cards.own.add_note(IncidentId("Q1"), "first", from_email=None)
    cards.pagerduty.written.clear()
    cards.pagerduty.answers.clear()

    async def second() -> None:
        await cards.own.add_note(IncidentId("Q1"), "second", from_email=None)
        await cards.keeper.answered(invocation(), noted("bob noted: second"))

    late = asyncio.ensure_future(second())
    await cards.pagerduty.written.wait()
    cards.pagerduty.read.clear()
    first = asyncio.ensure_future(cards.keeper.answered(invocation(), noted("ann noted: first")))
    await cards.pagerduty.read.wait()
    cards.pagerduty.answers.set()
    await asyncio.gather(first, late)
    await cards.drawn()

    assert [line for _, line in cards.board.said] == [("ann noted: first",), ("bob noted: second",)]


async def test_what_is_written_while_a_report_is_read_is_told_by_its_action_only(
    cards: Cards,
) -> None:
    await cards.card()
    cards.clock.waits = True
    cards.pagerduty.read.clear()
    cards.pagerduty.reads.clear()
    report = asyncio.ensure_future(cards.keeper.reported("Q1", AT))
    await cards.pagerduty.read.wait()

    async def mine() -> None:
        await cards.own.add_note(IncidentId("Q1"), "mine", from_email=None)
        await cards.keeper.answered(invocation(), noted("ann noted: mine"))

    action = asyncio.ensure_future(mine())
    await cards.pagerduty.written.wait()
    cards.pagerduty.reads.set()
    await asyncio.gather(report, action)
    await cards.drawn()

    assert [line for _, line in cards.board.said] == [("ann noted: mine",)]
