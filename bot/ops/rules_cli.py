"""`pdbot rules check` and `pdbot rules test`: what the rules say, without sending anything."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from bot.errors import ConfigError
from bot.notifier.rules import Rules, no_rules
from bot.notifier.rules_load import load_file
from bot.ops.judgement import Verdict, judge

OK: Final = 0
UNUSABLE: Final = 2
_LARGEST_FILE: Final = 10_000_000
_INTEGRATION_KEY: Final = re.compile(r"[A-Za-z0-9]{32}")


class UnusableFile(Exception):
    """A file is no Slack message event; the text ends the sentence that begins with its name."""


def check_rules(path: Path, *, environ: Mapping[str, str], out: TextIO) -> int:
    """Print every problem and warning of the rules file, or that it is fine; give the exit code.

    `environ` is where the rules' `env:` keys will be looked up.
    """
    try:
        rules = load_file(path)
    except FileNotFoundError:
        _print(
            out,
            f"{path}: there is no such file, so the notifier is off; write it, or set PDBOT_RULES "
            "to the path of the one you have.",
        )
        return UNUSABLE
    except ConfigError as error:
        for problem in error.problems:
            _print(out, problem)
        return UNUSABLE
    warnings = [*rules.warnings, *missing_keys(rules, environ)]
    for warning in warnings:
        _print(out, f"warning: {warning}")
    _print(out, f"{path}: ok, {_count(len(rules), 'rule')}, {_count(len(warnings), 'warning')}.")
    return OK


def missing_keys(rules: Rules, environ: Mapping[str, str]) -> Iterator[str]:
    """Say which integration keys are not there, or look like none; never what they are."""
    users: dict[str, list[str]] = {}
    for rule in rules.rules:
        for effect in rule.effects.values():
            if effect.action is not None and rule.name not in users.setdefault(effect.key_ref, []):
                users[effect.key_ref].append(rule.name)
    for key_ref, names in users.items():
        if problem := _key_problem(key_ref, environ):
            who = ", ".join(f'"{name}"' for name in names)
            yield f"{rules.path}: {problem} Events of {who} wait until it is there."


def _key_problem(key_ref: str, environ: Mapping[str, str]) -> str | None:
    scheme, _, name = key_ref.partition(":")
    if scheme == "file":
        return _file_problem(name)
    if key := environ.get(name, "").strip():
        if _INTEGRATION_KEY.fullmatch(key):
            return None
        return f"What the environment variable {name} holds is no integration key (32 characters)."
    if path := environ.get(f"{name}_FILE", "").strip():
        return _file_problem(path)
    return f"The environment variable {name} is missing."


def _file_problem(path: str) -> str | None:
    try:
        key = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return f"The file {path} of an integration key cannot be read."
    if _INTEGRATION_KEY.fullmatch(key):
        return None
    return f"What the file {path} holds is no integration key (32 characters)."


@dataclass(frozen=True, slots=True)
class Streams:
    """Where `rules test` reads `-` from, and writes to."""

    stdin: TextIO
    out: TextIO
    err: TextIO


def try_messages(
    files: Sequence[str],
    *,
    rules_path: Path,
    streams: Streams,
    as_json: bool = False,
    channel: str | None = None,
) -> int:
    """Judge each file's message by itself and print the verdicts; give the exit code.

    `channel`, an id or `#name`, stands in for the channel that the messages name. Nothing is sent,
    stored or asked for; keys are not looked up.
    """
    try:
        rules = load_file(rules_path)
    except FileNotFoundError:
        rules = no_rules()
    except ConfigError as error:
        for problem in error.problems:
            _print(streams.err, problem)
        return UNUSABLE
    exit_code = OK
    for file in files:
        try:
            event, team_id = _event(_read(file, streams.stdin))
        except UnusableFile as error:
            _print(streams.err, f"{_shown(file)} {error}")
            exit_code = UNUSABLE
            continue
        verdict = judge(event, rules, team_id=team_id, channel=channel)
        if as_json:
            _print(streams.out, json.dumps({"file": file, **verdict.as_json()}))
        else:
            for line in _readable(file, verdict):
                _print(streams.out, line)
    return exit_code


def _read(file: str, stdin: TextIO) -> str:
    try:
        if file == "-":
            text = stdin.read(_LARGEST_FILE + 1)
        else:
            with Path(file).open(encoding="utf-8-sig") as opened:
                text = opened.read(_LARGEST_FILE + 1)
    except UnicodeDecodeError:
        raise UnusableFile("is not UTF-8 text, so it is no Slack message event.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name is none"
        raise UnusableFile(f"cannot be read: {reason}.") from None
    if len(text) > _LARGEST_FILE:
        raise UnusableFile(f"is larger than {_LARGEST_FILE // 1_000_000} MB.")
    return text


def _event(text: str) -> tuple[Mapping[str, Any], str | None]:
    """Give the message event and, where an envelope names it, its workspace."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise UnusableFile(f"is not JSON: {error.msg} on line {error.lineno}.") from None
    except (RecursionError, ValueError):
        raise UnusableFile("is not JSON that can be read: it is nested too deeply.") from None
    if not isinstance(document, dict):
        raise UnusableFile("holds no JSON object, so it is no Slack message event.")
    event = document.get("event", document)
    if not isinstance(event, dict):
        raise UnusableFile('has something else than an object under the key "event".')
    team_id = document.get("team_id", event.get("team"))
    return event, team_id if isinstance(team_id, str) else None


def _readable(file: str, verdict: Verdict) -> Iterable[str]:
    yield _shown(file)
    yield f"  {verdict.reason}"
    for name, value in (verdict.as_json()["job_status"] or {}).items():
        if value is not None:
            yield f"    {name}: {value}"
    if verdict.trail:
        yield "  Recognition:"
        yield from (f"    {step}" for step in verdict.trail)
    if verdict.tried:
        yield "  Rules:"
        yield from (f"    {step}" for step in verdict.tried)
    for decision in verdict.decisions:
        yield f"  {decision.reason}"
        if decision.event is not None:
            yield from (f"    {line}" for line in _event_lines(decision.event.body))
            yield f"    integration key: {decision.event.key_ref}"
            yield from (f"    warning: {warning}" for warning in decision.event.warnings)
    yield ""


def _event_lines(body: Mapping[str, Any]) -> Iterable[str]:
    payload = body["payload"]
    yield f"{body['event_action']} {payload['severity']}: {payload['summary']}"
    yield f"dedup key: {body['dedup_key']}"
    yield from (f"link: {link['href']}" for link in body["links"])
    yield from (f"image: {image['src']}" for image in body["images"])


def _shown(file: str) -> str:
    return "standard input" if file == "-" else file


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _print(out: TextIO, line: str) -> None:
    """Write a line, whatever the terminal's encoding can show of it."""
    encoding = out.encoding or "utf-8"
    out.write(line.encode(encoding, "replace").decode(encoding) + "\n")
