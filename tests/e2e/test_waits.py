"""While PagerDuty asks to wait, whoever waits for it is told so at once; the answer follows."""

import pytest

from bot.sandbox.pagerduty import Fault
from bot.sandbox.slack import Fault as SlackFault
from tests.e2e.facts import notes
from tests.e2e.world import CHANNEL, World

UPDATE, NOTE, LIST = "rest.updateIncident", "rest.createIncidentNote", "rest.listIncidents"
WAITS = "PagerDuty asks to wait 12 s; I'll retry and tell you here."


def limit(here: World, operation: str, seconds: int | None = 12, times: int = 1) -> None:
    here.pagerduty.faults.add(Fault.rate_limited(operation, reset_seconds=seconds, times=times))


async def heard(here: World) -> list[str]:
    """Give all that Ann was told, in its order."""
    await here.bot.tasks.drain(10)
    await here.slack.settle()
    return [one.text for one in here.slack.ephemerals(here.ann)]


async def test_command_is_told_of_the_wait_and_then_answered(weather: World) -> None:
    incident = weather.incident()
    limit(weather, UPDATE)

    assert (await weather.answer("ack 1")).text == WAITS
    assert incident.status == "triggered"

    said = await heard(weather)
    assert len(said) == 2
    assert "Acknowledged. PagerDuty says: #1" in said[1]


async def test_who_waits_several_times_is_told_once(weather: World) -> None:
    weather.incident()
    limit(weather, UPDATE, times=2)
    limit(weather, NOTE)

    await weather.pd("resolve 1 restarted it")

    said = await heard(weather)
    assert len(said) == 2
    assert "Resolved." in said[1]


async def test_wait_that_is_in_vain_is_followed_by_the_refusal(weather: World) -> None:
    weather.incident()
    limit(weather, UPDATE, times=9)

    await weather.pd("ack 1")

    said = await heard(weather)
    assert said[0] == WAITS
    assert "PagerDuty asks to wait 12 s, because too many requests were made" in said[1]


@pytest.mark.parametrize("seconds", [1, 2])
async def test_short_wait_is_not_worth_a_word(weather: World, seconds: int) -> None:
    weather.incident()
    limit(weather, UPDATE, seconds)

    await weather.pd("ack 1")

    assert len(await heard(weather)) == 1


async def test_mention_is_told_in_its_thread(weather: World) -> None:
    weather.incident()
    start = (await weather.slack.post(weather.bob, CHANNEL, "what is going on?")).message
    assert start is not None
    limit(weather, UPDATE)

    await weather.slack.post(weather.ann, CHANNEL, "@pdbot ack 1", thread_ts=start.ts)

    for expected in (WAITS, "Acknowledged."):
        answer = await weather.slack.expect_ephemeral(weather.ann, CHANNEL, expected)
        assert answer.thread_ts == start.ts


async def test_click_is_told_of_the_wait_and_then_answered(weather: World) -> None:
    weather.incident()
    card = await weather.answer("show 1")
    limit(weather, UPDATE)

    await weather.click(card, "acknowledge")

    _, *said = await heard(weather)
    assert said[0] == WAITS
    assert "Acknowledged." in said[1]


async def test_submitted_form_is_told_of_the_wait_and_then_answered(weather: World) -> None:
    incident = weather.incident()
    await weather.click(await weather.answer("show 1"), "note")
    form = await weather.slack.expect_view(weather.ann, "note")
    limit(weather, NOTE)

    await weather.slack.submit(weather.ann, form, {"note": "disk is full"})

    _, *said = await heard(weather)
    assert said[0] == WAITS
    assert "Your note is on #1" in said[1]
    assert notes(incident) == [("disk is full", "Ann Archer")]


async def test_modal_says_why_it_stays_empty_and_is_filled_then(weather: World) -> None:
    incident = weather.incident()
    limit(weather, LIST)

    await weather.slack.global_shortcut(weather.ann, "open_incidents")
    await weather.slack.expect_view(weather.ann, containing=WAITS)
    view = await weather.slack.expect_view(weather.ann, containing=incident.title)

    limit(weather, UPDATE)
    await weather.slack.click(weather.ann, view, "acknowledge", incident.id)
    await weather.slack.expect_view(weather.ann, containing=WAITS)
    await weather.slack.expect_view(weather.ann, containing="Acknowledged.")
    assert await heard(weather) == []


async def test_answer_never_comes_before_the_word_of_the_wait(weather: World) -> None:
    weather.incident()
    limit(weather, UPDATE)
    weather.slack.faults.add(SlackFault("response_url", delay=0.5))

    await weather.pd("ack 1")

    assert (await heard(weather))[0] == WAITS
