"""POSTs a second through httpx: on aiohttp's connections, which the bot uses, and on its own pool.

Both talk to the same bare server on loopback, in the same process and run: the ratio counts.
"""

import asyncio
import json
import time
from collections.abc import Callable

import httpx
from httpx_aiohttp import AiohttpTransport

POSTS = 1_500
IN_FLIGHT = (1, 16, 64)
ROUNDS = 3

EVENT = json.dumps(
    {
        "routing_key": "0" * 32,
        "event_action": "trigger",
        "dedup_key": "rundeck:billing:nightly",
        "payload": {"summary": "nightly failed", "source": "rundeck", "severity": "error"},
    }
).encode()
ACCEPTED = b'{"status":"success","message":"Event processed","dedup_key":"rundeck:billing:nightly"}'
ANSWER = (
    b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: "
    + str(len(ACCEPTED)).encode()
    + b"\r\n\r\n"
    + ACCEPTED
)


class Server(asyncio.Protocol):
    """Answer every request at once, reading no more of it than its length."""

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (head := self._received.find(b"\r\n\r\n")) >= 0:
            end = head + 4 + len(EVENT)
            if len(self._received) < end:
                return
            self._received = self._received[end:]
            self._transport.write(ANSWER)


TRANSPORTS: dict[str, Callable[[], httpx.AsyncBaseTransport]] = {
    "httpx-aiohttp": AiohttpTransport,
    "httpx's own pool": httpx.AsyncHTTPTransport,
}


async def posts_per_second(
    make: Callable[[], httpx.AsyncBaseTransport], url: str, in_flight: int
) -> float:
    """Measure one transport; connections are opened before the clock starts."""

    async def post(client: httpx.AsyncClient, count: int) -> None:
        for _ in range(count):
            response = await client.post(url, content=EVENT)
            assert response.status_code == httpx.codes.ACCEPTED

    async with httpx.AsyncClient(transport=make()) as client:
        await asyncio.gather(*(post(client, 1) for _ in range(in_flight)))
        started = time.perf_counter()
        await asyncio.gather(*(post(client, POSTS // in_flight) for _ in range(in_flight)))
        return POSTS // in_flight * in_flight / (time.perf_counter() - started)


async def main() -> None:
    """Print POSTs a second of both, best of three rounds in turn, and their ratio."""
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    url = "http://{}:{}/v2/enqueue".format(*server.sockets[0].getsockname()[:2])
    print("POSTs a second over loopback, httpx's API on two transports")
    for in_flight in IN_FLIGHT:
        best = dict.fromkeys(TRANSPORTS, 0.0)
        for _ in range(ROUNDS):
            for name, make in TRANSPORTS.items():
                best[name] = max(best[name], await posts_per_second(make, url, in_flight))
        ours, own = best.values()
        figures = ", ".join(f"{name} {figure:,.0f}/s" for name, figure in best.items())
        print(f"  {in_flight:3} in flight: {figures}, ratio {ours / own:.1f} x")
    server.close()
    await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(main())
