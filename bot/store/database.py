"""The two engines behind one face, and the connection that is made again when it was lost."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Executable, Row
from sqlalchemy.exc import DBAPIError

from bot.errors import StoreError
from bot.store.trouble import Gone, Uncertain


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction, under the store's lock where it writes.

    `now` is the database's time at its beginning, in microseconds since 1970.
    """

    connection: Connection
    now: int

    def rows(self, statement: Executable, **parameters: Any) -> Sequence[Row[Any]]:
        """Run one statement and give all its rows."""
        return self.connection.execute(statement, parameters).all()

    def write(self, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
        """Run one statement for each of the rows, if any."""
        if rows:
            self.connection.execute(statement, rows)

    def change(self, statement: Executable, **parameters: Any) -> int:
        """Run one statement and count the rows it changed."""
        return self.connection.execute(statement, parameters).rowcount


class Database(Protocol):
    """What differs between the engines."""

    @property
    def name(self) -> str:
        """Give what people may read: no user, no password, no options."""
        ...

    def engine(self, *, read_only: bool) -> Engine:
        """Make an engine whose connections are set up; connects nothing yet."""
        ...

    def begin(self, connection: Connection, *, read_only: bool) -> int:
        """Take the store's lock, unless only reading, and give the time in microseconds."""
        ...

    def explain(self, error: DBAPIError) -> StoreError:
        """Say in a sentence what the driver's error means."""
        ...

    def lead(self, connection: Connection, name: str) -> bool:
        """Try to be the one replica that does `name`, until the connection ends."""
        ...

    def is_alive(self, connection: Connection, owner: int) -> bool:
        """Tell whether the process with that number still holds its presence."""
        ...

    @property
    def owner(self) -> int:
        """Give the number of this process."""
        ...


class Link:
    """One connection, used by one thread."""

    def __init__(self, database: Database, *, read_only: bool = False) -> None:
        self._database = database
        self._read_only = read_only
        self._engine = database.engine(read_only=read_only)
        self._connection: Connection | None = None

    def connect(self) -> Connection:
        """Give the connection, made anew where there is none.

        Raises:
            Trouble: it cannot be made.
        """
        if self._connection is None:
            try:
                self._connection = self._engine.connect()
            except DBAPIError as error:
                raise self._database.explain(error) from error
        return self._connection

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Begin, and commit at the end; roll back when anything is raised.

        Raises:
            StoreError: the database did not take it; `Uncertain` when the commit got no answer.
        """
        connection = self.connect()
        committing = False
        try:
            with connection.begin() as transaction:
                now = self._database.begin(connection, read_only=self._read_only)
                yield Transaction(connection, now)
                committing = True
                transaction.commit()
        except DBAPIError as error:
            explained = self._database.explain(error)
            if isinstance(explained, Gone) or error.connection_invalidated:
                self.drop()
                explained = lost(self._database.name, committing=committing)
            raise explained from error
        finally:
            # Whatever broke off a begin or a commit: nobody goes on in the middle of it.
            if self._connection is connection and connection.get_transaction() is not None:
                self.drop()

    def drop(self) -> None:
        """Forget the connection; the next transaction makes another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(DBAPIError):
                connection.invalidate()
                connection.close()

    def close(self) -> None:
        """Close the connection for good."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(DBAPIError):
                connection.close()
        self._engine.dispose()


def lost(name: str, *, committing: bool) -> Gone:
    """Say that the connection was lost."""
    if committing:
        return Uncertain(
            f"The connection to the database {name} was lost during a commit, so it is unknown "
            "whether it was done. Asking again is safe."
        )
    return Gone(
        f"The connection to the database {name} was lost; nothing was done. It is made again "
        "as soon as the database answers."
    )
