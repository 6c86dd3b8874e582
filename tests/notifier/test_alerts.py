"""The event that PagerDuty gets."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.model import AlertEvent, Condition
from bot.notifier.alerts import build, default_summary, tool_name, web_address
from bot.notifier.averages import overdue
from bot.notifier.plan import decide
from tests.notifier.jobs import PLACE, check_event, job_message, job_status, rules_of

RULE = '[[rule]]\nname = "billing jobs"\n'


def event_of(
    written: str = "",
    condition: Condition = Condition.FAILURE,
    *,
    content: dict[str, Any] | None = None,
    permalink: str | None = PLACE.message_url,
    **changes: Any,
) -> AlertEvent:
    (rule,) = rules_of(RULE + written).rules
    status = job_status(condition, **changes)
    message = job_message() if content is None else job_message(content=content)
    event = build(
        decide(rule, status, PLACE), status, message, channel_name="jobs", permalink=permalink
    )
    check_event(event)
    return event


def test_event_says_everything_that_was_recognized() -> None:
    event = event_of(ref="main", duration_seconds=123.0)

    assert event.key_ref == "env:PAGERDUTY_INTEGRATION_KEY"
    assert event.warnings == ()
    assert event.body == {
        "event_action": "trigger",
        "dedup_key": "rundeck-slack-incoming:billing:nightly/backup",
        "payload": {
            "summary": "nightly/backup failed in billing on main (Rundeck)",
            "source": "rundeck.example.com",
            "severity": "error",
            "timestamp": "2025-11-23T04:05:05.574Z",
            "component": "nightly/backup",
            "group": "billing",
            "class": "failure",
            "custom_details": {
                "job": "nightly/backup",
                "project": "billing",
                "ref": "main",
                "condition": "failure",
                "raw_status": "Failed",
                "execution_id": "4714",
                "duration": "2m3s",
                "duration_seconds": 123.0,
                "user": "scheduler",
                "url": "https://rundeck.example.com/project/billing/execution/show/4714",
                "producer": "rundeck-slack-incoming",
                "rule": "billing jobs",
                "channel": "#jobs",
                "message_url": PLACE.message_url,
                "message": "Execution 4714 of job nightly/backup",
            },
        },
        "links": [
            {
                "href": "https://rundeck.example.com/project/billing/execution/show/4714",
                "text": "Run 4714",
            },
            {"href": PLACE.message_url, "text": "Slack message"},
        ],
        "images": [],
        "client": "pdbot",
        "client_url": PLACE.message_url,
    }


def test_event_of_a_bare_status_is_complete() -> None:
    event = event_of(
        permalink=None, project=None, job=None, execution_id=None, url=None, user=None, producer="x"
    )
    payload = event.body["payload"]
    assert payload["summary"] == "billing jobs in #jobs failed (x)"
    assert payload["source"] == "x"
    assert payload["component"] == "billing jobs in #jobs"
    assert "group" not in payload
    assert event.body["links"] == []
    assert "client_url" not in event.body


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_other_actions_carry_the_payload_as_well(action: str) -> None:
    event = event_of(f'[rule.on.success]\naction = "{action}"', Condition.SUCCESS)
    assert event.body["event_action"] == action
    assert event.body["payload"]["summary"] == "nightly/backup succeeded in billing (Rundeck)"


@pytest.mark.parametrize(
    ("condition", "changes", "summary"),
    [
        (Condition.START, {}, "nightly/backup started in billing (Rundeck)"),
        (Condition.SUCCESS, {}, "nightly/backup succeeded in billing (Rundeck)"),
        (Condition.FAILURE, {}, "nightly/backup failed in billing (Rundeck)"),
        (
            Condition.AVG_DURATION,
            {"duration_seconds": 750},
            "nightly/backup takes longer than usual in billing (Rundeck, 12m30s so far)",
        ),
        (
            Condition.RETRYABLE_FAILURE,
            {},
            "nightly/backup failed in billing and will be retried (Rundeck)",
        ),
        (
            Condition.FAILURE,
            {"raw_status": "Timed out"},
            "nightly/backup failed in billing (Rundeck, Timed out)",
        ),
        (
            Condition.FAILURE,
            {"raw_status": "a30200", "ref": "v2"},
            "nightly/backup failed in billing on v2 (Rundeck)",
        ),
        (Condition.FAILURE, {"project": None}, "nightly/backup failed (Rundeck)"),
        (Condition.FAILURE, {"job": None, "ref": "main"}, "billing@main failed (Rundeck)"),
    ],
)
def test_summary_says_what_somebody_woken_must_know(
    condition: Condition, changes: dict[str, Any], summary: str
) -> None:
    (rule,) = rules_of(RULE).rules
    status = job_status(condition, **changes)
    assert default_summary(decide(rule, status, PLACE), status) == summary


@pytest.mark.parametrize(
    ("producer", "name"),
    [
        ("rundeck-slack-incoming", "Rundeck"),
        ("gha-slatify", "GitHub Actions"),
        ("my-cron", "my-cron"),
        ("", "pdbot"),
    ],
)
def test_producer_has_a_name_for_people(producer: str, name: str) -> None:
    assert tool_name(producer) == name


def test_summary_of_the_rule_is_used() -> None:
    event = event_of('summary = "{job} broke, see {channel}"')
    assert event.body["payload"]["summary"] == "nightly/backup broke, see #jobs"


@pytest.mark.parametrize("length", [1_024, 1_025, 5_000])
def test_summary_is_cut_at_1024_code_points_and_kept_whole_in_the_details(length: int) -> None:
    job = "\N{ROCKET}" * length
    payload = event_of('summary = "{job}"', job=job).body["payload"]

    whole = length <= 1_024
    assert payload["summary"] == (job if whole else job[:1_023] + "…")
    assert payload["custom_details"].get("summary") == (None if whole else job)


def test_images_without_https_are_dropped_with_a_warning() -> None:
    event = event_of(
        'images = "http://g.example.com/a, https://g.example.com/b.png, HTTPS://g.example.com/c d"'
    )
    assert event.body["images"] == [{"src": "https://g.example.com/b.png"}]
    assert event.warnings == (
        "The image http://g.example.com/a was left out: PagerDuty takes https:// addresses only.",
        "The image HTTPS://g.example.com/c d was left out: PagerDuty takes https:// addresses only.",
    )


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.example.com/",
        "javascript:alert(1)",
        "https://",
        "https://x.example.com/" + "y" * 4_096,
    ],
)
def test_link_that_pagerduty_would_refuse_is_dropped_with_a_warning(url: str) -> None:
    event = event_of(url=url)
    assert [link["text"] for link in event.body["links"]] == ["Slack message"]
    assert event.warnings == (
        "The link of 'Run 4714' was left out: it is not an http or https address of at most 4,096 "
        "characters.",
    )


def test_run_is_the_client_url_where_the_message_has_no_address() -> None:
    event = event_of(permalink=None)
    assert event.body["client_url"].endswith("/show/4714")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://x.example.com/a?b=c#d", "https://x.example.com/a?b=c#d"),
        ("HTTPS://X.example.com", "https://X.example.com"),
        ("https://ann:pw@x.example.com/a@b", "https://x.example.com/a@b"),
        (" https://x.example.com ", "https://x.example.com"),
        ("https://[broken", None),
        ("https://x.example.com/a b", None),
        ("x.example.com", None),
        ("", None),
    ],
)
def test_address_is_taken_the_way_pagerduty_takes_it(text: str, address: str | None) -> None:
    assert web_address(text) == address


def test_secrets_are_redacted_wherever_text_goes() -> None:
    event = event_of(
        job="load --password hunter2",
        user="token=hunter2",
        url="https://ann:hunter2@x.example.com/run",
        content={"text": "curl -H 'Authorization: Bearer hunter2' https://x.example.com"},
    )
    assert "hunter2" not in str(event.body["payload"])
    assert "hunter2" not in str(event.body["links"])


def test_event_of_a_run_that_takes_too_long_has_the_instant_at_which_it_was_noticed() -> None:
    (rule,) = rules_of(RULE).rules
    status = overdue(job_status(Condition.START, raw_status="Started"), 750)
    at = datetime(2026, 11, 23, 3, 0, 0, 500_000, UTC)

    event = build(decide(rule, status, PLACE), status, job_message(), at=at)

    check_event(event)
    assert event.body["payload"]["timestamp"] == "2026-11-23T03:00:00.500Z"
    assert event.body["payload"]["custom_details"]["raw_status"] == "still running after 12m30s"


@pytest.mark.parametrize("changed_at", ["", "x", "99999999999999999999.0", "12.x"])
def test_message_without_a_time_has_no_timestamp(changed_at: str) -> None:
    (rule,) = rules_of(RULE).rules
    status = job_status()
    event = build(decide(rule, status, PLACE), status, job_message(changed_at=changed_at))
    check_event(event)
    assert "timestamp" not in event.body["payload"]


def test_edit_has_the_time_of_the_edit() -> None:
    (rule,) = rules_of(RULE).rules
    status = job_status()
    message = job_message(changed_at="1763870800.000100")
    event = build(decide(rule, status, PLACE), status, message)
    assert event.body["payload"]["timestamp"] == "2025-11-23T04:06:40.000Z"


def test_plan_that_sends_nothing_makes_no_event() -> None:
    (rule,) = rules_of(RULE).rules
    status = job_status(Condition.START)
    with pytest.raises(ValueError, match="without an action"):
        build(decide(rule, status, PLACE), status, job_message())
