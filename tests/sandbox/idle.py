"""A stage whose bot is a stand-in that only remembers what was done to it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bot.sandbox.pagerduty import PagerDuty
from bot.sandbox.slack import Slack
from bot.sandbox.stage import Stage


class IdleMachine:
    """A bot that never answers."""

    def __init__(self) -> None:
        self.state = "running"
        self.done: list[str] = []
        self.entries: list[dict[str, Any]] = []

    @property
    def log(self) -> Sequence[str]:
        return ("12:00:00 info pdbot is running",)

    async def start(self) -> None:
        self.done.append("start")
        self.state = "running"

    async def stop(self) -> None:
        self.done.append("stop")
        self.state = "stopped"

    async def kill(self) -> None:
        self.done.append("kill")
        self.state = "stopped"

    async def outbox(self) -> list[dict[str, Any]]:
        return self.entries


@asynccontextmanager
async def idle_stage() -> AsyncIterator[tuple[Stage, IdleMachine]]:
    """Give both workspaces with their cast, and nobody who answers."""
    slack, pagerduty, machine = Slack(), PagerDuty(), IdleMachine()
    slack.retry_delays_seconds = ()
    async with slack.serve(), pagerduty.serve():
        yield Stage(slack, pagerduty, machine), machine
