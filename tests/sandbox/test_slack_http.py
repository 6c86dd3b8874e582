"""HTTP mode: signed requests, their acknowledgement, and what is posted again."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from bot.sandbox.slack import Slack
from tests.sandbox.slack_fakes import NO_ACK, Api, calling, http_bot, workspace


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    slack = workspace()
    slack.retry_delays_seconds = (0.0, 0.0, 0.0)
    async with calling(slack) as api:
        yield api


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
    slack.ack_timeout_seconds = 0.5
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
