"""Run until SIGTERM or SIGINT, and stop in order: also in the middle of a start."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog

log = structlog.get_logger(__name__)


def settle_in() -> None:
    """Let the garbage collector pass over what is there by now, for good.

    What a start makes stays to the end; a full collection goes through all of it, and everybody
    waits for it: 0.1 s (`make bench`, acknowledgements while messages of jobs arrive).
    """
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def for_long(work: AbstractAsyncContextManager[object]) -> AsyncIterator[None]:
    """Open the work in a process that does nothing else, and settle in."""
    async with work:
        settle_in()
        yield


async def until_stopped(work: AbstractAsyncContextManager[object]) -> None:
    """Keep the work open until a signal asks for its end.

    A start may take for ever, while Slack does not answer: it is given up then. Later the work
    closes by itself, and a second signal does not disturb it.
    """
    stop = asyncio.Event()
    starting = asyncio.current_task()

    def end() -> None:
        if not stop.is_set() and starting is not None:
            starting.cancel()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    try:
        async with work:
            starting = None
            await stop.wait()
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
        log.info("pdbot was stopped before it ran")
