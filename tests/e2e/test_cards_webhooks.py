"""`POST /pagerduty/webhook`: what is taken, what is refused, and what follows."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.pagerduty import Incident, User
from bot.sandbox.pagerduty.webhooks import sign
from bot.sandbox.slack import all_text
from tests.e2e.cards import SECRET, cards_world, edits, hook_url, post_card, thread
from tests.e2e.world import CHANNEL, World


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with cards_world(tmp_path, webhooks=True) as found:
        yield found


def delivery(incident_id: str, *, ago: float = 0.0, kind: str = "acknowledged") -> bytes:
    at = datetime.now(UTC) - timedelta(seconds=ago)
    event = {
        "id": "01",
        "event_type": f"incident.{kind}",
        "resource_type": "incident",
        "occurred_at": at.isoformat(),
        "agent": None,
        "data": {"id": incident_id, "type": "incident"},
    }
    return json.dumps({"event": event}).encode()


async def send(here: World, body: bytes, signature: str | None, name: str = "w1") -> int:
    headers = {"X-Webhook-Id": name}
    if signature is not None:
        headers["X-PagerDuty-Signature"] = signature
    async with (
        aiohttp.ClientSession() as session,
        session.post(hook_url(here), data=body, headers=headers) as response,
    ):
        return response.status


async def calm(here: World) -> None:
    """Wait until all that was reported is drawn."""
    await here.pagerduty.settled()
    await here.bot.cards.tasks.drain(5)
    await here.bot.cards.painter.idle()


def incident_reads(here: World) -> int:
    """Count what PagerDuty was asked about incidents."""
    return sum(one.path.startswith("/incidents") for one in here.pagerduty.requests)


async def test_what_happens_while_a_card_is_posted_is_drawn(here: World) -> None:
    incident = here.incident()
    await here.slack.command(here.ann, f"/pd show {incident.id} --post", channel=CHANNEL)
    card = await here.slack.expect_message(CHANNEL, incident.title)
    here.pagerduty.acknowledge(incident, by=here.pd_ann)  # its place is not stored yet
    await here.slack.expect_update(card, "Acknowledged")


def acts(here: World, kind: str, incident: Incident, by: User) -> None:
    match kind:
        case "note":
            here.pagerduty.note(incident, "looked at it", by=by)
        case "reassign":
            here.pagerduty.reassign(incident, here.pd_bob, by=by)
        case "escalate":
            here.pagerduty.escalate(incident, by=None)
        case "resolve":
            here.pagerduty.resolve(incident, by=by)


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("note", "Bob Breuer noted: looked at it"),
        ("reassign", "~Ann Archer~ → Bob Breuer, by Bob Breuer"),
        ("escalate", "Escalated: ~Bob Breuer~ → <@U0ANN>"),
        ("resolve", "Bob Breuer resolved this."),
    ],
)
async def test_what_somebody_else_does_is_one_line_in_the_thread(
    here: World, kind: str, line: str
) -> None:
    here.pagerduty.webhooks.copies = 2
    incident = here.incident(assignees=None) if kind == "escalate" else here.incident()
    card = await post_card(here, incident)

    acts(here, kind, incident, here.pd_bob)
    await here.slack.expect_message(CHANNEL, line, thread_ts=card.ts)
    await calm(here)

    assert len(thread(here, card)) == 1
    mentions = ["<@U0ANN>"] if kind == "escalate" else []  # never Bob, who did the rest
    assert re.findall("<@[^>]*>", thread(here, card)[0].split("\n")[-1]) == mentions


async def test_the_bots_own_actions_are_told_once(here: World) -> None:
    incident = here.incident()
    card = await post_card(here, incident)

    await here.pd(f"resolve {incident.id} it was the disk")
    await here.slack.expect_update(card, "Resolved")
    await calm(here)

    assert len(thread(here, card)) == 1
    assert "it was the disk" in thread(here, card)[0]


async def test_a_foreign_change_is_drawn_at_once(here: World) -> None:
    incident = here.incident()
    card = await post_card(here, incident)
    here.pagerduty.acknowledge(incident, by=here.pd_ann)
    await here.slack.expect_update(card, "Acknowledged")


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param(None, id="none"),
        pytest.param("v1=" + "0" * 64, id="forged"),
        pytest.param("v2=" + "0" * 64, id="another version"),
        pytest.param("garbage", id="garbage"),
    ],
)
async def test_a_forged_webhook_is_refused_and_reads_nothing(
    here: World, signature: str | None
) -> None:
    incident = here.incident()
    await post_card(here, incident)
    here.pagerduty.clear_requests()

    assert await send(here, delivery(incident.id), signature) == 403
    await calm(here)
    assert incident_reads(here) == 0


async def test_a_replayed_webhook_is_read_once(here: World) -> None:
    incident = here.incident()
    await post_card(here, incident)
    await calm(here)
    here.pagerduty.clear_requests()
    body = delivery(incident.id)

    assert await send(here, body, sign(SECRET, body)) == 202
    assert await send(here, body, sign(SECRET, body)) == 200
    await calm(here)
    assert incident_reads(here) == 2, "the incident, and its notes"


async def test_an_old_webhook_is_ignored(here: World) -> None:
    incident = here.incident()
    card = await post_card(here, incident)
    here.pagerduty.clear_requests()
    body = delivery(incident.id, ago=60, kind="resolved")

    assert await send(here, body, sign(SECRET, body)) == 202
    await calm(here)
    assert incident_reads(here) == 0
    assert edits(here, card) == 0


@pytest.mark.parametrize("body", [b"", b"[]", b'{"event": {}}', b"\xff"])
async def test_a_signed_webhook_that_cannot_be_read_is_refused(here: World, body: bytes) -> None:
    assert await send(here, body, sign(SECRET, body)) == 400


async def test_a_webhook_about_an_unknown_incident_reads_nothing(here: World) -> None:
    here.pagerduty.clear_requests()
    body = delivery("QUNKNOWN")
    assert await send(here, body, sign(SECRET, body)) == 202
    here.pagerduty.webhooks.ping()
    await calm(here)
    assert incident_reads(here) == 0
    assert here.pagerduty.webhooks.subscriptions[0].drops == 0


async def test_a_merged_incident_leads_to_its_target(here: World) -> None:
    target, incident = here.incident("The cause"), here.incident()
    card = await post_card(here, incident)

    here.pagerduty.merge(target, [incident], by=here.pd_bob)

    await here.slack.expect_update(card, "Merged")
    line = await here.slack.expect_message(CHANNEL, "merged this into", thread_ts=card.ts)
    assert target.id in all_text(line)


async def test_without_a_secret_there_is_no_such_path(tmp_path: Path) -> None:
    async with cards_world(tmp_path) as here:
        body = delivery("Q1")
        assert await send(here, body, sign(SECRET, body)) == 404
