"""`pdbot run --dry-run`: everything but the writes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import running
from bot.config import load
from bot.ops.parts import DryParts
from bot.sandbox.slack import all_text
from tests.e2e.world import CHANNEL, World, vendors

RULES = """
[[rule]]
name = "cron"
bots = "B0CRON"
integration_key = "env:CRON_KEY"

[[producer]]
name = "my-cron"
map = { failed = "failure", ok = "success" }
[[producer.variant]]
when = [{ slot = "text", matches = '(?P<job>\\S+) (?P<status>failed|ok)' }]
"""


@pytest.fixture
async def dry(tmp_path: Path) -> AsyncIterator[World]:
    """Give a world whose bot was stopped, with a dry run in its place."""
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES, "utf-8")

    environ = {"PDBOT_RULES": str(rules), "CRON_KEY": "0" * 32}
    async with vendors(tmp_path, environ=environ) as here:
        here.slack.add_other_bot("Cron", bot_id="B0CRON", app_id="A0CRON")
        async with running(load(here.environ), parts=DryParts()) as bot:
            here.bot = bot
            here.pagerduty.clear_requests()
            yield here
        assert here.writes() == []
        assert here.pagerduty.events == []
        assert not (tmp_path / "pdbot.db").exists()


WRITES = [
    ("ack {id}", "It would: set #1 to acknowledged (as ann@example.com).", "acknowledged by Ann"),
    ("resolve {id} restarted", "the resolution “restarted”", "is resolved"),
    ("note {id} disk is full", "It would: note on #1: “disk is full”", "Your note is on"),
    ("reassign {id} bob@example.com", "It would: assign #1 to Bob Breuer", "Bob Breuer"),
    ("reassign {id} ep:Billing", "It would: hand #1 over to the escalation policy Billing EP", ""),
    ("take {id}", "It would: set #1 to acknowledged", "#1"),
    ("update {id} --status acknowledged --assignees bob@example.com", "assign #1 to Bob", "#1"),
]


@pytest.mark.parametrize(("typed", "would", "answer"), WRITES, ids=[row[0] for row in WRITES])
async def test_write_is_answered_and_not_done(
    dry: World, typed: str, would: str, answer: str
) -> None:
    incident = dry.incident()
    before = repr(incident)

    said = await dry.pd(typed.format(id=incident.id))

    assert "Dry run: nothing was written to PagerDuty. Below is what" in said
    assert would in said
    assert answer in said
    assert repr(incident) == before


async def test_reading_says_that_nothing_is_written(dry: World) -> None:
    incident = dry.incident("Nightly export failed")

    said = await dry.pd(f"notes {incident.id}")

    assert said.startswith("Dry run: nothing was written to PagerDuty.")
    assert "It would" not in said


async def test_card_that_is_posted_says_so_too_and_existing_ones_stay(dry: World) -> None:
    incident = dry.incident()
    await dry.slack.command(dry.ann, f"/pd show {incident.id} --post", channel=CHANNEL)
    card = await dry.slack.expect_message(CHANNEL)
    assert "Dry run" in all_text(card)

    await dry.click(card, "acknowledge", incident.id)
    answer = await dry.slack.expect_ephemeral(dry.ann, CHANNEL)

    assert "It would: set #1 to acknowledged" in all_text(answer)
    assert "chat.update" not in {call.method for call in dry.slack.calls}


async def test_alert_by_the_bots_own_key_is_told_and_not_sent(tmp_path: Path) -> None:
    async with vendors(tmp_path) as here:
        here.environ["PDBOT_TRIGGER_KEY"] = here.billing.integration_key
        async with running(load(here.environ), parts=DryParts()):
            said = await here.pd("trigger nobody can pay", here.eve)

        assert "It would: send the alert “nobody can pay”, naming eve." in said
        assert here.pagerduty.events == []


async def test_sheet_lasts_for_one_answer(dry: World) -> None:
    incident = dry.incident()
    await dry.pd(f"ack {incident.id}")

    again = await dry.pd(f"ack {incident.id}")

    assert "It would: set #1 to acknowledged" in again


async def test_job_message_is_told_what_would_be_sent(dry: World) -> None:
    await dry.slack.post_as_bot("B0CRON", "C0JOBS", {"text": "backup failed"})
    said = dry.slack.messages("C0JOBS")[0]

    receipt = await dry.slack.expect_message("C0JOBS", "would be", thread_ts=said.ts)

    assert "trigger" in all_text(receipt)
    assert "this is a dry run, so nothing is sent" in all_text(receipt)
    assert "shadow" not in all_text(receipt)
    assert (await dry.bot.store.stats()).open_alerts == 0


async def test_shortcut_and_form_open_as_always(dry: World) -> None:
    incident = dry.incident()
    await dry.slack.command(dry.ann, f"/pd show {incident.id} --post", channel=CHANNEL)
    card = await dry.slack.expect_message(CHANNEL)

    await dry.click(card, "resolve", incident.id)

    view = await dry.slack.expect_view(dry.ann)
    assert view["callback_id"] == "resolve"
