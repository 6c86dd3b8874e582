"""From a channel message to PagerDuty: latency at a steady rate, and a burst.

    python -m bench.notifier [DATABASE_URL]

Everything is the bot's own: recognition, rules, the commit before anything else (SQLite with
`synchronous=FULL`), the relay and real HTTP on loopback to a receiver in a process of its own.
The latency is measured from before the message is taken in until the receiver has read the POST.
"""

import asyncio
import json
import logging
import multiprocessing
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from bench.store import spread
from bot.clock import SystemClock
from bot.model import ChannelMessage
from bot.notifier.keys import KeyRing
from bot.notifier.mutes import MuteBook
from bot.notifier.pipeline import Pipeline
from bot.notifier.relay import Relay
from bot.notifier.rulebook import RuleBook
from bot.pagerduty.events import Events
from bot.store import Store, open_store
from bot.tasks import TaskSet

JOBS = 50
BURST = 3_000
STEADY = (
    (50, "trial 4.6 / 11.3; goal p50 <= 3, p99 <= 10"),
    (200, "trial 11.2 / 17.8; goal p99 <= 12"),
)
RULES = '[[rule]]\nname = "all"\nbots = ["B0SCRIPT"]\nintegration_key = "env:BENCH_KEY"\n'
KEY = "0123456789abcdef0123456789abcdef"


def receive(pipe: Connection) -> None:
    """Answer 202 to everything; tell when each event arrived (CLOCK_MONOTONIC is one for all)."""
    arrived: list[tuple[str, str, float]] = []

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        now = time.monotonic()
        event = json.loads(body)
        details = event["payload"]["custom_details"]
        arrived.append((event["dedup_key"], details["execution_id"], now))
        return web.json_response({"status": "success"}, status=202)

    async def tell(_: web.Request) -> web.Response:
        found, arrived[:] = list(arrived), []
        return web.json_response(found)

    async def main() -> None:
        app = web.Application()
        app.add_routes([web.post("/v2/enqueue", take), web.get("/arrived", tell)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        pipe.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(main())


class Rooms:
    """Channels that are all known."""

    def name(self, _: str) -> str | None:
        return "jobs"

    def permalink(self, channel_id: str, ts: str, thread_ts: str | None = None) -> str | None:  # noqa: ARG002
        return f"https://acme.slack.com/archives/{channel_id}/p{ts.replace('.', '')}"

    async def resolve(self, channel_id: str) -> str | None:
        return self.name(channel_id)

    async def joined(self) -> Mapping[str, str]:
        return {}


def message(number: int) -> ChannelMessage:
    """Give a failure or success of one of 50 jobs, as a script posts it."""
    ts = f"{1_763_870_705 + number // 1000}.{number % 1000 * 1000:06d}"
    word = "failed" if number // JOBS % 2 == 0 else "succeeded"
    text = f"[job] nightly-{number % JOBS} {word} project=billing run={number} -- as told"
    content = {"type": "message", "text": text, "bot_id": "B0SCRIPT", "ts": ts}
    return ChannelMessage("T0", "C0JOBS", ts, ts, content, bot_id="B0SCRIPT")


@dataclass
class Receiver:
    """The process that plays PagerDuty."""

    port: int

    async def arrived(self) -> dict[int, float]:
        """Ask the receiver what it got since it was asked last: number -> when."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"GET /arrived HTTP/1.0\r\n\r\n")
        answer = await reader.read()
        writer.close()
        found: list[Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
        by_key: dict[str, int] = {}
        for key, run, _ in found:
            assert by_key.get(key, -1) < int(run), "an event overtook another one of its key"
            by_key[key] = int(run)
        return {int(run): when for _, run, when in found}

    async def all(self, wanted: Mapping[int, float]) -> dict[int, float]:
        """Wait until all of these have arrived."""
        arrived: dict[int, float] = {}
        async with asyncio.timeout(120):
            while len(arrived) < len(wanted):
                await asyncio.sleep(0.25)
                arrived |= await self.arrived()
        return arrived


@dataclass
class Bench:
    """The part of the bot that is measured."""

    store: Store
    pipeline: Pipeline
    relay: Relay
    receiver: Receiver
    number: int = 0

    async def steady(self, rate: float, seconds: float) -> list[float]:
        """Take messages in at a rate; gives the latencies, sorted."""
        taken: dict[int, float] = {}
        tasks: set[asyncio.Task[None]] = set()
        begun = time.monotonic()
        for at in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, begun + at / rate - time.monotonic()))
            number, self.number = self.number, self.number + 1
            taken[number] = time.monotonic()
            task = asyncio.create_task(self.pipeline(message(number)))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        arrived = await self.receiver.all(taken)
        return sorted(arrived[number] - at for number, at in taken.items())

    async def burst(self, count: int = BURST, *, at_once: int = BURST) -> float:
        """Take many messages, so many at once; gives those delivered a second."""
        numbers = range(self.number, self.number + count)
        self.number += count
        begun = time.monotonic()
        await spread(lambda at: self.pipeline(message(numbers[at])), count, at_once)
        stored = time.monotonic() - begun
        arrived = await self.receiver.all(dict.fromkeys(numbers, begun))
        print(f"  {count} stored in {stored:.2f} s")
        return count / (max(arrived.values()) - begun)


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """Run what plays PagerDuty, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=receive, args=(theirs,), daemon=True)
    process.start()
    try:
        yield Receiver(await asyncio.to_thread(ours.recv))
    finally:
        process.terminate()


@asynccontextmanager
async def bench(folder: Path, store: Store, receiver: Receiver) -> AsyncIterator[Bench]:
    """Put the measured part together."""
    rules = folder / "rules.toml"
    rules.write_text(RULES, encoding="utf-8")
    clock = SystemClock()
    events = Events(base_url=f"http://127.0.0.1:{receiver.port}/v2")
    relay = Relay(store, events, KeyRing(lambda: {"BENCH_KEY": KEY}, clock=clock), clock=clock)
    pipeline = Pipeline(
        book=RuleBook(rules, clock=clock),
        store=store,
        rooms=Rooms(),
        clock=clock,
        tasks=TaskSet(),
        wake=relay.wake,
        mutes=MuteBook(store.mutes, clock=clock),
    )
    running = asyncio.create_task(relay.run())
    try:
        yield Bench(store, pipeline, relay, receiver)
    finally:
        await relay.stop()
        await running
        await events.aclose()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Store]:
    """Open a store, and close it."""
    store = await open_store(url, clock=SystemClock(), ballast_bytes=0)
    try:
        yield store
    finally:
        await store.close()


def _at(latencies: list[float], share: float) -> float:
    return latencies[min(len(latencies) - 1, int(len(latencies) * share))] * 1_000


async def measure(url: str, folder: Path) -> None:
    """Print the figures."""
    async with opened(url) as store, receiver() as told, bench(folder, store, told) as running:
        await running.steady(50, 2)  # connections are made, code is warm
        for rate, beside in STEADY:
            latencies = await running.steady(rate, 10)
            print(
                f"message -> POST at {rate}/s: p50 {_at(latencies, 0.5):.1f} ms, "
                f"p99 {_at(latencies, 0.99):.1f} ms ({beside})"
            )
        for _ in range(3):
            print(
                f"burst of {BURST} messages over {JOBS} keys: {await running.burst():,.0f}/s "
                "delivered (trial 322/s; goal >= 1,200/s)"
            )


def main() -> None:
    """Measure on SQLite, or on the database named."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name)
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder / 'bench.db'}"
        asyncio.run(measure(url, folder))


if __name__ == "__main__":
    main()
