"""Group commit: what waits shares a commit, and one bad operation harms nobody."""

import asyncio
import threading
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import insert, select

from bot.errors import StoreError
from bot.store import Store, open_store
from bot.store.database import Transaction
from bot.store.schema import meta
from bot.store.trouble import Overloaded
from bot.store.writer import Kind
from tests.proofs.breaker import Breaker, broken, fail
from tests.store.builders import ShiftedClock, event, message


def keep(name: str) -> Callable[[Transaction], str]:
    def work(transaction: Transaction) -> str:
        transaction.write(insert(meta), [{"name": name, "value": "x"}])
        return name

    return work


async def names(store: Store) -> list[str]:
    rows = await store.read(lambda t: t.rows(select(meta.c.name).order_by(meta.c.name)))
    return [row.name for row in rows]


class Gate:
    """Keep the writer busy, so that what follows must share a commit."""

    def __init__(self) -> None:
        self._entered = threading.Event()
        self._open = threading.Event()

    def __call__(self, _transaction: Transaction) -> None:
        self._entered.set()
        assert self._open.wait(10)

    async def entered(self) -> None:
        assert await asyncio.to_thread(self._entered.wait, 10)

    def open(self) -> None:
        self._open.set()


async def batch(store: Store, *operations: Callable[[Transaction], object]) -> list[object]:
    """Run the operations in one commit, as far as they let us."""
    gate = Gate()
    first = asyncio.ensure_future(store.run(gate))
    await gate.entered()
    waiting = [asyncio.ensure_future(store.run(operation)) for operation in operations]
    await asyncio.sleep(0)
    gate.open()
    await first
    return list(await asyncio.gather(*waiting, return_exceptions=True))


async def test_what_waits_shares_one_commit(store: Store) -> None:
    before = store.writer.commits
    results = await batch(store, *(keep(f"{n:02}") for n in range(50)))
    assert results == [f"{n:02}" for n in range(50)]
    assert store.writer.commits == before + 2
    assert len(await names(store)) == 50


async def test_a_failing_operation_harms_nobody(store: Store) -> None:
    def explode(transaction: Transaction) -> None:
        keep("half done")(transaction)
        raise ValueError("boom")

    results = await batch(store, keep("a"), explode, keep("b"), keep("a"), keep("c"))
    assert [results[0], results[2], results[4]] == ["a", "b", "c"]
    assert isinstance(results[1], ValueError)
    assert isinstance(results[3], StoreError)
    assert "IntegrityError" in str(results[3])
    assert await names(store) == ["a", "b", "c"]


async def test_a_single_failing_operation_is_rolled_back(store: Store) -> None:
    def explode(transaction: Transaction) -> None:
        keep("half done")(transaction)
        raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        await store.run(explode)
    assert await names(store) == []


async def test_a_poisoned_message_does_not_stop_its_batch(store: Store) -> None:
    """A body that is no JSON fails alone."""
    circle: dict[str, object] = {}
    circle["circle"] = circle
    poisoned = message(2, event())
    poisoned.events[0].body["circle"] = circle  # type: ignore[index]
    results = await asyncio.gather(
        *(store.messages.ingest(each) for each in (message(1, event()), poisoned, message(3))),
        return_exceptions=True,
    )
    assert [isinstance(result, ValueError) for result in results] == [False, True, False]
    assert len(await store.entries.find()) == 1


async def test_an_error_shows_no_values(store: Store) -> None:
    await store.run(keep("secret-value"))
    with pytest.raises(StoreError) as caught:
        await store.run(keep("secret-value"))
    assert "secret-value" not in str(caught.value)


async def test_closing_finishes_what_waits_and_refuses_the_rest(
    sqlite_url: str, clock: ShiftedClock
) -> None:
    store = await open_store(sqlite_url, clock=clock, ballast_bytes=0)
    waiting = [asyncio.ensure_future(store.run(keep(f"{n:02}"))) for n in range(20)]
    await asyncio.sleep(0)
    await store.close()
    assert [await each for each in waiting] == [f"{n:02}" for n in range(20)]
    with pytest.raises(StoreError, match="closed"):
        await store.run(keep("late"))
    again = await open_store(sqlite_url, clock=clock, ballast_bytes=0)
    assert len(await names(again)) == 20
    await again.close()


