"""PostgreSQL goes away and comes back; replicas agree on who does what."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import insert

from bot.clock import SystemClock
from bot.errors import StoreError
from bot.ledger import Verdict
from bot.store import Store, open_store
from bot.store.database import Transaction
from bot.store.schema import meta
from bot.store.trouble import Uncertain
from tests.patience import PATIENCE_SECONDS, until
from tests.postgres import Server
from tests.store.builders import ShiftedClock, event, message


def kill_all(server: Server, url: str) -> None:
    database = url.rpartition("/")[2]
    others = f"datname = '{database}' AND pid <> pg_backend_pid()"
    server.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")  # noqa: S608 -- our own name


@pytest.fixture
async def postgres(postgres_url: str, clock: ShiftedClock) -> Any:
    opened = await open_store(postgres_url, clock=clock)
    yield opened
    await opened.close()


async def test_a_killed_connection_is_made_again_without_a_word(
    postgres: Store, postgres_url: str, postgres_server: Server
) -> None:
    for second in range(3):
        kill_all(postgres_server, postgres_url)
        result = await postgres.messages.ingest(message(second, event()))
        assert result.verdict is Verdict.STORED
        kill_all(postgres_server, postgres_url)
        assert len(await postgres.entries.find()) == second + 1
    await postgres.ping()


async def test_a_connection_that_is_lost_halfway_is_done_again_whole(
    postgres: Store, postgres_url: str, postgres_server: Server
) -> None:
    tries = 0

    def work(transaction: Transaction) -> None:
        nonlocal tries
        tries += 1
        transaction.write(insert(meta), [{"name": f"try {tries}", "value": "x"}])
        if tries == 1:
            kill_all(postgres_server, postgres_url)
        transaction.connection.exec_driver_sql("SELECT 1")

    await postgres.run(work)
    assert await postgres.get_meta("try 1") is None
    assert await postgres.get_meta("try 2") == "x"


async def test_a_connection_that_is_lost_during_the_commit_is_reported_as_unknown(
    postgres: Store, postgres_url: str, postgres_server: Server
) -> None:
    def work(transaction: Transaction) -> None:
        transaction.connection.exec_driver_sql("INSERT INTO meta VALUES ('a', 'x')")
        kill_all(postgres_server, postgres_url)

    with pytest.raises(Uncertain, match="unknown whether it was done"):
        await postgres.run(work)
    await postgres.ping()


async def test_a_frozen_holder_of_the_lock_is_cut_off(
    postgres_url: str, clock: ShiftedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.postgres.FROZEN_SECONDS", 1)
    frozen = await open_store(postgres_url, clock=clock)
    other = await open_store(postgres_url, clock=clock)
    thaw = asyncio.Event()
    loop = asyncio.get_running_loop()

    def freeze(transaction: Transaction) -> None:
        asyncio.run_coroutine_threadsafe(thaw.wait(), loop).result(30)
        transaction.connection.exec_driver_sql("INSERT INTO meta VALUES ('frozen', 'x')")

    sleeping = asyncio.ensure_future(frozen.run(freeze))
    await asyncio.wait_for(other.messages.ingest(message(1, event())), PATIENCE_SECONDS)
    thaw.set()
    await sleeping  # it was done again, in a new connection
    assert await other.get_meta("frozen") == "x"
    await frozen.close()
    await other.close()


async def test_one_replica_leads_and_another_one_takes_over(
    postgres_url: str, clock: ShiftedClock
) -> None:
    first = await open_store(postgres_url, clock=clock)
    second = await open_store(postgres_url, clock=clock)
    assert await first.lead("catch-up")
    assert await first.lead("catch-up")
    assert not await second.lead("catch-up")
    assert await second.lead("polling")
    await first.close()
    await until(lambda: second.lead("catch-up"))  # the server notices a moment later
    await second.close()


async def test_only_one_replica_stores_a_message(postgres_url: str, clock: ShiftedClock) -> None:
    stores = [await open_store(postgres_url, clock=clock) for _ in range(4)]
    results = await asyncio.gather(
        *(
            store.messages.ingest(message(second, event()))
            for second in range(20)
            for store in stores
        )
    )
    assert [result.verdict for result in results].count(Verdict.STORED) == 20
    for store in stores:
        await store.close()


async def test_four_replicas_may_start_at_once(postgres_url: str, clock: ShiftedClock) -> None:
    stores = await asyncio.gather(*(open_store(postgres_url, clock=clock) for _ in range(4)))
    for store in stores:
        await store.ping()
        await store.close()


async def test_time_is_the_servers(postgres_url: str) -> None:
    store = await open_store(postgres_url, clock=SystemClock())
    ours = await store.run(lambda t: t.now)
    theirs = await store.run(
        lambda t: t.connection.exec_driver_sql(
            "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
        ).scalar_one()
    )
    assert 0 <= theirs - ours < 5_000_000
    await store.close()


async def test_a_full_disk_and_a_deadlock_have_their_sentences(postgres: Store) -> None:
    def fail(state: str) -> Any:
        statement = f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"
        return lambda t: t.connection.exec_driver_sql(statement)

    for state, words in (
        ("53100", "no room left"),
        ("40P01", "locked by others"),
        ("22012", "22012"),
    ):
        with pytest.raises(StoreError, match=words):
            await postgres.run(fail(state))
    assert postgres.room.is_reported_full


@pytest.mark.proof
async def test_a_crash_of_the_server_loses_nothing_that_was_committed(
    postgres: Store, postgres_server: Server
) -> None:
    stored = 0
    for second in range(40):
        if second in {10, 25}:
            await asyncio.to_thread(postgres_server.stop)
            with pytest.raises(StoreError):
                await postgres.messages.ingest(message(second, event()))
            await asyncio.to_thread(postgres_server.start)
        result = await postgres.messages.ingest(message(second, event()))
        stored += result.verdict is Verdict.STORED
    assert stored == 40
    assert len(await postgres.entries.find()) == 40
