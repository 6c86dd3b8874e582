"""One incident, and everything that can happen to it, in any order: its cards end up true.

Commands, clicks, what others do, webhooks late, twice and out of order, restarts, also with an
empty database. Nothing compares in the background: webhooks and clicks alone must do.
"""

import asyncio
import json
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from bot.model import Status
from bot.sandbox.pagerduty.webhooks import event_json, sign
from bot.sandbox.slack import Message, all_text
from tests.e2e.cards import SECRET, buttons, hook_url
from tests.e2e.world import World, bot_of, vendors

CHANNELS = ("C0PROD", "C0JOBS")
BUTTONS = {
    "triggered": ["acknowledge", "resolve", "note", "reassign"],
    "acknowledged": ["resolve", "note", "reassign"],
    "resolved": ["reopen", "note"],
}
FASTER = 20


class Hurried:
    """The machine's clock, twenty times as fast."""

    def __init__(self) -> None:
        self._started = (datetime.now(UTC), time.monotonic())

    def now(self) -> datetime:
        return self._started[0] + timedelta(seconds=self.monotonic() - self._started[1])

    def monotonic(self) -> float:
        started = self._started[1]
        return started + (time.monotonic() - started) * FASTER

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / FASTER)


class Life(RuleBasedStateMachine):
    """One incident with a card in one or two channels."""

    here: World

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.bot = AsyncExitStack()
        self.folder = tempfile.TemporaryDirectory()
        self.databases = 0
        self.late: list[bytes] = []

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    # ------------------------------------------------------------ beginning and end

    @initialize(channels=st.sampled_from([CHANNELS[:1], CHANNELS]))
    def begin(self, channels: tuple[str, ...]) -> None:
        self.run(self._begin(channels))

    async def _begin(self, channels: tuple[str, ...]) -> None:
        environ = {"PAGERDUTY_WEBHOOK_SECRET": SECRET, "PDBOT_POLL_SECONDS": "0"}
        world = vendors(Path(self.folder.name), "http", environ=environ, clock=Hurried())
        self.here = await self.stack.enter_async_context(world)
        self.session = await self.stack.enter_async_context(aiohttp.ClientSession())
        self.incident = self.here.incident()
        self.here.pagerduty.listen(
            lambda change: self.late.append(
                json.dumps(event_json(self.here.pagerduty, change)).encode()
            )
        )
        await self.bot.enter_async_context(bot_of(self.here))
        self.channels = channels
        for channel in channels:
            await self._type(f"show {self.incident.id} --post", channel)

    def teardown(self) -> None:
        try:
            if hasattr(self, "channels"):
                self.run(self._end())
        finally:
            self.run(self.bot.aclose())
            self.run(self.stack.aclose())
            self.runner.close()
            self.folder.cleanup()

    async def _end(self) -> None:
        while self.late:
            await self._deliver(self.late.pop())
        await self._calm()
        for channel in self.channels:
            cards = self._cards(channel)
            assert len(cards) == 1, f"{len(cards)} cards in one channel"
            self._check(cards[0])

    def _check(self, card: Message) -> None:
        incident, text = self.incident, all_text(card)
        assert buttons(card) == BUTTONS[incident.status], text
        assert f"*{incident.status.title()}*" in text
        if incident.status != Status.RESOLVED:
            names = ", ".join(user.name for user in incident.assignees)
            assert f"assigned to {names}" in text
        count = len(incident.notes)
        assert (f"{count} note" in text) == (count > 0), text

    # ------------------------------------------------------------ what people do

    @rule(
        kind=st.sampled_from(["acknowledge", "resolve", "reassign", "escalate", "note", "reopen"]),
        by_bob=st.booleans(),
    )
    def somebody_else(self, kind: str, by_bob: bool) -> None:
        by = self.here.pd_bob if by_bob else self.here.pd_ann
        self.run(self._somebody_else(kind, by))

    async def _somebody_else(self, kind: str, by: Any) -> None:
        account, incident = self.here.pagerduty, self.incident
        if kind == "reopen":
            account.reopen(incident, by=by)
        elif kind == "note":
            account.note(incident, "seen", by=by)
        elif incident.status == "resolved":
            return
        elif kind == "reassign":
            account.reassign(incident, by, by=by)
        elif kind == "escalate":
            account.escalate(incident, by=None, level=1)
        else:
            getattr(account, kind)(incident, by=by)

    @rule(
        typed=st.sampled_from(
            ["ack", "resolve", "note {} x", "reassign {} bob@example.com", "take"]
        ),
        channel=st.sampled_from(CHANNELS),
    )
    def command(self, typed: str, channel: str) -> None:
        words = typed.format(self.incident.id) if "{}" in typed else f"{typed} {self.incident.id}"
        self.run(self._type(words, channel))

    async def _type(self, typed: str, channel: str) -> None:
        ack = await self.here.slack.command(self.here.ann, f"/pd {typed}", channel=channel)
        assert ack.ok
        await self.here.bot.tasks.drain(20)

    @rule(number=st.integers(0, 3), second=st.booleans(), twice=st.booleans())
    def click(self, number: int, second: bool, twice: bool) -> None:
        self.run(self._click(number, self.channels[-1 if second else 0], twice))

    async def _click(self, number: int, channel: str, twice: bool) -> None:
        slack, ann = self.here.slack, self.here.ann
        card = self._cards(channel)[0]
        there = buttons(card)
        action = there[number % len(there)]
        over = self.incident.status == "resolved"
        clicks = [slack.click(ann, card, action) for _ in range(2 if twice else 1)]
        await asyncio.gather(*clicks)
        await self.here.bot.tasks.drain(20)
        is_stale = over and action in {"resolve", "reassign"}
        if action in {"resolve", "note", "reassign"} and not is_stale:
            form = await slack.expect_view(ann, action)
            filled: dict[str, dict[str, Any]] = {
                "resolve": {"resolution": "done"},
                "note": {"note": "looked"},
                "reassign": {"assignees": [self.here.bob.id]},
            }
            await slack.submit(ann, form, filled[action])
            await self.here.bot.tasks.drain(20)

    # ------------------------------------------------------------ what happens to the bot

    @rule(number=st.integers(0, 20), copies=st.integers(1, 2), keep=st.booleans())
    def webhook(self, number: int, copies: int, keep: bool) -> None:
        if self.late:
            index = number % len(self.late)
            body = self.late[index] if keep else self.late.pop(index)
            for _ in range(copies):
                self.run(self._deliver(body))

    async def _deliver(self, body: bytes) -> None:
        headers = {"X-PagerDuty-Signature": sign(SECRET, body), "X-Webhook-Id": "any"}
        del headers["X-Webhook-Id"]
        async with self.session.post(hook_url(self.here), data=body, headers=headers) as response:
            assert response.status in {200, 202}

    @rule(forgets=st.booleans())
    def restart(self, forgets: bool) -> None:
        self.run(self._restart(forgets))

    async def _restart(self, forgets: bool) -> None:
        await self.bot.aclose()
        self.bot = AsyncExitStack()
        if forgets:
            self.databases += 1
            path = f"{self.folder.name}/{self.databases}.db"
            self.here.environ["DATABASE_URL"] = f"sqlite:///{path}"
        await self.bot.enter_async_context(bot_of(self.here))
        if forgets:  # a forgotten card comes back when somebody presses it
            for channel in self.channels:
                await self.here.slack.click(self.here.ann, self._cards(channel)[0], "note")
                form = await self.here.slack.expect_view(self.here.ann, "note")
                await self.here.slack.submit(self.here.ann, form, {"note": "again"})
                await self.here.bot.tasks.drain(20)

    async def _calm(self) -> None:
        await self.here.bot.tasks.drain(20)
        await self.here.bot.cards.tasks.drain(20)
        await self.here.bot.cards.painter.idle()

    def _cards(self, channel: str) -> list[Message]:
        return [
            one
            for one in self.here.slack.messages(channel)
            if one.get("bot_id") == self.here.slack.identity.bot_id and buttons(one)
        ]


@pytest.mark.proof
def test_whatever_happens_each_card_equals_pagerduty() -> None:
    Life.TestCase.settings = settings(
        max_examples=40,
        stateful_step_count=12,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    Life.TestCase("runTest").debug()
