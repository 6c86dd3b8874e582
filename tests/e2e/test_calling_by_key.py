"""`trigger` by people without a PagerDuty user: with a key of the bot's own, and only with one."""

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.ops.audit import audit
from bot.sandbox.pagerduty import Fault
from bot.sandbox.slack import all_text
from tests.e2e.world import CHANNEL, HastyClock, World, bot_of, vendors, world
from tests.notifier.rig import WaitingClock
from tests.patience import until

TYPED = "trigger nobody can pay, at all"


def with_key(here: World) -> None:
    """Give the bot a key of the service Billing."""
    here.environ["PDBOT_TRIGGER_KEY"] = here.billing.integration_key


@pytest.fixture
async def keyed(tmp_path: Path) -> AsyncIterator[World]:
    """Give a bot that has a key for this."""
    async with world(tmp_path, prepare=with_key) as here:
        yield here


async def audited(here: World) -> dict[str, Any]:
    out = io.StringIO()
    assert await audit(here.environ, out=out, as_json=True) == 0
    found: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return found


async def test_without_a_key_nothing_changes_for_them(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        assert "I don't know your PagerDuty user" in await here.pd(TYPED, here.eve)
        assert "For the rest I must know who you are." in await here.pd("whoami", here.eve)
        assert here.pagerduty.events == []


async def test_it_opens_an_incident_that_names_them(keyed: World) -> None:
    answer = await keyed.answer(TYPED, keyed.eve)

    said = all_text(answer)
    assert "Opened: #1 nobody can pay, at all. PagerDuty pages who is on call for Billing." in said
    assert "You have no PagerDuty user, so it came by the bot's own key" in said
    (event,) = keyed.pagerduty.events
    payload = event.body["payload"]
    assert payload["summary"] == "nobody can pay, at all"
    assert payload["source"] == "eve in Slack"
    assert payload["custom_details"] == {
        "opened_by": "eve",
        "slack_user_id": "U0EVE",
        "slack_email": "eve@example.com",
        "slack_channel_id": CHANNEL,
    }
    assert keyed.writes() == []
    record = await audited(keyed)
    assert record["slack_user_id"] == "U0EVE"
    assert record["text"] == "trigger nobody can pay, at all"
    assert record["incidents"] == [next(iter(keyed.pagerduty.incidents))]
    assert record["outcome"].startswith("done: Opened: #1")


async def test_its_card_can_be_shown_to_all(keyed: World) -> None:
    opened = await keyed.answer(TYPED, keyed.eve)
    incident = next(iter(keyed.pagerduty.incidents))

    await keyed.click(opened, "pick", who=keyed.eve)

    assert incident in str((await keyed.slack.expect_message(CHANNEL)).blocks)


async def test_who_has_a_pagerduty_user_acts_in_their_own_name(keyed: World) -> None:
    assert "Opened: #1 nobody can pay" in await keyed.pd(TYPED)

    assert keyed.pagerduty.events == []


async def test_from_email_acts_where_that_is_set(tmp_path: Path) -> None:
    environ = {"PDBOT_UNMAPPED": "from_email"}
    async with world(tmp_path, environ=environ, prepare=with_key) as here:
        assert "Opened: #1 nobody can pay" in await here.pd(TYPED, here.eve)
        assert here.pagerduty.events == []


@pytest.mark.parametrize("typed", ["trigger service:Billing x", "trigger x --to @ann"])
async def test_service_and_person_are_not_theirs_to_choose(keyed: World, typed: str) -> None:
    refused = await keyed.answer(typed, keyed.eve)
    assert "service: and --to are not for you to choose. Nothing was done." in all_text(refused)
    assert keyed.pagerduty.events == []

    await keyed.click(refused, "pick", who=keyed.eve)

    assert "Opened: #1 x." in all_text(await keyed.slack.expect_ephemeral(keyed.eve))


async def test_nothing_else_is_theirs(keyed: World) -> None:
    keyed.incident()

    for typed in ("ack 1", "resolve 1", "note 1 x", "jobs retry 1"):
        assert "I don't know your PagerDuty user" in await keyed.pd(typed, keyed.eve)
    said = await keyed.pd("whoami", keyed.eve)
    assert "You may trigger, too: that goes through the bot's own key." in said


async def test_policy_decides_about_it(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('[[allow]]\neffects = ["trigger"]\nchannels = ["C0JOBS"]\n')
    async with world(tmp_path, environ={"PDBOT_POLICY": str(file)}, prepare=with_key) as here:
        assert "trigger is for nobody. Nothing was done." in await here.pd(TYPED, here.eve)
        assert "You may trigger" not in await here.pd("whoami", here.eve)
        assert here.pagerduty.events == []
        assert "Opened: #1" in await here.pd(TYPED, here.eve, "C0JOBS")


async def test_it_waits_while_pagerduty_is_away_also_over_a_restart(tmp_path: Path) -> None:
    clock = WaitingClock()
    async with vendors(tmp_path, clock=clock) as here:
        with_key(here)
        here.pagerduty.faults.add(Fault("events_v2.createV2Event", 503, times=None))
        async with bot_of(here):
            said = await here.pd(TYPED, here.eve)
            assert "is stored, but PagerDuty does not have it yet" in said
            assert "sent again by itself for as long as it takes" in said
            assert (await audited(here))["outcome"].startswith("done: Your alert")
        here.pagerduty.faults.clear()
        clock.ahead += 60
        async with bot_of(here):
            await until(lambda: here.pagerduty.incidents)
        assert [one.title for one in here.pagerduty.incidents.values()] == [
            "nobody can pay, at all"
        ]


async def test_refused_one_says_so_and_is_kept(keyed: World) -> None:
    keyed.pagerduty.faults.add(Fault("events_v2.createV2Event", 400))

    said = await keyed.pd(TYPED, keyed.eve)

    assert (
        "PagerDuty did not take your alert “nobody can pay, at all”, so nobody was called" in said
    )
    assert "tell your admin (outbox 1)" in said
    overview = await keyed.pd("jobs")
    assert "The trigger of typed by eve for nobody can pay, at all was refused" in overview
    assert (await audited(keyed))["outcome"].startswith("not done: ")


async def test_incident_that_cannot_be_looked_for_is_told(tmp_path: Path) -> None:
    async with world(tmp_path, prepare=with_key, clock=HastyClock()) as here:
        here.pagerduty.faults.add(Fault("rest.listIncidents", 503, times=None))

        said = await here.pd(TYPED, here.eve)

    assert "PagerDuty took your alert" in said
    assert "Its incident is not there yet; look in a minute: `/pd list all`" in said


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        pytest.param(5.0, "Its incident is not there yet", id="an incident that takes long"),
        pytest.param(0.0, "PagerDuty has not answered yet.", id="an answer that takes long"),
    ],
)
async def test_nobody_waits_for_ever(tmp_path: Path, seconds: float, says: str) -> None:
    def slow(here: World) -> None:
        with_key(here)
        here.pagerduty.event_delay_seconds = seconds
        if not seconds:
            here.pagerduty.faults.add(Fault("events_v2.createV2Event", delay=2.0))

    async with world(tmp_path, prepare=slow, clock=HastyClock()) as here:
        assert says in await here.pd(TYPED, here.eve)


async def test_no_receipt_is_looked_for(keyed: World) -> None:
    await keyed.pd(TYPED, keyed.eve)
    await keyed.bot.watch.receipts.poll()
    await keyed.bot.watch.receipts.round()

    assert "reactions.add" not in {call.method for call in keyed.slack.calls}


async def test_key_shows_nowhere(keyed: World) -> None:
    keyed.pagerduty.faults.add(Fault("events_v2.createV2Event", 400))
    said = await keyed.pd(TYPED, keyed.eve)

    assert keyed.billing.integration_key not in said + await keyed.pd("jobs")
    (entry,) = await keyed.bot.store.entries.find()
    assert keyed.billing.integration_key not in str(entry)
