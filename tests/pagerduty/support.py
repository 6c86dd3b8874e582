"""A clock that never waits, a PagerDuty that answers from a script, and the vendor's contract."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from bot.pagerduty.rest import Rest
from tests.shared import shared_data

TOKEN = "y_NBAkKc66ryYTWUXYEu"
ROUTING_KEY = "0123456789abcdef0123456789abcdef"
BASE = "https://pagerduty.example"
NOW = datetime(2026, 8, 20, 12, 0, tzinfo=UTC)


class FakeClock:
    """Waiting only moves the hands; every wait is written down."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._passed = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._passed += seconds


Step = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Script:
    """Answer request after request from a list of steps; the last one stays."""

    def __init__(self, *steps: Step) -> None:
        self.requests: list[httpx.Request] = []
        self._steps = list(steps)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        if isinstance(step, Exception):
            raise step
        if isinstance(step, httpx.Response):
            return httpx.Response(step.status_code, headers=step.headers, content=step.content)
        return step(request)

    @property
    def seen(self) -> list[str]:
        """Give the requests as `GET /incidents`."""
        return [f"{one.method} {one.url.path}" for one in self.requests]


def rest(script: Callable[[httpx.Request], httpx.Response], clock: FakeClock | None = None) -> Rest:
    return Rest(
        base_url=BASE,
        token=TOKEN,
        clock=clock or FakeClock(),
        transport=httpx.MockTransport(script),
    )


def answer(status: int = 200, body: Any = None, **headers: str) -> httpx.Response:
    spelled = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=spelled, content=json.dumps(body).encode())


def error(status: int, message: str = "", code: int = 0, *errors: str) -> httpx.Response:
    return answer(status, {"error": {"message": message, "code": code, "errors": list(errors)}})


def incident(of_id: str = "PT4KHLK", **changes: Any) -> dict[str, Any]:
    return {
        "id": of_id,
        "incident_number": 123,
        "title": "Nightly export failed",
        "status": "triggered",
        "urgency": "high",
        "html_url": f"https://acme.pagerduty.example/incidents/{of_id}",
        "created_at": "2026-08-20T11:00:00Z",
        "service": {"id": "PIJ90N7", "type": "service_reference", "summary": "Billing"},
        **changes,
    }


def user(of_id: str, name: str, email: str | None) -> dict[str, Any]:
    page = f"https://acme.pagerduty.example/users/{of_id}"
    return {"id": of_id, "type": "user", "name": name, "email": email, "html_url": page}


def page(key: str, *items: Any, more: bool = False) -> httpx.Response:
    return answer(200, {key: items, "limit": 100, "offset": 0, "more": more})


def routes(table: Mapping[str, httpx.Response]) -> Script:
    """Answer by `METHOD /path`."""

    def handle(request: httpx.Request) -> httpx.Response:
        found = table[f"{request.method} {request.url.path}"]
        return httpx.Response(found.status_code, headers=found.headers, content=found.content)

    return Script(handle)


# ---------------------------------------------------------------- the contract


@cache
def contract() -> dict[str, Any]:
    text = (shared_data() / "pagerduty-contract.json").read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


@cache
def validator(operation: str, part: str = "request_strict") -> Draft202012Validator:
    found = contract()["operations"][operation]
    return Draft202012Validator({"$defs": contract()["$defs"], **found[part]})


def operation_of(request: httpx.Request) -> str:
    """Find the contract's operation by method and path."""
    for name, one in contract()["operations"].items():
        shape = one["path"].split("/")
        path = request.url.path.removeprefix("/v2").split("/")
        fits = len(shape) == len(path) and all(
            a == b or a.startswith("{") for a, b in zip(shape, path, strict=True)
        )
        literal = "{" in one["path"] and request.url.path == "/users/me"
        if one["method"] == request.method and fits and not literal:
            return str(name)
    raise AssertionError(f"PagerDuty has no {request.method} {request.url.path}")


def check_request(request: httpx.Request) -> None:
    """Raise AssertionError when PagerDuty would refuse the request, as far as is known."""
    name = operation_of(request)
    operation = contract()["operations"][name]
    known = {one["name"] for one in operation["query_params"]}
    assert set(request.url.params) <= known, f"{name}: an unknown filter is ignored in silence"
    for header, rule in operation["headers"].items():
        if rule["required"]:
            assert header in request.headers, f"{name}: header {header} is missing"
            value = request.headers[header]
            assert Draft202012Validator(rule["schema"]).is_valid(value), f"{name}: {header}"
    if "request_strict" in operation:
        wrong = best_match(validator(name).iter_errors(json.loads(request.content)))
        assert wrong is None, f"{name}: {wrong.json_path}: {wrong.message}"
    else:
        assert request.content == b""
