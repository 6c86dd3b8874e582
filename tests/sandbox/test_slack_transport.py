"""Both transports: delivery, acknowledgement, repetition, renewal, broken lines, signatures."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.sandbox.slack import Fault, NotSeenError, Slack
from tests.sandbox.slack_fakes import NO_ACK, Api, Json, calling, http_bot, socket_bot, workspace


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    slack = workspace()
    slack.retry_delays_seconds = (0.0, 0.0, 0.0)
    async with calling(slack) as api:
        yield api


@pytest.fixture
def slack(api: Api) -> Slack:
    return api.slack


# -------------------------------------------------------------------- Socket Mode


async def test_a_command_reaches_a_socket_and_is_acknowledged(api: Api, slack: Slack) -> None:
    async with socket_bot(api) as bot:
        ack = await slack.command("ann", "/pd note Q3… disk is full", channel="C0PROD")

        assert ack.status == "acknowledged"
        envelope = bot.envelopes[0]
        assert envelope["type"] == "slash_commands"
        assert envelope["accepts_response_payload"] is True
        assert envelope["payload"]["text"] == "note Q3… disk is full"
        assert envelope["payload"]["user_id"] == "U0ANN"
        assert envelope["payload"]["command"] == "/pd"
        assert slack.deliveries[0].transport == "socket"
        assert bot.frames[0]["type"] == "hello"


async def test_an_answer_in_the_acknowledgement_is_shown_only_to_the_caller(
    api: Api, slack: Slack
) -> None:
    async with socket_bot(api, lambda *_: {"text": "hello"}):
        ack = await slack.command("ann", "/pd help", channel="C0PROD")

        assert [one.text for one in ack.replies] == ["hello"]
        assert [one.text for one in slack.ephemerals("ann", "C0PROD")] == ["hello"]
        assert slack.messages("C0PROD") == []


async def test_a_bad_answer_in_the_acknowledgement_is_refused(api: Api, slack: Slack) -> None:
    async with socket_bot(api, lambda *_: {"blocks": [{"type": "surprise"}]}):
        ack = await slack.command("ann", "/pd help", channel="C0PROD")

        assert ack.replies == []
        assert slack.refused[-1].messages[0] == "invalid_blocks"


async def test_a_command_without_acknowledgement_is_not_repeated(api: Api, slack: Slack) -> None:
    slack.ack_timeout_seconds = 0.05
    async with socket_bot(api, lambda *_: NO_ACK) as bot:
        ack = await slack.command("ann", "/pd list", channel="C0PROD")

        assert (ack.status, ack.reason, ack.attempts) == ("none", "timeout", 1)
        assert len(bot.envelopes) == 1


async def test_without_a_connection_a_command_fails_at_once(slack: Slack) -> None:
    ack = await slack.command("ann", "/pd list", channel="C0PROD")

    assert (ack.status, ack.reason) == ("none", "not_connected")


async def test_an_event_is_repeated_until_it_is_acknowledged(api: Api, slack: Slack) -> None:
    slack.ack_timeout_seconds = 0.05
    answers = iter([NO_ACK, NO_ACK, None])
    async with socket_bot(api, lambda *_: next(answers)) as bot:
        ack = await slack.post("ann", "C0PROD", "hello")

        assert (ack.status, ack.attempts) == ("acknowledged", 3)
        assert [one["retry_attempt"] for one in bot.envelopes] == [0, 1, 2]
        assert [one["retry_reason"] for one in bot.envelopes] == ["", "timeout", "timeout"]
        assert len({one["payload"]["event_id"] for one in bot.envelopes}) == 1
        assert len({one["envelope_id"] for one in bot.envelopes}) == 3


async def test_an_event_is_given_up_after_the_last_repetition(slack: Slack) -> None:
    ack = await slack.post("ann", "C0PROD", "hello")

    assert (ack.status, ack.attempts) == ("none", 4)
    assert len(slack.deliveries) == 4


async def test_two_connections_share_the_envelopes(api: Api, slack: Slack) -> None:
    async with socket_bot(api, connections=2):
        for _ in range(20):
            await slack.command("ann", "/pd list", channel="C0PROD")

        assert {one.connection for one in slack.deliveries} == {1, 2}


async def test_a_ticket_is_good_for_one_handshake(api: Api, slack: Slack) -> None:
    opened = await api("apps.connections.open", token="xapp-sandbox")
    async with api.session.ws_connect(opened["url"]):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await api.session.ws_connect(opened["url"])

    assert refused.value.status == 408


async def test_a_failed_handshake_uses_its_ticket_up(api: Api, slack: Slack) -> None:
    slack.faults.add(Fault("socket.handshake", status=503, retry_after=1))
    opened = await api("apps.connections.open", token="xapp-sandbox")
    for status in (503, 408):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await api.session.ws_connect(opened["url"])

        assert refused.value.status == status


async def test_a_handshake_can_be_dropped(api: Api, slack: Slack) -> None:
    slack.faults.add(Fault("socket.handshake", drop=True))
    opened = await api("apps.connections.open", token="xapp-sandbox")

    with pytest.raises(aiohttp.ClientError):
        await api.session.ws_connect(opened["url"])


async def test_a_slow_handshake_is_only_slow(api: Api, slack: Slack) -> None:
    slack.faults.add(Fault("socket.handshake", delay=0.01))
    async with socket_bot(api) as bot:
        assert bot.frames[0]["type"] == "hello"


async def test_the_eleventh_connection_is_one_too_many(api: Api, slack: Slack) -> None:
    async with socket_bot(api, connections=10):
        opened = await api("apps.connections.open", token="xapp-sandbox")
        async with api.session.ws_connect(opened["url"]) as socket:
            assert (await socket.receive_json())["reason"] == "too_many_websockets"


async def test_a_renewal_leads_to_a_new_connection(api: Api, slack: Slack) -> None:
    async with socket_bot(api) as bot:
        fresh = await slack.refresh_connection(0)
        ack = await slack.command("ann", "/pd list", channel="C0PROD")

        assert fresh.number == 2
        assert ack.ok
        assert [one["reason"] for one in bot.frames if one["type"] == "disconnect"] == ["warning"]


async def test_a_client_that_ignores_the_warning_is_disconnected(api: Api, slack: Slack) -> None:
    async with socket_bot(api) as bot:
        bot.follows_renewals = False
        fresh = await slack.refresh_connection(0, grace_seconds=0.05)
        reasons = [one["reason"] for one in bot.frames if one["type"] == "disconnect"]

        assert reasons == ["warning", "refresh_requested"]
        assert fresh.number == 2


async def test_a_client_that_does_not_come_back_is_noticed(api: Api, slack: Slack) -> None:
    opened = await api("apps.connections.open", token="xapp-sandbox")
    async with api.session.ws_connect(opened["url"]) as socket:
        await socket.receive_json()
        with pytest.raises(NotSeenError, match="no new connection"):
            await asyncio.gather(slack.refresh_connection(0, 0.05), _read_on(socket))


async def _read_on(socket: aiohttp.ClientWebSocketResponse) -> None:
    async for _ in socket:
        pass


async def test_a_killed_connection_is_replaced_by_the_client(api: Api, slack: Slack) -> None:
    async with socket_bot(api):
        killed = await slack.kill_connection(0)
        await slack.expect_connections(1)
        slack.ack_timeout_seconds = 5
        ack = await slack.command("ann", "/pd list", channel="C0PROD")

        assert not killed.is_open
        assert ack.ok


async def test_pings_are_answered_until_the_line_is_silenced(api: Api, slack: Slack) -> None:
    async with socket_bot(api) as bot:
        assert bot.socket is not None
        await bot.socket.ping(b"one")
        await slack.command("ann", "/pd list", channel="C0PROD")
        silenced = slack.silence(0)
        await bot.socket.ping(b"two")
        ack = await slack.command("ann", "/pd list", channel="C0PROD")

        assert bot.pongs == [b"one"]
        assert silenced.is_silent
        assert ack.reason == "not_connected"


async def test_a_silent_connection_can_swallow_envelopes(api: Api, slack: Slack) -> None:
    slack.ack_timeout_seconds = 0.05
    async with socket_bot(api) as bot:
        slack.silence(0, swallow=True)
        ack = await slack.command("ann", "/pd list", channel="C0PROD")

        assert ack.reason == "timeout"
        assert bot.envelopes == []


async def test_acknowledgements_of_nothing_are_kept(api: Api, slack: Slack) -> None:
    async with socket_bot(api) as bot:
        assert bot.socket is not None
        await bot.socket.send_str('{"envelope_id": "unknown"}')
        await bot.socket.send_str("no json")
        await slack.command("ann", "/pd list", channel="C0PROD")

        assert slack.hub.stray_acks == [{"envelope_id": "unknown"}, {"text": "no json"}]


# -------------------------------------------------------------------- HTTP


async def test_a_command_is_posted_as_a_signed_form(api: Api, slack: Slack) -> None:
    async with http_bot(slack) as bot:
        ack = await slack.command("ann", "/pd list all", channel="C0PROD")

        assert ack.status == "acknowledged"
        headers, body = bot.requests[0]
        assert headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert bot.payloads[0][0] == "slash_commands"
        assert bot.payloads[0][1]["text"] == "list all"
        base = f"v0:{headers['X-Slack-Request-Timestamp']}:".encode() + body
        digest = hmac.new(slack.signing_secret.encode(), base, hashlib.sha256).hexdigest()
        assert headers["X-Slack-Signature"] == f"v0={digest}"


def test_signature_equals_the_published_vector() -> None:
    """https://docs.slack.dev/authentication/verifying-requests-from-slack."""
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        "&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        "&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        "%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signed = Slack(signing_secret="8f742231b10e8888abcd99yyyzzz85a5").signed_headers(
        body, timestamp=1531420618
    )

    assert signed == {
        "X-Slack-Request-Timestamp": "1531420618",
        "X-Slack-Signature": (
            "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
        ),
    }


