"""Events v2: one attempt, an allow-list of transient causes, no key in any text."""

import json
from typing import Any

import httpx
import pytest

from bot import errors
from bot.pagerduty.connection import MAX_ANSWER_BYTES
from bot.pagerduty.events import Events
from bot.pagerduty.regions import REGIONS
from tests.pagerduty import support
from tests.pagerduty.support import ROUTING_KEY, Script, answer

RESOLVE = {"event_action": "resolve", "dedup_key": "rundeck:billing:nightly"}
TRIGGER = {
    "event_action": "trigger",
    "dedup_key": "rundeck:billing:nightly",
    "payload": {"summary": "nightly failed", "source": "rundeck", "severity": "error"},
}
ACCEPTED = answer(202, {"status": "success", "message": "ok", "dedup_key": "srv01/HTTP"})


def events(script: Script) -> Events:
    base = "https://events.example/v2"
    return Events(base_url=base, transport=httpx.MockTransport(script))


async def failure(step: support.Step, body: Any = None) -> errors.PagerDutyError:
    script = Script(step)
    async with events(script) as one:
        with pytest.raises(errors.PagerDutyError) as caught:
            await one.send(ROUTING_KEY, TRIGGER if body is None else body)
    assert len(script.requests) <= 1, "the relay is the only retrier"
    assert ROUTING_KEY not in f"{caught.value} {caught.value.details}"
    assert caught.value.__cause__ is None
    return caught.value


@pytest.mark.parametrize("body", [TRIGGER, RESOLVE], ids=["trigger", "resolve"])
async def test_event_is_sent_as_the_contract_wants_it(body: dict[str, Any]) -> None:
    script = Script(ACCEPTED)
    async with events(script) as one:
        delivered = await one.send(ROUTING_KEY, body)
    assert (delivered.dedup_key, delivered.status_code) == ("srv01/HTTP", 202)
    assert script.requests[0].url == "https://events.example/v2/enqueue"
    assert "authorization" not in script.requests[0].headers
    support.check_request(script.requests[0])
    assert json.loads(script.requests[0].content) == {**body, "routing_key": ROUTING_KEY}


async def test_change_event_is_sent_as_the_contract_wants_it() -> None:
    script = Script(ACCEPTED)
    async with events(script) as one:
        await one.change(ROUTING_KEY, "pdbot check")
    assert script.requests[0].url.path == "/v2/change/enqueue"
    support.check_request(script.requests[0])


@pytest.mark.parametrize("content", [b"", b"ok", b"[]", b'{"dedup_key": 7}'])
async def test_accepted_is_accepted_whatever_the_body_says(content: bytes) -> None:
    async with events(Script(httpx.Response(202, content=content))) as one:
        delivered = await one.send(ROUTING_KEY, RESOLVE)
    assert delivered.dedup_key == "rundeck:billing:nightly"


async def test_every_status_but_202_is_judged() -> None:
    for status in {*range(100, 600)} - {202}:
        echo = {"status": "invalid event", "message": f"key {ROUTING_KEY}", "errors": ["no"]}
        error = await failure(answer(status, echo))
        kind = (
            errors.RateLimited
            if status == 429
            else errors.Unavailable
            if status == 408 or status >= 500
            else errors.Refused
        )
        assert type(error) is kind, status
        assert error.transient is (kind is not errors.Refused)
        assert error.status == status
        assert str(error).endswith(".")


async def test_refusal_keeps_pagerdutys_reasons() -> None:
    reason = "'summary' is too long (maiximum is 1024 characters)"
    body = {"status": "invalid event", "message": "Event object is invalid", "errors": [reason]}
    error = await failure(answer(400, body))
    assert error.details == ("Event object is invalid", reason)
    assert reason in str(error)


@pytest.mark.parametrize(("headers", "seconds"), [({"retry_after": "30"}, 30.0), ({}, None)])
async def test_rate_limit_says_for_how_long(headers: dict[str, str], seconds: float | None) -> None:
    error = await failure(answer(429, {}, **headers))
    assert isinstance(error, errors.RateLimited)
    assert error.retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("lost", "kind"),
    [
        (httpx.ConnectError("refused"), errors.Unavailable),
        (httpx.ReadTimeout("slow"), errors.OutcomeUnknown),
        (httpx.RemoteProtocolError("hung up"), errors.OutcomeUnknown),
        (TimeoutError(), errors.OutcomeUnknown),
        (OSError("gone"), errors.OutcomeUnknown),
    ],
    ids=lambda one: type(one).__name__,
)
async def test_lost_connection_is_transient_and_tells_whether_it_may_have_been_taken(
    lost: Exception, kind: type[errors.PagerDutyError]
) -> None:
    error = await failure(lost)
    assert type(error) is kind
    assert error.status is None
    assert "events.example" in str(error)


async def test_endless_answer_is_final() -> None:
    error = await failure(httpx.Response(202, content=b" " * (MAX_ANSWER_BYTES + 1)))
    assert type(error) is errors.Refused


@pytest.mark.parametrize("bad", [float("nan"), b"bytes", object()], ids=["nan", "bytes", "object"])
async def test_event_that_is_no_json_is_final_and_never_sent(bad: object) -> None:
    error = await failure(ACCEPTED, {"payload": {"custom_details": bad}})
    assert type(error) is errors.Refused


async def test_half_characters_do_not_cost_the_page() -> None:
    script = Script(ACCEPTED)
    async with events(script) as one:
        await one.send(ROUTING_KEY, {**RESOLVE, "client": "a\ud83db"})
    assert json.loads(script.requests[0].content)["client"] == "a?b"


def test_regions_are_those_of_the_contract() -> None:
    servers = support.contract()["servers"]
    assert {name: {"rest": one.rest, "events_v2": one.events} for name, one in REGIONS.items()} == (
        servers
    )
