"""People press Enter twice, and Slack delivers twice: what counts twice is done once."""

from pathlib import Path

import pytest

from bot.sandbox.pagerduty import Fault
from bot.sandbox.slack.payloads import mentioned
from tests.e2e.cards import Leaps
from tests.e2e.facts import notes
from tests.e2e.world import CHANNEL, World, bot_of, vendors, world


async def test_note_again_at_once_is_answered_from_the_first(both: World) -> None:
    incident = both.incident()
    assert "Your note is on #1" in await both.pd("note 1 disk is full")

    said = await both.pd("note 1 disk is full")

    assert "You asked for the same 1 s ago, so it was not done twice: Your note is on #1" in said
    assert "To do it again, wait 10 s." in said
    assert "You asked for the same" in await both.pd("note 1 disk is full")
    assert len(notes(incident)) == 1


@pytest.mark.parametrize(
    "between",
    [
        pytest.param("ack 1", id="something else in between"),
        pytest.param("note 1 Disk is full", id="other words in between"),
        pytest.param(None, id="ten seconds later"),
    ],
)
async def test_note_again_is_meant(tmp_path: Path, between: str | None) -> None:
    clock = Leaps()
    async with world(tmp_path, clock=clock) as here:
        incident = here.incident()
        await here.pd("note 1 disk is full")
        if between is None:
            clock.ahead += 10
        else:
            await here.pd(between)

        assert "You asked for the same" not in await here.pd("note 1 disk is full")

        assert [text for text, _ in notes(incident)].count("disk is full") == 2


async def test_what_failed_may_be_tried_again_at_once(here: World) -> None:
    incident = here.incident()
    here.pagerduty.faults.add(Fault("rest.createIncidentNote", 403))
    assert "the PagerDuty role of ann@example.com" in await here.pd("note 1 disk is full")

    assert "Your note is on #1" in await here.pd("note 1 disk is full")
    assert len(notes(incident)) == 1


async def test_what_counts_once_tells_how_it_is_now(here: World) -> None:
    incident = here.incident()
    await here.pd("ack mine")
    here.incident("Another")

    assert "#2 Another is acknowledged" in await here.pd("ack mine")
    assert incident.status == "acknowledged"


async def test_somebody_elses_same_words_are_theirs(here: World) -> None:
    incident = here.incident()
    await here.pd("note 1 on it")

    assert "Your note is on #1" in await here.pd("note 1 on it", here.bob)
    assert len(notes(incident)) == 2


async def test_mention_that_comes_again_after_a_restart_is_not_done_twice(tmp_path: Path) -> None:
    async with vendors(tmp_path) as here:
        incident = here.incident()
        async with bot_of(here):
            said = (await here.slack.post(here.ann, CHANNEL, "@pdbot note 1 once")).message
            assert said is not None
            await here.slack.expect_ephemeral(here.ann, CHANNEL, "Your note is on #1")

        async with bot_of(here) as bot:
            place = here.slack.workspace.channel(CHANNEL)
            again = await here.slack.deliver_event(mentioned(place, said))
            await bot.tasks.drain(5)

        assert again.ok
        assert len(here.slack.ephemerals(here.ann)) == 1
        assert len(notes(incident)) == 1
