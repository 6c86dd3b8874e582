"""How much SQLite does for what the store asks: counted, where a clock would only guess."""

import contextlib
from collections.abc import Iterator
from typing import Any

from bot.store.database import Link

STEP = 100
"""Instructions of SQLite's machine, which are told in hundreds."""


@contextlib.contextmanager
def steps(link: Link) -> Iterator[list[int]]:
    """Count the machine's instructions; the list holds nothing but the count."""
    count = [0]

    def tell() -> int:
        count[0] += STEP
        return 0

    raw: Any = link.connect().connection.dbapi_connection
    raw.set_progress_handler(tell, STEP)
    try:
        yield count
    finally:
        raw.set_progress_handler(None, 0)
