"""`pdbot check`: every line fails at least once, and names the way out."""

import io
import sqlite3
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.config import load
from bot.ledger import EntryState, Stats
from bot.ops import check as module
from bot.ops.check import CHECKS, check
from bot.ops.check_machine import outbox
from bot.ops.check_slack import check_bot_token
from bot.ops.site import Finding, Findings, Once, Site, site_of
from bot.pagerduty.regions import Region
from bot.sandbox.pagerduty import Fault, PagerDuty
from bot.sandbox.slack import Fault as SlackFault
from bot.slack.survey import Standing
from tests.ops.operator import KEY, RULES, Operator, operator

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


async def test_everything_is_fine_and_pages_nobody(here: Operator) -> None:
    await here.make_database()

    found = await here.check()

    assert here.exit_code == 0
    assert [name for name, _ in CHECKS] == list(found)
    assert {line["state"] for lines in found.values() for line in lines} == {"ok"}
    assert not here.pagerduty.incidents
    assert {one.operation for one in here.pagerduty.events} == {"events_v2.createChangeEvent"}
    assert {one.method for one in here.pagerduty.requests} == {"GET"}


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
    assert found["scopes"][0]["remedy"] == "First mend what stands at: bot token."
    for name in ("command", "channels", "clock"):
        assert "bot token" in found[name][0]["remedy"]
    assert found["From"][0]["remedy"] == "First mend what stands at: key."


async def test_key_of_the_other_region_is_recognized(here: Operator) -> None:
    async with PagerDuty(account="acme-eu", api_token="eu-account-key").serve() as europe:
        here.environ["PAGERDUTY_API_TOKEN"] = "eu-account-key"
        regions = {
            "us": Region(here.pagerduty.rest_url, here.pagerduty.events_url),
            "eu": Region(europe.rest_url, europe.events_url),
        }

        line = await here.one("key", regions=regions)

    assert "it is a key of the region eu" in line["message"]
    assert line["remedy"] == "Set PAGERDUTY_REGION=eu."


async def test_key_of_no_region_is_told_from_one_of_another(here: Operator) -> None:
    async with PagerDuty().serve() as europe:
        here.environ["PAGERDUTY_API_TOKEN"] = "wrong-key"
        regions = {
            "us": Region(here.pagerduty.rest_url, here.pagerduty.events_url),
            "eu": Region(europe.rest_url, europe.events_url),
        }

        line = await here.one("key", regions=regions)

    assert line["message"] == "PagerDuty refuses PAGERDUTY_API_TOKEN (401)."


class LateClock(SystemClock):
    def __init__(self, behind: timedelta) -> None:
        self._behind = behind

    def now(self) -> datetime:
        return super().now() - self._behind


@pytest.mark.parametrize(
    ("behind", "state"),
    [(timedelta(minutes=2), "warn"), (timedelta(hours=1), "fail"), (-timedelta(hours=1), "fail")],
)
async def test_clock_that_is_wrong_is_told(here: Operator, behind: timedelta, state: str) -> None:
    line = await here.one("clock", clock=LateClock(behind))

    assert line["state"] == state
    assert ("behind" if behind > timedelta() else "ahead of") in line["message"]
    assert "NTP" in line["remedy"]


@pytest.mark.parametrize("app_id", ["A0PDBOT", "A0OTHER"])
async def test_tokens_of_two_apps_are_told_apart(tmp_path: Path, app_id: str) -> None:
    async with operator(tmp_path, app_token=f"xapp-1-{app_id}-2-3") as here:
        line = await here.one("connection")

    assert line["state"] == ("ok" if app_id == "A0PDBOT" else "fail")
    assert app_id == "A0PDBOT" or "belongs to the app A0OTHER" in line["message"]


async def test_app_of_the_token_stays_open_without_the_right_to_ask(tmp_path: Path) -> None:
    async with operator(tmp_path, app_token="xapp-1-A0OTHER-2-3") as here:
        here.slack.scopes -= {"users:read"}

        assert (await here.one("connection"))["state"] == "ok"


async def test_socket_that_cannot_be_asked_for_is_told(here: Operator) -> None:
    here.slack.faults.add(SlackFault("apps.connections.open", drop=True, times=None))

    assert "cannot be reached" in (await here.one("connection"))["message"]


async def test_http_mode_needs_no_socket(here: Operator) -> None:
    del here.environ["SLACK_APP_TOKEN"]
    here.environ["SLACK_SIGNING_SECRET"] = "a-signing-secret"

    assert (await here.one("connection"))["message"].startswith("HTTP mode on 127.0.0.1:3000")


async def test_rules_may_be_absent(here: Operator) -> None:
    (here.folder / "rules.toml").unlink()

    found = await here.check()

    assert here.exit_code == 0
    assert "the notifier is off" in found["rules"][0]["message"]
    assert found["integration keys"][0]["message"] == "none needed without rules"
    assert "no rule names any" in found["channels"][0]["message"]


async def test_rules_that_send_nothing_need_no_key(here: Operator) -> None:
    nothing = "".join(
        f'[rule.on.{one}]\naction = "none"\n' for one in ("failure", "success", "avg_duration")
    )
    here.write("rules.toml", RULES + nothing)

    assert "no rule sends" in (await here.one("integration keys"))["message"]