async def test_new_work_is_refused_when_too_much_waits_but_settling_is_not(sqlite: Store) -> None:
    gate = Gate()
    sqlite.writer.queue_limit = 3
    first = asyncio.ensure_future(sqlite.run(gate))
    await gate.entered()
    new: Kind[str, None] = Kind("new", lambda _, items: [None] * len(items), is_new=True)
    old: Kind[str, None] = Kind("old", lambda _, items: [None] * len(items))
    waiting = [asyncio.ensure_future(sqlite.writer.submit(new, "x")) for _ in range(3)]
    await asyncio.sleep(0)
    assert sqlite.writer.waiting == 3
    with pytest.raises(Overloaded, match="nothing more"):
        await sqlite.writer.submit(new, "x")
    settling = asyncio.ensure_future(sqlite.writer.submit(old, "x"))
    await asyncio.sleep(0)
    gate.open()
    await asyncio.gather(first, settling, *waiting)


async def test_lower_ranks_come_first_within_a_commit(sqlite: Store) -> None:
    done: list[str] = []

    def kind(name: str, rank: int) -> Kind[str, None]:
        def work(_transaction: Transaction, items: object) -> list[None]:
            done.append(name)
            return [None] * len(items)  # type: ignore[arg-type]

        return Kind(name, work, rank=rank)

    gate = Gate()
    first = asyncio.ensure_future(sqlite.run(gate))
    await gate.entered()
    later = [asyncio.ensure_future(sqlite.writer.submit(kind(n, r), n)) for n, r in
             (("claim", 3), ("ingest", 1), ("settle", 0))]  # fmt: skip
    await asyncio.sleep(0)
    gate.open()
    await asyncio.gather(first, *later)
    assert done == ["settle", "ingest", "claim"]


async def test_what_somebody_waits_for_comes_next_and_in_turns_with_the_rest(
    sqlite: Store,
) -> None:
    done: list[str] = []

    def work(_transaction: Transaction, items: Sequence[str]) -> list[None]:
        done.extend(items)
        return [None] * len(items)

    kinds = {name: Kind(name, work, is_urgent=name == "command") for name in ("message", "command")}
    sqlite.writer._batch_limit = 1
    gate = Gate()
    first = asyncio.ensure_future(sqlite.run(gate))
    await gate.entered()
    names = ["message", "message", "command", "command"]
    waiting = [asyncio.ensure_future(sqlite.writer.submit(kinds[name], name)) for name in names]
    await asyncio.sleep(0)
    gate.open()
    await asyncio.gather(first, *waiting)
    assert done == ["command", "message", "command", "message"]


def test_a_loop_that_is_gone_does_not_stop_the_writer(sqlite_url: str, clock: ShiftedClock) -> None:
    """Whoever waited is gone; the work is done all the same."""
    gate = Gate()
    with asyncio.Runner() as runner:
        store = runner.run(open_store(sqlite_url, clock=clock, ballast_bytes=0))

        async def leave() -> None:
            asyncio.ensure_future(store.run(gate)).add_done_callback(lambda f: f.cancelled())
            await gate.entered()

        runner.run(leave())
    gate.open()

    async def look() -> list[str]:
        await store.run(keep("after"))
        found = await names(store)
        await store.close()
        return found

    assert asyncio.run(look()) == ["after"]


async def test_commit_that_breaks_off_leaves_no_open_transaction_behind(sqlite: Store) -> None:
    breaker = Breaker()
    with broken(sqlite, breaker):
        breaker.arm(2, fail)  # the first step is BEGIN
        with pytest.raises(RuntimeError, match="before the commit"):
            await sqlite.run(lambda _: None)
        await sqlite.ping()
