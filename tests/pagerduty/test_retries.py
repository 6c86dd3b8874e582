"""What is tried again, how often, and after which wait: GET, PUT and notes against bad weather."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import httpx
import pytest
from structlog.testing import capture_logs

from bot import errors
from bot.model import IncidentId, Status
from bot.pagerduty.client import Patience
from bot.pagerduty.rest import Rest
from tests.pagerduty import support
from tests.pagerduty.support import FakeClock, Script, Step, answer, error

I = IncidentId("PT4KHLK")  # noqa: E741 - one letter keeps the table readable
GOOD = answer(
    200, {"incident": support.incident(), "note": {"id": "PN1", "content": "x"}, "notes": []}
)

Do = Callable[[Rest], Awaitable[Any]]


async def get(one: Rest) -> Any:
    return await one.incidents.get(I)


async def put(one: Rest) -> Any:
    return await one.incidents.set_status(I, Status.RESOLVED, from_email="a@b.c")


async def create(one: Rest) -> Any:
    return await one.incidents.create(title="x", service_id="PIJ90N7", from_email="a@b.c")


def hung_up() -> Exception:
    """Build what httpx-aiohttp makes of a server that hangs up after it has read the request."""
    lost = httpx.ConnectTimeout("Server disconnected")
    lost.__cause__ = aiohttp.ServerDisconnectedError()
    return lost


WEATHER: dict[str, Step] = {
    "refused": httpx.ConnectError("refused"),
    "timeout before": httpx.ConnectTimeout("slow"),
    "pool is full": httpx.PoolTimeout("full"),
    "timeout after": httpx.ReadTimeout("slow"),
    "hung up": hung_up(),
    "raw aiohttp error": aiohttp.ServerTimeoutError(),
    "half an answer": httpx.ReadError("gone"),
    "429": error(429),
    "429 with reset": answer(429, {}, ratelimit_reset="12"),
    "429 with a long reset": answer(429, {}, ratelimit_reset="300"),
    "408": error(408),
    "500": error(500),
    "503": answer(503, None),
    "garbage": httpx.Response(200, content=b"<html>sign in</html>"),
    "other JSON": answer(200, {"hello": "world"}),
}
SENT = {"timeout after", "hung up", "raw aiohttp error", "half an answer", "garbage", "other JSON"}
LIMITED = {"429", "429 with reset", "429 with a long reset"}
NEVER_SENT = {"refused", "timeout before", "pool is full"}


def last_error(do: Do, weather: str) -> type[errors.PagerDutyError]:
    if weather in LIMITED:
        return errors.RateLimited
    return errors.OutcomeUnknown if weather in SENT and do is not get else errors.Unavailable


def tries_left(do: Do, weather: str) -> bool:
    return do is not create or weather in LIMITED or weather in NEVER_SENT


@pytest.mark.parametrize("weather", WEATHER)
@pytest.mark.parametrize("do", [get, put, create])
async def test_bad_weather_that_passes(do: Do, weather: str) -> None:
    """GET and PUT are repeated; a POST without idempotency key only when it was not carried out."""
    script, clock = Script(WEATHER[weather], GOOD), FakeClock()
    async with support.rest(script, clock) as one:
        if tries_left(do, weather):
            assert (await do(one)).id == "PT4KHLK"
            assert len(script.requests) == 2
            assert len(clock.waits) == 1
        else:
            with pytest.raises(last_error(do, weather)):
                await do(one)
            assert len(script.requests) == 1
    assert len({one.content for one in script.requests}) == 1, "the body is built anew"


@pytest.mark.parametrize("weather", WEATHER)
@pytest.mark.parametrize("do", [get, put, create])
async def test_bad_weather_that_stays(do: Do, weather: str) -> None:
    script, clock = Script(WEATHER[weather]), FakeClock()
    async with support.rest(script, clock) as one:
        with pytest.raises(errors.PagerDutyError) as caught:
            await do(one)
    assert type(caught.value) is last_error(do, weather)
    assert caught.value.transient
    assert str(caught.value).endswith(".")
    if weather == "429 with a long reset":
        assert len(script.requests) == 2, "60 s of waiting are enough"
    else:
        assert len(script.requests) == (4 if tries_left(do, weather) else 1)
    assert sum(clock.waits) <= 60


async def test_told_wait_is_kept() -> None:
    clock = FakeClock()
    async with support.rest(Script(WEATHER["429 with reset"], GOOD), clock) as one:
        await one.incidents.get(I)
    assert 12 <= clock.waits[0] <= 13


async def test_long_told_wait_is_cut() -> None:
    clock = FakeClock()
    async with support.rest(Script(WEATHER["429 with a long reset"], GOOD), clock) as one:
        await one.incidents.get(I)
    assert 30 <= clock.waits[0] <= 31


def test_backoff_grows_to_its_cap() -> None:
    patience = Patience()
    for number, cap in ((1, 1), (2, 2), (3, 4), (5, 16), (6, 20), (50, 20)):
        drawn = [patience.backoff(number) for _ in range(200)]
        assert min(drawn) >= 0
        assert max(drawn) <= cap
    assert len({patience.backoff(1) for _ in range(10)}) == 10


@pytest.mark.parametrize("last", ["refused", "500", "429"])
async def test_unclear_try_makes_the_whole_call_unclear(last: str) -> None:
    """A PUT that may have been carried out is not reported as "nothing was changed"."""
    script = Script(WEATHER["timeout after"], WEATHER[last])
    async with support.rest(script) as one:
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await put(one)
    assert "before you repeat it" in str(caught.value)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 413, 422, 302])
async def test_final_answers_are_never_repeated(status: int) -> None:
    script, clock = Script(error(status)), FakeClock()
    async with support.rest(script, clock) as one:
        with pytest.raises(errors.PagerDutyError) as caught:
            await get(one)
    assert not caught.value.transient
    assert (len(script.requests), clock.waits) == (1, [])


@pytest.mark.parametrize("weather", WEATHER)
async def test_no_text_and_no_cause_shows_the_token(weather: str) -> None:
    async with support.rest(Script(WEATHER[weather])) as one:
        with pytest.raises(errors.PagerDutyError) as caught:
            await put(one)
    link: BaseException | None = caught.value
    while link is not None:
        assert support.TOKEN not in f"{link} {link!r} {vars(link)}"
        assert not isinstance(link, httpx.HTTPError), "it holds the request with its headers"
        link = link.__cause__


async def test_endless_answer_is_cut_off() -> None:
    pulled = []

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            while True:
                pulled.append(1)
                yield b" " * 1_000_000

    async with support.rest(Script(lambda _: httpx.Response(200, stream=Endless()))) as one:
        with pytest.raises(errors.Unavailable, match="too long"):
            await one.incidents.get(I)
    assert len(pulled) < 4 * 20


@pytest.mark.parametrize(
    "email", ["", "ann", "a b@c.d", "ann@example.com\r\nX-Evil: 1", "é@example.com", "a@b\x00"]
)
async def test_impossible_from_is_never_sent(email: str) -> None:
    script = Script(GOOD)
    async with support.rest(script) as one:
        with pytest.raises(errors.FromRejected):
            await one.incidents.set_status(I, Status.RESOLVED, from_email=email)
    assert script.requests == []


@pytest.mark.parametrize("token", ["", "  ", "a b", "a\nb", "é"])
def test_impossible_token_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(errors.ConfigError) as caught:
        Rest(base_url=support.BASE, token=token, clock=FakeClock())
    assert "PAGERDUTY_API_TOKEN" in str(caught.value)


def test_line_end_around_the_token_is_harmless() -> None:
    Rest(base_url=support.BASE, token=f" {support.TOKEN}\n", clock=FakeClock())


async def test_error_names_the_incident_by_its_number_once_known() -> None:
    script = Script(GOOD, error(403, "no"))
    async with support.rest(script) as one:
        await one.incidents.get(I)
        with pytest.raises(errors.RoleMissing, match="resolve incident #123"):
            await put(one)


async def test_error_names_the_incident_by_its_id_before() -> None:
    async with support.rest(Script(error(403, "no"))) as one:
        with pytest.raises(errors.RoleMissing, match="resolve incident PT4KHLK"):
            await put(one)


async def test_outage_is_logged_once_and_its_end() -> None:
    script = Script(*[WEATHER["refused"]] * 12, GOOD, WEATHER["503"], GOOD)
    async with support.rest(script) as one:
        with capture_logs() as logs:
            for _ in range(3):
                with pytest.raises(errors.Unavailable):
                    await get(one)
            await get(one)
            await get(one)

    repeated = "PagerDuty call is repeated"
    assert [log["event"] for log in logs if log["log_level"] != "debug"] == [
        *[repeated] * 3,
        "PagerDuty is not answering; told once",
        "PagerDuty answers again",
        repeated,
    ]
