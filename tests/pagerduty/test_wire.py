"""Requests against PagerDuty's published shapes and the limits of its prose."""

from typing import Any

import httpx
import pytest

from bot.model import Assignment, IncidentId, PagerDutyUserId, Status
from bot.pagerduty import wire
from bot.pagerduty.rest import Rest
from tests.pagerduty import support

I = IncidentId("PT4KHLK")  # noqa: E741 - one letter keeps the table readable
ANN = "ann@example.com"
TWO = Assignment(user_ids=(PagerDutyUserId("PANN001"), PagerDutyUserId("PBOB001")))
POLICY = Assignment(escalation_policy_id="PT20YPA")

REQUESTS = {
    "read": lambda one: one.incidents.get("PT4KHLK"),
    "read by number": lambda one: one.incidents.get("123"),
    "list": lambda one: one.incidents.find(),
    "list with every filter": lambda one: one.incidents.find(
        statuses=list(Status), user_ids=["PANN001"], team_ids=["PTEAM01"], incident_key="a:b:c"
    ),
    "acknowledge": lambda one: one.incidents.set_status(I, Status.ACKNOWLEDGED, from_email=ANN),
    "resolve": lambda one: one.incidents.set_status(
        I, Status.RESOLVED, from_email=ANN, resolution="restarted"
    ),
    "reopen": lambda one: one.incidents.set_status(I, Status.TRIGGERED, from_email=ANN),
    "assign users": lambda one: one.incidents.assign(I, TWO, from_email=ANN),
    "assign a policy": lambda one: one.incidents.assign(I, POLICY, from_email=ANN),
    "escalate": lambda one: one.incidents.escalate(I, 2, from_email=ANN),
    "set the priority": lambda one: one.incidents.set_priority(I, "PSLWBL8", from_email=ANN),
    "snooze": lambda one: one.incidents.snooze(I, 3600, from_email=ANN),
    "open": lambda one: one.incidents.create(title="x", service_id="PIJ90N7", from_email=ANN),
    "open with everything": lambda one: one.incidents.create(
        title="x",
        service_id="PIJ90N7",
        from_email=ANN,
        urgency="low",
        details="more",
        incident_key="a:b",
        to=TWO,
    ),
    "open for a policy": lambda one: one.incidents.create(
        title="x", service_id="PIJ90N7", from_email=ANN, to=POLICY
    ),
    "add responders": lambda one: one.incidents.request_responders(
        I, requester_id="PANN001", message="Please help.", to=TWO
    ),
    "add a policy's responders": lambda one: one.incidents.request_responders(
        I, requester_id="PANN001", message="Please help.", to=POLICY
    ),
    "read notes": lambda one: one.incidents.notes(I),
    "add a note": lambda one: one.incidents.add_note(I, "disk is full", from_email=ANN),
    "me": lambda one: one.directory.me(),
    "find by e-mail": lambda one: one.directory.user_by_email(ANN),
    "find by name": lambda one: one.directory.users_named("Ann"),
    "find by id": lambda one: one.directory.user("PANN001"),
    "on call for a schedule": lambda one: one.directory.on_call("Billing rota"),
    "on call for a service": lambda one: one.directory.on_call("Billing"),
    "policies": lambda one: one.directory.escalation_policies("Default"),
    "services": lambda one: one.directory.services("Billing"),
    "priorities": lambda one: one.directory.priorities(),
    "abilities": lambda one: one.directory.abilities(),
    "account host": lambda one: one.directory.account_host(),
}


def everything(request: httpx.Request) -> httpx.Response:
    """Answer any request with everything that any reader looks for."""
    policy = {"id": "PT20YPA", "type": "escalation_policy_reference", "summary": "Default"}
    return support.answer(
        200,
        {
            "incident": support.incident(),
            "incidents": [support.incident()],
            "note": {"id": "PN1", "content": "disk is full"},
            "notes": [],
            "user": support.user("PANN001", "Ann", ANN),
            "users": [support.user("PANN001", "Ann", ANN)],
            "schedules": [{"id": "PSCHED1", "name": "Billing rota"}],
            "services": [{"id": "PIJ90N7", "name": "Billing", "escalation_policy": policy}],
            "escalation_policies": [policy],
            "priorities": [],
            "abilities": ["teams"],
            "oncalls": [{"user": {"id": "PANN001"}, "escalation_level": 1}],
            "more": False,
        },
    )


@pytest.mark.parametrize("name", REQUESTS)
async def test_request_keeps_to_pagerdutys_contract(name: str) -> None:
    script = support.Script(everything)
    async with support.rest(script) as one:
        make: Any = REQUESTS[name]
        await make(one)
    assert script.requests
    for request in script.requests:
        support.check_request(request)


async def test_headers_say_who_asks_and_in_whose_name() -> None:
    script = support.Script(everything)
    async with support.rest(script) as one:
        await one.incidents.add_note(I, "disk is full", from_email=ANN)
        await one.incidents.notes(I)
    written, read = (request.headers for request in script.requests)
    assert written["authorization"] == f"Token token={support.TOKEN}"
    assert written["accept"] == "application/vnd.pagerduty+json;version=2"
    assert written["content-type"] == "application/json"
    assert written["from"] == ANN
    assert "from" not in read


async def test_list_asks_for_all_dates_newest_first() -> None:
    script = support.Script(everything)
    async with support.rest(script) as one:
        await one.incidents.find()
    assert script.requests[0].url.params.multi_items() == [
        ("date_range", "all"),
        ("sort_by", "created_at:desc"),
        ("statuses[]", "triggered"),
        ("statuses[]", "acknowledged"),
        ("limit", "100"),
        ("offset", "0"),
    ]


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: wire.assign(I, Assignment(), from_email=None), id="nobody"),
        pytest.param(
            lambda: wire.assign(
                I, Assignment((PagerDutyUserId("P1"),), "PT20YPA"), from_email=None
            ),
            id="users and policy",
        ),
        pytest.param(
            lambda: wire.set_status(I, Status.TRIGGERED, from_email=None, resolution="x"),
            id="resolution without resolved",
        ),
        pytest.param(lambda: wire.snooze(I, 0, from_email=None), id="snooze too short"),
        pytest.param(lambda: wire.snooze(I, 604_801, from_email=None), id="snooze too long"),
    ],
)
def test_builder_refuses_what_pagerduty_would_misunderstand(make: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        make()


@pytest.mark.parametrize("bad", ["", ".", "..", "a/b", "a?b", "a b", "é", "x" * 65, "%2e"])
def test_path_takes_only_ids_and_numbers(bad: str) -> None:
    with pytest.raises(wire.UnusableId):
        wire.get_incident(bad)


def test_assignees_named_twice_are_sent_once() -> None:
    ann = PagerDutyUserId("PANN001")
    call = wire.assign(I, Assignment((ann, ann)), from_email=None)
    assert call.body is not None
    assert len(call.body["incident"]["assignments"]) == 1


def test_rest_hides_its_token() -> None:
    one = Rest(base_url=support.BASE, token=support.TOKEN, clock=support.FakeClock())
    assert support.TOKEN not in repr(one)
    assert "pagerduty.example" in repr(one)
