"""Which parts `app` puts together: the real ones, or for a dry run some that write nothing.

The choice is made once, here; nothing behind the parts asks which kind it has.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from bot.clock import Clock
from bot.config import Settings
from bot.notifier.needs import Events
from bot.notifier.rules import Rules
from bot.notifier.rules_load import load_file
from bot.ops.dry_run import PaperPager, Rehearsal, Rehearsed
from bot.ports import Conversation, Directory, Incidents, Pager
from bot.secret import Secret

T = TypeVar("T")


class Parts:
    """The parts as they are."""

    def __init__(self) -> None:
        self.read_rules: Callable[[Path], Rules] = load_file

    @asynccontextmanager
    async def settings(self, settings: Settings) -> AsyncIterator[Settings]:
        """Give the settings that hold for as long as the block."""
        yield settings

    def incidents(self, incidents: Incidents, _directory: Directory, _clock: Clock) -> Incidents:
        """Give what actions write through."""
        return incidents

    def conversation(self, conversation: Conversation) -> Conversation:
        """Give what answers."""
        return conversation

    def events(self, events: Events) -> Events:
        """Give where alerts leave."""
        return events

    def pager(self, pager: Pager) -> Pager:
        """Give what calls people for those without a PagerDuty user."""
        return pager

    def follower(self, follower: T) -> T | None:
        """Give what lets cards follow an answer."""
        return follower


class DryParts(Parts):
    """Parts that write nothing to PagerDuty, keep nothing, and touch no card."""

    def __init__(self) -> None:
        self.read_rules = rules_in_shadow

    @asynccontextmanager
    async def settings(self, settings: Settings) -> AsyncIterator[Settings]:
        """Give a temporary database, which is gone at the end."""
        with TemporaryDirectory(prefix="pdbot-dry-run-") as folder:
            url = Secret(f"sqlite:///{folder}/pdbot.db")
            yield replace(settings, database_url=url, pdbot_heartbeat_url=None)

    def incidents(self, incidents: Incidents, directory: Directory, clock: Clock) -> Incidents:
        """Read, and write on paper."""
        return Rehearsal(incidents, directory, clock=clock)

    def conversation(self, conversation: Conversation) -> Conversation:
        """Say that nothing was written, and what would have been."""
        return Rehearsed(conversation)

    def events(self, _events: Events) -> Events:
        """Send nothing; with all rules in shadow nothing should come this far."""
        return Unsent()

    def pager(self, _pager: Pager) -> Pager:
        """Call nobody."""
        return PaperPager()

    def follower(self, _follower: T) -> T | None:
        """Let no card follow."""
        return None


class Unsent:
    """Events v2 that go nowhere."""

    async def send(self, _routing_key: str, _body: Mapping[str, Any]) -> object:
        """Send nothing."""
        return None


def rules_in_shadow(path: Path) -> Rules:
    """Read the rules so that each says at the job message what it would send, and sends nothing.

    Raises:
        ConfigError: with every mistake in the file.
        FileNotFoundError: there is none.
    """
    return load_file(path).shadowed(True, because="this is a dry run")
