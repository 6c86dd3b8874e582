"""Slash commands acknowledged a second over Socket Mode, beside a bare Bolt no-op in the same run.

Slack is played by a process of its own. Ours is everything up to PagerDuty: two connections,
listeners, the real conversation's `begin` (for a writing verb a commit with `synchronous=FULL`),
the task set and, after the acknowledgement, the answer over the response_url. PagerDuty does not
answer before all commands of a round are acknowledged, or takes 2 s.
"""

import asyncio
import json
import logging
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bench.notifier import BURST, bench, receiver
from bot.clock import SystemClock
from bot.conversation import Conversation
from bot.model import Form, Invocation, Outcome
from bot.ports import AuditTrail
from bot.ports import Conversation as ConversationPort
from bot.rights import Office
from bot.slack.client import SlackWeb, build_app, identify
from bot.slack.desk import Desk
from bot.slack.listeners import Listeners
from bot.slack.replies import Replies
from bot.slack.socket import SocketMode
from bot.stopping import settle_in
from bot.store import Store, open_store
from bot.tasks import TaskSet

COUNT = 4_000
IN_FLIGHT = 32
ROUNDS = 3
RATE = 200
RATE_SECONDS = 10
BURST_SECONDS = 3
PAGERDUTY_SECONDS = 2.0
READING, WRITING = "show Q1ABCDEFGHIJKL", "note Q1ABCDEFGHIJKL the disk is full again"
VERBS = {"reading verb": READING, "writing verb": WRITING}
DONE = Outcome(lines=(("Noted on Q1ABCDEFGHIJKL: the disk is full again.",),))
BOT_TOKEN, APP_TOKEN = "xoxb-bench", "xapp-bench"


class Slack:
    """The load process and the lines to it."""

    def __init__(self, process: asyncio.subprocess.Process, base: str) -> None:
        self._process = process
        self.api_url = f"{base}/api/"

    async def ask(self, **task: Any) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(task).encode() + b"\n")
        result: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return result


@asynccontextmanager
async def slack_process() -> AsyncIterator[Slack]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("slack_load.py")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    try:
        yield Slack(process, json.loads(await process.stdout.readline())["base"])
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def bare_bolt(slack: Slack) -> AsyncIterator[None]:
    """Run what every bot starts from: Bolt, its Socket Mode handler, `await ack()`."""
    client = AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url)
    app = AsyncApp(client=client, signing_secret="x", process_before_response=True)

    @app.command("/pd")
    async def no_op(ack: AsyncAck) -> None:
        await ack()

    handler = AsyncSocketModeHandler(app, APP_TOKEN)
    await handler.connect_async()
    try:
        yield
    finally:
        await handler.close_async()


class SlowPagerDuty:
    """A conversation whose `begin` is another's, and whose answers wait for `gate`."""

    def __init__(self, conversation: ConversationPort, gate: Callable[[], Any]) -> None:
        self.begin = conversation.begin
        self.form: Callable[[Invocation], Form | None] = conversation.form
        self.problems: Callable[[Invocation], Mapping[str, str]] = conversation.problems
        self._gate = gate

    async def answer(self, _: Invocation, reference: str) -> Outcome:
        assert reference
        await self._gate()
        return DONE


@asynccontextmanager
async def ours(
    slack: Slack, conversation: ConversationPort, gate: Callable[[], Any]
) -> AsyncIterator[None]:
    """Run the bot's Slack side."""
    tasks, notices = TaskSet(limit=2 * COUNT), TaskSet()
    async with SlackWeb(BOT_TOKEN, slack.api_url) as web:
        identity = await identify(web, clock=SystemClock())
        app = build_app(web, identity)
        desk = Desk(
            conversation=SlowPagerDuty(conversation, gate),
            replies=Replies(web),
            tasks=tasks,
            notices=notices,
        )
        Listeners(identity=identity, desk=desk).register(app)
        socket = SocketMode(app, client=web.prompt, app_token=APP_TOKEN, clock=SystemClock())
        await socket.connect()
        while socket.connections < 2:  # noqa: ASYNC110 - once, before anything is measured
            await asyncio.sleep(0.01)
        try:
            yield
        finally:
            await socket.close()
            await tasks.drain(60)


