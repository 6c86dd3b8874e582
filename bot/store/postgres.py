"""PostgreSQL: what several replicas share.

Every writing transaction takes one advisory lock in a statement of its own, under READ COMMITTED:
the snapshots of all later statements are then newer than the last holder's commit, and no two
transactions can deadlock. A holder that freezes is cut off by the server.
"""

import secrets
import zlib

from sqlalchemy import BigInteger, Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from bot.clock import Clock, SystemClock
from bot.errors import StoreError
from bot.store.trouble import DiskFull, Gone, Locked, Misconfigured

CONNECT_SECONDS = 3
LOCK_SECONDS = 10  # how long a writer waits for the others
FROZEN_SECONDS = 4  # idle inside a transaction: cut off, so that takeover stays below 10 s

WRITERS = 7_360_001  # advisory lock: whoever writes
PRESENCE = 7_360_002  # advisory lock class: a process is alive
LEADERS = 7_360_003  # advisory lock class: who does what only one may do

# The lock in an inner query, the time outside: the time is read after the lock was got.
_BEGIN = text(
    "WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock(:lock)) "
    "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS now FROM held"
).columns(now=BigInteger)
_TIME = text(
    "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS now"
).columns(now=BigInteger)
_LEAD = text(
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND pid = pg_backend_pid() AND classid = :kind AND objid = :name AND objsubid = 2)"
    " OR pg_try_advisory_lock(:kind, :name)"
)
_ALIVE = text(
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND classid = :kind AND objid = :owner AND objsubid = 2"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
)

# A refused connection has no SQLSTATE in libpq, only the server's words (English ones are known).
_REASONS = {
    "password authentication failed": "it refuses the user or the password",
    "no pg_hba.conf entry": "it refuses this user from this machine",
    "role ": "it has no such user",
    "database ": "it has no database of that name",
}


class Postgres:
    """A PostgreSQL database. Times are those of the server."""

    def __init__(self, url: URL, clock: Clock) -> None:
        self._url = url.set(drivername="postgresql+psycopg")
        self._clock = clock
        self.owner = secrets.randbelow(2**31 - 1) + 1

    @property
    def name(self) -> str:
        """Give what people may read."""
        return f"postgresql://{self._url.host or ''}/{self._url.database or ''}"

    def engine(self, *, read_only: bool) -> Engine:
        """Make an engine; its writer is marked alive for as long as it is connected."""
        engine = create_engine(
            self._url,
            poolclass=NullPool,
            hide_parameters=True,
            isolation_level="READ COMMITTED",
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "application_name": "pdbot",
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 3,
                "tcp_user_timeout": 10_000,
            },
        )

        @event.listens_for(engine, "engine_connect")
        def prepare(connection: Connection) -> None:
            with connection.begin():
                connection.execute(
                    text(
                        "SELECT set_config('lock_timeout', :lock, false),"
                        " set_config('idle_in_transaction_session_timeout', :frozen, false),"
                        " set_config('default_transaction_read_only', :read_only, false)"
                    ),
                    {
                        "lock": f"{LOCK_SECONDS}s",
                        "frozen": f"{FROZEN_SECONDS}s",
                        "read_only": "on" if read_only else "off",
                    },
                )
                if not read_only:
                    connection.execute(
                        text("SELECT pg_try_advisory_lock(:kind, :owner)"),
                        {"kind": PRESENCE, "owner": self.owner},
                    )

        return engine

    def begin(self, connection: Connection, *, read_only: bool) -> int:
        """Take the writers' lock and give the server's time."""
        if read_only:
            now = connection.execute(_TIME).scalar_one()
        else:
            now = connection.execute(_BEGIN, {"lock": WRITERS}).scalar_one()
        return int(now) + self._ahead()

    def _ahead(self) -> int:
        """Give how far the injected clock is ahead of the machine's, to a tenth of a second.

        The machine's own needs no shift. The rounding keeps the time between two readings out.
        """
        if isinstance(self._clock, SystemClock):
            return 0
        ahead = self._clock.now() - SystemClock().now()
        return round(ahead.total_seconds() * 10) * 100_000

    def explain(self, error: DBAPIError) -> StoreError:
        """Say in a sentence what PostgreSQL's error means."""
        state = getattr(error.orig, "sqlstate", None) or ""
        if state.startswith("53") and state != "53300":
            return DiskFull(
                f"The database {self.name} has no room left; nothing was done. Free some room: the "
                "bot goes on by itself."
            )
        if state in {"55P03", "40P01"}:
            return Locked(
                f"The database {self.name} was locked by others for {LOCK_SECONDS} s; nothing was "
                "done. Try again."
            )
        # No state: the driver itself, which has no connection. 080, 57P: the server ended it.
        # 25P03: it cut us off, frozen for too long. 53300: it has too many connections.
        unreachable = not state and isinstance(error, (OperationalError, InterfaceError))
        if unreachable or state[:3] in {"080", "57P"} or state in {"25P03", "53300"}:
            said = str(error.orig).partition("FATAL:")[2].strip()
            for words, reason in _REASONS.items():
                if said.startswith(words):
                    return Misconfigured(
                        f"The database {self.name} cannot be used: {reason}. See that DATABASE_URL "
                        "is right."
                    )
            return Gone(
                f"The database {self.name} cannot be reached, or ended the connection; nothing was "
                "done. See that it runs and that DATABASE_URL is right."
            )
        return StoreError(
            f"The database refused the operation ({type(error).__name__}, {state}); nothing was "
            "done. Please report this with the log."
        )

    def lead(self, connection: Connection, name: str) -> bool:
        """Try to take the session's lock of that name, once."""
        parameters = {"kind": LEADERS, "name": zlib.crc32(name.encode()) >> 1}
        return bool(connection.execute(_LEAD, parameters).scalar_one())

    def is_alive(self, connection: Connection, owner: int) -> bool:
        """Tell whether some session holds the presence of that process."""
        return bool(connection.execute(_ALIVE, {"kind": PRESENCE, "owner": owner}).scalar_one())
