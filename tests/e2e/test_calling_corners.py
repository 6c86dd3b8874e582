"""Corners of the verbs that call people: other people's keys, lost notes, ids that are people."""

from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.pagerduty import Fault
from tests.e2e.facts import assignees, notes
from tests.e2e.world import World, world


async def test_unmapped_person_adds_in_the_name_of_the_bot(tmp_path: Path) -> None:
    async with world(tmp_path, environ={"PDBOT_UNMAPPED": "from_email"}) as here:
        incident = here.incident()

        said = await here.pd("add 1 @bob", here.eve)

        assert "PagerDuty asks Bob Breuer to join" in said
        assert incident.responder_requests[0].requester.email == "bot@example.com"
        assert notes(incident) == [("Bob Breuer asked to join by eve in Slack.", "pdbot")]


async def test_unmapped_person_adds_nobody_when_the_bots_own_user_is_gone(tmp_path: Path) -> None:
    async with world(tmp_path, environ={"PDBOT_UNMAPPED": "from_email"}) as here:
        here.incident()
        bot = here.pagerduty.user_by_email("bot@example.com")
        assert bot is not None
        del here.pagerduty.users[bot.id]

        said = await here.pd("add 1 @bob", here.eve)

        assert "PagerDuty has no user bot@example.com in whose name to ask" in said


@pytest.mark.parametrize(
    ("typed", "done"),
    [
        ("snooze 1 1h", "Snoozed for 1h"),
        ("escalate 1 2", "Escalated to level 2"),
        ("add 1 ann@example.com", "PagerDuty asks Ann Archer"),
        ("priority 1 P1", "has the priority P1"),
        ("trigger service:Billing x", "Opened: #2 x"),
        ("reassign 1 ann@example.com", "Reassigned to Ann Archer"),
    ],
)
async def test_note_that_cannot_name_the_person_is_told_and_the_write_stands(
    tmp_path: Path, typed: str, done: str
) -> None:
    async with world(tmp_path, key_owner="Bob Breuer") as here:
        here.incident(assignees=None)
        here.pagerduty.faults.add(Fault("rest.createIncidentNote", 403, times=None))

        said = await here.pd(typed)

        assert done in said
        assert "The note that names you could not be written" in said


async def test_undo_whose_note_fails_says_so(tmp_path: Path) -> None:
    async with world(tmp_path, key_owner="Bob Breuer") as here:
        incident = here.incident(assignees=None)
        await here.pd("reassign 1 ann@example.com")
        here.pagerduty.faults.add(Fault("rest.createIncidentNote", 403))

        said = await here.pd("undo")

        assert "Taken back" in said
        assert "The note that names you could not be written" in said
        assert assignees(incident) == ["Bob Breuer"]


async def test_snooze_without_a_time_zone_asks_for_a_duration(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        cy = here.slack.add_user("cy", email="ann@example.com", tz="Mars/Olympus")
        here.slack.workspace.channels["C0PROD"].members.append(cy.id)
        here.incident(status="acknowledged")

        assert "Slack does not tell me your time zone" in await here.pd("snooze 1 until 9", cy)
        assert "Snoozed for 2h" in await here.pd("snooze 1 2h", cy)


async def test_word_shaped_like_an_id_may_be_a_person(here: World) -> None:
    incident = here.incident()

    assert "asks Bob Breuer to join #1" in await here.pd(f"add {here.pd_bob.id}")
    assert "asks Bob Breuer to join #1" in await here.pd(f"add {incident.id} {here.pd_bob.id}")
    assert "No incident PZZZZZ1" in await here.pd(f"add PZZZZZ1 {here.pd_bob.id}")
    here.pagerduty.add_user("Payment Paul", "paul@example.com")
    assert "asks Payment Paul to join #1" in await here.pd("add payment")


async def test_trigger_for_somebody_on_call_takes_one(here: World) -> None:
    here.policy.levels[0].append(here.pd_ann)

    assert "these are Bob Breuer and Ann Archer; nothing was done." in await here.pd(
        "trigger x --to oncall:Billing"
    )
    here.policy.levels[0].pop()
    assert "PagerDuty pages Bob Breuer." in await here.pd("trigger x --to oncall:Billing")


async def test_trigger_whose_outcome_nobody_knows_says_so(weather: World) -> None:
    weather.pagerduty.faults.add(Fault("rest.createIncident", 503, times=None))
    weather.pagerduty.faults.add(Fault("rest.listIncidents", 503, times=None))

    assert "Could not open the incident" in await weather.pd("trigger x")


@pytest.mark.parametrize(
    ("ability", "says"),
    [
        (Fault("rest.listPriorities", 402, times=None), "Your PagerDuty account has no priorities"),
        (Fault("rest.listPriorities", 503, times=None), "PagerDuty is not answering"),
    ],
    ids=["not in the plan", "not answering"],
)
async def test_priority_without_the_list_says_why(weather: World, ability: Any, says: str) -> None:
    weather.incident()
    weather.pagerduty.faults.add(ability)

    assert says in await weather.pd("priority 1 P1")


@pytest.mark.parametrize(
    ("typed", "effect"),
    [
        ("snooze 1 1h", "snooze"),
        ("escalate 1", "escalate"),
        ("add 1 @bob", "add"),
        ("priority 1 P1", "priority"),
        ("trigger x", "trigger"),
    ],
)
async def test_each_verb_needs_its_own_right(tmp_path: Path, typed: str, effect: str) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(
        f'[[allow]]\neffects = ["note"]\n\n[[allow]]\neffects = ["{effect}"]\nusers = ["U0BOB"]\n'
    )
    async with world(tmp_path, environ={"PDBOT_POLICY": str(policy)}) as here:
        here.incident(assignees=None)

        assert f"{effect} is for the user U0BOB" in await here.pd(typed)
        assert here.writes() == []


async def test_snoozing_what_is_triggered_needs_the_right_to_acknowledge(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[[allow]]\neffects = ["snooze"]\n')
    async with world(tmp_path, environ={"PDBOT_POLICY": str(policy)}) as here:
        here.incident()

        assert "ack is for nobody" in await here.pd("snooze 1 1h")
        assert here.writes() == []
