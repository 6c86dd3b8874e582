"""Secrets are taken out of what leaves for PagerDuty."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.notifier.redact import redact
from bot.notifier.words import clean_text

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3In0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        pytest.param("Authorization: Bearer abc.def", "abc.def", id="authorization header"),
        pytest.param("authorization=Token token=s3cr3t", "s3cr3t", id="authorization argument"),
        pytest.param('-H "Proxy-Authorization: Basic Zm9v"', "Zm9v", id="proxy header"),
        pytest.param("Cookie: session=abcdef", "abcdef", id="cookie"),
        pytest.param("sent Bearer abcdefghijklmnop1234", "abcdefghijklmnop1234", id="bearer"),
        pytest.param("https://ann:hunter2@git.example.com/x", "hunter2", id="address"),
        pytest.param("postgresql://app:p%40ss@db/x", "p%40ss", id="database address"),
        pytest.param("https://x.example.com/?token=abc&y=1", "abc", id="query"),
        pytest.param("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE", id="aws key id"),
        pytest.param("AWS_SECRET_ACCESS_KEY=wJalr/XUt+n", "wJalr/XUt+n", id="aws secret"),
        pytest.param("xoxb-123456789012-abcDEF", "abcDEF", id="slack bot token"),
        pytest.param("xoxe.xoxp-1-abcdefghij", "abcdefghij", id="slack refresh token"),
        pytest.param("xapp-1-A0-123-abcdef", "abcdef", id="slack app token"),
        pytest.param("hooks.slack.com/services/T0/B0/abcDEF", "abcDEF", id="slack webhook"),
        pytest.param("ghp_0123456789abcdefghij0123", "ghp_0123456789", id="github"),
        pytest.param("glpat-0123456789abcdefghij", "0123456789abcdefghij", id="gitlab"),
        pytest.param("sk_live_0123456789abcd", "0123456789abcd", id="stripe"),
        pytest.param(JWT, "c2lnbmF0dXJl", id="web token"),
        pytest.param("key=e93facc04764012d7bfb002500d5d1a6", "e93facc0476", id="32 hex digits"),
        pytest.param('"key": "e93facc04764012d7bfb002500d5d1a6"', "e93facc0476", id="json key"),
        pytest.param("routing_key = R0abc", "R0abc", id="routing key"),
        pytest.param("Integration key: abc123", "abc123", id="integration key"),
        pytest.param('{"password": "hunter 2"}', "hunter 2", id="json password"),
        pytest.param("DB_PASSWORD='a b'", "a b", id="shell password"),
        pytest.param("mysql --password hunter2 -u x", "hunter2", id="argument"),
        pytest.param(
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
            "MIIE",
            id="private key",
        ),
        pytest.param("-----BEGIN PRIVATE KEY-----\nMIIE", "MIIE", id="private key that was cut"),
    ],
)
def test_secret_is_redacted(text: str, secret: str) -> None:
    redacted = redact(f"before {text}\nafter")
    assert secret not in redacted
    assert "[redacted]" in redacted
    assert redacted.startswith("before ")


@pytest.mark.parametrize(
    "text",
    [
        "nightly/secrets-rotate failed in billing",
        "passed: 3, failed: 0",
        "commit 5bd37e85b6c9e1f4a0b3d2c1e0f9a8b7c6d5e4f3 by ann@example.com",
        "https://rundeck.example.com/project/ops/execution/show/4714",
        "password reset mail: sent",
        "secretary = bob",
        "Duration: 2 min 3 sec",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


def test_name_of_a_secret_stays() -> None:
    assert redact("API_TOKEN=abc rest") == "API_TOKEN=[redacted] rest"


@given(st.text())
def test_any_cleaned_text_is_redacted_without_an_exception(text: str) -> None:
    redact(clean_text(text))


@pytest.mark.parametrize(
    "hostile",
    [
        "password ",
        "pass=",
        "://",
        "a" * 10 + ":",
        "key=",
        "-----BEGIN PRIVATE KEY-----",
        "eyJaaaaaaaa.",
        "a@",
        "token=token=",
    ],
)
def test_hostile_text_takes_linear_time(hostile: str) -> None:
    """Forty thousand characters take milliseconds; the bound leaves room for a busy machine."""
    text = (hostile * 40_000)[:40_000]
    before = time.process_time()
    redact(text)
    assert time.process_time() - before < 0.5
