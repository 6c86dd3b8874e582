"""The sandbox refuses what the contract's strict schemas refuse, and takes what they take."""

import copy
import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.pagerduty import bodies, events
from bot.sandbox.pagerduty.checks import Check
from tests.sandbox.pagerduty_client import contract, validator
from tests.shared import shared_data

CHECKS: dict[str, Check] = {
    "rest.updateIncident": bodies.UPDATE_ONE,
    "rest.updateIncidents": bodies.UPDATE_MANY,
    "rest.createIncident": bodies.CREATE,
    "rest.createIncidentNote": bodies.NOTE,
    "rest.createIncidentSnooze": bodies.SNOOZE,
    "rest.mergeIncidents": bodies.MERGE,
    "rest.createIncidentResponderRequest": bodies.RESPONDER_REQUEST,
    "rest.createIncidentStatusUpdate": bodies.STATUS_UPDATE,
    "events_v2.createV2Event": events.EVENT,
    "events_v2.createChangeEvent": events.CHANGE_EVENT,
}
MORE: dict[str, list[dict[str, Any]]] = {
    "rest.updateIncident": [
        {
            "incident": {
                "type": "incident",
                "status": "resolved",
                "resolution": "restarted",
                "title": "x",
                "urgency": "low",
                "priority": "P1",
                "assignments": [{"assignee": {"id": "PX", "type": "user_reference"}}],
                "service": {"id": "PX", "type": "service_reference"},
                "conference_bridge": {"conference_number": "1", "conference_url": "https://x"},
            }
        }
    ],
    "events_v2.createV2Event": [
        {"routing_key": "a" * 32, "event_action": "resolve", "dedup_key": "nightly"}
    ],
}
JUNK = st.sampled_from(
    [
        *(None, True, 0, 1, 604_800, 604_801, -1, "x", "x" * 1024, "x" * 1025, [], {}, ["x"]),
        *("incident", "resolved", "trigger", "high", "PX", "https://a/b", "http://a/b", "a" * 32),
        {"id": "PX", "type": "user_reference"},
        {"id": "px", "type": "priority"},
        {"type": "user"},
    ]
)
KEYS = [
    "status",
    "resolution",
    "title",
    "priority",
    "assignments",
    "escalation_policy",
    "escalation_level",
    "urgency",
    "id",
    "type",
    "content",
    "duration",
    "message",
    "subject",
    "html_message",
    "dedup_key",
    "payload",
    "links",
    "images",
    "extra",
]


@cache
def examples(operation: str) -> list[Any]:
    """Give well-formed bodies: the published ones that are strict, and ours."""
    shared_data()
    found = contract()
    assert found is not None
    published = found["operations"][operation]["request_examples"].values()
    strict = validator(found["operations"][operation]["request_strict"])
    return [one for one in (*published, *MORE.get(operation, ())) if strict.is_valid(one)]


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """List the paths of everything in a body."""
    inside: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict | list):
        inside = value.items() if isinstance(value, dict) else enumerate(value)
    return [path, *(deep for key, item in inside for deep in places(item, (*path, key)))]


def mutate(body: Any, path: tuple[str | int, ...], how: str, key: str, junk: Any) -> Any:
    """Replace, remove or add something at a place."""
    changed = {"body": copy.deepcopy(body)}
    parent: Any = changed
    full: tuple[str | int, ...] = ("body", *path)
    for step in full[:-1]:
        parent = parent[step]
    target = parent[full[-1]]
    if how == "remove" and path:
        del parent[full[-1]]
    elif how == "add" and isinstance(target, dict):
        target[key] = junk
    else:
        parent[full[-1]] = junk
    return changed["body"]


@pytest.mark.parametrize("operation", CHECKS)
def test_published_examples_are_accepted(operation: str) -> None:
    assert examples(operation)
    for example in examples(operation):
        assert CHECKS[operation]("body", example) == []


@pytest.mark.parametrize("operation", CHECKS)
@given(data=st.data())
def test_mutated_body_is_judged_as_by_the_schema(operation: str, data: st.DataObject) -> None:
    found = contract()
    body = data.draw(st.sampled_from(examples(operation)))
    for _ in range(data.draw(st.integers(1, 3))):
        body = mutate(
            body,
            data.draw(st.sampled_from(places(body))),
            data.draw(st.sampled_from(["replace", "remove", "add"])),
            data.draw(st.sampled_from(KEYS)),
            data.draw(JUNK),
        )
    assert found is not None
    strict = validator(found["operations"][operation]["request_strict"])

    errors = CHECKS[operation]("body", body)

    assert (errors == []) == strict.is_valid(body), (json.dumps(body), errors)


@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda deep: st.lists(deep, max_size=3) | st.dictionaries(st.text(max_size=5), deep),
        max_leaves=10,
    )
)
def test_any_json_gets_an_answer(body: Any) -> None:
    for check in CHECKS.values():
        assert check("body", body)
