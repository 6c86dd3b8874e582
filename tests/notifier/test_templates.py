"""Placeholders, labels and keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.notifier.templates import (
    PLACEHOLDERS,
    Place,
    bounded_key,
    identity_values,
    job_label,
    parse_template,
    shown_values,
)
from tests.notifier.jobs import PLACE, job_status


def test_every_placeholder_has_a_value() -> None:
    status = job_status(ref="main", duration_seconds=123.0)
    text = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    assert parse_template(text).render(shown_values(status, "r", PLACE)) == (
        "rundeck-slack-incoming billing nightly/backup main 4714 failure Failed scheduler 2m3s "
        "https://rundeck.example.com/project/billing/execution/show/4714 #jobs "
        "https://acme.slack.com/archives/C0JOBS/p1763870705574488"
    )


def test_missing_part_is_written_as_a_dash() -> None:
    status = job_status(project=None, user="\n", execution_id="")
    template = parse_template("{project}:{user}:{execution_id}:{message_url}")
    assert template.render(identity_values(status, "r", Place("C0"))) == "-:-:-:-"


def test_doubled_braces_are_braces() -> None:
    assert parse_template("{{{job}}} {{x}}").render({"job": "a"}) == "{a} {x}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{prodcer}", 'unknown placeholder {prodcer}; did you mean "producer"?'),
        ("{qqq}", "unknown placeholder {qqq}; known are {producer}"),
        ("{job!r}", "unknown placeholder {job!r}"),
        ("{job:>9}", "unknown placeholder {job:>9}"),
        ("{job.x}", "unknown placeholder {job.x}"),
        ("{}", "unknown placeholder {}"),
        ("{job", "brace that is not closed"),
        ("job}", "brace that is not closed"),
        ("", "is empty"),
        (" \N{ZERO WIDTH SPACE}", "is empty"),
    ],
)
def test_template_that_cannot_be_filled_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"placeholder|brace|empty") as caught:
        parse_template(text)
    assert why in str(caught.value)


def test_all_unknown_placeholders_are_named() -> None:
    with pytest.raises(ValueError, match=r"\{aaa\}.*\{bbb\}"):
        parse_template("{aaa}{bbb}{job}")


@pytest.mark.parametrize(
    ("job", "project", "ref", "label"),
    [
        ("load", "ops", "main", "load"),
        (None, "ops", "main", "ops@main"),
        (None, "ops", None, "ops"),
        ("", None, "main", "main"),
        (None, None, None, "billing jobs in #jobs"),
        ("\N{ZERO WIDTH SPACE}\n", "\x00", None, "billing jobs in #jobs"),
        ("a\n  b\x07", None, None, "a b"),
    ],
)
def test_job_is_never_empty(
    job: str | None, project: str | None, ref: str | None, label: str
) -> None:
    assert (
        job_label(job_status(job=job, project=project, ref=ref), "billing jobs", "#jobs") == label
    )


def test_job_without_any_name_keeps_its_identity_when_the_channel_is_renamed() -> None:
    status = job_status(job=None, project=None)
    before = identity_values(status, "r", Place("C0JOBS", "jobs"))
    after = identity_values(status, "r", Place("C0JOBS", None))
    assert before == after
    assert before["job"] == "r in C0JOBS"


def test_short_key_stays() -> None:
    assert bounded_key("x" * 255) == "x" * 255


def test_long_key_becomes_a_readable_prefix_and_a_hash() -> None:
    key = bounded_key("producer:project:" + "x" * 500)
    assert key.startswith("producer:project:xxx")
    assert len(key) == 255
    assert key != bounded_key("producer:project:" + "x" * 501)


@given(st.text(st.characters(codec="utf-8"), max_size=600))
def test_any_key_is_bounded(text: str) -> None:
    assert len(bounded_key(text)) <= 255
