"""`pdbot init`: a few questions, then `.env`; and which Slack page takes the manifest."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from dotenv import dotenv_values

from bot.config import PLAIN, SECRETS, Reader, load, read_text
from bot.errors import ConfigError
from bot.ops.console import write_line

OK: Final = 0
REFUSED: Final = 2
NEW_APP: Final = "https://api.slack.com/apps?new_app=1"

Ask = Callable[[str, bool], str]
"""Ask somebody at a terminal; True hides what is typed. An empty answer takes the default."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for one setting."""

    name: str
    text: str
    default: str = ""
    may_be_empty: bool = False


QUESTIONS: Final = (
    Question("SLACK_BOT_TOKEN", "Slack's Bot User OAuth Token (xoxb-…, page Install App)"),
    Question(
        "SLACK_APP_TOKEN",
        "Slack's app-level token (xapp-…, page Basic Information; empty: HTTP mode)",
        may_be_empty=True,
    ),
    Question("SLACK_SIGNING_SECRET", "Slack's signing secret (page Basic Information)"),
    Question("PAGERDUTY_API_TOKEN", "PagerDuty's REST API key (Integrations, API Access Keys)"),
    Question("PAGERDUTY_REGION", "PagerDuty's region, us or eu", "us"),
    Question(
        "PAGERDUTY_FROM_EMAIL",
        "E-mail of the PagerDuty user in whose name the bot acts by itself "
        "(empty only with a personal key)",
        may_be_empty=True,
    ),
    Question(
        "PAGERDUTY_INTEGRATION_KEY",
        "Integration key for alerts from job messages (Events API v2; empty: none)",
        may_be_empty=True,
    ),
    Question("PDBOT_COMMAND", "The slash command (/page where PagerDuty's app has /pd)", "/pd"),
)


def init(
    given: Sequence[str],
    *,
    path: Path,
    out: TextIO,
    ask: Ask | None = None,
    overwrite: bool = False,
) -> int:
    """Collect the settings, write the file with mode 0600, say what comes next.

    `given` are `NAME=VALUE`s, which are not asked for. Without `ask` there is no terminal: what is
    missing is an error. What an existing file says beyond that stays.

    Raises:
        ConfigError: a value is wrong, or missing without a terminal to ask at.
    """
    values = _given(given)
    exists = path.exists()
    if exists and not overwrite:
        if ask is None:
            raise ConfigError(
                [
                    f"{path} exists already, and nothing was written. Give --force to change it: "
                    "what you do not name stays, and the old file is kept beside it."
                ]
            )
        answer = ask(
            f"{path} exists. Change it? What you do not name stays, and the old one is kept as "
            f"{_backup(path).name} [y/N]",
            False,
        )
        if answer.strip().lower() not in {"y", "yes"}:
            write_line(out, "Nothing was written.")
            return REFUSED
    kept = _kept(path) if exists else {}
    if ask is not None:
        _first_steps(out)
        values = _asked(values, kept, ask, out)
    values = {**kept, **values}
    values = {name: value for name, value in values.items() if value}
    _validate(values, has_terminal=ask is not None)
    _write(path, values, keep_old=exists)
    _next_steps(out, path, values)
    return OK


def _given(given: Sequence[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    problems = []
    for each in given:
        name, equals, value = each.partition("=")
        name = name.strip()
        if not equals or not _is_setting(name):
            # What stands there may be a secret in the wrong place: it is not repeated.
            problems.append("--set takes NAME=VALUE with the name of a setting, see the README.")
        values[name] = value.strip()
    problems += [problem for name, value in values.items() for problem in _problems(name, value)]
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))
    return values


def _is_setting(name: str) -> bool:
    return name in PLAIN or name.removesuffix("_FILE") in SECRETS


def _problems(name: str, value: str) -> list[str]:
    reader = Reader({name: value}, read_text)
    if name in PLAIN:
        reader.text(name)
    elif name in SECRETS:
        reader.secret(name)
    if "${" in value:  # no quotes keep python-dotenv from replacing it
        reader.problems.append(
            f"{name} has ${{ in it, which .env files replace. Put it into a file of its own, and "
            f"give {name}_FILE with the file's path."
        )
    return reader.problems


