"""Cards over an empty database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cards.world import Cards, cards_of


@pytest.fixture
async def cards(tmp_path: Path) -> AsyncIterator[Cards]:
    async with cards_of(tmp_path) as found:
        yield found
