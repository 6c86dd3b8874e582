"""One and two whole bots on one PostgreSQL: a burst, and how long a dead one's work waits.

Both vendors are sandboxes in this process, which limits the burst: compare the two figures only.
"""

import asyncio
import random
import tempfile
import time
from pathlib import Path

from tests.postgres import Server, running_server
from tests.proofs.rig import WORDS, rig, until
from tests.proofs.test_replicas import take_over

BURST = 600
JOBS = 50


async def burst(server: Server, replicas: int) -> float:
    """Post a burst; gives the messages a second until all are settled."""
    dice = random.Random(1)  # noqa: S311 -- a fixed seed is the point
    with tempfile.TemporaryDirectory() as folder:
        async with rig(Path(folder), server.create()) as here:
            children = [await here.start(LOG_LEVEL="warning") for _ in range(replicas)]
            await asyncio.gather(*(child.until_healthy() for child in children))
            started = time.perf_counter()
            for _ in range(BURST):
                await here.tell(dice.randrange(JOBS), dice.choice(WORDS))
            waiting = list(here.told)
            async with here.visit() as store:

                async def is_done() -> bool:
                    while waiting and await here.is_over(store, waiting[-1]):
                        waiting.pop()
                    return not waiting

                await until(is_done, 120)
            return BURST / (time.perf_counter() - started)


async def takeover(server: Server, seed: int) -> float:
    """Kill one of two; gives the seconds until all it had was delivered."""
    with tempfile.TemporaryDirectory() as folder:
        async with rig(Path(folder), server.create()) as here:
            return await take_over(here, seed)


def main() -> None:
    """Print the burst with one and two replicas, and three takeovers."""
    with running_server() as server:
        one, two = (asyncio.run(burst(server, count)) for count in (1, 2))
        print(f"burst of {BURST} over {JOBS} keys, whole bots: one {one:,.0f}/s, two {two:,.0f}/s")
        print(f"  {two / one:4.2f} x (bench.postgres measures without the sandboxes)")
        took = [asyncio.run(takeover(server, seed)) for seed in (1, 2, 3)]
        seconds = ", ".join(f"{each:.1f}" for each in took)
        print(f"takeover after {seconds} s (trial 7 s; goal <= 10 s)")


if __name__ == "__main__":
    main()
