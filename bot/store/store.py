"""The store as a whole: open it, ask it, close it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.clock import Clock, SystemClock
from bot.errors import ConfigError
from bot.ledger import Stats
from bot.store.audit import Audit
from bot.store.cards import Cards, reset_cards
from bot.store.database import Database, Link, Transaction
from bot.store.disk import Room
from bot.store.entries import Entries
from bot.store.journal import Cursors, Messages
from bot.store.mutes import Mutes
from bot.store.outbox import Outbox, reset_leases
from bot.store.postgres import Postgres
from bot.store.reader import Reader
from bot.store.retention import Retention
from bot.store.runs import Runs, Timers, reset_timers
from bot.store.schema import meta
from bot.store.sqlite import Ballast, LockFile, Sqlite
from bot.store.stats import stats
from bot.store.trouble import DiskFull, Misconfigured
from bot.store.upgrade import ensure_schema
from bot.store.writer import Operation, Writer

ResultT = TypeVar("ResultT")

BALLAST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Store:
    """What must survive, one attribute a concern. Made by `open_store`."""

    database: Database
    writer: Writer
    reader: Reader
    room: Room
    messages: Messages
    outbox: Outbox
    entries: Entries
    timers: Timers
    runs: Runs
    cursors: Cursors
    cards: Cards
    audit: Audit
    mutes: Mutes
    retention: Retention
    lock_file: LockFile | None = None

    async def run(self, operation: Operation[ResultT]) -> ResultT:
        """Run an operation in the next commit; it may run twice, so it touches nothing else.

        Raises:
            StoreError: nothing was stored, unless it says that this is unknown.
        """
        return await self.writer.run(operation)

    async def read(self, operation: Operation[ResultT]) -> ResultT:
        """Run an operation that only reads, beside the writer."""
        return await self.reader.run(operation)

    async def ping(self) -> None:
        """Make sure that the database can be read and written, and has room.

        Raises:
            StoreError: with the reason.
        """
        # The full disk is probed here, too: behind a balancer no message comes until this is well.
        is_full = await self.writer.run(lambda _: self.room.is_full)
        await self.reader.run(lambda t: t.rows(select(meta).limit(1)))
        if is_full:
            raise DiskFull(
                f"The disk of the database {self.database.name} is full: new messages are refused "
                "until there is room. Free some; the bot goes on by itself."
            )

    async def stats(self) -> Stats:
        """Give the store in figures."""
        return await self.reader.run(stats)

    async def lead(self, name: str) -> bool:
        """Try to be the one replica that does `name`; ask again before each round.

        True until the process or its connection ends; always True on SQLite.
        """
        return await self.writer.run(lambda t: self.database.lead(t.connection, name))

    async def get_meta(self, name: str) -> str | None:
        """Give a value kept under a name."""
        statement = select(meta.c.value).where(meta.c.name == name)
        found = await self.reader.run(lambda t: t.rows(statement))
        return found[0].value if found else None

    async def set_meta(self, name: str, value: str) -> None:
        """Keep a value under a name; never a secret."""

        def keep(transaction: Transaction) -> None:
            transaction.change(delete(meta).where(meta.c.name == name))
            transaction.write(insert(meta), [{"name": name, "value": value}])

        await self.writer.run(keep)

    async def close(self) -> None:
        """Finish what waits, and close."""
        await self.writer.close()
        await self.reader.close()
        if self.lock_file is not None:
            self.lock_file.release()


async def open_store(
    url: str, *, clock: Clock, lock: bool = True, ballast_bytes: int = BALLAST_BYTES
) -> Store:
    """Open the database, create or upgrade its tables, and start the writer.

    `lock`: this is the running bot, not a command-line tool that visits beside it. Only the bot
    creates and upgrades tables, and on SQLite there is only one of it.

    Raises:
        ConfigError: the address is wrong, the database is newer, or another bot runs on the file.
        StoreError: the database cannot be reached.
    """
    database = _database(url, clock)
    lock_file, ballast = None, None
    if isinstance(database, Sqlite):
        if lock:
            lock_file = LockFile(database.path.with_name(database.path.name + ".lock"))
            lock_file.acquire()
            database.create()
            ballast = Ballast(
                database.path.with_name(database.path.name + ".ballast"), ballast_bytes
            )
        elif not database.path.exists():
            raise ConfigError(
                [
                    f"DATABASE_URL: there is no database at {database.path} yet. `pdbot run` "
                    "creates it when it starts."
                ]
            )
    room = Room(clock, ballast)
    writer, reader = Writer(Link(database), room), Reader(Link(database, read_only=True))
    writer.start()
    store = Store(
        database=database,
        writer=writer,
        reader=reader,
        room=room,
        messages=Messages(writer, reader),
        outbox=Outbox(writer, reader),
        entries=Entries(writer, reader),
        timers=Timers(writer, reader),
        runs=Runs(reader),
        cursors=Cursors(writer, reader),
        cards=Cards(writer, reader),
        audit=Audit(writer, reader, database),
        mutes=Mutes(writer, reader),
        retention=Retention(writer),
        lock_file=lock_file,
    )
    try:
        await _prepare(store, may_upgrade=lock)
    except BaseException as error:
        await store.close()
        if isinstance(error, Misconfigured):
            raise ConfigError([f"DATABASE_URL: {error}"]) from error
        raise
    if ballast is not None:
        room.prepare()
    return store


def sqlite_path(url: str) -> Path | None:
    """Give the file of an SQLite address; None for a server.

    Raises:
        ConfigError: the address is wrong.
    """
    database = _database(url, SystemClock())
    return database.path if isinstance(database, Sqlite) else None


async def _prepare(store: Store, *, may_upgrade: bool) -> None:
    name = store.database.name
    await store.run(lambda t: ensure_schema(t, name, may_upgrade=may_upgrade))
    if store.lock_file is not None:  # SQLite, and nobody else is running
        for reset in (reset_leases, reset_timers, reset_cards):
            await store.run(reset)


def _database(url: str, clock: Clock) -> Database:
    """Choose the engine; says nothing of the address, which may hold a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise ConfigError([_WRONG_URL]) from None
    if parsed.drivername == "sqlite" and _is_file(parsed):
        return Sqlite(Path(parsed.database or "").expanduser(), clock)
    if parsed.drivername in {"postgresql", "postgres"} and parsed.database:
        return Postgres(parsed, clock)
    raise ConfigError([_WRONG_URL])


_WRONG_URL = (
    "DATABASE_URL: this is no address of a database that pdbot can use. Write sqlite:///pdbot.db "
    "for a file, or postgresql://user:password@host/database."
)


def _is_file(url: URL) -> bool:
    return url.database not in {None, "", ":memory:"} and not url.query and not url.host
