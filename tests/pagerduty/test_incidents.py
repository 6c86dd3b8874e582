"""Incidents: paging, read-back of repeated transitions, references that are none."""

from typing import Any

import httpx
import pytest

from bot import errors
from bot.model import Assignment, IncidentId, Status
from tests.pagerduty import support
from tests.pagerduty.support import Script, answer, error, incident, routes

I = IncidentId("PT4KHLK")  # noqa: E741 - one letter keeps the table readable


def many(count: int, *, page_size: int = 100) -> Script:
    """Hold `count` incidents and give them page by page."""

    def handle(request: httpx.Request) -> httpx.Response:
        offset, limit = (int(request.url.params[key]) for key in ("offset", "limit"))
        assert limit <= 100
        assert offset + limit <= 10_000
        limit = min(limit, page_size)
        items = [incident(f"P{n:06}") for n in range(offset, min(count, offset + limit))]
        more = offset + limit < count
        return answer(200, {"incidents": items, "limit": limit, "offset": offset, "more": more})

    return Script(handle)


@pytest.mark.parametrize(
    ("held", "limit", "found", "pages"),
    [
        (0, 1000, 0, 1),
        (1, 1000, 1, 1),
        (100, 1000, 100, 1),
        (101, 1000, 101, 2),
        (2000, 250, 250, 3),
        (2000, 1000, 1000, 10),
    ],
)
async def test_all_pages_are_read_up_to_the_limit(
    held: int, limit: int, found: int, pages: int
) -> None:
    script = many(held)
    async with support.rest(script) as one:
        ids = [incident.id for incident in await one.incidents.find(limit=limit)]
    assert ids == [f"P{n:06}" for n in range(found)]
    assert len(script.requests) == pages


async def test_smaller_pages_than_asked_for_lose_nothing() -> None:
    script = many(90, page_size=25)
    async with support.rest(script) as one:
        assert len(await one.incidents.find()) == 90
    assert len(script.requests) == 4


async def test_list_ends_where_pagerduty_ends_it() -> None:
    script = many(50_000)
    async with support.rest(script) as one:
        assert len(await one.incidents.find(limit=20_000)) == 10_000
    assert len(script.requests) == 100


async def test_incident_that_moved_to_the_next_page_comes_once() -> None:
    pages = [
        support.page("incidents", incident("PA"), incident("PB"), more=True),
        support.page("incidents", incident("PB"), incident("PC")),
    ]
    async with support.rest(Script(*pages)) as one:
        assert [found.id for found in await one.incidents.find()] == ["PA", "PB", "PC"]


async def test_what_was_not_asked_for_is_left_out_and_the_newest_comes_first() -> None:
    """As from a proxy that passes no filter on."""
    ann, bob = (
        [{"assignee": {"id": of_id, "type": "user_reference", "summary": of_id}}]
        for of_id in ("PANNLEE", "PBOBRAY")
    )
    every = support.page(
        "incidents",
        incident("POLD", assignments=ann, incident_key="k", created_at="2026-01-01T00:00:00Z"),
        incident("PNEW", assignments=ann, incident_key="k", created_at="2026-01-02T00:00:00Z"),
        incident("POVER", assignments=ann, incident_key="k", status="resolved"),
        incident("PBOBS", assignments=bob, incident_key="k"),
        incident("POTHER", assignments=ann, incident_key="another"),
    )
    async with support.rest(Script(every)) as one:
        found = await one.incidents.find(user_ids=["PANNLEE"], incident_key="k")
    assert [each.id for each in found] == ["PNEW", "POLD"]


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (Status.RESOLVED, error(400, "Incident Already Resolved", 1001)),
        (Status.RESOLVED, error(400, "", 1001)),
        (Status.RESOLVED, error(400, "Arguments Caused Error", 2002, "Incident already resolved.")),
        (Status.ACKNOWLEDGED, error(400, "Incident Already Acknowledged", 1002)),
    ],
)
async def test_already_in_the_wanted_state_is_a_success(
    status: Status, refusal: httpx.Response
) -> None:
    script = routes(
        {
            "PUT /incidents/PT4KHLK": refusal,
            "GET /incidents/PT4KHLK": answer(200, {"incident": incident(status=status.value)}),
        }
    )
    async with support.rest(script) as one:
        found = await one.incidents.set_status(I, status, from_email="a@b.c")
    assert found.status is status


async def test_already_in_another_state_is_a_refusal() -> None:
    script = routes(
        {
            "PUT /incidents/PT4KHLK": error(400, "Incident Already Resolved", 1001),
            "GET /incidents/PT4KHLK": answer(200, {"incident": incident(status="resolved")}),
        }
    )
    async with support.rest(script) as one:
        with pytest.raises(errors.Refused, match="Already Resolved"):
            await one.incidents.set_status(I, Status.ACKNOWLEDGED, from_email="a@b.c")


async def test_any_other_refusal_is_not_read_back() -> None:
    script = Script(error(400, "Invalid Input Provided", 2001))
    async with support.rest(script) as one:
        with pytest.raises(errors.Refused):
            await one.incidents.set_status(I, Status.RESOLVED, from_email="a@b.c")
    assert len(script.requests) == 1


@pytest.mark.parametrize("reference", ["", "../users", "a b", "\x00", "é" * 1000])
async def test_reference_that_is_none_asks_nobody(reference: str) -> None:
    script = Script(answer(500))
    async with support.rest(script) as one:
        with pytest.raises(errors.NotFound, match="no incident"):
            await one.incidents.get(reference)
    assert script.requests == []


async def test_incident_without_number_is_named_by_its_id() -> None:
    numberless = answer(200, {"incident": incident(incident_number=None)})
    async with support.rest(Script(numberless, error(403))) as one:
        await one.incidents.get("PT4KHLK")
        with pytest.raises(errors.RoleMissing, match="read incident PT4KHLK"):
            await one.incidents.get("PT4KHLK")


async def test_unknown_number_is_named_in_the_error() -> None:
    async with support.rest(Script(error(404, "Not Found", 2100))) as one:
        with pytest.raises(errors.NotFound, match="no incident #777"):
            await one.incidents.get("777")


async def test_assignment_gives_pagerdutys_answer() -> None:
    answered: dict[str, Any] = incident(
        assignments=[{"assignee": {"id": "PBOB001", "type": "user_reference", "summary": "Bob"}}],
        assigned_via="direct_assignment",
    )
    async with support.rest(Script(answer(200, {"incident": answered}))) as one:
        found = await one.incidents.assign(
            I, Assignment(escalation_policy_id="PT20YPA"), from_email="a@b.c"
        )
    assert [who.name for who in found.assignees] == ["Bob"]
    assert found.assigned_via == "direct_assignment"
