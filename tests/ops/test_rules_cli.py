"""`pdbot rules test`."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.ops.rules_cli import Streams, try_messages

STATUS_KEYS = [
    "producer",
    "condition",
    "raw_status",
    "job",
    "project",
    "ref",
    "execution_id",
    "url",
    "duration_seconds",
    "user",
]
PRODUCER = """
[[producer]]
name = "my-cron"
map = { failed = "failure", ok = "success", started = "start" }
[[producer.variant]]
when = [{ slot = "text", matches = '(?P<job>\\S+) (?P<status>failed|ok|started|slept)' }]
"""
RULES = """
[[rule]]
name = "ops only"
project = "ops"

[[rule]]
name = "cron"
bots = "B0CRON"
integration_key = "env:CRON_KEY"
continue = true
[rule.on.start]

[[rule]]
name = "shadow"
bots = "B0CRON"
shadow = true
"""


class Rehearsal:
    """Files, and what came of judging them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rules = folder / "rules.toml"
        self.exit_code: int | None = None
        self.out = io.StringIO()
        self.err = io.StringIO()

    def write(self, name: str, content: object) -> str:
        path = self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        return str(path)

    def judge(self, *files: str, stdin: str = "", **options: Any) -> list[dict[str, Any]]:
        streams = Streams(io.StringIO(stdin), self.out, self.err)
        self.exit_code = try_messages(
            files, rules_path=self.rules, streams=streams, as_json=True, **options
        )
        return [json.loads(line) for line in self.out.getvalue().splitlines()]

    def read(self, *files: str) -> str:
        streams = Streams(io.StringIO(), self.out, self.err)
        self.exit_code = try_messages(files, rules_path=self.rules, streams=streams)
        return self.out.getvalue()


@pytest.fixture
def rehearsal(tmp_path: Path) -> Rehearsal:
    made = Rehearsal(tmp_path)
    made.write("rules.toml", RULES + PRODUCER)
    return made


def posted(text: str = "backup failed", **changes: Any) -> dict[str, Any]:
    event = {"type": "message", "text": text, "ts": "1763870705.574488", "bot_id": "B0CRON"}
    return event | {"channel": "C0JOBS"} | changes


def test_json_is_that_of_the_contract(rehearsal: Rehearsal) -> None:
    file = rehearsal.write("m.json", posted())

    (verdict,) = rehearsal.judge(file)

    assert rehearsal.exit_code == 0
    assert rehearsal.err.getvalue() == ""
    assert list(verdict) == ["file", "job_status", "events", "reason"]
    assert verdict["file"] == file
    assert list(verdict["job_status"]) == STATUS_KEYS
    assert verdict["job_status"]["producer"] == "my-cron"
    assert verdict["job_status"]["condition"] == "failure"
    assert verdict["job_status"]["job"] == "backup"
    assert verdict["reason"] == (
        'Recognized as a failure posted by "my-cron"; rules "cron", "shadow" match and send one '
        "event."
    )
    sent, shadow = verdict["events"]
    assert list(sent) == list(shadow) == ["rule", "event", "reason"]
    assert sent["rule"] == "cron"
    assert sent["event"]["routing_key"] == "…masked…"
    assert sent["event"]["event_action"] == "trigger"
    assert sent["event"]["dedup_key"] == "my-cron:-:backup"
    assert sent["event"]["payload"]["summary"] == "backup failed (my-cron)"
    assert {"links", "images"} <= set(sent["event"])
    assert sent["reason"] == 'Rule "cron": a failure triggers by default.'
    assert shadow["event"] is None
    assert shadow["reason"] == (
        'Rule "shadow": a failure triggers by default; the rule is a shadow, so nothing is sent; '
        'it would be: trigger error "backup failed (my-cron)" to my-cron:-:backup.'
    )


@pytest.mark.parametrize(
    "wrapped",
    [
        pytest.param(lambda event: event, id="bare"),
        pytest.param(lambda event: {"event": event}, id="under event"),
        pytest.param(
            lambda event: {"team_id": "T0", "type": "event_callback", "event": event}, id="envelope"
        ),
        pytest.param(lambda event: {k: event[k] for k in ("text", "bot_id")}, id="without place"),
    ],
)
def test_event_is_found(rehearsal: Rehearsal, wrapped: Any) -> None:
    (verdict,) = rehearsal.judge(rehearsal.write("m.json", wrapped(posted())))
    assert verdict["job_status"]["condition"] == "failure"
    assert verdict["events"][0]["event"] is not None


