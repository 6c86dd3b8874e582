"""What can go wrong with a database, as sentences; never with a value, a parameter or a password.

`Trouble` concerns whoever asks next as well, so nobody replays the rest of a batch into it.
Everything else is about one operation and harms only that.
"""

from bot.errors import StoreError


class Trouble(StoreError):
    """The database itself is in trouble; everybody's work fails until it is over."""


class Locked(Trouble):
    """Somebody else kept the database locked for too long."""


class Gone(Trouble):
    """The database cannot be reached, or the connection to it was lost before a commit."""


class Uncertain(Gone):
    """The connection was lost during a commit: nobody knows whether it was done.

    Whatever the store does may be asked for again: ingestion knows what it has, settling is fenced.
    """


class Misconfigured(Gone):
    """The database refuses us, and no waiting heals that."""


class DiskFull(Trouble):
    """There is no room left."""


class Overloaded(Trouble):
    """More is waiting to be stored than the store takes."""
