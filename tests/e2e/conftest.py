"""The world that the end-to-end tests live in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.world import HastyClock, World, world


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    """Give the running bot in Socket Mode."""
    async with world(tmp_path) as found:
        yield found


@pytest.fixture(params=["socket", "http"])
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """Give the running bot, once over each transport."""
    async with world(tmp_path, request.param) as found:
        yield found


@pytest.fixture
async def weather(tmp_path: Path) -> AsyncIterator[World]:
    """Give the running bot with a clock that hardly waits, for retries."""
    async with world(tmp_path, clock=HastyClock()) as found:
        yield found
