"""Whatever other people write, the event is one that PagerDuty takes."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Condition
from bot.notifier.alerts import build
from bot.notifier.body import fit, size
from bot.notifier.excerpt import EXCERPT_LIMIT, excerpt
from bot.notifier.plan import decide
from bot.notifier.templates import PLACEHOLDERS, Place
from tests.notifier.jobs import check_event, job_message, job_status, rules_of

HOSTILE = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "",
            "line\nbreak",
            "\"quotes' and `ticks`",
            "<!channel>",
            "x" * 600,
            "\N{ROCKET}" * 600,
            "half \ud83d of a pair",
            "\udc00\ud800",
            "\x00\x07\x1b[31m",
            "\u202egnp.exe",
            "\u2028",
            "{job} {{x}}",
            "https://x.example.com/\ud83d",
            "https://[::1",
            "a:b:c",
        ]
    ),
    st.text(max_size=1_500),
)
RULES = rules_of(
    f"""
    [[rule]]
    name = "r"
    dedup_key = "{"".join(f"{{{name}}}" for name in PLACEHOLDERS)}"
    summary = "{"".join(f"{{{name}}}" for name in PLACEHOLDERS)}"
    images = "https://x.example.com/a.png, http://x.example.com/b.png"
    on.start.action = "trigger"
    on.retryable_failure.action = "acknowledge"
    [[rule]]
    name = "plain"
    on.start.action = "trigger"
    on.retryable_failure.action = "acknowledge"
    """
)


@settings(deadline=None)  # the first example reads the schema
@given(
    st.sampled_from(Condition),
    st.fixed_dictionaries(
        dict.fromkeys(("job", "project", "ref", "execution_id", "url", "user"), HOSTILE)
        | {
            "raw_status": HOSTILE.map(str),
            "duration_seconds": st.one_of(st.none(), st.floats()),
        }
    ),
    HOSTILE,
)
def test_any_job_status_becomes_a_valid_event(
    condition: Condition, parts: dict[str, Any], text: str | None
) -> None:
    status = job_status(condition, **parts)
    message = job_message(content={"text": text, "attachments": [{"title": text}]})
    for rule in RULES.rules:
        planned = decide(rule, status, Place("C0JOBS", text))
        check_event(build(planned, status, message, channel_name=text, permalink=text))


def test_huge_parts_are_shortened_with_a_warning() -> None:
    status = job_status(job="é" * 200_000, user="x" * 100)
    event = build(decide(RULES.rules[1], status, Place("C0JOBS")), status, job_message())

    check_event(event)
    details = event.body["payload"]["custom_details"]
    assert details["job"].endswith("…")
    assert details["user"] == "x" * 100
    assert event.warnings == ("The event was larger than 512 KB, so its details were shortened.",)


def body(details: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "payload": {"summary": "s", "custom_details": details},
        "links": [],
        "images": [],
    } | changes


@pytest.mark.parametrize(
    "details",
    [
        pytest.param({"a": ["x"] * 200_000, "b": "kept?"}, id="largest is no text"),
        pytest.param({f"k{at}": "x" * 150 for at in range(4_000)}, id="many small ones"),
    ],
)
def test_details_that_cannot_be_shortened_are_replaced_by_a_sentence(
    details: dict[str, Any],
) -> None:
    warnings: list[str] = []
    fitted = fit(body(details), warnings)
    assert list(fitted["payload"]["custom_details"]) == ["note"]
    assert fitted["payload"]["summary"] == "s"
    assert len(warnings) == 1


def test_decoration_goes_before_the_page() -> None:
    images = [{"src": "https://x.example.com/" + "y" * 3_000}] * 200
    warnings: list[str] = []
    fitted = fit(
        body({"a": "x"}, images=images, links=[{"href": "https://x.example.com"}]), warnings
    )
    assert fitted["images"] == []
    assert fitted["links"] == [{"href": "https://x.example.com"}]
    assert size(fitted) < 512_000
    assert warnings[-1] == "The event was larger than 512 KB, so its images were left out."


def test_body_that_fits_stays_as_it_is() -> None:
    warnings: list[str] = []
    given_body = body({"a": "x"})
    assert fit(given_body, warnings) == given_body
    assert warnings == []


def test_excerpt_has_what_the_message_showed() -> None:
    content = {
        "text": "",
        "username": "Rundeck",
        "attachments": [
            {
                "pretext": "<https://x.example.com|Execution #4714>",
                "color": "daa038",
                "title": "Load",
                "title_link": "https://x.example.com/load",
                "fallback": "Average exceeded",
                "fields": [
                    {"title": "Status", "value": "Average exceeded"},
                    {"value": "untitled"},
                    {"value": "untitled"},
                ],
            }
        ],
    }
    lines = excerpt(content).splitlines()
    assert sorted(lines) == ["Execution #4714", "Load", "Status: Average exceeded", "untitled"]


def test_excerpt_of_a_message_with_nothing_but_a_fallback_is_that() -> None:
    assert excerpt({"attachments": [{"fallback": "Job failed", "color": "a30200"}]}) == "Job failed"


def test_excerpt_is_redacted_before_it_is_cut() -> None:
    text = "x" * (EXCERPT_LIMIT - 20) + " password=" + "s3cr3t" * 20
    found = excerpt({"text": text})
    assert "s3cr3t" not in found
    assert len(found) <= EXCERPT_LIMIT
    json.dumps(found)


def test_excerpt_of_no_text_is_empty() -> None:
    assert excerpt({"blocks": 3}) == ""
