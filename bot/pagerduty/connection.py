"""One pool of HTTP connections to PagerDuty: bounded in size and time, secrets kept to itself.

httpx on aiohttp's connections: about five times the throughput of httpx's own pool (`make bench`).
Proxies are taken from the environment (HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE), because operators
sit behind firewalls; never for an address on loopback, which no proxy could reach.
"""

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from ipaddress import ip_address
from time import perf_counter
from typing import Any, Self
from urllib.request import getproxies

import aiohttp
import httpx
from httpx_aiohttp import HttpxAiohttpClient

from bot import __version__
from bot.errors import ConfigError
from bot.telemetry import Observe, ignore

MAX_ANSWER_BYTES = 16 * 1024 * 1024  # a page of 100 incidents has well under 1 MB
_CONNECT_SHARE = 0.5  # of the time allowed: the other half is for the answer
_IDLE_SECONDS = 30.0  # how long an unused connection is kept: less than usual servers do
_MOST_URLS = 64  # remembered as parsed
_MAX_CONNECTIONS = 50


class Disconnected(Exception):
    """There is no answer; `sent` tells whether the request may have reached PagerDuty."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.why = why
        self.sent = sent


class AnswerTooLarge(Exception):
    """The answer is larger than any of PagerDuty's."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: httpx.Headers
    body: bytes


def is_loopback(url: httpx.URL) -> bool:
    """Tell whether an address is on this machine."""
    try:
        return url.host == "localhost" or ip_address(url.host).is_loopback
    except ValueError:
        return False


def encode(body: Mapping[str, Any]) -> bytes:
    """Encode JSON once, as it is sent; half characters, which UTF-8 does not have, become `?`.

    Raises:
        ValueError, TypeError, RecursionError: it cannot be said in JSON (NaN, bytes, a cycle).
    """
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


@cache
def _trust(*, trust_env: bool) -> ssl.SSLContext:
    """Read the certificates to trust once for all pools: it takes 20 ms each time."""
    return httpx.create_ssl_context(trust_env=trust_env)


def _check_proxies() -> None:
    """Refuse proxies that cannot work before a request is lost on them; never quotes one.

    Raises:
        ConfigError: only HTTP proxies are supported (aiohttp), and their address must be one.
    """
    problems = []
    proxies = getproxies()
    for kind in {"http", "https", "all"} & proxies.keys():
        address = proxies[kind]
        try:
            url = httpx.URL(address if "://" in address else f"http://{address}")
        except httpx.InvalidURL:
            url = httpx.URL()
        if url.scheme not in {"http", "https"} or not url.host:
            problems.append(
                f"{kind.upper()}_PROXY is not the address of an HTTP proxy;"
                " example: http://proxy.example.com:3128"
            )
    if problems:
        raise ConfigError(problems)


class _Client(HttpxAiohttpClient):
    """A client that sends without what only browsers need: cookies, redirects, authentication.

    They are half of what httpx itself costs for a request, and all are off or unused here.
    """

    async def send_plainly(self, request: httpx.Request) -> httpx.Response:
        """Send one request through its proxy, or none; the answer must be closed."""
        if self.is_closed:
            raise RuntimeError("Cannot send a request, as the client has been closed.")
        return await self._transport_for_url(request.url).handle_async_request(request)


