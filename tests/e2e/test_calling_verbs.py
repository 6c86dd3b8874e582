"""Verbs that call people or keep them from being called: snooze, escalate, add, priority."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.sandbox.pagerduty import Fault
from bot.sandbox.slack import all_text
from tests.e2e.cards import post_card
from tests.e2e.facts import acknowledgers, assignees, notes
from tests.e2e.picks import picks, press
from tests.e2e.world import CHANNEL, World

# ---------------------------------------------------------------- snooze


async def test_snooze_acknowledges_first_and_says_until_when(both: World) -> None:
    incident = both.incident()

    said = await both.pd("snooze 1 2h")

    assert "Snoozed for 2h, until" in said
    assert "is acknowledged by Ann Archer" in said
    assert incident.snoozed_until is not None
    assert incident.snoozed_until - datetime.now(UTC) < timedelta(hours=2)
    assert acknowledgers(incident) == ["Ann Archer"]


async def test_snooze_until_a_time_is_meant_in_the_callers_zone(here: World) -> None:
    incident = here.incident(status="acknowledged")

    await here.pd("snooze until mon 9")

    assert incident.snoozed_until is not None
    end = incident.snoozed_until.astimezone(ZoneInfo(here.ann.tz)) + timedelta(seconds=5)
    assert (end.weekday(), end.hour, end.minute) == (0, 9, 0)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("snooze 1", "You named no time; nothing was done."),
        ("snooze 1 soon", '"soon" is not a time; nothing was done.'),
        ("snooze 1 8d", "for 1 second to 7 days, and this would be 8d; nothing was done."),
        ("snooze 1 0s", "for 1 second to 7 days, and this would be 0s; nothing was done."),
        ("snooze 99 1h", "No incident #99"),
    ],
)
async def test_snooze_refuses_what_cannot_be(here: World, typed: str, says: str) -> None:
    here.incident()

    assert says in await here.pd(typed)
    assert here.writes() == []


async def test_snooze_leaves_a_resolved_incident_alone(here: World) -> None:
    here.incident(status="resolved")

    assert "was resolved by Ann Archer" in await here.pd("snooze 1 1h")
    assert here.writes() == []


async def test_snooze_that_fails_says_that_it_is_acknowledged(here: World) -> None:
    incident = here.incident()
    here.pagerduty.faults.add(Fault("rest.createIncidentSnooze", 403))

    said = await here.pd("snooze 1 1h")

    assert "#1 is acknowledged, but it may not be snoozed: Could not snooze" in said
    assert incident.status == "acknowledged"


# ---------------------------------------------------------------- escalate


async def test_escalate_calls_the_next_level(both: World) -> None:
    incident = both.incident(assignees=None)

    said = await both.pd("escalate 1")

    assert "Escalated to level 2, Ann Archer. PagerDuty says: #1" in said
    assert assignees(incident) == ["Ann Archer"]


async def test_escalate_to_a_level_by_number(here: World) -> None:
    incident = here.incident(assignees=None)

    assert "Escalated to level 2, Ann Archer." in await here.pd("escalate 1 level 2")
    assert "is on the last level of Billing EP already" in await here.pd("escalate 1 next")
    assert "Escalated to level 1, Bob Breuer." in await here.pd("escalate 1 1")
    assert assignees(incident) == ["Bob Breuer"]


async def test_escalate_asks_where_the_level_cannot_be_told(here: World) -> None:
    incident = here.incident()
    here.pagerduty.reassign(incident, [here.pd_ann], by=here.pd_bob)

    asked = await here.answer("escalate 1")

    assert "does not tell on which level of Billing EP it is" in all_text(asked)
    assert list(picks(asked)) == ["Level 1: Bob Breuer", "Level 2: Ann Archer"]
    assert here.writes() == []
    assert "Escalated to level 1" in await press(here, asked, "Level 1: Bob Breuer")


@pytest.mark.parametrize(
    ("typed", "facts", "says"),
    [
        ("escalate 1 7", {}, "Billing EP has nobody on call on level 7; nothing was done."),
        ("escalate 1 up", {}, '"up" is not a level; nothing was done.'),
        ("escalate 1", {"urgency": "low"}, "PagerDuty escalates only high urgency"),
        ("escalate 1", {"status": "resolved"}, "was resolved by"),
    ],
)
async def test_escalate_refuses_what_cannot_be(
    here: World, typed: str, facts: dict[str, Any], says: str
) -> None:
    here.incident(assignees=None, **facts)

    assert says in await here.pd(typed)
    assert here.writes() == []


async def test_escalate_where_nobody_is_on_call_says_so(here: World) -> None:
    here.incident()
    here.policy.levels.clear()

    assert "Nobody is on call for #1" in await here.pd("escalate 1 2")


# ---------------------------------------------------------------- add


async def test_add_asks_people_in_the_callers_name(both: World) -> None:
    incident = both.incident()

    said = await both.pd("add 1 @bob -- the replica lags")

    assert "PagerDuty asks Bob Breuer to join #1 Nightly export failed" in said
    (request,) = incident.responder_requests
    assert request.message == "the replica lags"
    assert (request.requester.name, [one.name for one in request.targets]) == (
        "Ann Archer",
        ["Bob Breuer"],
    )
    assert assignees(incident) == ["Ann Archer"]


async def test_add_without_the_ability_explains_402(here: World) -> None:
    here.pagerduty.abilities.remove("coordinated_responding")
    here.incident()

    said = await here.pd("add 1 oncall:Billing")

    assert "cannot ask for further responders (402)" in said
    assert "Nobody was added." in said
    assert "/pd reassign 1" in said


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("add 1", "Say whom to ask; nothing was done."),
        ("add 1 zed@x.org", "Nobody was added: zed@x.org is not the e-mail of a PagerDuty user."),
        ("add 1 @bob -- " + "x" * 2001, "The message has 2,001 characters"),
    ],
)
async def test_add_refuses_what_cannot_be(here: World, typed: str, says: str) -> None:
    here.incident()

    assert says in await here.pd(typed)
    assert here.writes() == []


# ---------------------------------------------------------------- priority


async def test_priority_is_set_by_name(both: World) -> None:
    incident = both.incident()

    assert "has the priority P2." in await both.pd("priority 1 p2")
    assert "has the priority P1; it was P2." in await both.pd("prio 1 P1")
    assert "has the priority P1; nothing changed." in await both.pd("priority 1 P1")
    assert incident.priority is not None
    assert incident.priority.name == "P1"


async def test_priority_that_is_none_offers_those_there_are(here: World) -> None:
    here.incident()

    asked = await here.answer("priority 1 urgent")

    assert '"urgent" is none of your account\'s priorities: P1, P2, P3, P4 or P5.' in all_text(
        asked
    )
    assert "has the priority P3." in await press(here, asked, "P3")


async def test_priority_without_priorities_says_who_can_turn_them_on(here: World) -> None:
    here.pagerduty.priorities.clear()
    here.incident()

    assert "Your PagerDuty account has no priorities" in await here.pd("priority 1 P2")


# ---------------------------------------------------------------- who may, and in whose name


async def test_people_without_a_user_are_refused(here: World) -> None:
    here.incident()

    for typed in ("snooze 1 1h", "escalate 1", "add 1 @bob", "priority 1 P1", "trigger x"):
        assert "I don't know your PagerDuty user" in await here.pd(typed, here.eve)
    assert here.writes() == []


async def test_with_a_personal_key_notes_name_who_it_was(tmp_path: Any) -> None:
    from tests.e2e.world import world  # noqa: PLC0415  # a world of its own

    async with world(tmp_path, key_owner="Bob Breuer") as here:
        incident = here.incident(assignees=None)
        for typed in ("snooze 1 1h", "escalate 1 2", "add 1 ann@example.com", "priority 1 P1"):
            await here.pd(typed)

        assert [content for content, _ in notes(incident)] == [
            "Snoozed by ann in Slack.",
            "Escalated to level 2 by ann in Slack.",
            "Ann Archer asked to join by ann in Slack.",
            "Priority set to P1 by ann in Slack.",
        ]


async def test_buttons_carry_what_was_typed(here: World) -> None:
    here.incident()
    here.incident("Second")

    asked = await here.answer("snooze 30m")

    values = [json.loads(value) for value in picks(asked).values()]
    assert [(one["verb"], one["args"]) for one in values] == [("snooze", "30m")] * 2


# ---------------------------------------------------------------- the menu of a card


async def test_menu_of_a_card_acts_and_repairs_the_card(both: World) -> None:
    incident = both.incident()
    card = await post_card(both, incident)

    ack = await both.slack.choose(both.ann, card, "more", "Snooze for 1 hour")

    assert ack.ok
    answer = await both.slack.expect_ephemeral(both.ann, CHANNEL, "Snoozed for 1h")
    assert "is acknowledged by Ann Archer" in all_text(answer)
    assert incident.snoozed_until is not None
    await both.slack.expect_update(card, "Acknowledged")


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ("Take it", "Taken. PagerDuty says: #1"),
        ("Snooze until 09:00", "Snoozed for"),
        ("Escalate…", "#1 can go to these levels. Nothing was done yet. Which level?"),
        ("Priority…", "You named none of your account's priorities: P1, P2, P3, P4 or P5."),
    ],
)
async def test_every_choice_of_the_menu_leads_somewhere(
    here: World, choice: str, says: str
) -> None:
    here.incident()
    card = await here.answer("show 1")

    await here.slack.choose(here.ann, card, "more", choice)

    assert says in all_text(await here.slack.expect_ephemeral(here.ann, CHANNEL))


async def test_resolved_card_has_no_menu(here: World) -> None:
    here.incident(status="resolved")
    card = await here.answer("show 1")

    assert "overflow" not in str(card.blocks)
