"""SQLite: one file, one process that runs, and short visits of command-line tools beside it."""

import fcntl
import os
import secrets
import sqlite3
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from bot.clock import Clock
from bot.errors import ConfigError, StoreError
from bot.ledger import microseconds
from bot.store.trouble import DiskFull, Gone, Locked, Misconfigured

BUSY_SECONDS = 5.0


class Sqlite:
    """An SQLite file. Times are those of the injected clock."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self.owner = secrets.randbelow(2**31 - 1) + 1

    def create(self) -> None:
        """Make the file readable to its owner only, where there is none yet."""
        with suppress(OSError):  # what is wrong shows when it is opened
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))

    @property
    def name(self) -> str:
        """Give what people may read."""
        return f"sqlite:///{self.path}"

    def engine(self, *, read_only: bool) -> Engine:
        """Make an engine in WAL mode; writers begin with the write lock in their hands."""
        engine = create_engine(
            URL.create("sqlite+pysqlite", database=str(self.path)),
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={"isolation_level": None, "timeout": BUSY_SECONDS},
        )

        @event.listens_for(engine, "connect")
        def prepare(raw: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
            raw.execute("PRAGMA journal_mode = WAL")
            raw.execute("PRAGMA synchronous = FULL")
            raw.execute("PRAGMA wal_autocheckpoint = 4000")
            raw.execute(
                "PRAGMA cache_size = -16384"
            )  # KiB; the default 2 MB misses at 100,000 rows
            if read_only:
                raw.execute("PRAGMA query_only = ON")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

        return engine

    def begin(self, _connection: Connection, *, read_only: bool) -> int:  # noqa: ARG002 -- the lock was taken by BEGIN IMMEDIATE
        """Give the time."""
        return microseconds(self._clock.now())

    def explain(self, error: DBAPIError) -> StoreError:
        """Say in a sentence what SQLite's error means."""
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF  # the primary result code
        if code == sqlite3.SQLITE_FULL:
            return DiskFull(
                f"The disk of the database {self.path} is full; nothing was done. Free some room: "
                "the bot goes on by itself."
            )
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return Locked(
                f"The database {self.path} has been locked by another program for "
                f"{BUSY_SECONDS:.0f} s; nothing was done. Close that program, or try again."
            )
        if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN}:
            return Misconfigured(
                f"The database {self.path} cannot be opened (SQLite says: {error.orig}). See that "
                "the folder exists, and that the file is writable and a database of pdbot's."
            )
        if code in {
            sqlite3.SQLITE_IOERR,
            sqlite3.SQLITE_READONLY,
            sqlite3.SQLITE_CORRUPT,
            sqlite3.SQLITE_PERM,
        }:
            return Gone(
                f"The database {self.path} cannot be used (SQLite says: {error.orig}); nothing was "
                "done. See that the file exists, is writable and is a database of pdbot's."
            )
        return StoreError(
            f"The database refused the operation ({type(error).__name__}); nothing was done. "
            "Please report this with the log."
        )

    def lead(self, _connection: Connection, _name: str) -> bool:
        """Lead: there is nobody else."""
        return True

    def is_alive(self, _connection: Connection, owner: int) -> bool:
        """Tell whether it is this process: any other one is history."""
        return owner == self.owner


class LockFile:
    """The file that says that a bot runs on this database."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            ConfigError: another process has it, or the folder is not ours to write.
        """
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigError(
                [
                    f"DATABASE_URL: {self._path} cannot be written ({error.strerror}). Create the "
                    "folder, or give the bot the right to write there."
                ]
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            raise ConfigError(
                [
                    f"DATABASE_URL: another pdbot is running on {self._path.with_suffix('')}, and "
                    "SQLite serves one at a time. Stop the other one, or use "
                    "postgresql://… to run several."
                ]
            ) from error
        self._handle = handle

    def release(self) -> None:
        """Give the lock back. The file stays: to remove it would let two processes in."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)


class Ballast:
    """Room kept for a day when the disk is full, so that what is stored can still leave."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size

    def load(self) -> bool:
        """Take the room; tells whether there was enough."""
        if not self._size:
            return True
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(handle, 0, self._size)
            finally:
                os.close(handle)
        except OSError:
            self.drop()
            return False
        return True

    def drop(self) -> None:
        """Give the room back."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
