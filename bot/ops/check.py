"""`pdbot check`: everything that keeps the bot from working, a line each, with the remedy."""

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final, TextIO

import structlog

from bot.config import load
from bot.errors import ConfigError, PdbotError
from bot.ops import check_machine, check_pagerduty, check_slack
from bot.ops.console import plain
from bot.ops.site import Finding, Findings, NotChecked, Site, State, fail, site_of, warn

log = structlog.get_logger(__name__)

FINE: Final = 0
FAILS: Final = 1
BAD_CONFIGURATION: Final = 2

ADVICE: Final = "Correct it in .env or the environment; `pdbot init` asks for all of it."

Check = Callable[[Site], Awaitable[Findings]]

CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    (".env", check_machine.check_env_file),
    ("settings", check_machine.check_settings),
    ("bot token", check_slack.check_bot_token),
    ("scopes", check_slack.check_scopes),
    ("connection", check_slack.check_connection),
    ("command", check_slack.check_command),
    ("key", check_pagerduty.check_key),
    ("region", check_pagerduty.check_region),
    ("From", check_pagerduty.check_from),
    ("people", check_pagerduty.check_people),
    ("people file", check_machine.check_people_file),
    ("policies", check_pagerduty.check_escalation_policies),
    ("policy file", check_slack.check_policy),
    ("rules", check_machine.check_rules),
    ("channels", check_slack.check_channels),
    ("integration keys", check_pagerduty.check_integration_keys),
    ("clock", check_machine.check_clock),
    ("database", check_machine.check_database),
)
_WIDTH: Final = max(len(name) for name, _ in CHECKS)
_MARKS: Final[Mapping[State, str]] = {
    State.OK: "ok  ",
    State.WARN: "warn",
    State.FAIL: "FAIL",
}


async def check(
    environ: Mapping[str, str],
    *,
    out: TextIO,
    as_json: bool = False,
    folder: Path | None = None,
    **site_options: Any,
) -> int:
    """Look at everything and print a line each; give the exit code.

    `folder` is where `.env` and `manifest.yml` lie, and where relative paths begin.
    """
    report = _Report(out, as_json)
    try:
        settings = load(environ)
    except ConfigError as error:
        for problem in error.problems:
            report.add(
                "settings",
                fail(problem, ADVICE, is_configuration=True),
            )
        return report.end()
    try:
        async with site_of(settings, environ, folder=folder, **site_options) as site:
            for name, look in CHECKS:
                for finding in await _look(name, look, site):
                    report.add(name, finding)
    except ConfigError as error:  # an address or a proxy that cannot be right
        for problem in error.problems:
            report.add("settings", fail(problem, "Correct it.", is_configuration=True))
    return report.end()


async def _look(name: str, look: Check, site: Site) -> list[Finding]:
    try:
        found = await look(site)
    except NotChecked as why:
        return [warn("Not checked.", f"First mend what is reported above at: {why}.")]
    except PdbotError as error:
        return [fail(str(error), "Try again; the log has more.")]
    except Exception:  # one defect must not hide the other lines
        log.exception("a check failed in itself", check=name)
        return [fail("The check itself failed.", "Please report it, with the log.")]
    return found if isinstance(found, list) else [found]


class _Report:
    """Print findings as they come, and count them."""

    def __init__(self, out: TextIO, as_json: bool) -> None:
        self._out = out
        self._as_json = as_json
        self._findings: list[Finding] = []

    def add(self, name: str, finding: Finding) -> None:
        """Print one line, or two with a remedy."""
        self._findings.append(finding)
        if self._as_json:
            line: dict[str, str] = {
                "check": name,
                "state": finding.state,
                "message": finding.message,
            }
            if finding.remedy:
                line["remedy"] = finding.remedy
            self._out.write(json.dumps(line) + "\n")
        else:
            margin = " " * (_WIDTH + 8)
            mark = _MARKS[finding.state]
            self._out.write(plain(f"{mark}  {name:<{_WIDTH}}  {finding.message}\n", self._out))
            if finding.remedy:
                self._out.write(plain(f"{margin}-> {finding.remedy}\n", self._out))
        self._out.flush()

    def end(self) -> int:
        """Sum up; give the exit code."""
        counts = {state: sum(one.state is state for one in self._findings) for state in State}
        if not self._as_json:
            self._out.write(
                f"\n{counts[State.OK]} ok, {counts[State.WARN]} to look at, "
                f"{counts[State.FAIL]} failed.\n"
            )
        if any(one.is_configuration and one.state is State.FAIL for one in self._findings):
            return BAD_CONFIGURATION
        return FAILS if counts[State.FAIL] else FINE
