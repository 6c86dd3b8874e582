"""The notifier's running part on a real SQLite store, with a PagerDuty and a Slack from a script."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.errors import SlackError
from bot.ledger import Entry, EntryState
from bot.model import Button, Card, ChannelMessage, Incident, IncidentId, Line, Reference, Status
from bot.notifier.catchup import CatchUp
from bot.notifier.explain import Explain
from bot.notifier.incident_watch import IncidentWatch
from bot.notifier.keys import KeyRing
from bot.notifier.pipeline import Pipeline
from bot.notifier.receipts import Receipts
from bot.notifier.relay import WIDTH, Relay
from bot.notifier.rulebook import RuleBook
from bot.notifier.timers import TimerLoop
from bot.ports import Said
from bot.slack.text import plain
from bot.store import Ages, Store, open_store
from bot.tasks import TaskSet
from bot.watch import Watch, put_together
from tests.store.builders import ShiftedClock, StillClock

CHANNEL = "C0JOBS"
KEY = "0123456789abcdef0123456789abcdef"
NIGHTLY = "script:-:nightly"  # the dedup key of what the job "nightly" says
RULES = '[[rule]]\nname = "billing"\nintegration_key = "env:KEY"\n'
TIMED = RULES + '[rule.on.avg_duration]\nthreshold = "45m"\n'


class WaitingClock(ShiftedClock):
    """Waits as long as it is told: for loops, which would otherwise make the time fly."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass
