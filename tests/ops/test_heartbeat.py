"""The heartbeat: called while the bot is well, and never in its way."""

from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from bot.ops.heartbeat import EVERY_SECONDS, Heartbeat
from bot.secret import Secret
from tests.e2e.world import world
from tests.pagerduty.support import FakeClock

URL = "https://heartbeat.example/ping/very-secret?x=1"


class Enough(Exception):
    """The clock has been asked often enough."""


class Clock(FakeClock):
    """A clock that ends the loop after some waits."""

    def __init__(self, waits: int) -> None:
        super().__init__()
        self._left = waits

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        self._left -= 1
        if not self._left:
            raise Enough


async def beaten(
    *answers: int | Exception, well: bool | Exception = True
) -> tuple[list[str], Clock]:
    """Let the heart beat once for each answer; gives the addresses called."""
    called: list[str] = []
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        called.append(str(request.url))
        step = left.pop(0)
        if isinstance(step, Exception):
            raise step
        return httpx.Response(step)

    async def is_well() -> bool:
        if isinstance(well, Exception):
            raise well
        return well

    clock = Clock(len(answers))
    heart = Heartbeat(
        Secret(URL), is_well=is_well, clock=clock, transport=httpx.MockTransport(answer)
    )
    with suppress(Enough):
        await heart.run()
    return called, clock


async def test_address_is_called_once_a_minute_as_it_is() -> None:
    called, clock = await beaten(200, 200, 200)

    assert called == [URL] * 3
    assert clock.waits == [EVERY_SECONDS] * 3 == [60.0] * 3


async def test_bot_that_is_unwell_does_not_call() -> None:
    with capture_logs() as logs:
        called, _ = await beaten(200, 200, well=False)

    assert called == []
    assert [log["reason"] for log in logs] == ["the bot is not well; /healthz says why"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (500, "it answered 500"),
        (404, "it answered 404"),
        (httpx.ConnectError("no route to very-secret"), "ConnectError"),
        (httpx.ReadTimeout("very-secret"), "ReadTimeout"),
        (OSError("very-secret"), "OSError"),
    ],
)
async def test_trouble_is_told_once_without_the_address_and_ends(
    answer: int | Exception, reason: str
) -> None:
    with capture_logs() as logs:
        called, _ = await beaten(answer, answer, 200, 200)

    assert len(called) == 4
    assert [(log["event"], log.get("reason")) for log in logs] == [
        ("no heartbeat was sent", reason),
        ("heartbeats are sent", None),
    ]
    assert "very-secret" not in str(logs)


async def test_defect_of_the_health_check_does_not_end_it() -> None:
    with capture_logs() as logs:
        _, clock = await beaten(200, 200, well=RuntimeError("a defect"))

    assert len(clock.waits) == 2
    assert {log["event"] for log in logs} == {"the heartbeat failed in itself"}


async def test_unreachable_address_harms_no_command(tmp_path: Path) -> None:
    environ = {"PDBOT_HEARTBEAT_URL": "http://127.0.0.1:9/ping"}
    async with world(tmp_path, environ=environ) as here:
        said = await here.pd(f"ack {here.incident().id}")

    assert "Acknowledged." in said
