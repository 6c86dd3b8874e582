"""Real sockets on loopback: what httpx on aiohttp does when servers misbehave."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from bot.clock import SystemClock
from bot.errors import ConfigError, OutcomeUnknown, Unavailable
from bot.model import IncidentId
from bot.pagerduty.connection import Answer, Connection, Disconnected, is_loopback
from bot.pagerduty.rest import Rest

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[str]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    running = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = running.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/v2"
    finally:
        running.close()
        await running.wait_closed()


def connection(base_url: str, timeout_seconds: float = 5.0) -> Connection:
    return Connection(
        base_url=base_url, setting="X_URL", headers={}, timeout_seconds=timeout_seconds
    )


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"length" in line), 0
    )
    return head + await reader.readexactly(length)


async def post(base_url: str, timeout_seconds: float = 5.0) -> Answer:
    async with connection(base_url, timeout_seconds) as one:
        return await one.exchange("POST", "/enqueue", content=b"{}")


async def lost(base_url: str, timeout_seconds: float = 5.0) -> Disconnected:
    with pytest.raises(Disconnected) as caught:
        await post(base_url, timeout_seconds)
    return caught.value


async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await read_request(reader)


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.transport.abort()


async def half_an_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()


async def no_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"220 mail.example.com ESMTP\r\n\r\n")
    await writer.drain()


async def bad_gzip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope")
    await writer.drain()


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()  # until the client gives up


async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not reader.at_eof() and not writer.is_closing():
        writer.write(b" ")
        await asyncio.sleep(0.01)


async def redirecting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
    )
    await writer.drain()


@pytest.mark.parametrize("serve", [hang_up, reset, half_an_answer, no_http, bad_gzip])
async def test_connection_that_breaks_after_the_request_was_sent(serve: Serve) -> None:
    """httpx-aiohttp calls some of these ConnectTimeout, as if nothing had left."""
    async with server(serve) as base_url:
        failure = await lost(base_url)
    assert failure.sent
    assert "broke" in failure.why


@pytest.mark.parametrize("serve", [silent, dripping])
async def test_time_allowed_is_for_the_whole_exchange(serve: Serve) -> None:
    """A server that drips a byte now and then does not hold the relay's lease."""
    async with server(serve) as base_url:
        failure = await lost(base_url, timeout_seconds=0.2)
    assert failure.sent
    assert "within 0.2 s" in failure.why


async def test_refused_connection_was_never_sent() -> None:
    async with server(hang_up) as base_url:
        gone = base_url
    failure = await lost(gone)
    assert not failure.sent
    assert "127.0.0.1" in failure.why


async def test_redirect_is_not_followed() -> None:
    async with server(redirecting) as base_url:
        assert (await post(base_url)).status == 302


async def test_base_address_keeps_its_path() -> None:
    seen = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()

    async with server(serve) as base_url:
        answer = await post(base_url + "/")
    assert answer == Answer(202, answer.headers, b"{}")
    assert seen[0].startswith(b"POST /v2/enqueue HTTP/1.1\r\n")
    assert seen[0].endswith(b"\r\n\r\n{}")


async def test_note_is_read_back_when_a_real_server_hangs_up() -> None:
    """The whole way: POST hung up on, notes read back by GET, both hung up on: unknown."""
    methods = []

    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        methods.append((await read_request(reader)).split()[0])

    class Hurried(SystemClock):
        async def sleep(self, seconds: float) -> None:
            """Do not wait."""

    async with (
        server(serve) as base_url,
        Rest(base_url=base_url, token="t" * 20, clock=Hurried()) as rest,
    ):
        with pytest.raises(OutcomeUnknown):
            await rest.incidents.add_note(IncidentId("P1"), "x", from_email="a@b.c")
    assert methods[0] == b"POST"
    assert set(methods[1:]) == {b"GET"}


# ---------------------------------------------------------------- addresses and proxies


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:8321", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:80", True),
        ("http://localhost:3000/x", True),
        ("https://10.0.0.1", False),
        ("https://api.pagerduty.example", False),
        ("https://localhost.example", False),
    ],
)
def test_loopback_is_recognized(url: str, loopback: bool) -> None:
    assert is_loopback(httpx.URL(url)) is loopback


@pytest.mark.parametrize("bad", ["", "api.example", "ftp://api.example", "http://", "http://x:y"])
def test_unusable_address_names_its_setting(bad: str) -> None:
    with pytest.raises(ConfigError, match="X_URL"):
        connection(bad)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


async def test_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()

    async with server(proxy) as address:
        monkeypatch.setenv("HTTP_PROXY", address.removesuffix("/v2"))
        assert (await post("http://events.pagerduty.invalid/v2")).status == 202
    assert seen[0].startswith(b"POST http://events.pagerduty.invalid/v2/enqueue ")


async def test_proxy_is_not_asked_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    async with server(redirecting) as base_url:
        assert (await post(base_url)).status == 302


async def test_unreachable_proxy_means_that_nothing_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with server(hang_up) as address:
        gone = address.removesuffix("/v2")
    monkeypatch.setenv("HTTPS_PROXY", gone)
    assert not (await lost("https://events.pagerduty.invalid/v2")).sent


async def test_refusing_proxy_means_that_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with server(proxy) as address:
        monkeypatch.setenv("HTTPS_PROXY", address.removesuffix("/v2"))
        assert not (await lost("https://events.pagerduty.invalid/v2")).sent


@pytest.mark.parametrize("bad", ["socks5://u:hunter2@proxy:1080", "http://", "http://x:y"])
def test_unusable_proxy_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch, bad: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", bad)
    with pytest.raises(ConfigError, match="HTTPS_PROXY") as caught:
        connection("https://api.pagerduty.example")
    assert "hunter2" not in str(caught.value)


def test_proxy_without_scheme_is_an_http_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    connection("https://api.pagerduty.example")


async def test_rest_with_nobody_there_says_so() -> None:
    async with server(hang_up) as base_url:
        gone = base_url

    class Hurried(SystemClock):
        async def sleep(self, seconds: float) -> None:
            """Do not wait."""

    async with Rest(base_url=gone, token="t" * 20, clock=Hurried()) as rest:
        with pytest.raises(Unavailable, match=r"not answering \(4 tries\), no connection to 127"):
            await rest.incidents.get("P1")
