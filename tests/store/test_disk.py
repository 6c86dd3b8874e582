"""A full disk: what is stored can still leave, new messages are refused, and it heals by itself."""

from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.ledger import EntryState
from bot.store import Store, open_store
from bot.store.database import Transaction
from bot.store.disk import Room
from bot.store.sqlite import Ballast
from bot.store.writer import Operation
from tests.store.builders import ShiftedClock, event, message


def limit_pages(store_pages: int | None) -> Operation[None]:
    """Let the file grow by so many pages only: SQLite then reports a full disk."""

    def limit(transaction: Transaction) -> None:
        pages = transaction.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        most = 2**30 if store_pages is None else pages + store_pages
        transaction.connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")

    return limit


async def fill(store: Store) -> int:
    """Store until it is refused; counts what was stored."""
    for number in range(10_000):
        try:
            await store.messages.ingest(message(number, event(dedup=f"{number % 5}")))
        except StoreError as error:
            assert "disk" in str(error)  # noqa: PT017 -- the number matters, too
            return number
    raise AssertionError("it never filled up")


async def test_a_full_disk_refuses_messages_and_lets_stored_ones_leave(
    tmp_path: Path, clock: ShiftedClock
) -> None:
    ballast = tmp_path / "x.db.ballast"
    store = await open_store(f"sqlite:///{tmp_path}/x.db", clock=clock, ballast_bytes=4096)
    await store.run(limit_pages(20))
    count = await fill(store)
    assert count > 10
    assert not ballast.exists()
    with pytest.raises(StoreError, match="full"):
        await store.messages.ingest(message(99_999, event()))
    with pytest.raises(StoreError, match="new messages are refused"):
        await store.ping()
    # The ballast gives room on the disk, not in the file: give the file what a deletion would.
    await store.run(limit_pages(8))
    sent = 0
    while got := await store.outbox.claim(10, 10):
        for each in got:
            assert await store.outbox.settle_sent(each)
        sent += len(got)
    assert sent == count
    with pytest.raises(StoreError, match="full"):
        await store.messages.ingest(message(99_999, event()))
    await store.run(limit_pages(None))
    clock.ahead += 6
    await store.messages.ingest(message(99_999, event()))
    assert ballast.exists()
    await store.ping()
    assert len(await store.entries.find([EntryState.PENDING])) == 1
    await store.close()


def test_the_disk_is_probed_now_and_then_only(tmp_path: Path, clock: ShiftedClock) -> None:
    room = Room(clock, Ballast(tmp_path / "none" / "ballast", 4096))
    room.prepare()  # there is no room for it: a warning, no failure
    assert [room.is_full, room.filled_up(), room.filled_up()] == [False, True, False]
    clock.ahead += 6
    found = [room.is_full]  # it tried: the folder is not there
    (tmp_path / "none").mkdir()
    clock.ahead += 1
    found.append(room.is_full)
    clock.ahead += 6
    assert [*found, room.is_full] == [True, True, False]
    assert (tmp_path / "none" / "ballast").stat().st_size == 4096


def test_without_a_ballast_the_next_message_is_the_probe(clock: ShiftedClock) -> None:
    room = Room(clock)
    room.prepare()
    found = [room.filled_up(), room.is_full]
    clock.ahead += 6
    assert [*found, room.is_full] == [True, True, False]


async def test_health_finds_room_again_without_a_message(
    tmp_path: Path, clock: ShiftedClock
) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/x.db", clock=clock, ballast_bytes=4096)
    store.room.filled_up()
    with pytest.raises(StoreError, match="new messages are refused"):
        await store.ping()
    clock.ahead += 6
    await store.ping()
    await store.close()
