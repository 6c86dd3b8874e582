"""Signatures and payloads of webhooks v3."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pagerduty.answers import MalformedAnswer
from bot.pagerduty.webhooks import parse_webhook, verify
from tests.pagerduty import support


def sign(body: bytes, secret: str) -> str:
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def vector() -> tuple[bytes, str, str]:
    found = support.contract()["webhooks_v3"]["signature_vector"]
    return found["body"].encode(), found["header"], found["secret"]


def test_signature_of_the_contract_is_accepted() -> None:
    body, header, secret = vector()
    assert verify(body, header, [secret])


@pytest.mark.parametrize(
    ("header", "fine"),
    [
        pytest.param("v1=00,{good}", True, id="second of two"),
        pytest.param(" {good} , v2=xyz", True, id="other versions ignored"),
        pytest.param("{bare}", False, id="no version"),
        pytest.param("v2={hex}", False, id="other version"),
        pytest.param("v1=", False, id="empty"),
        pytest.param("v1={hex}00", False, id="too long"),
        pytest.param("v1=é\udcff", False, id="no ascii"),
        pytest.param("", False, id="nothing"),
        pytest.param(None, False, id="absent"),
        pytest.param(",".join(["v1=00"] * 5000) + ",{good}", False, id="a flood"),
    ],
)
def test_signature_header_in_all_its_forms(header: str | None, fine: bool) -> None:
    good = sign(b"{}", "s3cret")
    filled = header and header.format(good=good, hex=good[3:], bare=good[3:])
    assert verify(b"{}", filled, ["other", "s3cret"]) is fine


def test_signature_by_nobody_is_refused() -> None:
    assert not verify(b"{}", sign(b"{}", ""), ["", *[]])
    assert not verify(b"{}", sign(b"{}", "x"), [])


def test_changed_body_is_refused() -> None:
    body, header, secret = vector()
    assert not verify(body + b" ", header, [secret])


def test_payloads_of_the_contract_are_read() -> None:
    first, second = (
        parse_webhook(json.dumps(one).encode())
        for one in support.contract()["webhooks_v3"]["payload_examples"]
    )
    assert first.event_type == "incident.priority_updated"
    assert first.agent is not None
    assert (first.incident_id, first.agent.name) == ("PGR0VU2", "Tenex Engineer")
    assert first.occurred_at.isoformat() == "2020-10-02T18:45:22.169000+00:00"
    assert (second.incident_id, second.agent) == (None, None)


def test_every_data_example_tells_its_incident() -> None:
    for name, data in support.contract()["webhooks_v3"]["data_examples"].items():
        event = {
            "id": "1",
            "event_type": f"x.{name}",
            "occurred_at": "2020-10-02T18:45:22Z",
            "agent": None,
            "data": data,
        }
        read = parse_webhook(json.dumps({"event": event}).encode())
        assert (read.incident_id is None) is ("incident" not in data and name != "incident"), name


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"event": null}',
        b'{"event": []}',
        b'{"event": {}}',
        b'{"event": {"id": "1", "event_type": "x", "occurred_at": "never"}}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_foreign_body_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        parse_webhook(body)


@given(
    data=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: st.dictionaries(st.sampled_from(["type", "incident", "id"]), inner),
    )
)
def test_any_data_is_survived(data: Any) -> None:
    event = {"id": "1", "event_type": "x", "occurred_at": "2020-10-02T18:45:22Z", "data": data}
    assert parse_webhook(json.dumps({"event": event}).encode()).event_id == "1"
