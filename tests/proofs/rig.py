"""Both vendors in this process, the real bot in processes of its own, and what went between them."""

import asyncio
import contextlib
import os
import random
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import aiohttp

from bot.clock import SystemClock
from bot.ledger import Entry, EntryState
from bot.sandbox.pagerduty import Fault, PagerDuty, Service
from bot.sandbox.slack import Slack
from bot.store import Store, open_store
from tests.e2e.jobs import RUNDECK, rundeck

CHANNEL = "C0JOBS"
EVENTS = "events_v2.createV2Event"
START_SECONDS = 30.0

RULES = """
[[rule]]
name = "billing jobs"
channels = ["#jobs"]
integration_key = "env:BILLING_KEY"

[rule.on.retryable_failure]
action = "trigger"
severity = "info"
"""

Word = Literal["Succeeded", "Failed", "Retry Failure"]
WORDS: tuple[Word, ...] = ("Failed", "Retry Failure", "Succeeded")


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Child:
    """A bot in a process of its own."""

    process: asyncio.subprocess.Process
    port: int
    log: Path

    async def health(self) -> tuple[int, dict[str, Any]]:
        """Ask `/healthz`; status 0 while nobody listens."""
        url = f"http://127.0.0.1:{self.port}/healthz"
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as session,
                session.get(url) as answer,
            ):
                return answer.status, await answer.json()
        except (aiohttp.ClientError, TimeoutError):
            return 0, {}

    async def until_healthy(self) -> None:
        """Wait until it is connected and its database answers."""

        async def healthy() -> bool:
            assert self.process.returncode is None, self.log.read_text()[-3000:]
            return (await self.health())[0] == 200

        await until(healthy, START_SECONDS)

    async def kill(self) -> None:
        """End it with `kill -9`."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """End it with SIGTERM; gives the exit code."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), 40)

    def resident_bytes(self) -> int:
        """Tell how much memory it has."""
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


@dataclass
class Told:
    """A job message that was posted in Slack."""

    ts: str
    job: str
    execution: int
    word: Word
    at: float  # monotonic


@dataclass
class Rig:
    """The vendors, and the bots between them."""

    slack: Slack
    pagerduty: PagerDuty
    billing: Service
    folder: Path
    url: str
    environ: dict[str, str]
    children: list[Child] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    executions: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**9)))

    async def start(self, **environ: str) -> Child:
        """Start a bot; returns at once."""
        port = free_port()
        log = self.folder / f"bot-{len(self.children)}.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run",
                env={**self.environ, "PDBOT_PORT": str(port), **environ},
                cwd=self.folder, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        child = Child(process, port, log)
        self.children.append(child)
        return child

    async def tell(self, job: int, word: Word) -> None:
        """Post a job's message; Slack delivers it by itself, again and again."""
        execution = next(self.executions)
        fields = rundeck(word, execution=execution, job=f"nightly / Load {job}")
        ack = await self.slack.post_as_bot(RUNDECK, CHANNEL, fields, wait=False)
        assert ack.message is not None
        self.told.append(Told(ack.message.ts, f"{job}", execution, word, time.monotonic()))

    async def tell_many(
        self, count: int, jobs: int, dice: random.Random, *, per_second: float
    ) -> None:
        """Post messages of many jobs at a steady rate, in a random order of jobs and words."""
        begun = time.monotonic()
        for number in range(count):
            await asyncio.sleep(max(0.0, begun + number / per_second - time.monotonic()))
            await self.tell(dice.randrange(jobs), dice.choice(WORDS))

    def accepted(self) -> dict[str, list[tuple[int, str]]]:
        """Give what PagerDuty took, by dedup key: execution and action, repeats left in."""
        found: dict[str, list[tuple[int, str]]] = {}
        for event in self.pagerduty.events:
            if event.status == 202:
                details = event.body["payload"]["custom_details"]
                found.setdefault(event.body["dedup_key"], []).append(
                    (int(details["execution_id"]), event.body["event_action"])
                )
        return found

    async def is_over(self, store: Store, one: Told) -> bool:
        """Tell whether a message is stored and all that it led to is settled."""
        entries = await store.entries.of_message(CHANNEL, one.ts)
        return bool(entries) and all(entry.settled_at is not None for entry in entries)

    @asynccontextmanager
    async def visit(self) -> AsyncIterator[Store]:
        """Open the database as a command-line tool does."""
        store = await open_store(self.url, clock=SystemClock(), lock=False)
        try:
            yield store
        finally:
            await store.close()

    async def until_settled(self, seconds: float) -> None:
        """Wait until every message is stored and everything stored has left."""
        async with self.visit() as store:

            async def settled() -> bool:
                stats = await store.stats()
                waiting = [EntryState.PENDING, EntryState.LEASED, EntryState.HELD]
                if any(stats.depth[state] for state in waiting):
                    return False
                return all([await store.messages.of(CHANNEL, one.ts) for one in self.told])

            await until(settled, seconds, every=0.3)

    async def verdicts(self) -> list[str]:
        """Give everything that is wrong: lost, reordered, or another end than the last message."""
        await self.pagerduty.settled()
        wrong, accepted = [], self.accepted()
        taken = {number for events in accepted.values() for number, _ in events}
        for key, events in accepted.items():
            once = [one for at, one in enumerate(events) if at == 0 or events[at - 1] != one]
            if [number for number, _ in once] != sorted({number for number, _ in once}):
                wrong.append(f"{key} out of order: {once}")
        async with self.visit() as store:
            for one in self.told:
                entries = await store.entries.of_message(CHANNEL, one.ts)
                if len(entries) != 1:
                    wrong.append(f"{one} led to {len(entries)} entries")
                wrong += [_judged(one, entry, accepted, taken) for entry in entries]
        last = {one.job: one for one in self.told}
        open_keys = {key for _, key in self.pagerduty.open_alerts}
        for one in last.values():
            is_open = any(key.endswith(f"Load {one.job}") for key in open_keys)
            if is_open != (one.word != "Succeeded"):
                wrong.append(f"{one} was last, but its alert is {'open' if is_open else 'closed'}")
        return [each for each in wrong if each]

    def repeats(self) -> int:
        """Count the events that PagerDuty took more than once."""
        taken = [number for events in self.accepted().values() for number, _ in events]
        return len(taken) - len(set(taken))


