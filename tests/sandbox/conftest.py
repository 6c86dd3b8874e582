"""A sandbox Slack whose clock stands still, and a bot in Socket Mode that says what it is told."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.slack import Slack
from tests.sandbox.slack_fakes import (
    Answers,
    Api,
    ManualClock,
    SocketBot,
    calling,
    socket_bot,
    workspace,
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def api(clock: ManualClock) -> AsyncIterator[Api]:
    async with calling(workspace(clock)) as api:
        yield api


@pytest.fixture
def slack(api: Api) -> Slack:
    return api.slack


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
async def bot(api: Api, answers: Answers) -> AsyncIterator[SocketBot]:
    async with socket_bot(api, answers) as bot:
        yield bot
