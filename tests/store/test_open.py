"""Opening a database: what is refused, and with which sentence."""

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import ConfigError, StoreError
from bot.store import open_store
from tests.store.builders import ShiftedClock, event, message


async def test_a_second_run_on_one_file_is_refused(sqlite_url: str, clock: ShiftedClock) -> None:
    store = await open_store(sqlite_url, clock=clock, ballast_bytes=0)
    with pytest.raises(ConfigError, match=r"another pdbot is running.*postgresql://"):
        await open_store(sqlite_url, clock=clock, ballast_bytes=0)
    await store.close()
    await (await open_store(sqlite_url, clock=clock, ballast_bytes=0)).close()


async def test_a_command_line_tool_works_beside_the_running_bot(
    url: str, clock: ShiftedClock
) -> None:
    bot = await open_store(url, clock=clock, ballast_bytes=0)
    await bot.messages.ingest(message(1, event()))
    (claimed,) = await bot.outbox.claim(1, 0)
    tool = await open_store(url, clock=clock, lock=False)
    try:
        assert [entry.id for entry in await tool.entries.find()] == [claimed.id]
        await bot.outbox.abandon(claimed, "HTTP 400")
        await tool.entries.retry(claimed.id)
        assert [each.id for each in await bot.outbox.claim(1, 1)] == [claimed.id]
    finally:
        await tool.close()
        await bot.close()


async def test_a_tool_creates_no_database(sqlite_url: str, clock: ShiftedClock) -> None:
    with pytest.raises(ConfigError, match=r"no database at .* yet"):
        await open_store(sqlite_url, clock=clock, lock=False)


async def test_the_file_is_its_owners_and_durable(tmp_path: Path, clock: ShiftedClock) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/x.db", clock=clock, ballast_bytes=4096)
    assert stat.S_IMODE((tmp_path / "x.db").stat().st_mode) == 0o600
    assert (tmp_path / "x.db.ballast").stat().st_size == 4096
    assert (
        await store.run(lambda t: t.connection.exec_driver_sql("PRAGMA synchronous").scalar())
    ) == 2
    assert (
        await store.run(lambda t: t.connection.exec_driver_sql("PRAGMA journal_mode").scalar())
    ) == "wal"
    with pytest.raises(StoreError):
        await store.read(lambda t: t.connection.exec_driver_sql("DELETE FROM meta"))
    await store.close()


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "pdbot.db",
        "mysql://root:hunter2@localhost/x",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///x.db?key=hunter2",
        "postgresql://user:hunter2@localhost",
        "postgresql://user:hunter2@localhost:port/x",
    ],
)
async def test_a_wrong_address_is_refused_without_showing_it(
    wrong: str, clock: ShiftedClock
) -> None:
    with pytest.raises(ConfigError) as caught:
        await open_store(wrong, clock=clock)
    assert "sqlite:///pdbot.db" in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_a_missing_folder_is_named(tmp_path: Path, clock: ShiftedClock) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        await open_store(f"sqlite:///{tmp_path}/none/x.db", clock=clock)


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path, clock: ShiftedClock) -> None:
    (tmp_path / "x.db").write_text("This is a letter to my aunt, " * 100)
    for lock in (True, False):
        with pytest.raises(ConfigError, match="not a database"):
            await open_store(f"sqlite:///{tmp_path}/x.db", clock=clock, lock=lock)


async def test_a_newer_schema_is_refused(url: str, clock: ShiftedClock) -> None:
    store = await open_store(url, clock=clock, ballast_bytes=0)
    await store.run(
        lambda t: t.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9000'")
    )
    await store.close()
    with pytest.raises(ConfigError, match=r"version 9000, this pdbot knows versions up to 00\d\d"):
        await open_store(url, clock=clock, ballast_bytes=0)


async def test_another_program_that_keeps_the_lock_is_reported(
    tmp_path: Path, clock: ShiftedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.sqlite.BUSY_SECONDS", 0.05)
    store = await open_store(f"sqlite:///{tmp_path}/x.db", clock=clock, ballast_bytes=0)
    with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked by another program"):
            await store.set_meta("a", "1")
        assert await store.get_meta("a") is None  # reading goes on
        other.execute("ROLLBACK")
    await store.set_meta("a", "1")
    assert await store.get_meta("a") == "1"
    await store.set_meta("a", "2")
    assert await store.get_meta("a") == "2"
    await store.close()


async def test_a_server_that_is_not_there_is_trouble_without_a_password(
    clock: ShiftedClock,
) -> None:
    with pytest.raises(StoreError, match=r"127\.0\.0\.1/x cannot be reached") as caught:
        await open_store("postgresql://u:hunter2@127.0.0.1:1/x", clock=clock)
    assert "hunter2" not in str(caught.value)


async def test_a_database_that_is_not_there_is_a_mistake(
    postgres_url: str, clock: ShiftedClock
) -> None:
    with pytest.raises(ConfigError, match="no database of that name"):
        await open_store(postgres_url + "nope", clock=clock)


def test_alembic_is_not_imported_for_a_database_of_the_same_version(sqlite_url: str) -> None:
    program = f"""
import asyncio, sys
from bot.clock import SystemClock
from bot.store import open_store
async def main():
    for _ in range(2):
        store = await open_store({sqlite_url!r}, clock=SystemClock(), ballast_bytes=0)
        await store.close()
asyncio.run(main())
sys.exit("alembic" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], check=False)  # noqa: S603 -- our own text
    assert done.returncode == 0
