"""Who the bot is, how long it waits, and what it remembers."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.errors import ConfigError
from bot.slack.backoff import delay_seconds
from bot.slack.client import Identity, SlackWeb, build_app, identify, reason_of
from bot.slack.seen import Seen
from tests.slack_io.fake_slack import BOT_TOKEN, FakeSlack
from tests.slack_io.test_people import HandClock


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        yield fake


@pytest.fixture
async def clients(slack: FakeSlack) -> AsyncIterator[SlackWeb]:
    async with SlackWeb(BOT_TOKEN, slack.api_url) as made:
        yield made


async def test_the_bot_asks_slack_who_it_is(clients: SlackWeb) -> None:
    assert await identify(clients, clock=HandClock()) == Identity(
        "U0BOT", "B0BOT", "T0", None, "Acme"
    )


@pytest.mark.parametrize("error", ["invalid_auth", "token_revoked", "account_inactive"])
async def test_a_refused_token_is_a_mistake_in_the_settings(
    slack: FakeSlack, clients: SlackWeb, error: str
) -> None:
    slack.answers["auth.test"] = {"ok": False, "error": error}
    with pytest.raises(ConfigError, match=rf"SLACK_BOT_TOKEN was refused by Slack \({error}\)"):
        await identify(clients, clock=HandClock())


async def test_a_users_token_is_a_mistake_in_the_settings(
    slack: FakeSlack, clients: SlackWeb
) -> None:
    slack.answers["auth.test"] = {"ok": True, "user_id": "U1", "team_id": "T0"}
    with pytest.raises(ConfigError, match="a person's token"):
        await identify(clients, clock=HandClock())


async def test_a_silent_slack_is_asked_again(slack: FakeSlack, clients: SlackWeb) -> None:
    class Patience(HandClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            if len(self.slept) == 3:
                slack.answers["auth.test"] = {
                    "ok": True,
                    "user_id": "U0BOT",
                    "bot_id": "B0BOT",
                    "team_id": "T0",
                }

    slack.answers["auth.test"] = web.Response(status=500, text="gone")
    clock = Patience()
    identity = await identify(clients, clock=clock)

    assert identity.bot_id == "B0BOT"
    assert clock.slept == sorted(clock.slept)


async def test_no_request_asks_slack_who_the_bot_is(slack: FakeSlack, clients: SlackWeb) -> None:
    app = build_app(clients, Identity("U0BOT", "B0BOT", "T0"))

    async def command(ack: AsyncAck) -> None:
        await ack()

    app.command("/pd")(command)
    body = {"command": "/pd", "user_id": "U1", "team_id": "T0"}
    response = await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=body))

    assert response.status == 200
    assert slack.calls == []


async def test_tokens_are_not_shown(clients: SlackWeb) -> None:
    assert BOT_TOKEN not in repr(clients)
    assert BOT_TOKEN not in repr(clients.prompt)


def test_a_reason_is_a_word_and_never_an_address() -> None:
    error = aiohttp.InvalidURL("wss://host/link?ticket=secret")

    assert "secret" not in reason_of(error)
    assert reason_of(TimeoutError()) == "TimeoutError"


@given(st.integers(min_value=1, max_value=10**6))
def test_a_delay_grows_and_is_capped(failures: int) -> None:
    delay = delay_seconds(failures, first=0.25, longest=30.0)

    assert 0.125 <= delay <= 30.0
    assert delay <= 0.25 * 2.0 ** min(failures - 1, 10)


def test_the_first_attempt_is_not_delayed() -> None:
    assert delay_seconds(0) == 0.0


def test_a_key_is_seen_again_until_it_is_pushed_out() -> None:
    seen = Seen(limit=2)

    assert [seen.again(key) for key in ("a", "a", "b", "c", "a")] == [
        False,
        True,
        False,
        False,
        False,
    ]


def test_nothing_is_never_a_repetition() -> None:
    seen = Seen()

    assert not seen.again(None)
    assert not seen.again(None)
