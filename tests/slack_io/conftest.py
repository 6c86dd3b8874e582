"""The bot between the sandbox's Slack and a conversation made for tests, over both transports."""

from collections.abc import AsyncIterator

import pytest

from tests.slack_io.bot import Bot, Transport, running


@pytest.fixture(params=["socket", "http"])
async def bot(request: pytest.FixtureRequest) -> AsyncIterator[Bot]:
    transport: Transport = request.param
    async with running(transport) as up:
        yield up