class Connection:
    """Exchange one request for one answer, without judging it."""

    def __init__(
        self,
        *,
        base_url: str,
        setting: str,
        headers: Mapping[str, str],
        timeout_seconds: float,
        transport: httpx.AsyncBaseTransport | None = None,
        observe: Observe = ignore,
    ) -> None:
        """Prepare the pool; nothing is connected yet.

        Raises:
            ConfigError: the address (its `setting` is named), or a proxy's, cannot be used.
        """
        self._timeout_seconds = timeout_seconds
        self._observe = observe
        try:
            url = httpx.URL(base_url)
        except httpx.InvalidURL:
            url = httpx.URL()
        if url.scheme not in {"http", "https"} or not url.host:
            raise ConfigError([f"{setting} is not an http(s) address; example: https://host/path"])
        self.host = url.host
        self._base = str(url).rstrip("/")
        self._urls: dict[str, httpx.URL] = {}
        trust_env = not is_loopback(url)
        if trust_env:
            _check_proxies()
        self._headers = httpx.Headers(
            {"User-Agent": f"pdbot/{__version__}", "Accept-Encoding": "gzip, deflate", **headers}
        )
        timeout = httpx.Timeout(timeout_seconds, connect=timeout_seconds * _CONNECT_SHARE)
        self._extensions = {"timeout": timeout.as_dict()}
        self._http = _Client(
            limits=httpx.Limits(max_connections=_MAX_CONNECTIONS, keepalive_expiry=_IDLE_SECONDS),
            follow_redirects=False,
            verify=_trust(trust_env=trust_env),
            trust_env=trust_env,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        query: tuple[tuple[str, str], ...] = (),
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        """Send the request and read the answer, all within the time allowed.

        Raises:
            Disconnected: there is no answer.
            AnswerTooLarge: there is, but it is none of PagerDuty's.
        """
        started, outcome = perf_counter(), "no_answer"
        try:
            answer = await self._exchange(method, path, query, headers, content)
            outcome = _outcome(answer.status)
            return answer
        finally:
            self._observe(method, outcome, perf_counter() - started)

    async def _exchange(
        self,
        method: str,
        path: str,
        query: tuple[tuple[str, str], ...],
        headers: Mapping[str, str] | None,
        content: bytes | None,
    ) -> Answer:
        try:
            request = self._request(method, path, query, headers, content or b"")
            async with asyncio.timeout(self._timeout_seconds):
                response = await self._http.send_plainly(request)
                try:
                    body = await _bounded(response)
                finally:
                    await response.aclose()
            return Answer(response.status_code, response.headers, body)
        except TimeoutError:
            why = f"no answer from {self.host} within {self._timeout_seconds:g} s"
            raise Disconnected(why, sent=True) from None
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError) as bad:
            # Not chained: httpx's exceptions hold the request, and that holds the secrets.
            raise self._disconnected(bad) from None

    def _request(
        self,
        method: str,
        path: str,
        query: tuple[tuple[str, str], ...],
        headers: Mapping[str, str] | None,
        content: bytes,
    ) -> httpx.Request:
        """Make a request; the client's own way merges anew, each time, what never changes.

        The transport adds Host and Content-Length.
        """
        url = self._url(path)
        if query:
            url = url.copy_with(params=list(query))
        request = httpx.Request(
            method,
            url,
            headers=self._headers,
            stream=httpx.ByteStream(content),
            extensions=self._extensions,
        )
        request.headers.update(headers)
        request.read()  # it is all there
        return request

    def _url(self, path: str) -> httpx.URL:
        """Give the address of a path; events have one only, and parsing it costs 0.1 ms."""
        url = self._urls.get(path)
        if url is None:
            if len(self._urls) >= _MOST_URLS:
                self._urls.clear()
            url = self._urls[path] = httpx.URL(self._base + path)
        return url

    def _disconnected(self, bad: Exception) -> Disconnected:
        if not _was_sent(bad):
            return Disconnected(f"no connection to {self.host}", sent=False)
        if isinstance(bad, httpx.TimeoutException) and not isinstance(bad, httpx.ConnectTimeout):
            why = f"no answer from {self.host} within {self._timeout_seconds:g} s"
            return Disconnected(why, sent=True)
        return Disconnected(f"the connection to {self.host} broke", sent=True)


def _outcome(status: int) -> str:
    return "rate_limited" if status == HTTPStatus.TOO_MANY_REQUESTS else f"{status // 100}xx"


_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
_NEVER_SENT_BY_AIOHTTP = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
)


def _was_sent(bad: Exception) -> bool:
    """Tell whether the request may have left before it failed; yes where that is not certain.

    httpx-aiohttp 0.2.0 reports everything that aiohttp calls ClientConnectionError as
    ConnectTimeout, a server that hangs up after it has read the request included. So aiohttp's own
    exception decides where there is one.
    """
    cause = bad if isinstance(bad, aiohttp.ClientError) else bad.__cause__
    if isinstance(cause, aiohttp.ClientError):
        return not isinstance(cause, _NEVER_SENT_BY_AIOHTTP)
    return not isinstance(bad, _NEVER_SENT)


async def _bounded(response: httpx.Response) -> bytes:
    read = bytearray()
    async for piece in response.aiter_bytes():
        read += piece
        if len(read) > MAX_ANSWER_BYTES:
            raise AnswerTooLarge
    return bytes(read)
