"""`pdbot check`: every line fails at least once, and names the way out."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from bot.ops.check import CHECKS, check
from bot.sandbox.pagerduty import Fault
from bot.sandbox.slack import Fault as SlackFault
from tests.ops.operator import KEY, RULES, Operator

Damage = Callable[[Operator], Any]


def unset(name: str) -> Damage:
    return lambda here: here.environ.pop(name)


def put(name: str, value: str) -> Damage:
    return lambda here: here.environ.__setitem__(name, value)


def file(name: str, content: str, setting: str | None = None, mode: int = 0o600) -> Damage:
    def write(here: Operator) -> None:
        path = here.write(name, content)
        path.chmod(mode)
        if setting:
            here.environ[setting] = str(path)

    return write


def without_scopes(*scopes: str) -> Damage:
    return lambda here: setattr(here.slack, "scopes", here.slack.scopes - set(scopes))


def slack_answers(method: str, error: str) -> Damage:
    return lambda here: here.slack.faults.add(SlackFault(method, error=error, times=None))


def pagerduty_answers(operation: str, status: int) -> Damage:
    return lambda here: here.pagerduty.faults.add(Fault(operation, status, times=None))


def official_app(here: Operator) -> None:
    here.slack.add_user("pagerduty", real_name="PagerDuty", is_bot=True)


def personal_key(here: Operator) -> None:
    owner = here.pagerduty.user_by_email("ann@example.com")
    here.pagerduty.add_key("pd-personal-key", owner=owner)
    here.environ["PAGERDUTY_API_TOKEN"] = "pd-personal-key"


def read_only_key(here: Operator) -> None:
    here.pagerduty.add_key("pd-reading-key", read_only=True)
    here.environ["PAGERDUTY_API_TOKEN"] = "pd-reading-key"


def read_only(here: Operator) -> None:
    here.pagerduty.add_user("Robot", "robot@example.com", role="read_only_user")
    here.environ["PAGERDUTY_FROM_EMAIL"] = "robot@example.com"


def strangers(here: Operator) -> None:
    for number in range(7):
        here.slack.add_user(f"p{number}", email=f"p{number}@example.com")
    here.slack.add_user("guest", email="g@example.com", is_restricted=True)


def orchestration(here: Operator) -> None:
    here.environ["CRON_KEY"] = "R" + KEY[1:]


def rules(text: str) -> Damage:
    return file("rules.toml", text)


def no_policies(here: Operator) -> None:
    here.pagerduty.policies.clear()


def no_channels(here: Operator) -> None:
    here.slack.workspace.channels.clear()
    here.write("rules.toml", RULES.replace('channels = ["#jobs"]', ""))


OTHER_HOST = "http://127.0.0.1:9"

Row = tuple[str, str, int, Damage, str, str]
# (check, state, exit code, damage, part of the message, part of the remedy)
FAILURES: list[Row] = [
    (".env", "warn", 0, file(".env", "", mode=0o644), "can be read by other users", "chmod 600"),
    ("settings", "warn", 0, put("PDBOT_COMAND", "/x"), "Did you mean PDBOT_COMMAND?", "Correct"),
    ("settings", "fail", 2, unset("SLACK_BOT_TOKEN"), "SLACK_BOT_TOKEN is missing", "pdbot init"),
    ("settings", "fail", 2, put("SLACK_BOT_TOKEN", "xapp-1"), "in the wrong variable?", "Correct"),
    ("settings", "fail", 2, put("SLACK_APP_TOKEN", "xoxb-1"), "in the wrong variable?", "Correct"),
    ("settings", "fail", 2, file("p.toml", "[[alow]]", "PDBOT_POLICY"), '"alow" is unknown', "Cor"),
    ("bot token", "fail", 1, put("SLACK_BOT_TOKEN", "xoxb-old"), "invalid_auth", "Install App"),
    ("bot token", "fail", 1, put("SLACK_API_URL", OTHER_HOST), "cannot be reached", "HTTPS_PROXY"),
    ("bot token", "fail", 1, slack_answers("auth.test", "fatal_error"), "fatal_error", "HTTPS"),
    ("scopes", "fail", 1, without_scopes("reactions:write"), "reactions:write (mark", "manifest"),
    ("connection", "fail", 1, put("SLACK_APP_TOKEN", "xapp-old"), "invalid_auth", "App-Level"),
    ("connection", "fail", 1, slack_answers("apps.connections.open", "socket_off"), "no socket", "enable"),
    ("command", "fail", 1, without_scopes("commands"), "has no slash command", "--command /pd"),
    ("command", "warn", 0, official_app, "PagerDuty's own Slack app", "PDBOT_COMMAND=/page"),
    ("command", "warn", 0, file("manifest.yml", "  - command: /page\n"), "names /page", "--command /pd"),
    ("key", "fail", 1, put("PAGERDUTY_API_TOKEN", "wrong-key"), "refuses PAGERDUTY_API", "Create"),
    ("key", "warn", 0, personal_key, "the personal key of Ann Archer", "account-level key"),
    ("key", "fail", 1, read_only_key, "refuses every write", "without the mark Read-only API Key"),
    ("key", "fail", 1, put("PAGERDUTY_API_URL", OTHER_HOST), "cannot be asked", "HTTPS_PROXY"),
    ("region", "fail", 1, put("PAGERDUTY_EVENTS_URL", "https://events.eu.pagerduty.com/v2"), "another region", "Remove"),
    ("From", "fail", 2, unset("PAGERDUTY_FROM_EMAIL"), "is missing", "ops@example.com"),
    ("From", "fail", 1, put("PAGERDUTY_FROM_EMAIL", "x@example.com"), "no user", "login address"),
    ("From", "fail", 1, read_only, "may change nothing", "Responder"),
    ("people", "warn", 0, strangers, "1 of 8 people have", "pdbot users"),
    ("people", "fail", 1, without_scopes("users:read.email"), "no e-mail address", "users:read.email"),
    ("people file", "fail", 1, file("p.toml", '[people]\nU0ANN = "no@example.com"', "PDBOT_PEOPLE"), "U0ANN (no@example.com)", "login address"),
    ("policies", "warn", 0, no_policies, "no escalation policy", "people only"),
    ("policies", "fail", 1, pagerduty_answers("rest.listEscalationPolicies", 403), "", "right"),
    ("policy file", "fail", 1, file("p.toml", '[[allow]]\neffects = ["ack"]\ngroups = ["@nobody"]\nusers = ["U0NONE"]', "PDBOT_POLICY"), "@nobody, U0NONE", "PDBOT_POLICY"),
    ("rules", "fail", 2, rules("[[rul]]"), '"rul" is not a key', "rules check"),
    ("rules", "warn", 0, rules(RULES.replace('bots = ["B0CRON"]', "")), 'it names no "bots"', "Change"),
    ("channels", "fail", 1, rules(RULES.replace("#jobs", "#job")), "#job", "did you mean #jobs"),
    ("channels", "fail", 1, rules(RULES.replace("#jobs", "C0OTHER")), "C0OTHER", "/invite @pdbot"),
    ("channels", "fail", 1, no_channels, "in no channel", "/invite @pdbot"),
    ("channels", "fail", 1, slack_answers("users.conversations", "missing_scope"), "missing_scope", "scopes"),
    ("integration keys", "fail", 1, unset("CRON_KEY"), "env:CRON_KEY", "wait until"),
    ("integration keys", "fail", 1, put("CRON_KEY", "f" * 32), "Invalid routing key", "PAGERDUTY_REGION"),
    ("integration keys", "fail", 1, pagerduty_answers("events_v2.createChangeEvent", 500), "did not answer", "Try again"),
    ("integration keys", "warn", 0, orchestration, "event orchestration", "alerts arrive"),
    ("database", "fail", 1, put("DATABASE_URL", "sqlite:////no/such/folder/pdbot.db"), "cannot be created", "mkdir -p"),
]  # fmt: skip


@pytest.mark.parametrize("row", FAILURES, ids=lambda row: f"{row[0]}: {row[4] or row[5]}")
async def test_check_that_fails_says_what_to_do(here: Operator, row: Row) -> None:
    name, state, exit_code, damage, message, remedy = row
    damage(here)

    lines = (await here.check())[name]

    (line,) = [one for one in lines if message in one["message"]]
    assert line["state"] == state
    assert remedy in line["remedy"]
    assert here.exit_code == exit_code


def test_every_check_is_seen_to_fail() -> None:
    """The clock is in `test_check_more.py`."""
    assert {row[0] for row in FAILURES} == {name for name, _ in CHECKS} - {"clock"}


async def test_everything_is_fine_and_pages_nobody(here: Operator) -> None:
    await here.make_database()

    found = await here.check()

    assert here.exit_code == 0
    assert [name for name, _ in CHECKS] == list(found)
    assert {line["state"] for lines in found.values() for line in lines} == {"ok"}
    assert not here.pagerduty.incidents
    assert {one.operation for one in here.pagerduty.events} == {"events_v2.createChangeEvent"}
    written = [one for one in here.pagerduty.requests if one.method != "GET"]
    assert [(one.path, one.status) for one in written] == [("/incidents/PDBOTCHECK", 404)]
    assert [one.body for one in written] == [{"incident": {"type": "incident_reference"}}]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "an account-level key that may write: "),
        (400, "an account-level key: "),
        (429, "an account-level key: "),
        (500, "an account-level key: "),
    ],
)
async def test_key_is_called_what_pagerduty_tells_of_it(
    here: Operator, status: int, said: str
) -> None:
    here.pagerduty.faults.add(Fault("rest.updateIncident", status, times=None))

    line = await here.one("key")

    assert line["state"] == "ok"
    assert line["message"].startswith(said)


async def test_secrets_are_never_printed(here: Operator) -> None:
    here.environ |= {"CRON_KEY": "f" * 32, "SLACK_BOT_TOKEN": "xoxb-secret-1", "X": "1"}
    out = io.StringIO()

    await check(here.environ, out=out, folder=here.folder)

    for name in ("CRON_KEY", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "PAGERDUTY_API_TOKEN"):
        assert here.environ[name] not in out.getvalue()


async def test_text_has_a_line_each_the_remedy_below_and_a_sum(here: Operator) -> None:
    here.environ["PAGERDUTY_FROM_EMAIL"] = "x@example.com"
    out = io.StringIO()

    assert await check(here.environ, out=out, folder=here.folder) == 1

    lines = out.getvalue().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("FAIL  From"))
    assert (
        lines[at + 1].strip()
        == "-> Use the login address of an existing user: PagerDuty, People, Users."
    )
    assert lines[-1] == "17 ok, 0 to look at, 1 failed."


async def test_what_builds_on_a_failure_is_not_checked_and_says_so(here: Operator) -> None:
    here.environ["SLACK_BOT_TOKEN"] = "xoxb-old"
    here.environ["PAGERDUTY_API_TOKEN"] = "wrong-key"

    found = await here.check()

    assert found["scopes"][0]["message"] == "Not checked."
    assert found["scopes"][0]["remedy"] == "First mend what is reported above at: bot token."
    for name in ("command", "channels", "clock"):
        assert "bot token" in found[name][0]["remedy"]
    assert found["From"][0]["remedy"] == "First mend what is reported above at: key."
