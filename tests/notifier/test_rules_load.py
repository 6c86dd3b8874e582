"""What a rules file without mistakes says."""

from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.notifier.rules_load import load_file
from tests.notifier.jobs import rules_of


def test_empty_file_has_no_rules() -> None:
    assert len(rules_of("")) == 0


@pytest.mark.parametrize(
    ("written", "images"),
    [
        (
            '"https://g.example.com/a.png, https://g.example.com/b.png"',
            ("https://g.example.com/a.png", "https://g.example.com/b.png"),
        ),
        (
            '"https://g.example.com/render?size=4,3,https://g.example.com/b,c.png,"',
            ("https://g.example.com/render?size=4,3", "https://g.example.com/b,c.png"),
        ),
        (
            '["https://a.example.com/1", "https://b.example.com/2,http://c.example.com/3"]',
            ("https://a.example.com/1", "https://b.example.com/2", "http://c.example.com/3"),
        ),
        ('"https://a.example.com/1, https://a.example.com/1"', ("https://a.example.com/1",)),
        ('""', ()),
    ],
)
def test_images_are_split_at_commas_before_an_address(
    written: str, images: tuple[str, ...]
) -> None:
    (rule,) = rules_of(f'[[rule]]\nname = "r"\nimages = {written}').rules
    assert all(effect.images == images for effect in rule.effects.values())


def test_rule_knows_its_line_and_threshold() -> None:
    rules = rules_of(
        '\n[[rule]]\nname = "r"\n[rule.on.avg_duration]\nthreshold = "+20%"\n[[rule]]\nname = "s"'
    )
    assert [rule.line for rule in rules.rules] == [2, 6]
    assert rules.rules[0].threshold is not None
    assert rules.rules[0].threshold.amount == 20
    assert rules.rules[1].threshold is None


@pytest.mark.parametrize(
    ("written", "warning"),
    [
        pytest.param(
            "",
            'rules.toml:1: rule "a": it names no "bots", so any bot in its channels '
            "can page people; name the bot or app ids that may speak.",
            id="any bot",
        ),
        pytest.param(
            'bots = "B0"\nimages = "http://x.example.com/a"',
            'rules.toml:4: rule "a", images: PagerDuty shows images from https:// '
            "addresses only; one that has none will be left out.",
            id="http image",
        ),
        pytest.param(
            'bots = "B0"\nproducer = "my-cron"',
            'rules.toml:4: rule "a", producer: no producer is called "my-cron".',
            id="unknown producer",
        ),
        pytest.param(
            'bots = "B0"\ndedup_key = "{project}"',
            'rules.toml:4: rule "a", dedup_key: all jobs of this rule share the key, so the success '
            "of one resolves the failure of another; write {job} into it.",
            id="key of all jobs",
        ),
        pytest.param(
            'bots = "B0"\n[rule.on.start]',
            'rules.toml:4: rule "a", on.start: a start that triggers pages somebody for every run.',
            id="start that triggers",
        ),
        pytest.param(
            'bots = "B0"\n[rule.on.success]\naction = "trigger"',
            'rules.toml:4: rule "a", on.success: a success that triggers pages somebody '
            "for every good run.",
            id="success that triggers",
        ),
        pytest.param(
            'bots = "B0"\ndedup_key = "{job}-{execution_id}"',
            'rules.toml:4: rule "a", dedup_key: {execution_id} differs from run to run, '
            "so every failure opens an alert of its own.",
            id="key of the run",
        ),
        pytest.param(
            'bots = "B0"\n[rule.on.avg_duration]\naction = "none"\nthreshold = "5m"',
            'rules.toml:6: rule "a", on.avg_duration.threshold: the threshold has no '
            'effect, because the action is "none".',
            id="threshold without effect",
        ),
    ],
)
def test_what_is_rarely_meant_is_a_warning(written: str, warning: str) -> None:
    assert rules_of(f'[[rule]]\nname = "a"\n{written}').warnings == (warning,)


def test_key_without_the_job_is_fine_where_the_rule_is_about_one_job() -> None:
    rules = rules_of('[[rule]]\nname = "a"\nbots = "B0"\njob = "load"\ndedup_key = "load"')
    assert rules.warnings == ()


def test_rule_of_the_contract_has_no_warning() -> None:
    rules = rules_of(
        """
[[rule]]
name = "billing jobs"
channels = ["C0JOBS", "#jobs"]
bots = ["B0RUNDECK", "A0JENKINS"]
producer = "rundeck-*"
project = "billing"
job = ["nightly/*", "Load *"]
integration_key = "env:BILLING_KEY"
dedup_key = "{producer}:{project}:{job}"
severity = "error"
images = "https://grafana.example.com/a.png, https://grafana.example.com/b.png"
shadow = false

[rule.on.failure]
action = "trigger"
severity = "critical"
summary = "{job} failed in {project}"

[rule.on.success]
action = "resolve"

[rule.on.avg_duration]
action = "trigger"
severity = "warning"
threshold = "+20%"

[rule.on.retryable_failure]
action = "trigger"
severity = "info"
"""
    )
    assert rules.warnings == ()
    assert rules.path == "rules.toml"


def test_file_is_read_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text('\N{BYTE ORDER MARK}[[rule]]\nname = "é"', encoding="utf-8")
    assert [rule.name for rule in load_file(path).rules] == ["é"]


def test_file_that_is_not_there_is_not_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_file(tmp_path / "rules.toml")


@pytest.mark.parametrize("kind", ["folder", "not UTF-8"])
def test_file_that_cannot_be_read_is_named(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "rules.toml"
    if kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"rules.toml: the rules file cannot be read: ."):
        load_file(path)
