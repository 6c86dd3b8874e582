"""Taking back what one did in the last minute."""

from pathlib import Path

import pytest

from bot.sandbox.pagerduty import Fault
from bot.sandbox.slack import Message, all_text
from tests.e2e.cards import Leaps
from tests.e2e.facts import acknowledgers, assignees
from tests.e2e.picks import picks, press
from tests.e2e.world import World, world


async def test_undo_gives_a_reassigned_incident_back(both: World) -> None:
    incident = both.incident()
    both.pagerduty.reassign(incident, [both.pd_ann], by=both.pd_bob)
    await both.pd("reassign 1 @bob")

    said = await both.pd("undo")

    assert "Taken back: “reassign 1 @" in said
    assert "assigned to Ann Archer." in said
    assert assignees(incident) == ["Ann Archer"]


async def test_undo_restores_the_escalation_policy(here: World) -> None:
    incident = here.incident(assignees=None)
    await here.pd("reassign 1 @ann")
    assert incident.assigned_via == "direct_assignment"

    await here.pd("undo")

    assert (incident.assigned_via, assignees(incident)) == ("escalation_policy", ["Bob Breuer"])


async def test_undo_button_stands_below_a_reassignment_and_takes_back_that_one(here: World) -> None:
    first, second = here.incident(), here.incident("Second")
    answer = await here.answer("reassign 1 @bob")
    await here.pd("reassign 2 @bob")

    said = await press(here, answer, "Undo")

    assert "Taken back" in said
    assert (assignees(first), assignees(second)) == (["Ann Archer"], ["Bob Breuer"])


async def test_undo_reopens_what_was_resolved_and_no_button_offers_that(here: World) -> None:
    incident = here.incident()
    answer = await here.answer("resolve 1 fixed")
    assert picks(answer) == {}

    said = await here.pd("undo")

    assert "is triggered" in said
    assert (incident.status, assignees(incident)) == ("triggered", ["Ann Archer"])


async def test_reopening_is_not_taken_back(here: World) -> None:
    """Who gets a reopened incident, PagerDuty decides: there was no handover to take back."""
    here.incident(status="resolved")
    answer = await here.answer("reopen 1")

    assert "[Undo]" not in all_text(answer)
    assert "there is nothing to take back" in await here.pd("undo")


async def test_undo_of_several_asks_above_three_and_goes_on_after_a_failure(here: World) -> None:
    incidents = [here.incident(f"Incident {number}") for number in range(5)]
    asked = await here.answer("ack all")
    await press(here, asked, "Confirm")
    assert {one.status for one in incidents} == {"acknowledged"}

    question = await here.answer("undo")

    assert "for 5 incidents. What becomes triggered again pages." in all_text(question)
    assert {one.status for one in incidents} == {"acknowledged"}
    here.pagerduty.faults.add(Fault("rest.updateIncident", 403))
    said = await press(here, question, "Confirm")
    assert "Taken back" in said
    assert "PagerDuty refused (403)" in said
    assert sorted(one.status for one in incidents) == ["acknowledged", *["triggered"] * 4]


async def test_undo_of_an_acknowledgement_makes_it_triggered(here: World) -> None:
    incident = here.incident()
    await here.pd("ack 1")

    await here.pd("undo")

    assert (incident.status, acknowledgers(incident)) == ("triggered", [])


async def test_undo_leaves_alone_what_was_changed_since(here: World) -> None:
    incident = here.incident()
    await here.pd("reassign 1 @bob")
    here.pagerduty.acknowledge(incident, by=here.pd_bob)

    said = await here.pd("undo")

    assert "Not taken back" in said
    assert "was changed since, so it was left alone." in said
    assert assignees(incident) == ["Bob Breuer"]


async def test_undo_of_a_deleted_incident_says_so(here: World) -> None:
    incident = here.incident()
    await here.pd("reassign 1 @bob")
    here.pagerduty.delete(incident)

    assert f"{incident.id}: PagerDuty no longer has it." in await here.pd("undo")


@pytest.mark.parametrize("before", [(), ("note 1 x",), ("list",), ("ack 99",)], ids=str)
async def test_undo_with_nothing_to_take_back_says_so(here: World, before: tuple[str, ...]) -> None:
    here.incident()
    for typed in before:
        await here.pd(typed)

    assert "there is nothing to take back" in await here.pd("undo")


async def test_undo_is_not_undone(here: World) -> None:
    here.incident()
    await here.pd("reassign 1 @bob")
    answer: Message = await here.answer("undo")

    assert picks(answer) == {}
    assert "That was taken back already; nothing was done." in await here.pd("undo")


async def test_undo_is_about_ones_own_deeds(here: World) -> None:
    incident = here.incident()
    await here.pd("reassign 1 @bob")

    assert "there is nothing to take back" in await here.pd("undo", here.bob)
    assert assignees(incident) == ["Bob Breuer"]


async def test_undo_takes_no_words(here: World) -> None:
    assert "undo takes nothing" in await here.pd("undo my mistake")


async def test_undo_after_a_minute_is_too_late(tmp_path: Path) -> None:
    clock = Leaps()
    async with world(tmp_path, clock=clock) as here:
        incident = here.incident()
        answer = await here.answer("reassign 1 @bob")
        clock.ahead = 61

        assert "there is nothing to take back" in await here.pd("undo")
        assert "more than 60 seconds ago" in await press(here, answer, "Undo")
        assert assignees(incident) == ["Bob Breuer"]


async def test_undo_needs_the_right_to_do_it(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[[allow]]\neffects = ["ack", "resolve"]\n')
    async with world(tmp_path, environ={"PDBOT_POLICY": str(policy)}) as here:
        incident = here.incident()
        await here.pd("resolve 1")

        assert "reopen is for nobody" in await here.pd("undo")
        assert incident.status == "resolved"
