"""What was handled already, so that a second delivery changes nothing."""

from collections.abc import Hashable


class Seen:
    """Remember the last `limit` keys."""

    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self._keys: dict[Hashable, None] = {}

    def again(self, key: Hashable) -> bool:
        """Tell whether the key was seen before, and remember it. None is never a repetition."""
        if key is None:
            return False
        if key in self._keys:
            return True
        self._keys[key] = None
        if len(self._keys) > self._limit:
            del self._keys[next(iter(self._keys))]
        return False

    def forget(self, key: Hashable) -> None:
        """Let the next delivery be the first one."""
        self._keys.pop(key, None)
