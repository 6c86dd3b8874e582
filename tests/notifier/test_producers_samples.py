"""The samples: 139 messages, rendered from the producers' own sources, with what they say.

Four of them are debatable, and decided so: Jenkins' "Unstable" and "Not built" are failures (a map
entry in rules.toml makes them ignored), TeamCity's "probably hanging" is an average duration that
was exceeded, and Argo CD's degraded application is the health of a thing and not the end of a job.
"""

from typing import Any

import pytest

from tests.notifier.posted import SHIPPED, arrived, samples

EVERY_SAMPLE = samples()
JOBS = [each for each in EVERY_SAMPLE if each[1]["expected"]["is_job_status"]]
OTHERS = [each for each in EVERY_SAMPLE if not each[1]["expected"]["is_job_status"]]
READ = ("producer", "condition", "raw_status", "job", "project", "execution_id", "url", "user")


def test_samples_are_all_there() -> None:
    assert (len(JOBS), len(OTHERS)) == (121, 18)


@pytest.mark.parametrize("sample", [pytest.param(each, id=name) for name, each in JOBS])
def test_sample_is_read_completely(sample: dict[str, Any]) -> None:
    status = SHIPPED.recognize(arrived(sample["event"])).job_status

    assert status is not None
    expected = sample["expected"]
    assert {part: getattr(status, part) for part in READ} == {part: expected[part] for part in READ}
    assert status.duration_seconds == expected["duration_s"]
    if "ref" in expected:
        assert status.ref == expected["ref"]


@pytest.mark.parametrize("sample", [pytest.param(each, id=name) for name, each in OTHERS])
def test_sample_that_is_no_job_status_is_left_alone(sample: dict[str, Any]) -> None:
    recognition = SHIPPED.recognize(arrived(sample["event"]))

    assert recognition.job_status is None
    assert recognition.unknown_word is None
    assert recognition.reason.endswith(".")


@pytest.mark.parametrize("sample", [pytest.param(each, id=name) for name, each in JOBS])
def test_sample_without_its_bot_is_a_person_quoting_it(sample: dict[str, Any]) -> None:
    event = {**sample["event"], "bot_id": None, "subtype": None}

    recognition = SHIPPED.recognize(arrived(event))

    assert recognition.job_status is None
    assert "bot_id" in recognition.reason


@pytest.mark.parametrize("sample", [pytest.param(each, id=name) for name, each in JOBS])
def test_sample_says_the_same_under_another_bot_name(sample: dict[str, Any]) -> None:
    event = {**sample["event"], "username": "Somebody", "icon_emoji": ":robot:", "subtype": None}

    status = SHIPPED.recognize(arrived(event)).job_status

    assert status is not None
    assert status.producer == sample["producer"]


@pytest.mark.parametrize("sample", [pytest.param(each, id=name) for name, each in JOBS])
def test_sample_with_a_link_unfurled_below_says_the_same(sample: dict[str, Any]) -> None:
    unfurled = {"from_url": "https://x.example.com", "title": "Pipeline #1 has failed in 00:01"}
    attachments = [*sample["event"].get("attachments", []), unfurled]

    before = SHIPPED.recognize(arrived(sample["event"]))
    after = SHIPPED.recognize(arrived({**sample["event"], "attachments": attachments}))

    assert after == before
