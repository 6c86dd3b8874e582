"""Each button and form of a card, from trigger to resolved with the mouse only."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.slack import all_text
from tests.e2e.cards import buttons, cards_world, post_card, thread
from tests.e2e.world import CHANNEL, World


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with cards_world(tmp_path, webhooks=True) as found:
        yield found


async def test_an_incident_is_worked_off_with_the_mouse_only(here: World) -> None:
    incident = here.incident()
    card = await post_card(here, incident)
    assert buttons(card) == ["acknowledge", "resolve", "note", "reassign"]

    await here.click(card, "acknowledge")
    await here.slack.expect_update(card, "Acknowledged")
    assert buttons(card) == ["resolve", "note", "reassign"]

    await here.click(card, "note")
    form = await here.slack.expect_view(here.ann, "note")
    await here.slack.submit(here.ann, form, {"note": "disk is full"})
    await here.slack.expect_message(CHANNEL, "ann noted: disk is full", thread_ts=card.ts)
    await here.slack.expect_update(card, "1 note")

    await here.click(card, "reassign")
    form = await here.slack.expect_view(here.ann, "reassign")
    await here.slack.submit(here.ann, form, {"assignees": [here.bob.id], "reason": "knows it"})
    await here.slack.expect_update(card, "assigned to Bob Breuer")

    await here.click(card, "resolve", who=here.bob)
    form = await here.slack.expect_view(here.bob, "resolve")
    await here.slack.submit(here.bob, form, {"resolution": "freed some space"})
    await here.slack.expect_update(card, "Resolved")
    assert buttons(card) == ["reopen", "note"]
    assert incident.status == "resolved"

    await here.pagerduty.webhooks.settled()
    await here.bot.cards.painter.idle()
    told = thread(here, card)
    assert len(told) == 3, told
    assert "freed some space" in told[-1]


async def test_what_somebody_else_did_unseen_is_told_before_ones_own_note(tmp_path: Path) -> None:
    async with cards_world(tmp_path) as here:  # nobody reports it, and nothing is compared
        incident = here.incident()
        card = await post_card(here, incident)
        here.pagerduty.reassign(incident, here.pd_bob, by=here.pd_ann)
        await here.pd("note 1 have a look")
        here.pagerduty.resolve(incident, by=here.pd_bob)
        await here.pd("note 1 was it the disk?")
        await here.slack.expect_update(card, "2 notes")
        await here.bot.tasks.drain(5)
        await here.bot.cards.painter.idle()

        assert [one.split("\n")[0] for one in thread(here, card)] == [
            "Ann Archer → Bob Breuer",
            "ann noted: have a look",
            "Bob Breuer resolved this.",
            "ann noted: was it the disk?",
        ]


async def test_reopen_pages_again_and_says_so_in_the_thread(here: World) -> None:
    incident = here.incident(status="resolved")
    card = await post_card(here, incident)

    await here.click(card, "reopen")

    await here.slack.expect_update(card, "Triggered")
    assert buttons(card) == ["acknowledge", "resolve", "note", "reassign"]
    assert "reopened" in (await here.slack.expect_message(CHANNEL, thread_ts=card.ts)).text


async def test_a_card_is_posted_once_in_each_channel(here: World) -> None:
    incident = here.incident()
    card = await post_card(here, incident)

    await here.slack.command(here.bob, f"/pd show {incident.id} --post", channel=CHANNEL)
    led = await here.slack.expect_message(CHANNEL, "has its card here already")

    assert f"p{card.ts.replace('.', '')}" in all_text(led)
    assert buttons(led) == []