async def burst(
    slack: Slack, text: str, running: AbstractAsyncContextManager[None], gate: asyncio.Event
) -> dict[str, Any]:
    gate.clear()
    async with running:
        await slack.ask(text=text, count=IN_FLIGHT * 10, in_flight=IN_FLIGHT)
        result = await slack.ask(text=text, count=COUNT, in_flight=IN_FLIGHT)
        gate.set()
    return result


async def main(conversation: ConversationPort | None = None) -> None:
    """Print commands a second beside the no-op, and the tail while PagerDuty is slow."""
    logging.getLogger().setLevel(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as folder:
        async with slack_process() as slack:
            store = await open_store(f"sqlite:///{folder}/bench.db", clock=SystemClock())
            try:
                conversation = conversation or _real(store.audit)
                settle_in()  # as the bot does
                await _measure(slack, conversation)
                await _tail(slack, conversation, store)
            finally:
                await store.close()


def _real(audit: AuditTrail) -> Conversation:
    """Build the real conversation; its `begin` needs nothing but the audit trail."""
    nothing = cast(Any, None)
    return Conversation(
        Office(
            incidents=nothing,
            directory=nothing,
            identity=nothing,
            people=nothing,
            channels=nothing,
            threads=nothing,
            audit=audit,
            clock=SystemClock(),
        )
    )


async def _measure(slack: Slack, conversation: ConversationPort) -> None:
    gate = asyncio.Event()
    variants: dict[str, tuple[str, Callable[[], AbstractAsyncContextManager[None]]]] = {
        "bare Bolt no-op": (READING, lambda: bare_bolt(slack)),
        "reading verb": (READING, lambda: ours(slack, conversation, gate.wait)),
        "writing verb": (WRITING, lambda: ours(slack, conversation, gate.wait)),
    }
    best: dict[str, dict[str, Any]] = {}
    for _ in range(ROUNDS):
        for name, (text, running) in variants.items():
            result = await burst(slack, text, running(), gate)
            if result["per_second"] > best.get(name, {"per_second": 0})["per_second"]:
                best[name] = result
    print(f"slash commands acknowledged, Socket Mode, {IN_FLIGHT} in flight, best of {ROUNDS}")
    bare = best["bare Bolt no-op"]["per_second"]
    for name, result in best.items():
        rate, p50, p99 = result["per_second"], result["p50_ms"], result["p99_ms"]
        ratio = f"{rate / bare:4.2f} x the no-op (goal >= 0.85)"
        refused = f"  {result['refused']} refused" if result["refused"] else ""
        print(f"  {name:16} {rate:7,.0f}/s  p50 {p50:5.2f} ms  p99 {p99:6.2f} ms  {ratio}{refused}")


async def two_seconds() -> None:
    """Answer as a slow PagerDuty does."""
    await asyncio.sleep(PAGERDUTY_SECONDS)


async def _tail(slack: Slack, conversation: ConversationPort, store: Store) -> None:
    """Print the tail at a steady rate: alone, and while messages of jobs arrive."""
    print(
        f"acknowledgement at {RATE} commands/s, PagerDuty takes {PAGERDUTY_SECONDS:.0f} s "
        "(Slack's 3 s; goal p99 <= 5 ms)"
    )
    for name, text in VERBS.items():
        async with ours(slack, conversation, two_seconds):
            await _steady(slack, name, text, RATE * RATE_SECONDS)
    print(f"the same while {BURST} messages of jobs arrive and are delivered")
    with tempfile.TemporaryDirectory() as folder:
        async with receiver() as told, bench(Path(folder), store, told) as notifier:
            for name, text in VERBS.items():
                async with ours(slack, conversation, two_seconds):
                    bursting = asyncio.create_task(notifier.burst(at_once=IN_FLIGHT))
                    await _steady(slack, name, text, RATE * BURST_SECONDS)
                    await bursting


async def _steady(slack: Slack, name: str, text: str, count: int) -> None:
    result = await slack.ask(text=text, count=count, rate=RATE)
    answered = await slack.ask(answers=count - result["refused"])
    p50, p99, longest = result["p50_ms"], result["p99_ms"], result["max_ms"]
    print(
        f"  {name:16} p50 {p50:5.2f} ms  p99 {p99:6.2f} ms  longest {longest:6.2f} ms"
        f"  {answered['answers']} of {count} answered, {result['refused']} refused"
    )


if __name__ == "__main__":
    asyncio.run(main())
