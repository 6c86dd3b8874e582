"""Every HTTP status, every known refusal, any body: always one exception with a readable text."""

import json
import re
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import errors
from bot.model import Status
from bot.pagerduty import http_errors, wire
from tests.pagerduty import support

ANN = "ann@example.com"
READ = wire.get_incident("123").named("incident #123")
WRITE = wire.set_status("PT4KHLK", Status.RESOLVED, from_email=ANN).named("incident #123")

BODIES = {
    "empty": b"",
    "html": b"<html><body><h1>Bad gateway</h1></body></html>",
    "null": b"null",
    "number": b"42",
    "list": b'["a", {"b": "c"}]',
    "text": b'"no"',
    "error is text": b'{"error": "no such thing"}',
    "error is null": b'{"error": null}',
    "errors is an object": b'{"error": {"message": "no", "errors": {"title": ["too long"]}}}',
    "odd types": b'{"error": {"message": 7, "code": "x", "errors": 8}}',
    "no utf-8": b"\xff\xfe\x00",
    "deep": b"[" * 100_000,
    "echo of the secret": json.dumps({"error": {"message": f"bad {support.TOKEN}"}}).encode(),
    "control characters": b'{"error": {"message": "a\\u0000b\\u202ec\\nd"}}',
}


def of(status: int, body: bytes = b"", call: wire.Call = READ, **headers: str) -> Any:
    return http_errors.error_of(
        status,
        httpx.Headers({key.replace("_", "-"): value for key, value in headers.items()}),
        body,
        call,
        secrets=(support.TOKEN,),
    )


def expected(status: int, call: wire.Call) -> type[errors.PagerDutyError]:
    by_status = {
        401: errors.KeyRejected,
        402: errors.AbilityMissing,
        403: errors.RoleMissing,
        404: errors.NotFound,
        408: errors.Unavailable,
        429: errors.RateLimited,
    }
    if status in by_status:
        return by_status[status]
    if status >= 500:
        return errors.Unavailable
    if status >= 300:
        return errors.Refused
    return errors.OutcomeUnknown if call.writes else errors.Unavailable


def is_sentence(text: str) -> bool:
    return (
        text[0].isupper()
        and text.endswith(".")
        and len(text) < 8000
        and not re.search(r"[\x00-\x1f\x7f-\x9f]|\{|\bNone\b|\.\.|  | \.", text)
    )


