"""Read the rules file: everything that is wrong with it at once, each with its line."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from bot.errors import ConfigError
from bot.model import Condition
from bot.notifier.engine import Producers
from bot.notifier.rules import Rule, Rules
from bot.notifier.rules_effects import effects_of
from bot.notifier.rules_schema import (
    AvgDurationTable,
    ConditionTable,
    OnTables,
    RulesFile,
    RuleTable,
    Sending,
)
from bot.notifier.rules_warnings import warnings_of
from bot.notifier.toml_lines import Lines
from bot.notifier.words import clean_line, suggestion

_MOST_CHARACTERS: Final = 4_000_000
_MOST_RULES: Final = 10_000
_TOML_PLACE: Final = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")
_KEY_LIKE: Final = re.compile(r"[A-Za-z0-9]{32,}")  # an integration key, wherever it was put
_HIDDEN: Final = "(something like a key)"
_KEYS: Final[Mapping[str, type[BaseModel]]] = {
    "": RulesFile,
    "rule": RuleTable,
    "on": OnTables,
    "condition": ConditionTable,
    "avg_duration": AvgDurationTable,
}


_Problem = tuple[int, str]
"""The line that it is sorted by, and the sentence."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """One reading of one file."""

    path: str
    document: Mapping[str, Any]
    lines: Lines

    def problem(
        self,
        path: Sequence[str | int],
        sentence: str,
        *,
        about: Sequence[str | int] | None = None,
    ) -> str:
        """Write a problem or warning: file, line, rule and key, what is wrong.

        `about` is what the sentence is about where that is not the path itself.
        """
        line = self.lines.of(path)
        where = f"{self.path}:{line}" if line else self.path
        end = "" if sentence.endswith("?") else "."
        subject = self._subject(path if about is None else about)
        return f"{where}: {_KEY_LIKE.sub(_HIDDEN, f'{subject}{sentence}')}{end}"

    def _subject(self, path: Sequence[str | int]) -> str:
        if len(path) < 2 or not isinstance(path[1], int):  # noqa: PLR2004 - table and position
            return f"{path[0]}: " if path else ""
        table, position, *keys = path
        name = self._name(self.document[str(table)][position], path[1])
        return f"{table} {name}{', ' if keys else ''}{'.'.join(map(str, keys))}: "

    @staticmethod
    def _name(table: Any, position: int) -> str:
        name = table.get("name") if isinstance(table, dict) else None
        if isinstance(name, str) and (shown := clean_line(name)):
            return f'"{shown}"'
        return f"number {position + 1}"


def load_file(path: Path) -> Rules:
    """Read a rules file.

    Raises:
        ConfigError: it cannot be read, or with every mistake in it.
        FileNotFoundError: there is none; that only means that the notifier is off.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError([f"{path}: the rules file cannot be read: {reason}."]) from None
    return load(text, path=str(path))


def load(text: str, *, path: str) -> Rules:
    """Read the text of a rules file; `path` is how messages call it.

    Raises:
        ConfigError: with every mistake, a sentence each.
    """
    if len(text) > _MOST_CHARACTERS:
        raise ConfigError([f"{path}: the file has more than {_MOST_CHARACTERS} characters."])
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax_problem(error, text, path)]) from None
    except RecursionError:
        raise ConfigError([f"{path}: the tables are nested too deeply."]) from None
    reader = _Reader(path, document, Lines(text))
    read, found = _validate(reader)
    found += _duplicate_names(reader)
    producers, more = _producers(reader)
    found += more
    if found or read is None or producers is None:
        found.sort(key=lambda problem: problem[0])
        raise ConfigError([sentence for _, sentence in found])
    rules = [
        _rule(table, reader.lines.of(("rule", position)))
        for position, table in enumerate(read.rule)
    ]
    warnings = [
        reader.problem(place, sentence)
        for place, sentence in warnings_of(read.rule, producers.names)
    ]
    return Rules(rules, producers, path=path, warnings=warnings)


def _rule(table: RuleTable, line: int | None) -> Rule:
    average = table.on.avg_duration
    return Rule(
        name=table.name,
        line=line,
        effects={condition: effects_of(table, condition) for condition in Condition},
        channels=table.channels,
        bots=table.bots,
        producer=table.producer,
        project=table.project,
        job=table.job,
        continues=table.continues,
        threshold=average.threshold if average else None,
    )


def _syntax_problem(error: tomllib.TOMLDecodeError, text: str, path: str) -> str:
    message = str(error)
    found = _TOML_PLACE.search(message)
    what = message[: found.start()] if found else message
    if found and found["line"]:
        return f"{path}:{found['line']}: this is not TOML: {what}."
    return f"{path}:{text.rstrip().count(chr(10)) + 1}: this is not TOML: {what}."