class Sender:
    """PagerDuty's Events v2: takes everything but what the script says."""

    steps: deque[Exception | None] = field(default_factory=deque)
    taken: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[Mapping[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def send(self, routing_key: str, body: Mapping[str, Any]) -> object:
        if self.gate is not None:
            await self.gate.wait()
        step = self.steps.popleft() if self.steps else None
        if step is not None:
            raise step
        self.taken.append((body["event_action"], body["dedup_key"]))
        self.bodies.append(body)
        self.keys.append(routing_key)
        return None


@dataclass
class Channels:
    """Slack's channels; `unknown` ones have a name that only `resolve` tells."""

    names: dict[str, str] = field(default_factory=lambda: {CHANNEL: "jobs"})
    unknown: dict[str, str] = field(default_factory=dict)
    failures: int = 0

    def name(self, channel_id: str) -> str | None:
        return self.names.get(channel_id)

    def permalink(self, channel_id: str, ts: str, thread_ts: str | None = None) -> str | None:  # noqa: ARG002 - the port's
        return f"https://acme.slack.com/archives/{channel_id}/p{ts.replace('.', '')}"

    async def resolve(self, channel_id: str) -> str | None:
        if self.failures:
            self.failures -= 1
            raise SlackError("Slack did not answer.")
        self.names |= self.unknown
        return self.names.get(channel_id)

    async def joined(self) -> Mapping[str, str]:
        if self.failures:
            self.failures -= 1
            raise SlackError("Slack did not answer.")
        return dict(self.names)


@dataclass
class Past:
    """Slack's history; pages of two messages."""

    messages: dict[str, list[ChannelMessage]] = field(default_factory=dict)
    threads: dict[str, list[ChannelMessage]] = field(default_factory=dict)
    errors: list[Exception] = field(default_factory=list)
    pages_read: int = 0
    asked_replies: list[str] = field(default_factory=list)

    async def pages(self, channel_id: str, oldest: str) -> AsyncIterator[Sequence[Said]]:
        if self.errors:
            raise self.errors.pop(0)
        found = [m for m in self.messages.get(channel_id, []) if float(m.ts) > float(oldest)]
        found.sort(key=lambda one: float(one.ts), reverse=True)
        for at in range(0, max(len(found), 1), 2):
            self.pages_read += 1
            yield [self._said(one) for one in found[at : at + 2]]

    async def replies(self, channel_id: str, ts: str, oldest: str = "0") -> Sequence[Said]:
        self.asked_replies.append(ts)
        if self.errors:
            raise self.errors.pop(0)
        replies = [m for m in self.threads.get(ts, []) if float(m.ts) > float(oldest)]
        parents = [m for m in self.messages.get(channel_id, []) if m.ts == ts]
        both = sorted([*replies, *parents], key=lambda one: float(one.ts), reverse=True)
        return [self._said(one) for one in both]

    def _said(self, one: ChannelMessage) -> Said:
        replies = self.threads.get(one.ts, [])
        latest = max((reply.ts for reply in replies), key=float, default=None)
        return Said(one.ts, one if one.bot_id else None, latest)


@dataclass
class Board:
    """What Slack shows of the bot's receipts."""

    shown: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    posts: list[tuple[str | None, str]] = field(default_factory=list)  # thread, text
    buttons: list[Button] = field(default_factory=list)
    cards: list[tuple[str | None, str]] = field(default_factory=list)  # thread, incident id
    errors: list[SlackError] = field(default_factory=list)
    lost: list[SlackError] = field(default_factory=list)  # carried out, but not answered

    async def react(self, channel_id: str, ts: str, emoji: str) -> None:
        self._fail()
        self.shown.setdefault((channel_id, ts), set()).add(emoji)

    async def unreact(self, channel_id: str, ts: str, emoji: str) -> None:
        self._fail()
        self.shown.setdefault((channel_id, ts), set()).discard(emoji)

    async def post(
        self,
        channel_id: str,  # noqa: ARG002 - the port's
        lines: Sequence[Line],
        *,
        thread_ts: str | None = None,
        buttons: Sequence[Button] = (),
    ) -> str:
        self._fail()
        self.posts.append((thread_ts, "\n".join(map(plain, lines))))
        self.buttons += buttons
        return "1.000001"

    async def post_card(self, channel_id: str, card: Card, *, thread_ts: str | None = None) -> str:  # noqa: ARG002 - the port's
        self._fail()
        self.cards.append((thread_ts, card.incident.id))
        if self.lost:
            raise self.lost.pop(0)
        return f"2.{len(self.cards):06d}"

    async def said(self, channel_id: str, thread_ts: str) -> Sequence[str]:  # noqa: ARG002 - the port's
        return [text for thread, text in [*self.posts, *self.cards] if thread == thread_ts]

    def _fail(self) -> None:
        if self.errors:
            raise self.errors.pop(0)


@dataclass
class Incidents:
    """PagerDuty's incidents, found by the key of their alerts."""

    by_key: dict[str, list[Incident]] = field(default_factory=dict)
    asked: list[str | None] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    async def find(self, *, incident_key: str | None = None, **_: Any) -> list[Incident]:
        self.asked.append(incident_key)
        if self.errors:
            raise self.errors.pop(0)
        return self.by_key.get(incident_key or "", [])


def incident(number: int = 1, **changes: Any) -> Incident:
    """Give an incident as PagerDuty answers it: without the key of its alert."""
    given: dict[str, Any] = {
        "id": IncidentId(f"Q{number:06d}"),
        "number": number,
        "title": "nightly failed",
        "status": Status.TRIGGERED,
        "urgency": "high",
        "html_url": f"https://acme.pagerduty.com/incidents/Q{number:06d}",
        "created_at": datetime.now(UTC),
        "service": Reference("PSVC", "Billing"),
    }
    return Incident(**(given | changes))


@dataclass
class Rig:
    """All parts, to be moved step by step."""

    store: Store
    clock: ShiftedClock
    path: Path
    sender: Sender
    rooms: Channels
    past: Past
    board: Board
    incidents: Incidents
    environ: dict[str, str]
    watch: Watch
    book: RuleBook
    relay: Relay
    pipeline: Pipeline
    timers: TimerLoop
    catch_up: CatchUp
    receipts: Receipts
    incident_watch: IncidentWatch
    jobs: Explain
    tasks: TaskSet
    begun: float

    def message(self, words: str, second: float = 0.0, **changes: Any) -> ChannelMessage:
        """Give what a script posts, so many seconds after the rig was made."""
        ts = f"{self.begun + second:.6f}"
        given: dict[str, Any] = {
            "team_id": "T0",
            "channel_id": CHANNEL,
            "ts": ts,
            "changed_at": ts,
            "content": {"type": "message", "text": f"[job] {words}", "bot_id": "B0"},
            "bot_id": "B0",
        }
        return ChannelMessage(**(given | changes))

    async def say(self, words: str, second: float = 0.0, **changes: Any) -> ChannelMessage:
        """Let a script's message arrive."""
        message = self.message(words, second, **changes)
        await self.pipeline(message)
        return message

    async def miss(self, words: str, second: float = 0.0, **changes: Any) -> ChannelMessage:
        """Let a message be posted while nobody listens."""
        message = self.message(words, second, **changes)
        if message.thread_ts is not None:
            self.past.threads.setdefault(message.thread_ts, []).append(message)
        else:
            self.past.messages.setdefault(message.channel_id, []).append(message)
        return message

    async def deliver(self) -> list[tuple[str, str]]:
        """Send all that is due now; gives everything that PagerDuty took so far."""
        while await self.relay.claim_once():
            await self.relay.settle_down()
        return self.sender.taken

    async def show(self) -> None:
        """Let the receipts be shown, as far as they are due now."""
        await self.receipts.lead()
        await self.receipts.poll()
        await self.receipts.round()

    async def states(self) -> list[EntryState]:
        return [entry.state for entry in await self.entries()]

    async def entries(self) -> list[Entry]:
        return sorted(await self.store.entries.since(0), key=lambda entry: entry.id)

    def adopt(self, rules: str) -> None:
        """Write the rules file anew."""
        self.path.write_text(rules, encoding="utf-8")

    async def reload(self) -> bool:
        """Look at the rules file until it stood still."""
        return await self.book.check() or await self.book.check()


@asynccontextmanager
async def rig(folder: Path, rules: str | None = RULES, **changes: Any) -> AsyncIterator[Rig]:
    """Make a rig; another one in the same folder is the bot after a restart."""
    path = folder / "rules.toml"
    if rules is not None:
        path.write_text(rules, encoding="utf-8")
    clock = changes.pop("clock", None) or StillClock()
    store = await open_store(f"sqlite:///{folder / 'bot.db'}", clock=clock, ballast_bytes=0)
    try:
        yield _rig(store, clock, path, **changes)
    finally:
        await store.close()


def _rig(store: Store, clock: ShiftedClock, path: Path, **changes: Any) -> Rig:
    sender, rooms, past = Sender(), Channels(), Past()
    board, incidents, environ = Board(), Incidents(), {"KEY": KEY}
    watch = put_together(
        store=store,
        clock=clock,
        book=RuleBook(path, clock=clock),
        rooms=rooms,
        history=past,
        board=board,
        incidents=incidents,  # type: ignore[arg-type] # one method of it
        events=sender,
        keys=KeyRing(lambda: environ, clock=clock),
        longest_seconds=86_400,
        ages=Ages(),
        width=changes.pop("width", WIDTH),
    )
    made = Rig(
        store=store,
        clock=clock,
        path=path,
        sender=sender,
        rooms=rooms,
        past=past,
        board=board,
        incidents=incidents,
        environ=environ,
        watch=watch,
        book=watch.book,
        relay=watch.relay,
        pipeline=watch.pipeline,
        timers=watch.timers,
        catch_up=watch.catch_up,
        receipts=watch.receipts,
        incident_watch=watch.incident_watch,
        jobs=watch.jobs,
        tasks=watch.tasks,
        begun=clock.now().timestamp(),
    )
    return replace(made, **changes)
