"""A crash at every statement, and at both sides of every commit, of ingest, claim and settle."""

import asyncio
import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.store import Store, open_store
from tests.proofs import breaker as breakers
from tests.proofs.breaker import Act, Breaker, broken
from tests.proofs.story import Notes, Story
from tests.store.builders import ShiftedClock

pytestmark = pytest.mark.proof

FEWEST_STEPS = 80  # a story that comes by less proves nothing
KILLED = 9


async def tell(store: Store, story: Story, at: int = 0, act: Act | None = None) -> list[str]:
    """Tell a story with something happening at one step; gives the steps."""
    breaker = Breaker()
    with broken(store, breaker):
        breaker.arm(at, act)
        await story.live(store)
    return breaker.steps


def child(url: str, number: int, notes: Path, at: int) -> None:
    """Live until step `at`, and die there."""

    async def life() -> None:
        store = await open_store(url, clock=ShiftedClock(), ballast_bytes=0)
        await tell(store, Story(number, Notes(notes)), at, breakers.die)
        await store.close()

    asyncio.run(life())


async def undisturbed(store: Store, clock: ShiftedClock, notes: Notes) -> tuple[int, Any]:
    """Tell the first story in peace: how many steps there are, and what comes out."""
    story = Story(1, notes)
    steps = await tell(store, story)
    await story.recover(store, clock)
    assert await story.verdicts(store) == []
    assert len(steps) > FEWEST_STEPS, steps
    return len(steps), await story.outcome(store)


async def interrupted(
    store: Store, clock: ShiftedClock, story: Story, expected: Any, where: str
) -> None:
    """Go on after an interruption: nothing may be lost, reordered or different."""
    await story.recover(store, clock)
    assert await story.verdicts(store) == [], where
    assert await story.outcome(store) == expected, where


async def test_process_that_dies_at_any_step_loses_and_reorders_nothing(
    url: str, clock: ShiftedClock, tmp_path: Path
) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "tests.proofs.story"])
    notes = Notes(tmp_path / "notes")
    store = await open_store(url, clock=clock, ballast_bytes=0)
    count, expected = await undisturbed(store, clock, notes)
    await store.close()
    for at in range(1, count + 1):
        story = Story(1 + at, notes)
        process = context.Process(target=child, args=(url, story.number, notes.path, at))
        process.start()
        await asyncio.to_thread(process.join, 60)
        assert process.exitcode == KILLED, f"step {at}"
        store = await open_store(url, clock=clock, ballast_bytes=0)
        await interrupted(store, clock, story, expected, f"killed at step {at} of {count}")
        await store.close()


@pytest.mark.parametrize("kind", ["defect", "lost connection"])
async def test_error_at_any_step_loses_and_reorders_nothing(
    url: str, clock: ShiftedClock, tmp_path: Path, kind: str
) -> None:
    lose: Callable[[str], None] = (
        breakers.lose_sqlite if url.startswith("sqlite") else breakers.lose_postgres
    )
    notes = Notes(tmp_path / "notes")
    store = await open_store(url, clock=clock, ballast_bytes=0)
    count, expected = await undisturbed(store, clock, notes)
    for at in range(1, count + 1):
        story = Story(1 + at, notes)
        steps = await tell(store, story, at, breakers.fail if kind == "defect" else lose)
        where = f"{kind} at step {at} of {count}: {steps[min(at, len(steps)) - 1]}"
        await interrupted(store, clock, story, expected, where)
    await store.close()
