"""Buttons and forms: they act at once or ask, and say what is wrong where it was typed."""

from typing import Any

import pytest

from bot.sandbox.pagerduty import Fault
from bot.sandbox.slack import Fault as SlackFault
from bot.sandbox.slack import Message, View, all_text
from tests.e2e.facts import assignees, notes, resolution
from tests.e2e.world import CHANNEL, World


async def shown(here: World) -> Message:
    here.incident()
    return await here.answer("show 1")


async def form(here: World, verb: str) -> View:
    await here.click(await shown(here), verb)
    return await here.slack.expect_view(here.ann, verb)


@pytest.mark.parametrize("verb", ["resolve", "note", "reassign"])
async def test_form_names_its_incident(here: World, verb: str) -> None:
    view = await form(here, verb)

    (incident,) = here.pagerduty.incidents.values()
    assert f"|#1> {incident.title} (triggered)." in all_text(view)


async def test_form_opens_while_pagerduty_fails(here: World) -> None:
    card = await shown(here)
    here.pagerduty.faults.add(Fault("rest.getIncident", 403))

    await here.click(card, "resolve")

    (incident,) = here.pagerduty.incidents.values()
    view = await here.slack.expect_view(here.ann, "resolve")
    assert f"For #1 {incident.title}." in all_text(view)


async def test_acknowledge_acts_at_once(both: World) -> None:
    card = await shown(both)

    await both.click(card, "acknowledge")

    assert "Acknowledged. PagerDuty says: #1" in all_text(
        await both.slack.expect_ephemeral(both.ann)
    )


async def test_resolve_form_takes_a_resolution_or_none(both: World) -> None:
    view = await form(both, "resolve")

    ack = await both.slack.submit(both.ann, view, {"resolution": "restarted\nthe exporter"})

    assert ack.ok
    assert "Resolved." in all_text(await both.slack.expect_ephemeral(both.ann))
    incident = both.pagerduty.incident(1)
    assert resolution(incident) == "restarted\nthe exporter"
    assert notes(incident) == [("restarted\nthe exporter", "Ann Archer")]


async def test_resolve_form_may_stay_empty(here: World) -> None:
    view = await form(here, "resolve")

    await here.slack.submit(here.ann, view, {})

    assert "is resolved." in all_text(await here.slack.expect_ephemeral(here.ann))
    assert here.pagerduty.incident(1).notes == []


async def test_note_form_writes_the_note(both: World) -> None:
    view = await form(both, "note")

    await both.slack.submit(both.ann, view, {"note": "#99 is not meant -- by this"})

    assert "Your note is on #1" in all_text(await both.slack.expect_ephemeral(both.ann))
    assert notes(both.pagerduty.incident(1)) == [("#99 is not meant -- by this", "Ann Archer")]


async def test_note_form_of_spaces_stays_open_with_its_error(here: World) -> None:
    view = await form(here, "note")

    ack = await here.slack.submit(here.ann, view, {"note": "  \n "})

    assert ack.body["errors"] == {"note": "Write what the note should tell."}
    assert await here.slack.expect_view(here.ann, "note")
    assert here.writes() == []


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({}, "assignees", "Say whom to assign"),
        ({"emails": "@bob"}, "emails", 'Slack did not link "@bob" to anybody'),
        (
            {"assignees": ["U0BOB"], "escalation_policy": "Billing EP"},
            "escalation_policy",
            "to people or to one escalation policy, not to both",
        ),
    ],
)
async def test_reassign_form_with_a_mistake_stays_open_with_its_error(
    here: World, values: dict[str, Any], field: str, says: str
) -> None:
    view = await form(here, "reassign")
    if "escalation_policy" in values:
        await here.slack.options(here.ann, view, "escalation_policy", "bill")

    ack = await here.slack.submit(here.ann, view, values)

    assert list(ack.body["errors"]) == [field]
    assert says in ack.body["errors"][field]
    assert await here.slack.expect_view(here.ann, "reassign")
    assert here.writes() == []


