"""Answers by response_url: how often, how long, where, and what is refused."""

import pytest

from bot.sandbox.slack import Fault, Slack
from tests.sandbox.slack_buttons import BUTTONS, card
from tests.sandbox.slack_fakes import (
    Api,
    Json,
    ManualClock,
    SocketBot,
    last,
)


async def test_a_response_url_answers_five_times(api: Api, slack: Slack, bot: SocketBot) -> None:
    ack = await slack.command("ann", "/pd list", channel="C0RANDOM")
    url = last(bot)["response_url"]
    answers = [await api.respond(url, text=str(n)) for n in range(6)]

    assert answers[:5] == [(200, "ok")] * 5
    assert answers[5][0] == 404
    assert "used_url" in answers[5][1]
    assert [one.text for one in ack.replies] == ["0", "1", "2", "3", "4"]
    assert slack.calls[-1].method == "response_url"


async def test_a_response_url_lives_thirty_minutes(
    api: Api, slack: Slack, bot: SocketBot, clock: ManualClock
) -> None:
    await slack.command("ann", "/pd list", channel="C0PROD")
    url = last(bot)["response_url"]
    clock.forward(minutes=30)
    in_time = await api.respond(url, text="x")
    clock.forward(seconds=1)
    late = await api.respond(url, text="x")

    assert in_time == (200, "ok")
    assert (late[0], "expired_url" in late[1]) == (404, True)


async def test_an_answer_can_be_public_or_in_a_thread(
    api: Api, slack: Slack, bot: SocketBot
) -> None:
    await slack.command("ann", "/pd list", channel="C0PROD")
    url = last(bot)["response_url"]
    await api.respond(url, text="for all", response_type="in_channel")
    await api.respond(url, text="below", thread_ts=slack.messages("C0PROD")[0].ts)

    assert slack.messages("C0PROD")[0].text == "for all"
    assert slack.ephemerals("ann", "C0PROD")[0].thread_ts == slack.messages("C0PROD")[0].ts


async def test_an_answer_can_replace_and_delete_what_was_clicked(
    api: Api, slack: Slack, bot: SocketBot
) -> None:
    message = await card(api)
    ack = await slack.click("ann", message, "acknowledge")
    url = last(bot)["response_url"]
    await api.respond(url, text="done", replace_original=True)

    assert (message.text, ack.replies) == ("done", [message])

    await api.respond(url, delete_original=True)
    await slack.expect_deleted(message)

    assert slack.messages("C0PROD") == []


async def test_an_ephemeral_can_be_replaced_and_deleted(
    api: Api, slack: Slack, bot: SocketBot
) -> None:
    await api("chat.postEphemeral", channel="C0PROD", user="U0ANN", text="x", blocks=BUTTONS)
    message = await slack.expect_ephemeral("ann")
    await slack.click("ann", message, "pick")
    url = last(bot)["response_url"]
    await api.respond(url, text="done", replace_original=True, blocks=[])
    await slack.expect_update(message, "done")
    await api.respond(url, delete_original=True)

    assert slack.ephemerals("ann") == []
    assert await api.respond(url, delete_original=True) == (200, "ok")


async def test_a_command_has_no_original_to_delete(api: Api, slack: Slack, bot: SocketBot) -> None:
    await slack.command("ann", "/pd", channel="C0PROD")

    assert await api.respond(last(bot)["response_url"], delete_original=True) == (200, "ok")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({}, "no_text", id="nothing"),
        pytest.param({"text": "x", "response_type": "loud"}, "invalid_payload", id="odd type"),
        pytest.param({"blocks": [{"type": "odd"}]}, "invalid_blocks", id="odd blocks"),
    ],
)
async def test_a_bad_answer_is_refused(
    api: Api, slack: Slack, bot: SocketBot, body: Json, code: str
) -> None:
    await slack.command("ann", "/pd", channel="C0PROD")
    status, text = await api.respond(last(bot)["response_url"], **body)

    assert (status, code in text) == (400, True)


@pytest.mark.parametrize("data", [b"no json", b"[]"])
async def test_an_answer_must_be_a_json_object(
    api: Api, slack: Slack, bot: SocketBot, data: bytes
) -> None:
    await slack.command("ann", "/pd", channel="C0PROD")
    async with api.session.post(last(bot)["response_url"], data=data) as response:
        assert response.status == 400


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        pytest.param(Fault("response_url", error="expired_url"), 404, id="expired"),
        pytest.param(Fault("response_url", status=500), 500, id="broken"),
        pytest.param(Fault("response_url", delay=0.001), 200, id="slow"),
    ],
)
async def test_a_response_url_can_fail(
    api: Api, slack: Slack, bot: SocketBot, fault: Fault, status: int
) -> None:
    await slack.command("ann", "/pd", channel="C0PROD")
    slack.faults.add(fault)

    assert (await api.respond(last(bot)["response_url"], text="x"))[0] == status
