"""Every shipped description carries its own examples, and near misses that must not match."""

from typing import Any

import pytest

from bot.notifier.producer_files import shipped
from bot.notifier.producer_schema import Description, Example
from tests.notifier.posted import SHIPPED, posted, samples

PARTS = ("condition", "raw_status", "job", "project", "ref", "execution_id", "url")
EXAMPLES = [
    pytest.param(description, example, id=f"{description.name}: {example.shows}")
    for description in shipped()
    for example in description.example
]
DESCRIPTIONS = [pytest.param(description, id=description.name) for description in shipped()]


@pytest.mark.parametrize(("description", "example"), EXAMPLES)
def test_example_is_read_as_its_description_says(
    description: Description, example: Example
) -> None:
    recognition = SHIPPED.recognize(posted(example.message))
    status = recognition.job_status

    if example.condition is None:
        assert status is None
        assert recognition.unknown_word == example.unknown_word
        return
    assert status is not None
    assert status.producer == description.name
    parts = (*PARTS, "duration_seconds", "user")
    assert {part: getattr(status, part) for part in parts} == {
        part: getattr(example, part) for part in parts
    }


@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_description_has_a_positive_example_and_a_near_miss(description: Description) -> None:
    near_misses = [
        example
        for example in description.example
        if example.condition is None and example.unknown_word is None
    ]

    assert any(example.condition for example in description.example)
    assert near_misses
    assert all(example.shows.startswith("near miss") for example in near_misses)


@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_description_says_where_its_format_was_read(description: Description) -> None:
    assert description.about
    if description.name != "script":
        assert description.read_from
        assert all(source.startswith("https://") for source in description.read_from)


def test_every_producer_of_the_samples_is_shipped() -> None:
    wanted = {
        sample["expected"]["producer"]
        for _, sample in samples()
        if sample["expected"]["is_job_status"]
    }

    assert wanted <= set(SHIPPED.names)
    assert "script" in SHIPPED.names


@pytest.mark.parametrize(
    ("line", "condition"),
    [
        ("[job] nightly started", "start"),
        ("[job] nightly succeeded", "success"),
        ("[job] nightly failed", "failure"),
        ("[job] nightly timed-out", "failure"),
        ("[job] nightly slow", "avg_duration"),
        ("[job] nightly retrying", "retryable_failure"),
    ],
)
def test_script_can_report_every_condition(line: str, condition: str) -> None:
    status = SHIPPED.recognize(posted({"text": line})).job_status

    assert status is not None
    assert (status.producer, str(status.condition), status.job) == ("script", condition, "nightly")


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param("", {}, id="none"),
        pytest.param(" run=7 project=a", {"execution_id": "7", "project": "a"}, id="any order"),
        pytest.param(' project="a b=c"', {"project": "a b=c"}, id="quoted"),
        pytest.param(' user="x project=y"', {"user": "x project=y"}, id="a key within quotes"),
        pytest.param(" ref=refs/heads/main", {"ref": "main"}, id="a long ref"),
        pytest.param(" duration=01:02:03", {"duration_seconds": 3723}, id="a clock"),
        pytest.param(" project=", {}, id="an empty value"),
        pytest.param(" host=db-03 run=7", {"execution_id": "7"}, id="a key nobody knows"),
        pytest.param(" -- project=x run=7", {}, id="keys in the free text"),
    ],
)
def test_script_reads_its_keys(keys: str, expected: dict[str, Any]) -> None:
    status = SHIPPED.recognize(posted({"text": f"[job] nightly failed{keys}"})).job_status

    assert status is not None
    read = {
        part: getattr(status, part)
        for part in ("project", "ref", "execution_id", "duration_seconds", "user")
        if getattr(status, part) is not None
    }
    assert read == expected
