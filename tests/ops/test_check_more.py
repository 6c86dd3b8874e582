"""`pdbot check`: what one line of a table cannot say."""

import sqlite3
from dataclasses import fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.config import load
from bot.ledger import EntryState, Stats
from bot.ops import check as module
from bot.ops.check import CHECKS
from bot.ops.check_machine import outbox
from bot.ops.check_slack import check_bot_token
from bot.ops.site import Finding, Findings, Once, Site, site_of
from bot.pagerduty.regions import Region
from bot.sandbox.pagerduty import PagerDuty
from bot.sandbox.slack import Fault as SlackFault
from bot.slack.survey import Standing
from tests.ops.operator import RULES, Operator, operator


def personal_key(here: Operator) -> None:
    owner = here.pagerduty.user_by_email("ann@example.com")
    here.pagerduty.add_key("pd-personal-key", owner=owner)
    here.environ["PAGERDUTY_API_TOKEN"] = "pd-personal-key"


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


@pytest.mark.parametrize(("key", "state"), [(None, "ok"), ("0" * 32, "fail")])
async def test_key_of_those_without_a_pagerduty_user_is_tried(
    here: Operator, key: str | None, state: str
) -> None:
    (here.folder / "rules.toml").unlink()
    here.environ["PDBOT_TRIGGER_KEY"] = key or here.environ["CRON_KEY"]

    line = await here.one("integration keys")

    assert line["state"] == state
    assert "env:PDBOT_TRIGGER_KEY" in line["message"] or state == "ok"


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
