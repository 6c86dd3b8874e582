"""A store on each engine, and the clock that both follow."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store import Store, open_store
from tests.postgres import Server
from tests.postgres import postgres_server as postgres_server  # noqa: PLC0414 -- a fixture
from tests.store.builders import ShiftedClock


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
def postgres_url(postgres_server: Server) -> str:
    """Give an empty database."""
    return postgres_server.create()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/pdbot.db"


@pytest.fixture(params=["sqlite_url", pytest.param("postgres_url", marks=pytest.mark.proof)])
def url(request: pytest.FixtureRequest) -> str:
    """Give an empty database of either engine."""
    found: str = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def store(url: str, clock: ShiftedClock) -> AsyncIterator[Store]:
    """Give an open store, on each engine in turn."""
    opened = await open_store(url, clock=clock, ballast_bytes=0)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite(sqlite_url: str, clock: ShiftedClock) -> AsyncIterator[Store]:
    """Give an open store where the engine does not matter."""
    opened = await open_store(sqlite_url, clock=clock, ballast_bytes=0)
    yield opened
    await opened.close()
