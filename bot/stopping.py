"""Run until SIGTERM or SIGINT, and stop in order: also in the middle of a start."""

import asyncio
import signal
from contextlib import AbstractAsyncContextManager

import structlog

log = structlog.get_logger(__name__)


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
