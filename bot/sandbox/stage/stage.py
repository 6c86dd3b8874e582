"""Everything that the demo shows, in one place."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from bot.sandbox.pagerduty import PagerDuty
from bot.sandbox.slack import Slack
from bot.sandbox.stage.cast import Cast, set_scene
from bot.sandbox.stage.jobs import Jobs
from bot.sandbox.stage.weather import Weather

Json = dict[str, Any]


class Machine(Protocol):
    """The bot as a process, seen from outside. `state` is starting, running or stopped."""

    state: str

    @property
    def log(self) -> Sequence[str]:
        """Give the newest lines of the bot's log."""
        ...

    async def start(self) -> None:
        """Start the bot; returns when it runs, or has ended."""
        ...

    async def stop(self) -> None:
        """Stop it as an operator would."""
        ...

    async def kill(self) -> None:
        """Kill it in the middle of whatever it does."""
        ...

    async def outbox(self) -> list[Json]:
        """Give what is in the bot's durable queue, newest first."""
        ...


class Stage:
    """Both workspaces with their cast, jobs and weather, and the machine that the bot runs on."""

    def __init__(self, slack: Slack, pagerduty: PagerDuty, machine: Machine) -> None:
        self.slack = slack
        self.pagerduty = pagerduty
        self.machine = machine
        pagerduty.listen(lambda _: slack.changes.touch("incident"))  # one place to wait at
        self.cast: Cast = set_scene(slack, pagerduty)
        self.jobs = Jobs(slack)
        self.weather = Weather(slack, pagerduty)

    def alert(self, title: str, status: str) -> bool:
        """Tell whether an event has made an incident with these words, and that is its state."""
        return any(
            title in one.title and one.alerts and one.status == status
            for one in self.pagerduty.incidents.values()
        )

    async def until(self, seen: Callable[[], object], timeout_seconds: float) -> bool:
        """Wait until something is to be seen in one of the workspaces."""
        return bool(await self.slack.changes.until(lambda: seen() or None, timeout_seconds))
