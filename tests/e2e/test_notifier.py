"""A job message becomes an alert, its recovery resolves it, and its thread tells."""

from pathlib import Path

import pytest

from bot.sandbox.pagerduty import Fault
from bot.sandbox.slack import all_text
from tests.e2e.jobs import CHANNEL, RULES, jobs_world, reactions, rundeck, say, script, sent
from tests.notifier.rig import WaitingClock
from tests.patience import until


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        pytest.param("Started", [], id="a start sends nothing by default"),
        pytest.param("Failed", [("trigger", "critical")], id="a failure triggers"),
        pytest.param("Retry Failure", [("trigger", "info")], id="a retryable failure as told"),
        pytest.param("Average exceeded", [("trigger", "warning")], id="a long run warns"),
        pytest.param("Succeeded", [("resolve", "critical")], id="a success resolves"),
    ],
)
async def test_condition_of_rundeck_reaches_pagerduty(
    tmp_path: Path, word: str, expected: list[tuple[str, str]]
) -> None:
    async with jobs_world(tmp_path) as here:
        await say(here, rundeck(word))  # type: ignore[arg-type]

        await until(lambda: len(here.pagerduty.events) >= len(expected))
        assert sent(here) == expected


async def test_failure_shows_its_incident_and_recovery_resolves_it(tmp_path: Path) -> None:
    async with jobs_world(tmp_path) as here:
        failed = await say(here, rundeck("Failed"))
        await here.slack.expect_reaction(failed, "rotating_light")
        card = await here.slack.expect_message(CHANNEL, "nightly", thread_ts=failed.ts)
        incident = next(iter(here.pagerduty.incidents.values()))

        assert incident.id in str(card.blocks)
        assert incident.title == "nightly / Load failed in billing (Rundeck)"
        assert (await here.click(card, "acknowledge", incident.id)).ok
        await until(lambda: incident.status == "acknowledged")
        succeeded = await say(here, rundeck("Succeeded", execution=10))
        await here.slack.expect_reaction(succeeded, "white_check_mark")
        await until(lambda: incident.status == "resolved")


async def test_later_trigger_gets_a_link_to_the_card(tmp_path: Path) -> None:
    async with jobs_world(tmp_path) as here:
        first = await say(here, rundeck("Retry Failure"))
        await here.slack.expect_message(CHANNEL, "nightly", thread_ts=first.ts)
        second = await say(here, rundeck("Failed", execution=10))

        link = await here.slack.expect_message(CHANNEL, "Another alert", thread_ts=second.ts)

        assert "Its card" in all_text(link)
        assert len(here.pagerduty.incidents) == 1


async def test_success_without_an_open_alert_gets_no_mark(tmp_path: Path) -> None:
    async with jobs_world(tmp_path) as here:
        succeeded = await say(here, rundeck("Succeeded"))
        failed = await say(here, rundeck("Failed", execution=10))
        await here.slack.expect_reaction(failed, "rotating_light")

        assert reactions(succeeded) == set()


async def test_missing_key_blocks_and_goes_on_when_it_is_there(tmp_path: Path) -> None:
    async with jobs_world(tmp_path) as here:
        here.environ.pop("BILLING_KEY")
        failed = await say(here, rundeck("Failed"))
        told = await here.slack.expect_message(CHANNEL, "BILLING_KEY", thread_ts=failed.ts)
        await here.slack.expect_reaction(failed, "hourglass_flowing_sand")
        assert "is not set" in all_text(told)

        here.environ["BILLING_KEY"] = here.billing.integration_key
        await here.slack.expect_reaction(failed, "rotating_light")
        await until(lambda: reactions(failed) == {"rotating_light"})


async def test_refused_event_is_shown_with_a_button_that_retries(tmp_path: Path) -> None:
    wrong = "0" * 32
    clock = WaitingClock()
    async with jobs_world(tmp_path, environ={"BILLING_KEY": wrong}, clock=clock) as here:
        failed = await say(here, rundeck("Failed"))
        told = await here.slack.expect_message(CHANNEL, "did not take", thread_ts=failed.ts)
        await here.slack.expect_reaction(failed, "x")
        assert wrong not in all_text(told)

        here.environ["BILLING_KEY"] = here.billing.integration_key
        clock.ahead += 2  # longer than a key is remembered
        assert (await here.click(told, "pick")).ok
        await here.slack.expect_reaction(failed, "rotating_light")
        await until(lambda: reactions(failed) == {"rotating_light"})