def _asked(
    given: Mapping[str, str], kept: Mapping[str, str], ask: Ask, out: TextIO
) -> dict[str, str]:
    values = dict(given)
    for question in QUESTIONS:
        name = question.name
        if name in values or f"{name}_FILE" in {**kept, **values}:
            continue
        if name == "SLACK_SIGNING_SECRET" and (
            values.get("SLACK_APP_TOKEN") or "SLACK_APP_TOKEN_FILE" in {**kept, **values}
        ):
            continue
        values[name] = _answer(question, kept.get(name, ""), ask, out)
    return values


def _answer(question: Question, kept: str, ask: Ask, out: TextIO) -> str:
    is_secret = question.name in SECRETS
    default = kept or question.default
    shown = f" [{'keep the present one' if is_secret else default}]" if default else ""
    while True:
        typed = ask(f"{question.text}{shown}", is_secret).strip() or default
        if not typed and question.may_be_empty:
            return ""
        problems = _problems(question.name, typed) if typed else ["Something is needed here."]
        if not problems:
            return typed
        for problem in problems:
            write_line(out, f"  {problem}")


def _kept(path: Path) -> dict[str, str]:
    try:
        return {key: value for key, value in dotenv_values(path).items() if value}
    except (OSError, UnicodeDecodeError):
        raise ConfigError([f"{path} exists and cannot be read; nothing was written."]) from None


def _validate(values: Mapping[str, str], *, has_terminal: bool) -> None:
    try:
        # Files that come later, the rules say, are not this command's business.
        load({name: value for name, value in values.items() if name not in _FILES})
    except ConfigError as error:
        advice = () if has_terminal else ("Give it with --set NAME=VALUE; nothing was written.",)
        raise ConfigError([*error.problems, *advice]) from None


_FILES: Final = ("PDBOT_RULES", "PDBOT_PEOPLE", "PDBOT_POLICY")


def _write(path: Path, values: Mapping[str, str], *, keep_old: bool) -> None:
    """Write beside it and move it there: a full disk leaves the old file as it was."""
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            os.fchmod(file.fileno(), 0o600)
            file.writelines(f"{line}\n" for line in _lines(values))
            file.flush()
            os.fsync(file.fileno())
        if keep_old:
            path.chmod(0o600)
            path.replace(_backup(path))
        fresh.replace(path)
    except OSError as error:
        raise ConfigError([f"{path} cannot be written: {error.strerror}."]) from None


def _backup(path: Path) -> Path:
    return path.with_name(path.name + ".bak")


def _lines(values: Mapping[str, str]) -> Iterator[str]:
    yield "# Settings of pdbot; the README has all of them. Nobody else may read this file."
    asked = [question.name for question in QUESTIONS]
    for name in sorted(values, key=lambda name: (asked.index(name) if name in asked else 99, name)):
        yield f"{name}={_quoted(values[name])}"


def _quoted(value: str) -> str:
    if not set(value) & set(" \t\"'#$\\`\n"):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _first_steps(out: TextIO) -> None:
    write_line(out, "First the Slack app, if there is none yet:")
    write_line(out, f"  1. Open {NEW_APP} and choose From a manifest.")
    write_line(out, "  2. Paste what `pdbot manifest` prints (`--command /page` for another name).")
    write_line(out, "  3. Install App. Then Basic Information, App-Level Tokens: generate one with")
    write_line(out, "     the scope connections:write. You need both tokens now.")
    write_line(out)


def _next_steps(out: TextIO, path: Path, values: Mapping[str, str]) -> None:
    command = values.get("PDBOT_COMMAND", "/pd")
    options = "" if command == "/pd" else f" --command {command}"
    if "SLACK_APP_TOKEN" not in values and "SLACK_APP_TOKEN_FILE" not in values:
        options += " --url https://YOUR-ADDRESS"
    write_line(out, f"Wrote {path}, which only you can read.")
    write_line(out, f"The manifest: `pdbot manifest{options}` prints it. Paste it at {NEW_APP}")
    write_line(out, "(From a manifest), or of an existing app at its page App Manifest.")
    write_line(out, "Next: `pdbot check`, then `pdbot run --dry-run`, then `pdbot run`.")