def test_dash_reads_standard_input(rehearsal: Rehearsal) -> None:
    (verdict,) = rehearsal.judge("-", stdin=json.dumps(posted()))
    assert verdict["file"] == "-"
    assert verdict["job_status"]["job"] == "backup"


def test_several_files_are_judged_each_alone(rehearsal: Rehearsal) -> None:
    names = ["backup started", "backup failed", "backup started", "backup ok"]
    files = [rehearsal.write(f"{at}.json", posted(text)) for at, text in enumerate(names)]

    verdicts = rehearsal.judge(*files)

    assert [each["events"][0]["event"]["event_action"] for each in verdicts] == [
        "trigger",
        "trigger",
        "trigger",
        "resolve",
    ]
    assert verdicts[0]["events"][0]["reason"].endswith("unless the job has an alert open.")
    assert verdicts[3]["events"][0]["reason"] == (
        'Rule "cron": a success resolves by default; it reaches every alert that the rule has open '
        "for the job."
    )


def test_rule_that_sends_nothing_says_why(rehearsal: Rehearsal) -> None:
    rehearsal.write("rules.toml", PRODUCER + '[[rule]]\nname = "r"')
    (verdict,) = rehearsal.judge(rehearsal.write("m.json", posted("backup started")))
    assert verdict["events"] == [
        {
            "rule": "r",
            "event": None,
            "reason": 'Rule "r": a start sends nothing unless the rule has a table [rule.on.start].',
        }
    ]
    assert verdict["reason"].endswith('rule "r" matches and sends nothing.')


def test_two_rules_that_send_are_counted(rehearsal: Rehearsal) -> None:
    both = '[[rule]]\nname = "r"\ncontinue = true\n[[rule]]\nname = "s"\ndedup_key = "other"'
    rehearsal.write("rules.toml", PRODUCER + both)
    (verdict,) = rehearsal.judge(rehearsal.write("m.json", posted()))
    assert verdict["reason"].endswith('rules "r", "s" match and send 2 events.')


def test_message_that_no_rule_matches_says_what_each_wanted(rehearsal: Rehearsal) -> None:
    (verdict,) = rehearsal.judge(rehearsal.write("m.json", posted(bot_id="B0OTHER")))
    assert rehearsal.exit_code == 0
    assert verdict["events"] == []
    assert verdict["reason"] == (
        'Recognized as a failure posted by "my-cron", but no rule matches, so nothing is sent: '
        'rule "ops only": it wants project "ops", the message has none; '
        'rule "cron": it wants bot "B0CRON", the message has "B0OTHER"; '
        'rule "shadow": it wants bot "B0CRON", the message has "B0OTHER".'
    )


def test_only_the_first_rules_are_told_where_there_are_many(rehearsal: Rehearsal) -> None:
    many = "".join(f'[[rule]]\nname = "{at}"\nproject = "ops"\n' for at in range(10))
    rehearsal.write("rules.toml", PRODUCER + many)
    (verdict,) = rehearsal.judge(rehearsal.write("m.json", posted()))
    assert verdict["reason"].endswith("the message has none; and 7 more.")


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        pytest.param({"text": "backup failed", "user": "U0"}, "Not posted by a bot", id="person"),
        pytest.param({"subtype": "message_deleted"}, "A deleted message", id="deletion"),
        pytest.param({"type": "reaction_added"}, "This is no message event", id="no message"),
        pytest.param({"ts": 3, "bot_id": "B0CRON"}, "The event has no valid", id="odd time"),
        pytest.param(posted("hello"), "No producer's description matches", id="chatter"),
        pytest.param(posted("backup slept"), 'my-cron says "slept"', id="unknown word"),
        pytest.param({}, "Not posted by a bot", id="empty"),
    ],
)
def test_message_that_is_no_job_status_says_why(
    rehearsal: Rehearsal, event: Mapping[str, Any], reason: str
) -> None:
    (verdict,) = rehearsal.judge(rehearsal.write("m.json", event))
    assert rehearsal.exit_code == 0
    assert verdict["job_status"] is None
    assert verdict["events"] == []
    assert verdict["reason"].startswith(reason)


def test_job_status_is_told_without_any_rule(rehearsal: Rehearsal) -> None:
    rehearsal.write("rules.toml", PRODUCER)
    (verdict,) = rehearsal.judge(rehearsal.write("m.json", posted()))
    assert verdict["job_status"]["condition"] == "failure"
    assert "there are no rules" in verdict["reason"]
    assert verdict["events"] == []


