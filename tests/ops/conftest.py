"""Who the commands are tried by."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.ops.operator import Operator, operator


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Operator]:
    """Give an operator for whom everything is fine."""
    async with operator(tmp_path) as found:
        yield found
