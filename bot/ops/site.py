"""Everything a check may look at: settings, both vendors, and answers that several checks need."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeVar

from bot.clock import Clock, SystemClock
from bot.config import Settings
from bot.errors import PdbotError
from bot.model import PagerDutyUser, SlackPerson
from bot.notifier.rules import Rules
from bot.notifier.rules_load import load_file
from bot.pagerduty.client import Patience
from bot.pagerduty.events import Events
from bot.pagerduty.regions import REGIONS, Region
from bot.pagerduty.rest import Rest
from bot.slack.client import SlackWeb
from bot.slack.rooms import Rooms
from bot.slack.survey import Standing, Survey

T = TypeVar("T")

IMPATIENT = Patience(attempts=2, total_seconds=10.0)
"""Somebody waits at a terminal, and the answer "it does not answer" is one as well."""


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what is, and what to do about it unless all is well.

    `is_configuration`: `run` would refuse to start for it.
    """

    state: State
    message: str
    remedy: str = ""
    is_configuration: bool = False


Findings = Finding | list[Finding]


def ok(message: str) -> Finding:
    """All is well."""
    return Finding(State.OK, message)


def warn(message: str, remedy: str) -> Finding:
    """It works, and is rarely meant so."""
    return Finding(State.WARN, message, remedy)


def fail(message: str, remedy: str, *, is_configuration: bool = False) -> Finding:
    """It does not work."""
    return Finding(State.FAIL, message, remedy, is_configuration)


class NotChecked(Exception):
    """Something this check builds on has failed, and says so on its own line."""


class Once(Generic[T]):
    """A question that is asked once, whoever needs its answer; so is its failure."""

    def __init__(self, ask: Callable[[], Awaitable[T]]) -> None:
        self._ask = ask
        self._answer: tuple[T] | None = None
        self._error: PdbotError | None = None

    async def get(self) -> T:
        """Give the answer, or raise what went wrong."""
        if self._error is not None:
            raise self._error
        if self._answer is None:
            try:
                self._answer = (await self._ask(),)
            except PdbotError as error:
                self._error = error
                raise
        return self._answer[0]

    async def known(self, elsewhere: str) -> T:
        """Give the answer. Raises NotChecked, which names the check that tells what is wrong."""
        try:
            return await self.get()
        except PdbotError as error:
            raise NotChecked(elsewhere) from error


@dataclass
class Site:
    """Where the checks look."""

    settings: Settings
    environ: Mapping[str, str]
    clock: Clock
    folder: Path
    web: SlackWeb
    rest: Rest
    events: Events
    regions: Mapping[str, Region] = field(default_factory=lambda: REGIONS)

    def __post_init__(self) -> None:
        """Prepare the questions; nothing is asked yet."""
        self.survey = Survey(self.web)
        self.standing: Once[Standing] = Once(self.survey.standing)
        self.members: Once[list[SlackPerson]] = Once(self._members)
        self.joined: Once[Mapping[str, str]] = Once(Rooms(self.web.patient, url=None).joined)
        self.key_owner: Once[PagerDutyUser | None] = Once(self.rest.directory.me)
        self.users: Once[list[PagerDutyUser]] = Once(self.rest.directory.everybody)
        self.rules: Once[Rules | None] = Once(self._rules)

    async def _members(self) -> list[SlackPerson]:
        return await self.survey.members((await self.standing.get()).team_id)

    async def _rules(self) -> Rules | None:
        """Read the rules; None where there is no file, which only turns the notifier off."""
        try:
            return load_file(self.folder / self.settings.rules)
        except FileNotFoundError:
            return None


@asynccontextmanager
async def site_of(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    folder: Path | None = None,
    clock: Clock | None = None,
    **rest_options: Any,
) -> AsyncIterator[Site]:
    """Open what the checks need, and close it at the end."""
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        web = await stack.enter_async_context(
            SlackWeb(settings.slack_bot_token.reveal(), settings.slack_api_url)
        )
        rest = await stack.enter_async_context(
            Rest(
                base_url=settings.pagerduty_api_url,
                token=settings.pagerduty_api_token.reveal(),
                clock=clock,
                patience=IMPATIENT,
            )
        )
        events = await stack.enter_async_context(Events(base_url=settings.pagerduty_events_url))
        yield Site(
            settings, environ, clock, folder or Path.cwd(), web, rest, events, **rest_options
        )
