"""A small memory with an expiry, for people and catalogues."""

from typing import Generic, TypeVar

from bot.clock import Clock

T = TypeVar("T")


class ExpiringCache(Generic[T]):
    """Remember values for a while, at most `limit` of them; the least recently stored goes first.

    Values may be None, so `get` gives a one-element tuple, or None where nothing is remembered.
    """

    def __init__(self, clock: Clock, *, limit: int) -> None:
        self._clock = clock
        self._limit = limit
        self._kept: dict[str, tuple[float, T]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str) -> tuple[T] | None:
        """Give what is remembered and not yet expired."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        until, value = kept
        if self._clock.monotonic() >= until:
            del self._kept[key]
            return None
        return (value,)

    def put(self, key: str, value: T, *, seconds: float) -> None:
        """Remember a value for some seconds."""
        self._kept.pop(key, None)
        if len(self._kept) >= self._limit:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = (self._clock.monotonic() + seconds, value)

    def drop(self, key: str) -> None:
        """Forget a value."""
        self._kept.pop(key, None)
