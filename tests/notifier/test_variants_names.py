"""Every sample says the same, whatever its job is called."""

import re
from typing import Any

import pytest

from tests.notifier.posted import SHIPPED, arrived, samples

NAMES = [
    "my failed job",
    "a/b/failed-cleanup",
    "x [succeeded] (y) {z}",
    'it\'s "ok"',
    "load 🚀 nächtlich 夜間",
    "A & B < c > d",
    "a: failed: b",
    "a|b",
    "a - success - b",
    "a #9 b",
    "x *b* _c_ `d`",
    "Failed",
    "has succeeded",
    "run by bob in x on y at z of c to d",
    "n" * 480,
]
_URL = re.compile(r"https?://[^|>\s]+")
_KEPT = ("type", "subtype", "ts", "user", "bot_id", "app_id", "channel", "color", "fallback")
_ONE_WORD = {"airflow-notifier", "flux"}  # their names have no blanks, so the sentence may
_IMPOSSIBLE = {
    "gocd-slack": r".*[/\[].*",  # not in a name of GoCD's
    "cronicle": r"a: failed: b",  # "event: description" cannot be told apart
    "teamcity-slack-notifier": r".*[*_`].*",  # the text of a link has no marks
}


def escaped(name: str) -> str:
    """Write a name as Slack's text has it."""
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def renamed(part: Any, old: str, new: str) -> Any:
    """Replace a name in all texts, but not in addresses."""
    if isinstance(part, dict):
        return {
            key: each if key in _KEPT else renamed(each, old, new) for key, each in part.items()
        }
    if isinstance(part, list):
        return [renamed(each, old, new) for each in part]
    if not isinstance(part, str):
        return part
    pieces = []
    end = 0
    for address in _URL.finditer(part):
        pieces += [part[end : address.start()].replace(old, new), address[0]]
        end = address.end()
    return "".join([*pieces, part[end:].replace(old, new)])


def _name_in(job: str, event: Any) -> str | None:
    """Give what of a job's name stands in the message as it is."""
    parts = [job.removeprefix("Deploy to "), job, *re.split(r"\.| / |/", job)[::-1]]
    return next((part for part in parts if renamed(event, escaped(part), "\0") != event), None)


CASES = [
    pytest.param(sample, old, id=name)
    for name, sample in samples()
    if sample["expected"].get("job") and sample["producer"] not in _ONE_WORD
    for old in [_name_in(sample["expected"]["job"], sample["event"])]
    if old
]


@pytest.mark.parametrize(("sample", "old"), CASES)
def test_sample_says_the_same_whatever_its_job_is_called(sample: dict[str, Any], old: str) -> None:
    expected = sample["expected"]
    impossible = re.compile(_IMPOSSIBLE.get(sample["producer"], r"(?!)"))
    for name in NAMES:
        if impossible.fullmatch(name):
            continue
        event = renamed(sample["event"], escaped(old), escaped(name))

        status = SHIPPED.recognize(arrived(event)).job_status

        assert status is not None, name
        assert (status.condition, status.raw_status) == (
            expected["condition"],
            expected["raw_status"],
        )
        assert status.job == expected["job"].replace(old, name)
        assert (status.execution_id, status.url) == (expected["execution_id"], expected["url"])
