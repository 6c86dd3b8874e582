"""What happens when the disk is full: what is stored may still leave, new work is refused."""

import structlog

from bot.clock import Clock
from bot.store.sqlite import Ballast

log = structlog.get_logger(__name__)

PROBE_SECONDS = 5.0


class Room:
    """Remembers that the disk is full, and finds out when it no longer is."""

    def __init__(self, clock: Clock, ballast: Ballast | None = None) -> None:
        self._clock = clock
        self._ballast = ballast
        self._full = False
        self._probe_at = 0.0

    def prepare(self) -> None:
        """Take the ballast at the start."""
        if self._ballast is not None and not self._ballast.load():
            log.warning("the database's disk has no room for the ballast; it is nearly full")

    @property
    def is_reported_full(self) -> bool:
        """Tell what was found last, without trying."""
        return self._full

    @property
    def is_full(self) -> bool:
        """Tell whether new work must be refused; tries every 5 s to take the ballast again."""
        if self._full and self._clock.monotonic() >= self._probe_at:
            self._probe_at = self._clock.monotonic() + PROBE_SECONDS
            if self._ballast is None or self._ballast.load():
                self._full = False
                log.warning("there is room on the database's disk again")
        return self._full

    def filled_up(self) -> bool:
        """Give the ballast back; tells whether this is news."""
        news = not self._full
        self._full = True
        self._probe_at = self._clock.monotonic() + PROBE_SECONDS
        if self._ballast is not None:
            self._ballast.drop()
        if news:
            log.error("the database's disk is full: new messages are refused, stored ones leave")
        return news
