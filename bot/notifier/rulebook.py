"""The rules in force: read at the start, and again when their file changes."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from bot.clock import Clock
from bot.errors import ConfigError, StoreError
from bot.notifier.rules import Rules
from bot.notifier.rules_load import load_file

log = structlog.get_logger(__name__)

POLL_SECONDS: Final = 1.0

Adopted = Callable[[], Awaitable[None]]


class RuleBook:
    """Hold the rules; `rules` None means that there is no file, so the notifier is off.

    A file that is wrong, or gone, leaves the old rules in force; `problems` says so until it is
    right again. `adopted` is called after new rules are in force.
    """

    def __init__(
        self, path: Path, *, clock: Clock, read: Callable[[Path], Rules] = load_file
    ) -> None:
        """Read the rules.

        Raises:
            ConfigError: with every mistake in the file.
        """
        self.path = path
        self.problems: tuple[str, ...] = ()
        self.adopted: Adopted | None = None
        self._clock = clock
        self._load = read
        self._read = self._seen = _digest(path)
        try:
            self._adopt(read(path))
        except FileNotFoundError:
            self.rules: Rules | None = None
            self.names_channels = False
            self.loaded_at: datetime | None = None

    def _adopt(self, rules: Rules) -> None:
        for warning in rules.warnings:
            log.warning("the rules have a doubtful place", warning=warning)
        # No await in between: a message is judged by the old rules or by the new ones.
        self.rules = rules
        self.names_channels = any(
            glob.startswith("#") for rule in rules.rules for glob in rule.channels
        )
        self.loaded_at = self._clock.now()
        self.problems = ()

    async def run(self) -> None:
        """Look at the file every second, for ever."""
        while True:
            await self._clock.sleep(POLL_SECONDS)
            await self.check()

    async def check(self) -> bool:
        """Read the file again if it changed and then stood still; tells whether it is in force."""
        seen, self._seen = self._seen, await asyncio.to_thread(_digest, self.path)
        # Half a file may be valid rules: it must look the same twice.
        if self._seen == self._read or self._seen != seen:
            return False
        self._read = self._seen
        try:
            rules = await asyncio.to_thread(self._load, self.path)
        except FileNotFoundError:
            self._keep([f"{self.path}: the rules file is gone."])
            return False
        except ConfigError as error:
            self._keep(error.problems)
            return False
        self._adopt(rules)
        log.info("new rules are in force", path=str(self.path), rules=len(rules))
        if self.adopted is not None:
            try:
                await self.adopted()
            except StoreError as error:
                log.warning("blocked events were not retried", reason=str(error))
        return True

    def _keep(self, problems: list[str] | tuple[str, ...]) -> None:
        self.problems = tuple(problems)
        for problem in problems:
            log.error("the new rules are wrong; the old ones stay in force", problem=problem)


def _digest(path: Path) -> bytes | None:
    """Hash the file; None when it is not there, or cannot be read.

    Always the content: two changes within one tick of the file system share size and time.
    """
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return None