async def test_policy_whose_names_exist_is_fine(here: Operator) -> None:
    here.slack.add_usergroup("payments", id="S0PAY001", users=["ann"])
    path = here.write(
        "p.toml",
        '[[allow]]\neffects = ["ack"]\ngroups = ["@payments", "S0PAY001"]\nusers = ["U0ANN"]',
    )
    here.environ["PDBOT_POLICY"] = str(path)

    assert (await here.one("policy file"))["message"].startswith("1 table; all groups and users")


async def test_policy_that_allows_nothing_is_doubtful(here: Operator) -> None:
    here.environ["PDBOT_POLICY"] = str(here.write("p.toml", "# nobody yet\n"))

    line = await here.one("policy file")

    assert line["state"] == "warn"
    assert "[[allow]]" in line["remedy"]


async def test_policy_whose_groups_cannot_be_read_is_told(here: Operator) -> None:
    here.slack.scopes -= {"usergroups:read"}
    path = here.write("p.toml", '[[allow]]\neffects = ["ack"]\ngroups = ["@x"]')
    here.environ["PDBOT_POLICY"] = str(path)

    assert "missing_scope" in (await here.one("policy file"))["message"]


async def test_people_file_may_name_another_address(here: Operator) -> None:
    path = here.write("p.toml", '[people]\nU0ANN = "bot@example.com"')
    here.environ["PDBOT_PEOPLE"] = str(path)

    assert (await here.one("people file"))["state"] == "ok"


async def test_personal_key_needs_no_address(here: Operator) -> None:
    personal_key(here)
    del here.environ["PAGERDUTY_FROM_EMAIL"]

    assert "not needed" in (await here.one("From"))["message"]


async def test_env_file_of_ones_own_is_fine(here: Operator) -> None:
    here.write(".env", "").chmod(0o600)

    assert (await here.one(".env"))["state"] == "ok"


async def test_database_that_is_none_is_told(here: Operator) -> None:
    here.write("pdbot.db", "this is no database, only text that is long enough " * 20)

    line = await here.one("database")

    assert line["state"] == "fail"
    assert here.exit_code in {1, 2}


async def test_database_of_a_newer_version_is_told(here: Operator) -> None:
    await here.make_database()
    with sqlite3.connect(here.folder / "pdbot.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    line = await here.one("database")

    assert "have version 9999" in line["message"]
    assert here.exit_code == 2


async def test_database_server_that_is_not_there_is_told(here: Operator) -> None:
    here.environ["DATABASE_URL"] = "postgresql://pdbot:s3cret@127.0.0.1:9/pdbot"

    line = await here.one("database")

    assert line["state"] == "fail"
    assert "s3cret" not in str(line)
    assert "DATABASE_URL" in line["remedy"]


async def test_proxy_that_cannot_work_is_bad_configuration(
    here: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://proxy.example:1080")
    here.environ["PAGERDUTY_API_URL"] = "https://pagerduty.example"

    found = await here.check()

    assert here.exit_code == 2
    assert "HTTPS_PROXY is not" in found["settings"][0]["message"]


async def test_defect_in_one_check_hides_no_other(
    here: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: Site) -> Findings:
        raise RuntimeError("a defect")

    monkeypatch.setattr(module, "CHECKS", (("broken", broken), *CHECKS[:1]))

    found = await here.check()

    assert found["broken"][0]["message"] == "The check itself failed."
    assert ".env" in found


def figures(**changes: Any) -> Stats:
    nothing: dict[str, Any] = {
        field.name: None if "seconds" in field.name else {} if field.name == "depth" else 0
        for field in fields(Stats)
    }
    return Stats(**{**nothing, **changes})


@pytest.mark.parametrize(
    ("stats", "message", "remedy"),
    [
        ({"depth": {EntryState.ABANDONED: 2}}, "refused 2 for good", "pdbot outbox list"),
        ({"depth": {EntryState.BLOCKED: 1}}, "1 wait for an integration key", "set its variable"),
        ({"oldest_pending_seconds": 900.0}, "waiting for 900 s", "pdbot run"),
        ({}, "nothing is stuck", ""),
    ],
)
def test_outbox_that_is_stuck_is_told(stats: dict[str, Any], message: str, remedy: str) -> None:
    (finding,) = outbox(figures(**stats))

    assert message in finding.message
    assert remedy in finding.remedy


async def test_database_that_cannot_be_written_is_told(here: Operator) -> None:
    await here.make_database()
    blocker = sqlite3.connect(here.folder / "pdbot.db", isolation_level=None)
    blocker.execute("DROP TABLE outbox")
    blocker.close()

    line = await here.one("database")

    assert line["state"] == "fail"
    assert "right to write" in line["remedy"]


async def test_token_without_a_bot_is_a_persons(here: Operator) -> None:
    settings = load(here.environ)
    async with site_of(settings, here.environ, folder=here.folder) as site:
        standing = await site.standing.get()

        async def persons() -> Standing:
            return replace(standing, bot_id=None)

        site.standing = Once(persons)

        finding = await check_bot_token(site)

    assert isinstance(finding, Finding)
    assert "a person's token" in finding.message
