"""A channel's name, and the incident of a thread: asked of Slack, never guessed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.clock import SystemClock
from bot.errors import SlackError
from bot.sandbox.slack import Fault, Message, Slack
from bot.slack.channels import Channels
from bot.slack.client import SlackWeb
from bot.slack.threads import MOST_PAGES, PAGE, Threads, incidents_in


@dataclass
class Place:
    slack: Slack
    channels: Channels
    threads: Threads
    web: SlackWeb


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    slack = Slack()
    ann = slack.add_user("ann", id="U0ANN")
    slack.add_channel("prod", id="C0PROD", members=[ann])
    slack.add_other_bot("Other", bot_id="B0OTHER", app_id="A0OTHER")
    async with slack.serve(), SlackWeb(slack.identity.bot_token, slack.api_url) as web:
        yield Place(
            slack,
            Channels(web.patient, clock=SystemClock()),
            Threads(web.patient, bot_id=slack.identity.bot_id),
            web,
        )


def asked(place: Place, method: str) -> int:
    return sum(one.method == method for one in place.slack.calls)


async def test_name_is_remembered(place: Place) -> None:
    assert await place.channels.name_of("C0PROD") == "prod"
    assert await place.channels.name_of("C0PROD") == "prod"
    assert asked(place, "conversations.info") == 1


async def test_failure_is_not_remembered(place: Place) -> None:
    place.slack.faults.add(Fault("conversations.info", error="internal_error"))

    assert await place.channels.name_of("C0PROD") is None
    assert await place.channels.name_of("C0PROD") == "prod"


async def test_direct_message_has_no_name(place: Place) -> None:
    place.slack.add_channel("", id="D0ANN", members=["U0ANN"], is_im=True)

    assert await place.channels.name_of("D0ANN") is None


def buttons(incident_id: str) -> list[dict[str, object]]:
    element = {
        "type": "button",
        "action_id": "acknowledge",
        "value": incident_id,
        "text": {"type": "plain_text", "text": "Acknowledge"},
    }
    return [{"type": "actions", "elements": [element]}]


async def card(place: Place, incident_id: str, thread_ts: str | None = None) -> str:
    answer = await place.web.patient.chat_postMessage(
        channel="C0PROD", text="card", blocks=buttons(incident_id), thread_ts=thread_ts
    )
    return str(answer["ts"])


async def start(place: Place) -> Message:
    ack = await place.slack.post("U0ANN", "C0PROD", "what is going on?", wait=False)
    assert ack.message is not None
    return ack.message


async def test_thread_is_about_its_newest_card(place: Place) -> None:
    first = await card(place, "Q0000000000001")
    await place.slack.post("U0ANN", "C0PROD", "hm", thread_ts=first, wait=False)
    assert await place.threads.incident_of("C0PROD", first) == "Q0000000000001"

    await card(place, "Q0000000000002", first)
    await place.web.patient.chat_postMessage(channel="C0PROD", text="told", thread_ts=first)

    assert await place.threads.incident_of("C0PROD", first) == "Q0000000000002"


async def test_card_that_somebody_else_posted_counts_for_nothing(place: Place) -> None:
    thread = await start(place)
    await place.slack.post_as_bot(
        "B0OTHER",
        "C0PROD",
        {"blocks": buttons("Q0000000000009"), "thread_ts": thread.ts},
        wait=False,
    )

    assert await place.threads.incident_of("C0PROD", thread.ts) is None


@pytest.mark.parametrize("pages", [0, 1])
async def test_where_slack_does_not_tell_all_nothing_is_guessed(place: Place, pages: int) -> None:
    thread = await card(place, "Q0000000000001")
    for _ in range(PAGE):
        await place.slack.post("U0ANN", "C0PROD", "hm", thread_ts=thread, wait=False)
    await card(place, "Q0000000000002", thread)
    if pages:
        place.slack.faults.add(Fault("conversations.replies"))
    place.slack.faults.add(Fault("conversations.replies", error="internal_error"))

    with pytest.raises(SlackError, match=r"which incident this thread is about \(internal_error"):
        await place.threads.incident_of("C0PROD", thread)


async def test_long_thread_is_read_page_by_page_and_not_for_ever(place: Place) -> None:
    thread = await card(place, "Q0000000000001")
    for _ in range(PAGE):
        await place.slack.post("U0ANN", "C0PROD", "hm", thread_ts=thread, wait=False)
    await card(place, "Q0000000000002", thread)

    assert await place.threads.incident_of("C0PROD", thread) == "Q0000000000002"
    assert 1 < asked(place, "conversations.replies") <= MOST_PAGES


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"blocks": None},
        {"blocks": [{"type": "section"}]},
        {"blocks": [{"type": "actions", "elements": [{"action_id": "pick", "value": "{}"}]}]},
        {"blocks": [{"type": "actions", "elements": [{"action_id": "note"}]}]},
    ],
)
def test_message_without_a_cards_button_names_no_incident(message: dict[str, object]) -> None:
    assert list(incidents_in(message)) == []