async def test_reassign_form_takes_slack_people_emails_and_a_reason(both: World) -> None:
    view = await form(both, "reassign")

    await both.slack.submit(
        both.ann,
        view,
        {"assignees": ["U0BOB"], "emails": "ann@example.com, bot@example.com", "reason": "all"},
    )

    said = all_text(await both.slack.expect_ephemeral(both.ann))
    assert "Reassigned to Bob Breuer, Ann Archer and pdbot." in said
    assert assignees(both.pagerduty.incident(1)) == ["Ann Archer", "Bob Breuer", "pdbot"]
    assert notes(both.pagerduty.incident(1)) == [("all", "Ann Archer")]


async def test_reassign_form_offers_the_escalation_policies(both: World) -> None:
    view = await form(both, "reassign")

    offered = await both.slack.options(both.ann, view, "escalation_policy", "BILL")
    await both.slack.submit(both.ann, view, {"escalation_policy": "Billing EP"})

    assert [one["text"]["text"] for one in offered.body["options"]] == ["Billing EP"]
    said = all_text(await both.slack.expect_ephemeral(both.ann))
    assert "Billing EP escalates from here on as usual." in said


async def test_submitted_form_with_an_unknown_email_offers_the_rest(here: World) -> None:
    view = await form(here, "reassign")

    await here.slack.submit(here.ann, view, {"assignees": ["U0BOB"], "emails": "zed@x.org"})

    answer = await here.slack.expect_ephemeral(here.ann)
    assert "Not reassigned: zed@x.org is not the e-mail of a PagerDuty user." in all_text(answer)
    await here.click(answer, "pick")
    assert "Reassigned to Bob Breuer." in all_text(await here.slack.expect_ephemeral(here.ann))


async def test_form_that_slack_does_not_open_is_told(here: World) -> None:
    card = await shown(here)
    here.slack.faults.add(SlackFault("views.open", error="expired_trigger_id"))

    await here.click(card, "note")

    said = all_text(await here.slack.expect_ephemeral(here.ann))
    assert "The form did not open, because Slack allows only 3 seconds for it" in said
    assert "Nothing was done; press the button again." in said


@pytest.mark.parametrize("verb", ["acknowledge", "resolve", "reassign"])
async def test_stale_button_changes_nothing_and_says_who_did_it(both: World, verb: str) -> None:
    card = await shown(both)
    incident = both.pagerduty.incident(1)
    both.pagerduty.resolve(incident, by=both.pd_bob)

    await both.click(card, verb)

    said = all_text(await both.slack.expect_ephemeral(both.ann))
    assert "was resolved by Bob Breuer a few seconds ago; nothing changed." in said
    assert incident.status == "resolved"
    assert both.slack.views == {}


@pytest.mark.parametrize("verb", ["resolve", "note", "reassign"])
async def test_form_is_not_opened_for_a_guest(here: World, verb: str) -> None:
    await here.slack.command(here.ann, f"/pd show {here.incident().id} --post", channel=CHANNEL)
    card = await here.slack.expect_message(CHANNEL, "Triggered: #1")
    guest = here.slack.add_user("gus", email="ann@example.com", is_restricted=True)
    here.slack.workspace.channels[CHANNEL].members.append(guest.id)

    await here.slack.click(guest, card, verb)

    assert "Guests cannot use me" in all_text(await here.slack.expect_ephemeral(guest))
    assert here.slack.views == {}


async def test_note_form_opens_for_a_resolved_incident(here: World) -> None:
    card = await shown(here)
    here.pagerduty.resolve(here.pagerduty.incident(1), by=here.pd_bob)

    await here.click(card, "note")

    view = await here.slack.expect_view(here.ann, "note")
    assert "(resolved)." in all_text(view)


async def test_button_of_a_deleted_incident_says_so(here: World) -> None:
    card = await shown(here)
    here.pagerduty.delete(here.pagerduty.incident(1))

    await here.click(card, "acknowledge")

    said = all_text(await here.slack.expect_ephemeral(here.ann))
    assert "it was deleted. Nothing was done." in said


async def test_confirmed_list_survives_an_incident_that_is_gone(here: World) -> None:
    for number in range(4):
        here.incident(f"Number {number}")
    asked = await here.answer("ack all")
    here.pagerduty.delete(here.pagerduty.incident(2))
    here.pagerduty.faults.add(Fault("rest.updateIncident", 403))

    await here.click(asked, "pick")

    said = all_text(await here.slack.expect_ephemeral(here.ann))
    assert "2 acknowledged, 2 not possible:" in said
    assert "PagerDuty no longer has it." in said
