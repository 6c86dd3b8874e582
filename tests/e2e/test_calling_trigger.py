"""`trigger` opens an incident, and `oncall` says whom it would call."""

import pytest

from bot.sandbox.pagerduty import Fault
from bot.sandbox.slack import all_text
from tests.e2e.facts import assignees
from tests.e2e.picks import picks, press
from tests.e2e.world import CHANNEL, World

# ---------------------------------------------------------------- trigger


async def test_trigger_opens_an_incident_in_the_callers_name(both: World) -> None:
    said = await both.pd("trigger service:billing nobody can pay & more")

    (incident,) = both.pagerduty.incidents.values()
    assert "Opened: #1 nobody can pay &amp; more. PagerDuty pages whoever is on call" in said
    assert incident.title == "nobody can pay & more"
    assert assignees(incident) == ["Bob Breuer"]
    assert both.writes()[0].headers["from"] == "ann@example.com"


async def test_trigger_for_one_person(here: World) -> None:
    said = await here.pd('trigger service:"Billing" checkout is down --to @ann')

    (incident,) = here.pagerduty.incidents.values()
    assert "PagerDuty pages Ann Archer." in said
    assert (incident.title, assignees(incident)) == ("checkout is down", ["Ann Archer"])


async def test_trigger_with_several_services_asks_which(here: World) -> None:
    here.pagerduty.add_service("Web shop", escalation_policy=here.policy)

    asked = await here.answer("trigger checkout is down --to @ann")

    assert "2 services could be meant; nothing was done yet." in all_text(asked)
    assert here.writes() == []
    assert "Opened: #1 checkout is down" in await press(here, asked, "Web shop")
    (incident,) = here.pagerduty.incidents.values()
    assert (incident.service.name, assignees(incident)) == ("Web shop", ["Ann Archer"])


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("trigger", "The incident has no title; nothing was done."),
        ("trigger service:Billing", "The incident has no title; nothing was done."),
        ("trigger service: ", "service: names no service; nothing was done."),
        ('trigger service:"" x', "service: names no service; nothing was done."),
        ("trigger service:Nope x", 'No service is called "Nope" in PagerDuty; nothing was done.'),
        ("trigger x --to", "--to takes one person"),
        ("trigger x --to @ann @bob", "--to takes one person"),
        ("trigger x --to zed@x.org", "Not triggered: zed@x.org is not the e-mail"),
        ("trigger " + "x" * 1025, "The title has 1,025 characters, more than 1,024"),
    ],
)
async def test_trigger_refuses_what_cannot_be(here: World, typed: str, says: str) -> None:
    assert says in await here.pd(typed)
    assert here.writes() == []


async def test_trigger_opens_once_though_the_answer_is_lost(weather: World) -> None:
    weather.pagerduty.faults.add(Fault("rest.createIncident", drop="after", times=1))

    said = await weather.pd("trigger nobody can pay")

    assert "Opened: #1 nobody can pay" in said
    assert len(weather.pagerduty.incidents) == 1


async def test_trigger_that_fails_opens_nothing_and_says_so(weather: World) -> None:
    weather.pagerduty.faults.add(Fault("rest.createIncident", 503, times=None))

    said = await weather.pd("trigger nobody can pay")

    assert "Could not open the incident: PagerDuty is not answering" in said
    assert not weather.pagerduty.incidents


async def test_trigger_can_be_shown_to_the_channel(here: World) -> None:
    answer = await here.answer("trigger nobody can pay")

    await here.click(answer, "pick", picks(answer)["Show #1 here"])

    await here.slack.expect_message(CHANNEL, "nobody can pay")


# ---------------------------------------------------------------- oncall


async def test_oncall_works_without_a_pagerduty_user(both: World) -> None:
    said = await both.pd("oncall", both.eve)

    assert "Billing EP · 1: Bob Breuer · 2: Ann Archer" in said


async def test_oncall_of_a_service_or_schedule(here: World) -> None:
    schedule = here.pagerduty.add_schedule("Nights", on_call=[here.pd_ann])
    here.pagerduty.add_escalation_policy("Night EP", levels=[[schedule]])

    assert "On call for Billing: Bob Breuer (bob@example.com)" in await here.pd("oncall Billing")
    assert "On call for Nights: Ann Archer" in await here.pd('oncall "Nights"')
    assert "Night EP · 1: Ann Archer until" in await here.pd("oc")
    said = await here.pd("oncall Nope")

    assert 'PagerDuty has no schedule or service called "Nope".' in said


async def test_oncall_where_nobody_is(here: World) -> None:
    here.policy.levels.clear()

    assert "Nobody is on call for Billing now." in await here.pd("oncall Billing")
    assert "Nobody is on call now, as far as PagerDuty shows." in await here.pd("oncall")


async def test_oncall_of_many_policies_names_some(here: World) -> None:
    for number in range(20):
        here.pagerduty.add_escalation_policy(f"EP {number:02}", levels=[[here.pd_bob]])

    assert "and 6 more escalation policies" in await here.pd("oncall")
