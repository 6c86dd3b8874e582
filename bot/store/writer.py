"""One thread that writes, in one connection; whatever is waiting shares one commit.

A commit costs a flush of the disk. Under load hundreds of operations share it; at leisure an
operation does not wait for company. An operation that fails takes nobody with it: its batch is
rolled back and done again one by one.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import structlog

from bot.errors import StoreError
from bot.store.database import Link, Transaction
from bot.store.trouble import DiskFull, Gone, Overloaded, Trouble, Uncertain

log = structlog.get_logger(__name__)

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

BATCH = 512
QUEUE = 10_000


class Disk(Protocol):
    """Room that is kept for the day when there is none left."""

    @property
    def is_full(self) -> bool:
        """Tell whether new work must be refused; tries to recover now and then."""
        ...

    def filled_up(self) -> bool:
        """Give room back; tells whether there was any to give."""
        ...


@dataclass(frozen=True, slots=True)
class Kind(Generic[ItemT, ResultT]):
    """A kind of work that is done for many items at once; gives one result an item, in order.

    Within a batch lower ranks come first: what is settled and stored can be claimed at once.
    `is_new` work is refused while the disk is full and while too much is waiting. Somebody is
    waiting for what `is_urgent`: it is done next, in a batch of its own.
    """

    name: str
    work: Callable[[Transaction, Sequence[ItemT]], Sequence[ResultT]]
    rank: int = 1
    is_new: bool = False
    is_urgent: bool = False


Operation = Callable[[Transaction], ResultT]

_ONE: Kind[Operation[Any], Any] = Kind(
    "operation", lambda transaction, operations: [each(transaction) for each in operations]
)


@dataclass(slots=True, eq=False)
class _Call:
    kind: Kind[Any, Any]
    item: Any
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    result: Any = field(default=None)
    error: BaseException | None = field(default=None)


class Writer:
    """The thread and its queue."""

    def __init__(
        self, link: Link, disk: Disk, *, batch_limit: int = BATCH, queue_limit: int = QUEUE
    ) -> None:
        self._link = link
        self._disk = disk
        self._batch_limit = batch_limit
        self.queue_limit = queue_limit
        self._waiting: deque[_Call] = deque()
        self._urgent: deque[_Call] = deque()
        self._was_urgent = False
        self._wake = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._main, name="store-writer", daemon=True)
        self.commits = 0

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Count what waits for its commit."""
        return len(self._waiting) + len(self._urgent)

    async def run(self, operation: Operation[ResultT]) -> ResultT:
        """Run the operation in the next transaction; gives its result after the commit.

        The operation must be free of side effects outside the transaction: it may run twice.
        """
        result: ResultT = await self.submit(_ONE, operation)
        return result

    async def submit(self, kind: Kind[ItemT, ResultT], item: ItemT) -> ResultT:
        """Do one item of a kind of work in the next transaction, together with its like.

        Raises:
            StoreError: nothing was stored, unless it says that this is unknown.
        """
        loop = asyncio.get_running_loop()
        call = _Call(kind, item, loop.create_future(), loop)
        with self._wake:
            if self._closing:
                raise StoreError("The store is closed: the bot is stopping. Nothing was done.")
            # What is already stored must be able to leave: its work is bounded by the relay's.
            if kind.is_new and self.waiting >= self.queue_limit:
                raise Overloaded(
                    f"{self.queue_limit} operations are waiting for the database, so nothing more "
                    "is taken; nothing was done. Try again shortly."
                )
            (self._urgent if kind.is_urgent else self._waiting).append(call)
            self._wake.notify()
        result: ResultT = await call.future
        return result

    async def close(self) -> None:
        """Take nothing more, finish what waits, and end the thread."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join)

    def _main(self) -> None:
        while batch := self._take():
            self._do(batch)
            self._answer(batch)
        self._link.close()

    def _take(self) -> list[_Call]:
        with self._wake:
            while not self.waiting and not self._closing:
                self._wake.wait()
            # In turns where both wait: a flood of one does not keep the other out.
            is_turn = not (self._was_urgent and self._waiting)
            queue = self._urgent if self._urgent and is_turn else self._waiting
            self._was_urgent = queue is self._urgent
            return [queue.popleft() for _ in range(min(len(queue), self._batch_limit))]

    def _do(self, batch: list[_Call]) -> None:
        try:
            self._attempt(batch)
        except Uncertain as error:
            _fail(batch, error)
        except Trouble as error:
            self._again(batch, error)
        except Exception as error:  # noqa: BLE001 -- it is the caller's, who gets it from the future
            if len(batch) == 1:
                _fail(batch, error)
            else:
                self._one_by_one(batch)

    def _again(self, batch: list[_Call], error: Trouble) -> None:
        """Try once more where there is a reason to hope: a new connection, some room."""
        if isinstance(error, Gone):
            log.warning("database connection lost", error=str(error))
        elif not (isinstance(error, DiskFull) and self._disk.filled_up()):
            _fail(batch, error)
            return
        self._one_by_one(batch)

    def _one_by_one(self, batch: list[_Call]) -> None:
        for position, call in enumerate(batch):
            try:
                self._attempt([call])
            except DiskFull as error:
                self._disk.filled_up()
                _fail([call], error)  # the next one may need no room
            except Trouble as error:
                _fail(batch[position:], error)
                return
            except Exception as error:  # noqa: BLE001 -- it is the caller's
                _fail([call], error)

    def _attempt(self, batch: Sequence[_Call]) -> None:
        """Do all of the batch in one transaction; results count once it is committed."""
        results: list[tuple[_Call, Any]] = []
        calls = self._admitted(batch)
        if not calls:
            return
        with self._link.transaction() as transaction:
            for kind, alike in _grouped(calls):
                found = kind.work(transaction, [call.item for call in alike])
                results.extend(zip(alike, found, strict=True))
        self.commits += 1
        for call, result in results:
            call.result = result

    def _admitted(self, batch: Sequence[_Call]) -> Sequence[_Call]:
        new = [call for call in batch if call.kind.is_new]
        if not new or not self._disk.is_full:
            return batch
        _fail(new, DiskFull("The disk is full; nothing new is stored until there is room again."))
        return [call for call in batch if not call.kind.is_new]

    @staticmethod
    def _answer(batch: Sequence[_Call]) -> None:
        """Tell the event loop once for the whole batch: a wake-up each would cost more than it."""
        loops: dict[asyncio.AbstractEventLoop, list[_Call]] = {}
        for call in batch:
            loops.setdefault(call.loop, []).append(call)
        for loop, calls in loops.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_resolve, calls)


def _fail(calls: Sequence[_Call], error: BaseException) -> None:
    for call in calls:
        call.error = error


def _grouped(calls: Sequence[_Call]) -> list[tuple[Kind[Any, Any], list[_Call]]]:
    groups: dict[int, tuple[Kind[Any, Any], list[_Call]]] = {}
    for call in calls:
        groups.setdefault(id(call.kind), (call.kind, []))[1].append(call)
    return sorted(groups.values(), key=lambda group: group[0].rank)


def _resolve(calls: Sequence[_Call]) -> None:
    for call in calls:
        if call.future.done():
            continue  # whoever waited was cancelled; the work is done all the same
        if call.error is not None:
            call.future.set_exception(call.error)
        else:
            call.future.set_result(call.result)