def _judged(
    one: Told, entry: Entry, accepted: Mapping[str, list[tuple[int, str]]], taken: set[int]
) -> str:
    is_newer_there = any(number > one.execution for number, _ in accepted.get(entry.dedup_key, ()))
    match entry.state:
        case EntryState.SENT:
            return "" if one.execution in taken else f"{one} is said to be sent, and was not"
        case EntryState.SUPERSEDED | EntryState.COLLAPSED:
            return "" if is_newer_there else f"{one} is {entry.state}, and nothing newer was sent"
        case _:
            return f"{one} is {entry.state}: {entry.error}"


async def until(check: Callable[[], Awaitable[bool]], seconds: float, every: float = 0.05) -> None:
    """Wait until a fact holds."""
    async with asyncio.timeout(seconds):
        while not await check():  # noqa: ASYNC110 -- processes and vendors tell nobody
            await asyncio.sleep(every)


async def weather(pagerduty: PagerDuty, dice: random.Random, *, every: float = 0.4) -> None:
    """Let PagerDuty have bad moments, for ever."""
    while True:
        await asyncio.sleep(dice.uniform(0, 2 * every))
        pagerduty.faults.add(
            dice.choice(
                (
                    Fault(EVENTS, status=500, times=2),
                    Fault(EVENTS, drop="before", times=2),
                    Fault(EVENTS, delay=3.5),  # it takes it, but nobody waits so long
                    Fault.rate_limited(EVENTS, reset_seconds=1),
                )
            )
        )


async def outage(pagerduty: PagerDuty, seconds: float) -> None:
    """Let PagerDuty be gone for a while."""
    gone = Fault(EVENTS, drop="before", times=None)
    pagerduty.faults.active.insert(0, gone)
    await asyncio.sleep(seconds)
    pagerduty.faults.active.remove(gone)


@asynccontextmanager
async def rig(folder: Path, url: str | None = None, rules: str = RULES) -> AsyncIterator[Rig]:
    """Set the vendors up; every bot that was started is gone at the end."""
    slack, pagerduty = Slack(), PagerDuty()
    pagerduty.event_delay_seconds = 0.0
    slack.deliverer.ack_timeout_seconds = 2.0
    (folder / "rules.toml").write_text(rules, encoding="utf-8")
    async with slack.serve(), pagerduty.serve():
        ann = slack.add_user("ann", email="ann@example.com", id="U0ANN")
        slack.add_channel("jobs", id=CHANNEL, members=[ann.id])
        slack.add_other_bot("Rundeck", bot_id=RUNDECK, app_id="A0RUNDECK")
        pagerduty.add_user("pdbot", "bot@example.com")
        user = pagerduty.add_user("Ann", "ann@example.com")
        policy = pagerduty.add_escalation_policy("Billing EP", levels=[[user]])
        billing = pagerduty.add_service("Billing", escalation_policy=policy)
        url = url or f"sqlite:///{folder / 'pdbot.db'}"
        environ = {
            **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE")},
            "PATH": os.environ["PATH"],
            "SLACK_BOT_TOKEN": slack.identity.bot_token,
            "SLACK_APP_TOKEN": slack.identity.app_token,
            "SLACK_API_URL": slack.api_url,
            "PAGERDUTY_API_TOKEN": "pd-account-key",
            "PAGERDUTY_FROM_EMAIL": "bot@example.com",
            "PAGERDUTY_API_URL": pagerduty.rest_url,
            "PAGERDUTY_EVENTS_URL": pagerduty.events_url,
            "DATABASE_URL": url,
            "PDBOT_RULES": str(folder / "rules.toml"),
            "BILLING_KEY": billing.integration_key,
        }
        here = Rig(slack, pagerduty, billing, folder, url, environ)
        try:
            yield here
        finally:
            for child in here.children:
                await child.kill()
