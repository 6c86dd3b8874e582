"""How long to wait before the next attempt."""

import random


def delay_seconds(failures: int, *, first: float = 0.25, longest: float = 30.0) -> float:
    """Give a capped exponential delay with jitter; nothing before the first retry's cause.

    Half of it is random, so that two connections, or two replicas, do not knock together.
    """
    if failures <= 0:
        return 0.0
    whole = min(longest, first * 2.0 ** min(failures - 1, 32))
    return whole * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