def _validate(reader: _Reader) -> tuple[RulesFile | None, list[_Problem]]:
    entries = reader.document.get("rule")
    if isinstance(entries, list) and len(entries) > _MOST_RULES:
        return None, [(0, f"{reader.path}: the file has more than {_MOST_RULES} rules.")]
    try:
        return RulesFile.model_validate(dict(reader.document)), []
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return None, [
            _problem(reader, each["type"], each["loc"], each.get("ctx")) for each in found
        ]


def _problem(reader: _Reader, kind: str, place: Sequence[str | int], context: Any) -> _Problem:
    sentence = _sentence(kind, place, context)
    is_about_parent = kind in {"extra_forbidden", "missing"}
    about = place[:-1] if is_about_parent else None
    return reader.lines.of(place) or 0, reader.problem(place, sentence, about=about)


def _sentence(kind: str, place: Sequence[str | int], context: Any) -> str:
    """Say what is wrong, without the value that is written there."""
    key = place[-1]
    sentences: Mapping[str, Callable[[], str]] = {
        "extra_forbidden": lambda: _unknown_key(place),
        "missing": lambda: f'it has no "{key}": every rule needs one of its own',
        "value_error": lambda: str(context["error"]),
        "bool_type": lambda: "must be true or false, without quotes",
        "list_type": lambda: f"write [[{key}]], in two brackets: there may be several",
    }
    return sentences.get(kind, lambda: _no_table(place))()


def _no_table(place: Sequence[str | int]) -> str:
    if isinstance(place[-1], int):
        return f"write [[{place[0]}]], a table for each"
    return f"must be a table: write [rule.{'.'.join(map(str, place[2:]))}]"


def _unknown_key(place: Sequence[str | int]) -> str:
    key = place[-1]
    word = clean_line(str(key))
    level = _level(place)
    if (hint := _misplaced(str(key), level)) is not None:
        return f'"{word}" {hint}'
    known = _known(level)
    near = suggestion(word, known)
    rest = "" if near else f" (known: {', '.join(known)})"
    noun = "a condition" if level == "on" else "a key"
    return f'"{word}" is not {noun} here{near}{rest}'


def _level(place: Sequence[str | int]) -> str:
    depth = len(place)
    if depth == 1:
        return ""
    if depth == 3:  # noqa: PLR2004 - rule, position, key
        return "rule"
    if depth == 4:  # noqa: PLR2004 - rule, position, on, condition
        return "on"
    return "avg_duration" if place[3] == "avg_duration" else "condition"


def _known(level: str) -> list[str]:
    return [field.alias or name for name, field in _KEYS[level].model_fields.items()]


def _misplaced(key: str, level: str) -> str | None:
    """Tell where a key belongs that is known at another level."""
    if level == "":
        return "belongs in a [[rule]]" if key in _known("rule") else None
    if key == "threshold":
        return "belongs in [rule.on.avg_duration]"
    if level == "rule" and key == "action":
        return "belongs in a condition's table, say [rule.on.failure]"
    if level == "rule" and key in _known("on"):
        return f"is a condition: write [rule.on.{key}]"
    if level in {"condition", "avg_duration"} and key in set(_known("rule")) - set(
        Sending.model_fields
    ):
        return "belongs in [[rule]] itself, above its conditions' tables"
    return None


def _duplicate_names(reader: _Reader) -> list[_Problem]:
    problems: list[_Problem] = []
    seen: dict[str, int] = {}
    for position, table in _tables(reader.document.get("rule")):
        name = table.get("name")
        if not isinstance(name, str) or not clean_line(name):
            continue
        first = seen.setdefault(clean_line(name), position)
        if first != position:
            place, earlier = ("rule", position, "name"), reader.lines.of(("rule", first, "name"))
            sentence = f"the rule on line {earlier} has the same name; names must be unique"
            problems.append((reader.lines.of(place) or 0, reader.problem(place, sentence)))
    return problems


def _producers(reader: _Reader) -> tuple[Producers | None, list[_Problem]]:
    tables = dict(_tables(reader.document.get("producer")))
    try:
        return Producers.load(list(tables.values())), []
    except ConfigError as error:
        # The engine names a table by its name, or else by its number; it does not know lines.
        lines = {
            f'producer "{table["name"]}"'
            if isinstance(table.get("name"), str)
            else (f"producer {number}"): reader.lines.of(("producer", position))
            for number, (position, table) in enumerate(tables.items(), 1)
        }
        return None, [_producer_problem(reader.path, each, lines) for each in error.problems]


def _producer_problem(path: str, problem: str, lines: Mapping[str, int | None]) -> _Problem:
    line = next((at for name, at in lines.items() if problem.startswith(f"{name}:")), None)
    where = f"{path}:{line}" if line else path
    end = "" if problem.endswith((".", "?")) else "."
    return line or 0, f"{where}: {_KEY_LIKE.sub(_HIDDEN, problem)}{end}"


def _tables(entries: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """Give the tables of an array with their positions; what is none was reported already."""
    if isinstance(entries, list):
        yield from ((at, entry) for at, entry in enumerate(entries) if isinstance(entry, dict))
