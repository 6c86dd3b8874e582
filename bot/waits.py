"""Whoever waits is told why: PagerDuty's client says so, and whoever works for a person listens.

Like a reference in the log, the listener goes along with the work for one person, so that nobody
between the two has to hand it on, and neither knows the other.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

WORTH_TELLING_SECONDS: Final = 3.0  # shorter waits are over before anybody has read of them

Listener = Callable[[float | None], None]
"""Told for how many seconds PagerDuty asks to wait; None where it does not say. Never waits."""

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Let the listener know of long waits of what is done in the block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def tell(seconds: float | None) -> None:
    """Say that a long wait begins now; where nobody listens, nobody waits."""
    if (listener := _listener.get()) is not None:
        listener(seconds)
