"""A small account, served, and a client that checks every answer against the vendor's schemas."""

import copy
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from bot.sandbox.pagerduty import EscalationPolicy, PagerDuty, Service, User
from tests.shared import shared_data

VERSION = "application/vnd.pagerduty+json;version=2"
HEADERS = {"Authorization": "Token token=pd-account-key", "Accept": VERSION}
PATCHES: tuple[tuple[str, Any], ...] = (
    # Published as two types that exclude one another: no entry of this kind could be valid.
    ("AcknowledgeLogEntry", {"$ref": "#/$defs/LogEntry"}),
    # Their descriptions say "if null", their types do not allow it.
    ("Oncall", {"type": "object", "required": ["user", "escalation_policy", "escalation_level"]}),
)


@cache
def contract() -> dict[str, Any] | None:
    """Load the contract; None where it is absent, which CI does not allow."""
    try:
        data = shared_data()
    except pytest.skip.Exception:
        return None
    found: dict[str, Any] = json.loads((data / "pagerduty-contract.json").read_text("utf-8"))
    found["$defs"] = {**copy.deepcopy(found["$defs"]), **dict(PATCHES)}
    return found


def validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    """Make the validator of one of the contract's schemas."""
    found = contract()
    assert found is not None
    return Draft202012Validator({"$defs": found["$defs"], **schema})


@cache
def _answer_validator(operation: str, status: int) -> Draft202012Validator | None:
    found = contract()
    if found is None or operation not in found["operations"]:
        return None
    responses = found["operations"][operation]["responses"]
    if status >= 400 and operation.startswith("rest."):
        return validator({"$ref": "#/$defs/RestError", "required": ["error"]})
    response = responses.get(str(status), responses.get("5XX"))
    return validator(response["schema"])


def check_answer(operation: str, status: int, body: Any) -> None:
    """Raise AssertionError when PagerDuty would not answer so."""
    wanted = _answer_validator(operation, status)
    error = best_match(wanted.iter_errors(body)) if wanted else None
    assert error is None, f"{operation} {status}: {error.json_path}: {error.message}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; `body` is None when it was no JSON."""

    status: int
    body: Any
    headers: Mapping[str, str]
    text: str

    @property
    def error(self) -> tuple[int, int, str]:
        """Status, code and message of a refusal."""
        return self.status, self.body["error"]["code"], self.body["error"]["message"]

    @property
    def errors(self) -> str:
        """The sentences of a refusal."""
        return " ".join(self.body.get("errors") or self.body["error"]["errors"])


@dataclass(frozen=True, slots=True)
class World:
    """An account with three people, two policies and two services."""

    pd: PagerDuty
    session: aiohttp.ClientSession
    ann: User
    bob: User
    cid: User
    first: EscalationPolicy
    second: EscalationPolicy
    billing: Service
    mail: Service

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: User | None = None,
        query: list[tuple[str, str]] | None = None,
        headers: Mapping[str, str | None] | None = None,
        data: bytes | None = None,
    ) -> Reply:
        """Send a request as Ann, and check the form of the answer."""
        given: dict[str, str | None] = dict(HEADERS)
        if method != "GET":
            given |= {"From": (by or self.ann).email, "Content-Type": "application/json"}
        given |= headers or {}
        async with self.session.request(
            method,
            self.pd.rest_url + path,
            params=query,
            data=json.dumps(body).encode() if data is None and method != "GET" else data,
            headers={name: value for name, value in given.items() if value is not None},
            skip_auto_headers=["Accept", "Content-Type"],
        ) as response:
            text = await response.text()
            is_json = response.content_type == "application/json"
            reply = Reply(
                response.status, json.loads(text) if is_json else None, response.headers, text
            )
        if is_json:
            last = [*self.pd.requests[-1:], *self.pd.events[-1:]]
            check_answer(max(last, key=lambda one: one.at).operation, reply.status, reply.body)
        return reply

    async def get(self, path: str, **filters: str) -> Reply:
        """Read; `__` stands for the brackets of a repeated filter."""
        query = [(name.replace("__", "[]"), value) for name, value in filters.items()]
        return await self.send("GET", path, query=query)

    async def update(self, incident_id: str, *, by: User | None = None, **changes: Any) -> Reply:
        """Update an incident."""
        body = {"incident": {"type": "incident_reference", **changes}}
        return await self.send("PUT", f"/incidents/{incident_id}", body, by=by)

    async def enqueue(self, **changes: Any) -> Reply:
        """Send an event that triggers; None takes a field away."""
        event: dict[str, Any] = {
            "routing_key": self.billing.integration_key,
            "event_action": "trigger",
            "dedup_key": "nightly",
            "payload": {"summary": "It failed", "source": "rundeck", "severity": "error"},
        }
        event = {name: value for name, value in {**event, **changes}.items() if value is not None}
        reply = await self.send("POST", "/v2/enqueue", event)
        await self.pd.settled()
        return reply


@asynccontextmanager
async def acme(**options: Any) -> AsyncIterator[World]:
    """Serve the account."""
    pd = PagerDuty(**options)
    pd.event_delay_seconds = 0
    core = pd.add_team("Core")
    ann = pd.add_user("Ann Archer", "ann@example.com", role="admin", teams=[core])
    bob = pd.add_user("Bob Baker", "Bob@Example.com")
    cid = pd.add_user("Cid Cole", "cid.cole@example.org")
    rota = pd.add_schedule("Billing primary", on_call=[ann])
    first = pd.add_escalation_policy("Billing EP", levels=[[rota], [bob]], teams=[core])
    second = pd.add_escalation_policy("Mail EP", levels=[[bob], [cid]])
    billing = pd.add_service("Billing", escalation_policy=first, teams=[core])
    mail = pd.add_service("Mail", escalation_policy=second)
    async with pd.serve(), aiohttp.ClientSession() as session:
        yield World(pd, session, ann, bob, cid, first, second, billing, mail)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """Serve a fresh account for one test."""
    async with acme() as served:
        yield served


def refer(thing: User | Service | EscalationPolicy) -> dict[str, str]:
    """Refer to a thing as requests do."""
    kinds = {User: "user", Service: "service", EscalationPolicy: "escalation_policy"}
    return {"id": thing.id, "type": f"{kinds[type(thing)]}_reference"}


def assign(*users: User) -> list[dict[str, Any]]:
    """Make the value of `assignments`."""
    return [{"assignee": refer(user)} for user in users]
