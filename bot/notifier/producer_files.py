"""Where descriptions come from: the files in `producers/`, and tables of the rules file.

A table with the name of a shipped producer amends it: its words are added to the map, other keys
replace. One that has variants of its own replaces it. `enabled = false` switches it off.
"""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

from bot.errors import ConfigError
from bot.notifier.producer_schema import Description, parse_description
from bot.notifier.words import suggestion

_FOLDER: Final = "producers"
_MERGED: Final = ("map", "extract", "format")


@cache
def shipped() -> tuple[Description, ...]:
    """Read the shipped descriptions, in the order of their names."""
    folder = resources.files("bot.notifier") / _FOLDER
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".toml")),
        key=lambda file: file.name,
    )
    read: list[Description] = []
    problems: list[str] = []
    for file in files:
        table = tomllib.loads(file.read_text("utf-8"))
        description, wrong = parse_description(table, f"producers/{file.name}")
        problems += wrong
        if description is not None:
            read.append(description)
    if problems:
        raise ConfigError(problems)
    return tuple(read)


def descriptions(user: Sequence[Mapping[str, Any]]) -> list[Description]:
    """Give the descriptions in force, in the order in which they are tried.

    By priority; at the same priority the user's own first, then by name.

    Raises:
        ConfigError: with every problem of all tables.
    """
    by_name = {description.name: description for description in shipped()}
    known = tuple(by_name)
    problems: list[str] = []
    mine: list[str] = []
    for number, table in enumerate(user, 1):
        given = table.get("name")
        where = f'producer "{given}"' if isinstance(given, str) else f"producer {number}"
        if given in mine:
            problems.append(f"{where}: is described twice")
            continue
        description, wrong = parse_description(table, where)
        problems += wrong
        if description is None:
            continue
        mine.append(description.name)
        wrong = _wrong_with(description, by_name.get(description.name), known)
        problems += [f"{where}: {problem}" for problem in wrong]
        by_name[description.name] = _over(by_name.get(description.name), description)
    if problems:
        raise ConfigError(problems)
    enabled = [description for description in by_name.values() if description.enabled]
    return sorted(enabled, key=lambda each: (each.priority, each.name not in mine, each.name))


def _wrong_with(
    description: Description, base: Description | None, known: Sequence[str]
) -> list[str]:
    """Tell what only the whole of a description shows."""
    if not description.variant:
        if base is None:
            near = suggestion(description.name, known)
            return [f"has no [[producer.variant]], and no shipped producer has that name{near}"]
        return []
    captured = {
        variant_number
        for variant_number, variant in enumerate(description.variant, 1)
        if variant.status
        or variant.raw_status
        or any("(?P<status>" in (test.pattern or "") for test in variant.when)
    }
    return [
        f"variant {number} reads no status: give status, raw_status, or a group (?P<status>…)"
        for number in range(1, len(description.variant) + 1)
        if number not in captured
    ]


def _over(base: Description | None, mine: Description) -> Description:
    if base is None or mine.variant:
        return mine
    given = {key: getattr(mine, key) for key in mine.model_fields_set}
    for key in _MERGED:
        if key in given:
            given[key] = {**getattr(base, key), **given[key]}
    return base.model_copy(update=given)
