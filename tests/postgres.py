"""A PostgreSQL of our own: Debian's programs, a temporary directory, an unprivileged user."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from tests.shared import NO_SKIPS

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
NOT_SYNCED = "-c fsync=off -c full_page_writes=off"
"""No power fails in a test. `synchronous_commit` stays on: a killed server must lose nothing."""
START_SECONDS = 30


@dataclass
class Server:
    """A running server on a loopback port."""

    folder: Path
    port: int
    user: str | None
    options: str = NOT_SYNCED
    databases: int = field(default=0)

    def url(self, database: str = "postgres") -> str:
        """Give the address of a database."""
        return f"postgresql://pdbot@127.0.0.1:{self.port}/{database}"

    def create(self) -> str:
        """Make an empty database and give its address."""
        self.databases += 1
        name = f"pdbot{self.databases}"
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run a statement as superuser and give what it printed."""
        return self._run(
            "psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.url(database),
            "-c", statement,
        )  # fmt: skip

    def start(self) -> None:
        """Start the server."""
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder} {self.options}"
        self._run(
            "pg_ctl", "-D", f"{self.folder}/data", "-l", f"{self.folder}/log",
            "-o", options, "-w", "-t", str(START_SECONDS), "start",
        )  # fmt: skip

    def stop(self, mode: Literal["fast", "immediate"] = "immediate") -> None:
        """Stop the server; `immediate` is as good as a crash."""
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-m", mode, "-w", "stop")

    def init(self) -> None:
        """Make the cluster."""
        self._run(
            "initdb", "-D", f"{self.folder}/data", "-U", "pdbot", "-A", "trust", "-E", "UTF8",
            "--locale=C", "--no-sync",
        )  # fmt: skip

    def _run(self, program: str, *arguments: str) -> str:
        # The output goes to a file: a server started by pg_ctl would keep a pipe open for ever.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(  # noqa: S603 -- Debian's own programs, our own arguments
                [PROGRAMS / program, *arguments],
                user=self.user,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
            output.seek(0)
            text = output.read().decode(errors="replace").strip()
        if done.returncode:
            raise RuntimeError(f"{program} failed: {text}")
        return text


def _unprivileged() -> str | None:
    """Name a user for the server: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    return None


@contextlib.contextmanager
def running_server(options: str = NOT_SYNCED) -> Iterator[Server]:
    """Run a server; skip with the reason where there is none, fail where nothing may be skipped."""
    if not (PROGRAMS / "initdb").exists():
        reason = f"PostgreSQL 15 is not at {PROGRAMS}: apt-get install postgresql-15."
        if NO_SKIPS:
            pytest.fail(reason)
        pytest.skip(reason)
    user = _unprivileged()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="pdbot-pg-"))
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    server = Server(folder, port, user, options)
    try:
        server.init()
        server.start()
        yield server
    finally:
        with contextlib.suppress(RuntimeError):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_answering(server: Server) -> None:
    """Wait for a server that was started again."""
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            server.sql("SELECT 1")
        except RuntimeError:
            if time.monotonic() > until:
                raise
        else:
            return


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """Give the server that all tests of a session share; a database each."""
    with running_server() as server:
        yield server
