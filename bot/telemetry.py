"""Who wants to know how something went. Measuring changes nothing and raises nothing."""

from collections.abc import Callable

Observe = Callable[[str, str, float], None]
"""Told what was asked (a name of the code's, never somebody's words), how it ended, and how many
seconds that took."""


def ignore(_what: str, _outcome: str, _seconds: float) -> None:
    """Want to know nothing."""
