"""Mistakes in the rules file: all at once, each with its line and the nearest right word."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import ConfigError
from bot.notifier import rules_load
from bot.notifier.rules_load import load
from tests.notifier.jobs import rules_of

KEY = "e93facc04764012d7bfb002500d5d1a6"
KNOWN = "{producer} {project} {job}"


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(text, path="rules.toml")
    assert KEY not in str(caught.value)
    return list(caught.value.problems)


def in_rule(written: str) -> list[str]:
    """Give what is wrong with a rule, of which `written` begins on line 3."""
    return [
        problem.removeprefix('rules.toml:3: rule "a"')
        for problem in problems(f'[[rule]]\nname = "a"\n{written}')
    ]


def in_condition(written: str) -> list[str]:
    return [
        problem.removeprefix('rules.toml:4: rule "a", on.failure')
        for problem in problems(f'[[rule]]\nname = "a"\n[rule.on.failure]\n{written}')
    ]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ('severty = "error"', ': "severty" is not a key here; did you mean "severity"?'),
        ('Severity = "error"', ': "Severity" is not a key here; did you mean "severity"?'),
        ('action = "none"', ': "action" belongs in a condition\'s table, say [rule.on.failure].'),
        ('threshold = "5m"', ': "threshold" belongs in [rule.on.avg_duration].'),
        ("failure = {}", ': "failure" is a condition: write [rule.on.failure].'),
        (
            'severity = "eror"',
            ', severity: cannot be "eror"; did you mean "error"? (severities: '
            "critical, error, warning, info).",
        ),
        ("severity = 3", ", severity: must be a text in quotes, not a number."),
        (
            f'severity = "{KEY}"',
            ", severity: cannot be what is written there (severities: "
            "critical, error, warning, info).",
        ),
        (
            f'integration_key = "{KEY}"',
            ", integration_key: looks like the integration key itself: "
            'put it into an environment variable, say BILLING_KEY, and write "env:BILLING_KEY" here.',
        ),
        (
            f'integration_key = "env:{KEY}"',
            ", integration_key: looks like the integration key "
            "itself: put it into an environment variable, say BILLING_KEY, and write "
            '"env:BILLING_KEY" here.',
        ),
        (
            'integration_key = "BILLING_KEY"',
            ', integration_key: must be "env:NAME" (an environment '
            'variable) or "file:PATH", never the key itself.',
        ),
        (
            'integration_key = "env:BILLING-KEY"',
            ', integration_key: must be "env:NAME" (an '
            'environment variable) or "file:PATH", never the key itself.',
        ),
        (
            'integration_key = "file:"',
            ', integration_key: must be "env:NAME" (an environment '
            'variable) or "file:PATH", never the key itself.',
        ),
        (
            'dedup_key = "{prodcer}"',
            ', dedup_key: has the unknown placeholder {prodcer}; did you mean "producer"?',
        ),
        (
            'summary = "{job"',
            ", summary: has a brace that is not closed or not opened; a brace as "
            "such is written twice.",
        ),
        ('summary = ""', ", summary: is empty."),
        (
            'channels = ["jobs"]',
            ', channels: "jobs" is neither a channel id (C…) nor a name: write "#jobs".',
        ),
        (
            'bots = ["U0X", "jenkins"]',
            ', bots: "U0X" is neither a bot id (B…) nor an app id (A…); '
            '"jenkins" is neither a bot id (B…) nor an app id (A…).',
        ),
        ("job = []", ", job: is empty; leave the key out to mean any."),
        ('job = ["a", ""]', ", job: is empty; leave the key out to mean any."),
        ("job = [1979-05-27]", ", job: must be a text in quotes, not a date or time."),
        ("project = {}", ", project: must be a text in quotes, not a table."),
        ("images = true", ", images: must be a text in quotes, not true or false."),
        ('shadow = "yes"', ", shadow: must be true or false, without quotes."),
        ("continue = 1", ", continue: must be true or false, without quotes."),
        ("on = 3", ", on: must be a table: write [rule.on]."),
        ("on.failure = 3", ", on.failure: must be a table: write [rule.on.failure]."),
        ("[rule.on.failur]", ', on: "failur" is not a condition here; did you mean "failure"?'),
        (
            "[rule.on.retry]",
            ', on: "retry" is not a condition here (known: start, success, '
            "failure, avg_duration, retryable_failure).",
        ),
    ],
)
def test_mistake_in_a_rule_is_named(written: str, problem: str) -> None:
    assert in_rule(written) == [problem]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (
            'action = "triger"',
            '.action: cannot be "triger"; did you mean "trigger"? (actions: '
            "trigger, acknowledge, resolve, none).",
        ),
        ('threshold = "+20%"', ': "threshold" belongs in [rule.on.avg_duration].'),
        (
            'channels = "C0X"',
            ': "channels" belongs in [[rule]] itself, above its conditions\' tables.',
        ),
        ('acton = "none"', ': "acton" is not a key here; did you mean "action"?'),
        ("severity = []", ".severity: must be a text in quotes, not a list."),
    ],
)
def test_mistake_in_a_condition_is_named(written: str, problem: str) -> None:
    assert in_condition(written) == [problem]


def test_threshold_of_another_form_is_named() -> None:
    assert problems('[[rule]]\nname = "a"\n[rule.on.avg_duration]\nthreshold = "20%"') == [
        'rules.toml:4: rule "a", on.avg_duration.threshold: is no threshold; a percentage begins '
        'with a plus: write "+20%" or "+5m" (over the average), or "45m" (absolute).'
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "[rule]\nname = 1",
            "rules.toml:1: rule: write [[rule]], in two brackets: there may be several.",
        ),
        ('rule = ["x"]', "rules.toml:1: rule number 1: write [[rule]], a table for each."),
        (
            "[[rule]]",
            'rules.toml:1: rule number 1: it has no "name": every rule needs one of its own.',
        ),
        ('[[rule]]\nname = " "', "rules.toml:2: rule number 1, name: is empty."),
        ("[[rules]]", 'rules.toml:1: "rules" is not a key here; did you mean "rule"?'),
        ('severity = "info"', 'rules.toml:1: "severity" belongs in a [[rule]].'),
        ("title = 1", 'rules.toml:1: "title" is not a key here (known: rule, producer).'),
        ("\n\na = ", "rules.toml:3: this is not TOML: Invalid value."),
        ("a = 1\na = 2", "rules.toml:2: this is not TOML: Cannot overwrite a value."),
        ('a = 1\nb = "x\n', "rules.toml:2: this is not TOML: Illegal character '\\n'."),
        (
            'a = 1\nb = """x\n',
            "rules.toml:2: this is not TOML: Unterminated string.",
        ),
        (
            "producer = 3",
            "rules.toml:1: producer: write [[producer]], in two brackets: there may be several.",
        ),
    ],
)
def test_mistake_in_the_file_is_named(text: str, problem: str) -> None:
    assert problems(text) == [problem]


