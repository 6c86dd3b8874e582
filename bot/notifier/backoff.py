"""How long to wait before the next attempt. Pure, but for the dice."""

import random
from typing import Final

FIRST_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 60.0
_MOST_DOUBLINGS: Final = 10


def delay_seconds(attempts: int) -> float:
    """Give a capped exponential delay; half of it is random, so that lanes do not knock together.

    `attempts` counts those made: after the first one 0.5 to 1 s, in the end 30 to 60 s.
    """
    whole = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(max(0, attempts - 1), _MOST_DOUBLINGS))
    return whole * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
