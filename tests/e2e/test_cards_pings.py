"""Who is newly assigned is told in the card's thread; nobody is told of their own action."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.slack import Message
from tests.e2e.cards import cards_world, post_card
from tests.e2e.world import CHANNEL, World


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with cards_world(tmp_path, webhooks=True) as found:
        yield found


async def told(here: World, card: Message, containing: str) -> Message:
    return await here.slack.expect_message(CHANNEL, containing, thread_ts=card.ts)


async def test_who_is_assigned_by_somebody_in_slack_is_mentioned(here: World) -> None:
    card = await post_card(here, here.incident())

    await here.pd("reassign 1 @bob me -- knows the exporter")

    line = (await told(here, card, "knows the exporter")).text
    assert line == "Ann Archer → <@U0BOB>, Ann Archer (knows the exporter), by ann"


async def test_who_takes_it_is_not_mentioned(here: World) -> None:
    card = await post_card(here, here.incident(assignees=[here.pd_bob]))

    await here.pd("reassign 1 me")

    assert "<@" not in (await told(here, card, "Bob Breuer → Ann Archer, by ann")).text


async def test_who_has_it_already_is_told_that_it_is_direct_now(here: World) -> None:
    card = await post_card(here, here.incident(assignees=None))

    await here.pd("reassign 1 @bob -- stays with you")

    line = (await told(here, card, "stays with you")).text
    assert line == "Bob Breuer, assigned directly now (stays with you), by ann"


async def test_taking_what_one_has_is_no_handover(here: World) -> None:
    card = await post_card(here, here.incident())

    await here.pd("take 1")
    await here.pd("note 1 done")

    await told(here, card, "ann noted: done")
    assert not any("→" in one.text for one in here.slack.messages(CHANNEL))


async def test_who_is_assigned_in_pagerduty_is_mentioned_unless_they_did_it(here: World) -> None:
    incident = here.incident()
    card = await post_card(here, incident)

    here.pagerduty.reassign(incident, here.pd_bob, by=here.pd_ann)
    assert (await told(here, card, "<@U0BOB>")).text == "Ann Archer → <@U0BOB>, by Ann Archer"

    here.pagerduty.reassign(incident, here.pd_ann, by=here.pd_ann)
    said = await told(here, card, "Bob Breuer → ")
    assert said.text == "Bob Breuer → Ann Archer, by Ann Archer"


async def test_who_has_no_account_in_slack_is_named(here: World) -> None:
    carol = here.pagerduty.add_user("Carol <!channel>", "carol@example.com")
    incident = here.incident()
    card = await post_card(here, incident)

    here.pagerduty.reassign(incident, carol, by=here.pd_ann)

    said = await told(here, card, "Carol")
    assert said.text == "Ann Archer → Carol &lt;!channel&gt;, by Ann Archer"


async def test_unheard_escalation_is_shown_in_the_channel(here: World) -> None:
    incident = here.incident(assignees=None)
    card = await post_card(here, incident)

    here.pagerduty.escalate(incident, by=None)

    said = await told(here, card, "Escalated: ")
    assert said.text == "Escalated: Bob Breuer → <@U0ANN>"
    assert said["subtype"] == "thread_broadcast"

    await here.pd("resolve 1 found it", who=here.bob)
    over = await told(here, card, "found it")
    assert over["subtype"] == "thread_broadcast"
