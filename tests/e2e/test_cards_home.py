"""The Home tab and the two shortcuts, with the mouse only."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.pagerduty import Fault as PagerDutyFault
from bot.sandbox.slack import all_text
from tests.e2e.cards import buttons, cards_world, post_card
from tests.e2e.world import CHANNEL, World


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with cards_world(tmp_path) as found:
        yield found


async def test_the_home_tab_shows_my_incidents_who_i_am_and_what_i_may(here: World) -> None:
    here.incident("Mine")
    here.incident("Theirs", assignees=[here.pd_bob])

    await here.slack.open_home(here.ann)

    home = all_text(await here.slack.expect_home(here.ann, "Mine"))
    assert "Theirs" not in home
    assert "ann@example.com" in home
    assert "everything here" in home
    assert "Job messages" in home


async def test_the_home_tab_follows_what_is_done_there(here: World) -> None:
    incident = here.incident("Mine")
    await here.slack.open_home(here.ann)
    home = await here.slack.expect_home(here.ann, "Acknowledge")

    await here.slack.click(here.ann, home, "acknowledge", incident.id)

    await here.slack.expect_home(here.ann, "Acknowledged")
    assert "Acknowledge\n" not in all_text(home)
    direct = here.slack.workspace.direct([here.ann.id])
    assert "acknowledged" in all_text(await here.slack.expect_message(direct.id))


async def test_the_home_tab_says_why_it_knows_no_incidents(here: World) -> None:
    await here.slack.open_home(here.eve)
    assert "I don't know your PagerDuty user" in all_text(
        await here.slack.expect_home(here.eve, "eve@example.com")
    )


async def test_the_home_tab_says_that_pagerduty_does_not_answer(weather: World) -> None:
    weather.pagerduty.faults.add(PagerDutyFault("rest.listIncidents", status=500, times=None))
    await weather.slack.open_home(weather.ann)
    await weather.slack.expect_home(weather.ann, "PagerDuty")


async def test_a_message_becomes_a_note_with_the_way_back(here: World) -> None:
    incident = here.incident()
    here.incident("Another")
    card = await post_card(here, incident)
    said = (await here.slack.post(here.bob, CHANNEL, "disk & swap are <full>")).message
    assert said is not None

    await here.slack.message_shortcut(here.ann, said, "add_to_incident")
    form = await here.slack.expect_view(here.ann, "note")
    await here.slack.submit(here.ann, form, {"incident": incident.id})

    await here.slack.expect_update(card, "1 note")
    note = incident.notes[0].content
    assert "disk & swap are <full>" in note
    assert f"p{said.ts.replace('.', '')}" in note
    assert "— bob in Slack" in note
    assert note.count("\n") == 1


async def test_without_an_open_incident_the_shortcut_says_so(here: World) -> None:
    said = (await here.slack.post(here.bob, CHANNEL, "all is well")).message
    assert said is not None
    await here.slack.message_shortcut(here.ann, said, "add_to_incident")
    await here.slack.expect_view(here.ann, containing="No incidents are open")


async def test_the_global_shortcut_lists_incidents_to_work_on(here: World) -> None:
    incident = here.incident()
    await here.slack.global_shortcut(here.ann, "open_incidents")
    view = await here.slack.expect_view(here.ann, containing=incident.title)

    await here.slack.click(here.ann, view, "acknowledge", incident.id)
    await here.slack.expect_view(here.ann, containing="Acknowledged")

    await here.slack.click(here.ann, view, "resolve", incident.id)
    form = await here.slack.expect_view(here.ann, "resolve")
    await here.slack.submit(here.ann, form, {"resolution": "gone"})
    await here.slack.expect_view(here.ann, containing="is resolved")
    assert incident.status == "resolved"


async def test_a_click_in_a_modal_that_was_closed_is_answered_in_a_message(here: World) -> None:
    incident = here.incident()
    await here.slack.global_shortcut(here.ann, "open_incidents")
    view = await here.slack.expect_view(here.ann, containing=incident.title)
    here.pagerduty.faults.add(PagerDutyFault("rest.getIncident", delay=0.3))

    await here.slack.click(here.ann, view, "acknowledge", incident.id)
    await here.slack.close(here.ann, view)

    direct = here.slack.workspace.direct([here.ann.id])
    assert "acknowledged" in all_text(await here.slack.expect_message(direct.id))


async def test_what_only_pagerduty_can_refuse_offers_the_form_again(here: World) -> None:
    incident = here.incident()
    card = await post_card(here, incident)
    await here.click(card, "reassign")
    form = await here.slack.expect_view(here.ann, "reassign")
    await here.slack.submit(
        here.ann, form, {"emails": "nobody@example.com", "reason": "knows the exporter"}
    )
    refused = await here.slack.expect_ephemeral(here.ann, CHANNEL, "nobody@example.com")
    assert "pick" in buttons(refused)

    await here.click(refused, "pick")

    again = await here.slack.expect_view(here.ann, "reassign")
    assert "nobody@example.com" in str(again["blocks"])
    assert "knows the exporter" in str(again["blocks"])


async def test_a_note_that_pagerduty_refuses_is_kept_for_another_try(here: World) -> None:
    incident = here.incident()
    card = await post_card(here, incident)
    here.pagerduty.faults.add(
        PagerDutyFault("rest.createIncidentNote", status=400, body={"error": {"message": "no"}})
    )
    await here.click(card, "note")
    form = await here.slack.expect_view(here.ann, "note")
    await here.slack.submit(here.ann, form, {"note": "a long story"})

    refused = await here.slack.expect_ephemeral(here.ann, CHANNEL)
    await here.click(refused, "pick")
    again = await here.slack.expect_view(here.ann, "note")
    assert "a long story" in str(again["blocks"])
    await here.slack.submit(here.ann, again)
    await here.slack.expect_update(card, "1 note")


async def test_the_tab_is_filled_when_slack_does_not_tell_which_one(here: World) -> None:
    await here.slack.deliver_event(
        {"type": "app_home_opened", "user": here.ann.id, "channel": "D0ANN"}
    )

    assert "Ann Archer" in all_text(await here.slack.expect_home(here.ann))