@pytest.mark.parametrize("call", [READ, WRITE], ids=["read", "write"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_every_status_becomes_its_exception(body: bytes, call: wire.Call) -> None:
    """The complete space: 500 statuses times every odd body."""
    for status in range(100, 600):
        error = of(status, body, call)
        assert type(error) is expected(status, call), status
        transient = status in {408, 429} or status >= 500 or status < 300
        assert error.transient is transient, status
        assert is_sentence(str(error)), f"{status}: {error}"
        assert "incident #123" in str(error)
        assert support.TOKEN not in str(error)
        assert support.TOKEN not in repr(error.details)
        assert error.status == status


def said(message: str, code: int = 0, *reasons: str) -> bytes:
    return json.dumps({"error": {"message": message, "code": code, "errors": reasons}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        pytest.param(
            400,
            said(
                'You must specify a user\'s email address in the "From" header to perform this'
                " action",
                2016,
            ),
            errors.FromRejected,
            ANN,
            id="From missing, reported as a timeout",
        ),
        pytest.param(
            400, said("Requester User Not Found", 1008), errors.FromRejected, ANN, id="From unknown"
        ),
        pytest.param(
            400,
            said('Malformed "From" header', 1028),
            errors.FromRejected,
            ANN,
            id="From malformed",
        ),
        pytest.param(400, said("", 1008), errors.FromRejected, ANN, id="only a code"),
        pytest.param(
            400,
            said("Invalid Input Provided", 2001, "Title is too long."),
            errors.Refused,
            "Invalid Input Provided; Title is too long",
            id="invalid input, word for word",
        ),
        pytest.param(
            400,
            said("The request took too long to process", 2016),
            errors.Refused,
            "took too long",
            id="2016 as documented",
        ),
        pytest.param(
            400,
            said("Open incident with matching dedup key already exists on this service"),
            errors.Refused,
            "matching dedup key already exists",
            id="duplicate incident_key",
        ),
        pytest.param(
            400,
            said("Incident Already Resolved", 1001),
            errors.Refused,
            "Already Resolved",
            id="already resolved",
        ),
        pytest.param(
            400,
            said("Requester not authorized to perform action", 1018),
            errors.RoleMissing,
            f"the PagerDuty role of {ANN} does not allow it",
            id="1018",
        ),
        pytest.param(400, said("Access Denied", 2010), errors.RoleMissing, "role", id="2010"),
        pytest.param(
            403,
            said(
                "Access Denied: You may have lost access to this incident if it has been resolved",
                2018,
            ),
            errors.RoleMissing,
            "lost when it was resolved",
            id="2018",
        ),
        pytest.param(
            403, said("Forbidden"), errors.RoleMissing, "PagerDuty says: Forbidden", id="403"
        ),
        pytest.param(
            401,
            b"",
            errors.KeyRejected,
            "other region (PAGERDUTY_REGION",
            id="401 names the region",
        ),
        pytest.param(
            400, said("Authentication failed", 2006), errors.KeyRejected, "key", id="2006"
        ),
        pytest.param(
            400, said("Missing Account Ability", 2014), errors.AbilityMissing, "ability", id="2014"
        ),
        pytest.param(404, said("Not Found", 2100), errors.NotFound, "no incident #123", id="404"),
        pytest.param(
            404,
            said("Escalation Policy Not Found", 5001),
            errors.NotFound,
            "PagerDuty says: Escalation Policy Not Found",
            id="404 about something else",
        ),
        pytest.param(400, said("Incident Not Found", 5001), errors.NotFound, "#123", id="5001"),
        pytest.param(413, b"", errors.Refused, "too large", id="413"),
        pytest.param(302, b"", errors.Refused, "redirect", id="redirect"),
        pytest.param(503, b"", errors.Unavailable, "Nothing was changed", id="503"),
    ],
)
def test_refusal_says_what_to_do(
    status: int, body: bytes, kind: type[errors.PagerDutyError], words: str
) -> None:
    error = of(status, body, WRITE)
    assert type(error) is kind
    assert words in str(error)
    assert is_sentence(str(error)), str(error)


def test_reasons_are_kept_word_for_word() -> None:
    error = of(400, said("Invalid Input Provided", 2001, "Title is too long.", "No such user."))
    assert error.details == ("Invalid Input Provided", "Title is too long.", "No such user.")
    assert (error.status, error.code) == (400, 2001)


def test_ability_is_named() -> None:
    error = of(402, b"", wire.list_catalogue("priorities"))
    assert "`priorities`" in str(error)


def test_from_without_address_names_the_setting() -> None:
    call = wire.set_status("PT4KHLK", Status.RESOLVED, from_email=None).named("incident #123")
    error = of(400, said("You must specify ... in the From header to perform this action"), call)
    assert "set PAGERDUTY_FROM_EMAIL" in str(error)


def test_user_level_keys_lack_the_role_themselves() -> None:
    call = wire.set_status("PT4KHLK", Status.RESOLVED, from_email=None).named("incident #123")
    assert "the bot's API key does not allow it" in str(of(403, b"", call))


def test_reasons_are_bounded() -> None:
    error = of(400, said("x" * 100_000, 0, *["y" * 100_000] * 50))
    assert len(error.details) <= 11
    assert all(len(one) <= http_errors.MAX_DETAIL for one in error.details)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"ratelimit-reset": "12"}, 12.0),
        ({"ratelimit-reset": " 12.5 "}, 12.5),
        ({"retry-after": "7"}, 7.0),
        ({"ratelimit-reset": "soon", "retry-after": "7"}, 7.0),
        ({"ratelimit-reset": "12", "retry-after": "7"}, 12.0),
        ({"ratelimit-reset": "999999999"}, http_errors.MAX_RETRY_AFTER_SECONDS),
        ({}, None),
        *(
            ({"ratelimit-reset": bad}, None)
            for bad in ("", "-1", "nan", "inf", "1e9", "0x10", "1_0", "+5", "9" * 400)
        ),
        ({"retry-after": "Thu, 20 Aug 2026 12:00:00 GMT"}, None),
    ],
)
def test_wait_is_taken_from_the_headers(headers: dict[str, str], seconds: float | None) -> None:
    error = http_errors.error_of(429, httpx.Headers(headers), b"", READ)
    assert isinstance(error, errors.RateLimited)
    assert error.retry_after_seconds == seconds
    shown = re.search(r"asks to wait (\d+) s,", str(error))
    assert (shown and float(shown[1])) == (seconds and round(seconds))


def test_tries_are_counted() -> None:
    error = http_errors.error_of(503, {}, b"", READ, tries=3)
    assert "not answering (3 tries), last answer 503" in str(error)


@given(status=st.integers(100, 599), body=st.binary(max_size=300))
def test_any_body_becomes_a_sentence(status: int, body: bytes) -> None:
    error = of(status, body, WRITE)
    assert str(error).endswith(".")
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e]", str(error))


@given(message=st.text(max_size=700), reasons=st.lists(st.text(max_size=50), max_size=4))
def test_any_message_is_shown_safely(message: str, reasons: list[str]) -> None:
    error = of(400, said(message + support.TOKEN, 2001, *reasons))
    assert support.TOKEN not in str(error)
    assert "\n" not in str(error)