async def test_same_message_five_times_is_one_event(tmp_path: Path) -> None:
    async with jobs_world(tmp_path) as here:
        failed = await say(here, rundeck("Failed"))
        again = {**failed, "channel": CHANNEL, "channel_type": "channel"}
        for _ in range(4):
            assert (await here.slack.deliver_event(dict(again))).ok
        await say(here, rundeck("Failed", job="another"))

        await until(lambda: len(here.pagerduty.events) == 2)


async def test_run_that_goes_on_too_long_is_reported_while_it_runs(tmp_path: Path) -> None:
    clock = WaitingClock()
    async with jobs_world(tmp_path, clock=clock) as here:
        started = await say(here, rundeck("Started"))
        clock.ahead += 3_601

        await here.slack.expect_reaction(started, "rotating_light")

        event = here.pagerduty.events[0].body
        assert event["payload"]["summary"] == (
            "nightly / Load takes longer than usual in billing (Rundeck, 1h so far)"
        )
        await say(here, rundeck("Succeeded"))
        await here.pagerduty.settled()
        incident = next(iter(here.pagerduty.incidents.values()))
        await until(lambda: incident.status == "resolved")


async def test_run_that_ends_in_time_is_not_reported(tmp_path: Path) -> None:
    clock = WaitingClock()
    async with jobs_world(tmp_path, clock=clock) as here:
        await say(here, rundeck("Succeeded", execution=8))
        await say(here, rundeck("Started", execution=9))
        await say(here, rundeck("Succeeded", execution=9))
        other = await say(here, rundeck("Started", execution=10, job="other"))
        await until(lambda: len(sent(here)) == 2)
        clock.ahead += 3_601
        await here.slack.expect_reaction(other, "rotating_light")

        told = [one.body["event_action"] for one in here.pagerduty.events]
        assert told == ["resolve", "resolve", "trigger"]


async def test_pending_alerts_survive_an_outage_in_order(tmp_path: Path) -> None:
    async with jobs_world(tmp_path) as here:
        here.pagerduty.faults.add(Fault("events_v2.createV2Event", status=500, times=2))
        await say(here, rundeck("Failed"))
        await say(here, rundeck("Succeeded", execution=10))

        await until(lambda: len(sent(here)) == 2)
        assert [action for action, _ in sent(here)] == ["trigger", "resolve"]


async def test_jobs_and_why_tell_what_happened(tmp_path: Path) -> None:
    async with jobs_world(tmp_path) as here:
        failed = await say(here, rundeck("Failed"))
        await here.slack.expect_reaction(failed, "rotating_light")
        await say(here, {"text": "something else"})
        await until(lambda: here.bot.store.messages.tallies(1))  # counted after Slack is told
        overview = await here.pd("jobs", channel=CHANNEL)
        link = f"https://acme.slack.com/archives/{CHANNEL}/p{failed.ts.replace('.', '')}"
        why = await here.pd(f"jobs why {link}", channel=CHANNEL)

        assert "1 rule" in overview
        assert "trigger was delivered" in overview
        assert "No producer" in overview
        assert "was delivered" in why
        assert "billing jobs" in why


async def test_shadow_rule_says_what_it_would_send(tmp_path: Path) -> None:
    rules = RULES.replace(
        '[rule.on.failure]\nseverity = "critical"', "[rule.on.failure]\nshadow = true"
    )
    async with jobs_world(tmp_path, rules) as here:
        failed = await say(here, rundeck("Failed"))

        told = await here.slack.expect_message(CHANNEL, "shadow", thread_ts=failed.ts)

        assert "it would be: trigger" in all_text(told)
        assert sent(here) == []


async def test_first_message_of_a_new_channel_meets_rules_by_name(tmp_path: Path) -> None:
    rules = RULES.replace('["#jobs"]', '["#fresh"]')
    async with jobs_world(tmp_path, rules) as here:
        here.slack.add_channel("fresh", id="C0FRESH")
        ack = await here.slack.post_as_bot("B0RUNDECK", "C0FRESH", script("nightly failed"))
        assert ack.ok

        await until(lambda: len(sent(here)) == 1)


async def test_start_with_an_open_alert_is_not_sent(tmp_path: Path) -> None:
    rules = RULES + '[rule.on.start]\naction = "trigger"\nseverity = "info"\n'
    async with jobs_world(tmp_path, rules) as here:
        await say(here, rundeck("Failed"))
        await say(here, rundeck("Started", execution=10))
        await say(here, rundeck("Succeeded", execution=10))
        await say(here, rundeck("Started", execution=11))

        await until(lambda: len(sent(here)) == 3)
        assert [action for action, _ in sent(here)] == ["trigger", "resolve", "trigger"]
