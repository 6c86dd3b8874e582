"""A world with a card in it, and the questions that tests ask about cards."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.clock import SystemClock
from bot.sandbox.pagerduty import Incident
from bot.sandbox.slack import Message, all_text
from tests.e2e.world import CHANNEL, HastyClock, Transport, World, world

SECRET = "webhook-secret"


class Leaps(SystemClock):
    """The machine's clock, moved forward at will."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> datetime:
        """Give the present instant."""
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def monotonic(self) -> float:
        """Give seconds that never go backwards."""
        return time.monotonic() + self.ahead


class HastyLeaps(Leaps, HastyClock):
    """Moved forward at will, and hardly waits."""


@asynccontextmanager
async def cards_world(
    folder: Path,
    transport: Transport = "socket",
    *,
    webhooks: bool = False,
    poll: str = "0",
    clock: Leaps | None = None,
    environ: Mapping[str, str] | None = None,
) -> AsyncIterator[World]:
    """Start everything, with webhooks subscribed or comparisons made, or neither."""
    more = {"PDBOT_POLL_SECONDS": poll, **(environ or {})}
    if webhooks:
        more["PAGERDUTY_WEBHOOK_SECRET"] = SECRET

    async with world(folder, transport, environ=more, clock=clock) as here:
        if webhooks:
            subscribe(here)
        yield here


def subscribe(here: World) -> None:
    """Let PagerDuty tell the bot that runs now, and no other."""
    here.pagerduty.webhooks.subscriptions.clear()
    here.pagerduty.subscribe(hook_url(here), SECRET)


def hook_url(here: World) -> str:
    """Give where PagerDuty's webhooks go."""
    return f"http://127.0.0.1:{here.bot.port}/pagerduty/webhook"


async def post_card(here: World, incident: Incident, channel: str = CHANNEL) -> Message:
    """Let Ann post an incident's card."""
    ack = await here.slack.command(here.ann, f"/pd show {incident.id} --post", channel=channel)
    assert ack.ok, ack
    card = await here.slack.expect_message(channel, incident.title)
    await here.bot.tasks.drain(5)
    return card


def buttons(message: Message) -> list[str]:
    """Give what the buttons of a card do."""
    return [
        element["action_id"]
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def thread(here: World, card: Message) -> list[str]:
    """Give what stands in a card's thread."""
    return [
        all_text(one)
        for one in here.slack.messages(card.channel_id)
        if one.thread_ts == card.ts and one.ts != card.ts
    ]


def edits(here: World, card: Message) -> int:
    """Count how often Slack was asked to edit a card."""
    return sum(
        one.method == "chat.update" and one.args.get("ts") == card.ts for one in here.slack.calls
    )
