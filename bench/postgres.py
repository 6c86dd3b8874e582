"""The burst of `bench.notifier` on PostgreSQL: to delivered, with one process and with two.

Each process has half of the jobs, so that each key's messages arrive in order; whichever claims
an event sends it. The server is one of our own and flushes every commit to the disk.
"""

import asyncio
import logging
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import structlog

from bench.notifier import BURST, JOBS, Receiver, bench, message, opened, receiver
from tests.postgres import running_server

SYNCED = ""
ROUNDS = 3


def work(url: str, port: int, pipe: Connection) -> None:
    """Take in the messages whose numbers are told, until there are no more."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

    async def main() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with opened(url) as store, bench(Path(folder), store, Receiver(port)) as running:
                pipe.send("ready")
                while numbers := await asyncio.to_thread(pipe.recv):
                    await asyncio.gather(*(running.pipeline(message(each)) for each in numbers))

    asyncio.run(main())


@contextmanager
def workers(url: str, port: int, count: int) -> Iterator[list[Connection]]:
    """Run so many processes on one database."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for _ in range(count):
        ours, theirs = context.Pipe()
        processes.append(context.Process(target=work, args=(url, port, theirs), daemon=True))
        processes[-1].start()
        assert ours.recv() == "ready"
        pipes.append(ours)
    try:
        yield pipes
    finally:
        for pipe, process in zip(pipes, processes, strict=True):
            pipe.send([])
            process.join()


async def burst(url: str, processes: int) -> float:
    """Let the processes take bursts; gives the best of those delivered a second."""
    best = 0.0
    async with receiver() as told:
        with workers(url, told.port, processes) as pipes:
            for turn in range(ROUNDS):
                numbers = range(turn * BURST, (turn + 1) * BURST)
                begun = time.monotonic()
                for at, pipe in enumerate(pipes):
                    pipe.send([each for each in numbers if each % JOBS % processes == at])
                arrived = await told.all(dict.fromkeys(numbers, begun))
                best = max(best, BURST / (max(arrived.values()) - begun))
    return best


def main() -> None:
    """Print both, and their ratio."""
    with running_server(SYNCED) as server:
        one, two = (asyncio.run(burst(server.create(), count)) for count in (1, 2))
    what = f"burst of {BURST} messages over {JOBS} keys on PostgreSQL"
    print(f"{what}, one process: {one:,.0f}/s delivered (trial 416/s; goal >= 800/s)")
    print(
        f"{what}, two processes: {two:,.0f}/s, {two / one:4.2f} x "
        "(trial 0.97 x; goal >= 1.3 x on 4 cores)"
    )


if __name__ == "__main__":
    main()