def test_missing_rules_file_stops_nothing(rehearsal: Rehearsal) -> None:
    rehearsal.rules.unlink()
    (verdict,) = rehearsal.judge(rehearsal.write("m.json", posted()))
    assert rehearsal.exit_code == 0
    assert verdict["job_status"] is None


def test_channel_can_be_given_by_name_or_id(rehearsal: Rehearsal) -> None:
    rehearsal.write("rules.toml", PRODUCER + '[[rule]]\nname = "r"\nchannels = ["#jobs", "C0X"]')
    file = rehearsal.write("m.json", posted())
    rehearsal.judge(file)
    rehearsal.judge(file, channel="#jobs")
    verdicts = rehearsal.judge(file, channel="C0X")
    assert [len(each["events"]) for each in verdicts] == [0, 1, 1]
    assert "the channel's name is not known here" in verdicts[0]["reason"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param("{", "is not JSON: Expecting property name", id="no json"),
        pytest.param("", "is not JSON: Expecting value on line 1.", id="empty"),
        pytest.param("[]", "holds no JSON object", id="list"),
        pytest.param('{"event": []}', "has something else than an object", id="event is a list"),
        pytest.param("[" * 200_000, "is not JSON", id="nested too deeply"),
        pytest.param(b"\xff\xfe", "is not UTF-8 text", id="binary"),
        pytest.param(" " * 10_000_001, "is larger than 10 MB", id="huge"),
        pytest.param('{"x": ' + "1" * 5_000 + "}", "is not JSON", id="huge number"),
    ],
)
def test_unusable_file_is_named_and_the_others_are_judged(
    rehearsal: Rehearsal, content: object, why: str
) -> None:
    good, bad = rehearsal.write("good.json", posted()), rehearsal.write("bad.json", content)

    verdicts = rehearsal.judge(bad, good)

    assert rehearsal.exit_code == 2
    assert [each["file"] for each in verdicts] == [good]
    assert rehearsal.err.getvalue().startswith(f"{bad} {why}")


@pytest.mark.parametrize(("name", "why"), [("missing", "No such file"), ("nul\0", "its name")])
def test_file_that_cannot_be_read_is_named(rehearsal: Rehearsal, name: str, why: str) -> None:
    assert rehearsal.judge(str(rehearsal.folder / name)) == []
    assert rehearsal.exit_code == 2
    assert f"cannot be read: {why}" in rehearsal.err.getvalue()


def test_wrong_rules_are_told_and_nothing_is_judged(rehearsal: Rehearsal) -> None:
    rehearsal.write("rules.toml", "[[rule]]")
    assert rehearsal.judge(rehearsal.write("m.json", posted())) == []
    assert rehearsal.exit_code == 2
    assert 'it has no "name"' in rehearsal.err.getvalue()


def test_people_read_how_and_why(rehearsal: Rehearsal) -> None:
    rehearsal.write(
        "rules.toml",
        RULES.replace(
            "continue", 'images = "http://x.example.com/a, https://x.example.com/b"\ncontinue'
        )
        + PRODUCER,
    )
    told = rehearsal.read(rehearsal.write("m.json", posted()))

    for expected in (
        "m.json\n",
        "condition: failure",
        "Recognition:",
        'rule "ops only": it wants project "ops", the message has none',
        'rule "cron": matches',
        "trigger error: backup failed (my-cron)",
        "dedup key: my-cron:-:backup",
        "image: https://x.example.com/b",
        "integration key: env:CRON_KEY",
        "warning: The image http://x.example.com/a was left out",
        'Rule "shadow": a failure triggers by default; the rule is a shadow',
    ):
        assert expected in told


def test_people_read_how_far_the_producers_came(rehearsal: Rehearsal) -> None:
    told = rehearsal.read(rehearsal.write("m.json", posted("hello")))
    assert 'text = "hello"' in told


def test_what_the_terminal_cannot_show_is_replaced(rehearsal: Rehearsal) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    file = rehearsal.write("m.json", posted("\ud83d\N{ROCKET} failed"))
    streams = Streams(io.StringIO(), out, rehearsal.err)
    assert try_messages([file], rules_path=rehearsal.rules, streams=streams) == 0
    out.flush()
    assert b"?" in raw.getvalue()
