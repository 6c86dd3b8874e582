"""Something happens at the n-th step of a database: a statement, or one side of a commit."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from bot.store import Store

Act = Callable[[str], None]


class Breaker:
    """Count the writer's steps, and act at one of them. Silent until `arm`."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self._at = 0
        self._act: Act | None = None
        self._counts = False

    def arm(self, at: int = 0, act: Act | None = None) -> None:
        """Count from now on; at step number `at`, do something."""
        self.steps, self._at, self._act, self._counts = [], at, act, True

    def disarm(self) -> None:
        """Count no more."""
        self._counts = False

    def step(self, what: str) -> None:
        """Take a step."""
        if not self._counts:
            return
        self.steps.append(what)
        if len(self.steps) == self._at and self._act is not None:
            self._act(what)


@contextmanager
def broken(store: Store, breaker: Breaker) -> Iterator[None]:
    """Let the store's writer go through the breaker."""
    engine: Engine = store.writer._link._engine

    # Within the driver's call, so that what is raised is translated like the driver's own errors.
    def execute(_cursor: Any, statement: str, _parameters: Any, _context: Any) -> None:
        breaker.step(" ".join(statement.split())[:60])

    def simple(_cursor: Any, statement: str, _context: Any) -> None:
        execute(None, statement, None, None)

    for name, hook in (("do_execute", execute), ("do_executemany", execute)):
        event.listen(engine, name, hook)
    event.listen(engine, "do_execute_no_params", simple)
    commit = engine.dialect.do_commit

    def do_commit(connection: Any) -> None:
        breaker.step("before the commit")
        commit(connection)
        breaker.step("after the commit")

    vars(engine.dialect)["do_commit"] = do_commit
    try:
        yield
    finally:
        breaker.disarm()
        del vars(engine.dialect)["do_commit"]
        for name, hook in (("do_execute", execute), ("do_executemany", execute)):
            event.remove(engine, name, hook)
        event.remove(engine, "do_execute_no_params", simple)


def die(_what: str) -> None:
    """End the process as `kill -9` does: nothing is closed, nothing is written."""
    os._exit(9)


def fail(what: str) -> None:
    """Raise what no part of the store expects."""
    raise RuntimeError(f"A defect at: {what}")


def lose_sqlite(what: str) -> None:
    """Raise what SQLite raises when its file cannot be read or written."""
    error = sqlite3.OperationalError(f"disk I/O error at: {what}")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    raise error


def lose_postgres(what: str) -> None:
    """Raise what the driver raises when the server ends the connection."""
    raise psycopg.OperationalError(f"the connection is lost at: {what}")