def test_same_name_twice_is_named_with_both_lines() -> None:
    assert problems('[[rule]]\nname = "a"\n[[rule]]\nname = "b"\n[[rule]]\nname = "a "') == [
        'rules.toml:6: rule "a", name: the rule on line 2 has the same name; names must be unique.'
    ]


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_file() -> None:
    found = problems(
        """\
[[rule]]
name = "a"
severty = "error"
[rule.on.failure]
action = "triger"
severity = "eror"
[[rule]]
name = "a"
job = 3
[[rule]]
dedup_key = "{x}"
"""
    )
    assert [problem.split(" ")[0] for problem in found] == [
        f"rules.toml:{line}:" for line in (3, 5, 6, 8, 9, 10, 11)
    ]


def test_mistake_of_a_producer_is_reported_beside_those_of_rules() -> None:
    found = problems('[[rule]]\nname = "a"\nx = 1\n[[producer]]\nfoo = 1')
    assert found[0] == (
        'rules.toml:3: rule "a": "x" is not a key here (known: integration_key, dedup_key, '
        "severity, images, summary, shadow, name, channels, bots, producer, project, job, continue, "
        "on)."
    )
    assert len(found) > 1
    assert all(problem.startswith("rules.toml") for problem in found)


def test_too_many_rules_are_refused() -> None:
    entries = ", ".join(['"x"'] * 10_001)
    assert problems(f"rule = [{entries}]") == ["rules.toml: the file has more than 10000 rules."]


def test_too_large_file_is_refused() -> None:
    assert problems("#" * 4_000_001) == ["rules.toml: the file has more than 4000000 characters."]


def test_too_many_entries_are_refused() -> None:
    many = ["x"] * 1_001
    assert in_rule(f"job = {many}") == [", job: has more than 1000 entries."]
    assert in_rule(f"images = {many}") == [", images: has more than 1000 entries."]


def test_deeply_nested_file_is_refused() -> None:
    found = problems("a = " + "[" * 100_000)
    assert found == ["rules.toml: the tables are nested too deeply."]


TABLES = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.text(max_size=8), st.just(KEY)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from([*rules_load._known("rule"), *rules_load._known("on"), "rule", "x"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=20,
)


@settings(deadline=None)  # each reading compiles the producers
@given(TABLES)
def test_anything_that_toml_can_say_is_judged(tables: object) -> None:
    """Whatever is written where, the answer is rules or sentences, and never the key."""
    found: tuple[str, ...] = ()
    try:
        rules_of(f"rule = [{_toml(tables)}]")
    except ConfigError as error:
        found = error.problems or ("it said nothing",)
    assert "it said nothing" not in found
    assert KEY not in "".join(found)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(each):08x}" for each in value) + '"'
    return str(value)
