"""Socket Mode: envelopes, repetition, single-use addresses, renewal, broken lines."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from yarl import URL

from bot.sandbox.slack import Fault, NotSeenError, Slack
from bot.sandbox.slack.records import MOST_REMEMBERED, remember
from tests.patience import PATIENCE_SECONDS
from tests.sandbox.slack_fakes import NO_ACK, Api, Json, calling, socket_bot, workspace


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    slack = workspace()
    slack.retry_delays_seconds = (0.0, 0.0, 0.0)
    async with calling(slack) as api:
        yield api


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
    slack.ack_timeout_seconds = 0.3
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


async def test_a_client_that_hangs_up_during_its_handshake_is_no_error(
    api: Api, slack: Slack, caplog: pytest.LogCaptureFixture
) -> None:
    slack.faults.add(Fault("socket.handshake", delay=0.05))
    address = URL((await api("apps.connections.open", token="xapp-sandbox"))["url"])
    assert address.host is not None
    others = asyncio.all_tasks()
    _, line = await asyncio.open_connection(address.host, address.port)
    line.write(
        f"GET {address.raw_path_qs} HTTP/1.1\r\nHost: {address.host}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(slack.faults):  # noqa: ASYNC110 - until the request is being served
            await asyncio.sleep(0)
    line.transport.abort()
    serving = asyncio.all_tasks() - others
    await asyncio.wait(serving, timeout=PATIENCE_SECONDS)

    assert serving
    assert caplog.messages == []


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


def test_the_transports_settings_can_be_read(slack: Slack) -> None:
    slack.retry_delays_seconds = (1, 2)

    assert slack.retry_delays_seconds == (1, 2)
    assert slack.ack_timeout_seconds == 3
    assert slack.request_url is None


def test_a_full_log_forgets_its_older_half() -> None:
    log = list(range(MOST_REMEMBERED))
    remember(log, -1)

    assert len(log) == MOST_REMEMBERED // 2 + 1
    assert log[-1] == -1