def test_signature_with_another_secret_is_another() -> None:
    slack = Slack()

    assert slack.signed_headers(b"x", 1) != slack.signed_headers(b"x", 1, secret="forged")


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        pytest.param("plain words", ["plain words"], id="plain text"),
        pytest.param({"text": "json"}, ["json"], id="json"),
        pytest.param(None, [], id="nothing"),
        pytest.param(
            web.Response(body=b"{", content_type="application/json"), ["{"], id="broken json"
        ),
    ],
)
async def test_the_body_of_a_200_answers_a_command(
    api: Api, slack: Slack, answer: Any, texts: list[str]
) -> None:
    async with http_bot(slack, lambda *_: answer):
        ack = await slack.command("ann", "/pd help", channel="C0PROD")

        assert [one.text for one in ack.replies] == texts


async def test_an_event_is_posted_as_json(api: Api, slack: Slack) -> None:
    async with http_bot(slack) as bot:
        ack = await slack.post("ann", "C0PROD", "hello")

        assert ack.ok
        kind, payload = bot.payloads[0]
        assert kind == "events_api"
        assert payload["type"] == "event_callback"
        assert payload["event"]["text"] == "hello"
        assert "X-Slack-Retry-Num" not in bot.requests[0][0]


async def test_an_event_is_posted_again_after_an_error(api: Api, slack: Slack) -> None:
    answers = iter([(500, "no"), None])
    async with http_bot(slack, lambda *_: next(answers)) as bot:
        ack = await slack.post("ann", "C0PROD", "hello")

        assert (ack.status, ack.attempts) == ("acknowledged", 2)
        headers = bot.requests[1][0]
        assert headers["X-Slack-Retry-Num"] == "1"
        assert headers["X-Slack-Retry-Reason"] == "http_error"


