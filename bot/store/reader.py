"""A second connection that only reads, so that a long list never delays a commit."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from bot.store.database import Link
from bot.store.trouble import Gone
from bot.store.writer import Operation

ResultT = TypeVar("ResultT")


class Reader:
    """One thread with one connection, whose transactions see one instant each."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-reader")

    async def run(self, operation: Operation[ResultT]) -> ResultT:
        """Run the operation and give its result.

        Raises:
            StoreError: the database did not answer.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._run, operation)

    def _run(self, operation: Operation[ResultT]) -> ResultT:
        try:
            return self._once(operation)
        except Gone:
            return self._once(operation)  # with a new connection

    def _once(self, operation: Operation[ResultT]) -> ResultT:
        with self._link.transaction() as transaction:
            return operation(transaction)

    async def close(self) -> None:
        """Close the connection and end the thread."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._link.close)
        await asyncio.to_thread(self._thread.shutdown)