async def test_an_event_is_posted_again_after_a_timeout(api: Api, slack: Slack) -> None:
    slack.ack_timeout_seconds = 0.1
    answers = iter([NO_ACK, None])
    async with http_bot(slack, lambda *_: next(answers)) as bot:
        ack = await slack.post("ann", "C0PROD", "hello")

        assert ack.attempts == 2
        assert bot.requests[1][0]["X-Slack-Retry-Reason"] == "http_timeout"


async def test_an_unreachable_bot_is_a_failed_connection(slack: Slack) -> None:
    slack.request_url = "http://127.0.0.1:9/slack/events"
    slack.retry_delays_seconds = ()
    ack = await slack.post("ann", "C0PROD", "hello")

    assert (ack.status, ack.reason) == ("none", "connection_failed")


async def test_a_bot_can_ask_for_no_repetition(api: Api, slack: Slack) -> None:
    refusal = web.Response(status=500, headers={"X-Slack-No-Retry": "1"})
    async with http_bot(slack, lambda *_: refusal):
        ack = await slack.post("ann", "C0PROD", "hello")

        assert (ack.status, ack.attempts) == (500, 1)


async def test_a_click_is_posted_as_json_in_a_form(api: Api, slack: Slack) -> None:
    async with http_bot(slack) as bot:
        ack = await slack.global_shortcut("ann", "open_incidents")

        assert ack.ok
        assert bot.payloads[0][0] == "interactive"
        assert bot.payloads[0][1]["callback_id"] == "open_incidents"


@pytest.mark.parametrize("answer", [{"challenge": "sandbox-challenge"}, "sandbox-challenge"])
async def test_the_request_url_can_be_verified(api: Api, slack: Slack, answer: Any) -> None:
    async with http_bot(slack, lambda *_: answer):
        assert await slack.verify_request_url()


async def test_a_request_url_without_the_challenge_is_not_verified(api: Api, slack: Slack) -> None:
    async with http_bot(slack):
        assert not await slack.verify_request_url()


# -------------------------------------------------------------------- the end


async def test_stop_cancels_what_is_under_way() -> None:
    slack = workspace()
    async with slack.serve():
        await slack.post("ann", "C0PROD", "hello", wait=False)

        assert not await slack.settle(0.01)

    assert await slack.settle(0)


async def test_settle_waits_for_the_last_delivery(slack: Slack) -> None:
    await slack.post("ann", "C0PROD", "hello", wait=False)

    assert await slack.settle()
    assert len(slack.deliveries) == 4


async def test_stop_before_start_does_nothing() -> None:
    await Slack().stop()


async def test_the_bot_is_told_of_its_own_message(api: Api, slack: Slack) -> None:
    async with socket_bot(api) as bot:
        await api("chat.postMessage", channel="C0PROD", text="hello")
        await slack.settle()
        event: Json = bot.envelopes[0]["payload"]["event"]

        assert (event["type"], event["bot_id"], event["text"]) == ("message", "B0PDBOT", "hello")
