"""May this person have this effect here? Pure; a mistake in the file stops the start."""

import difflib
import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import ConfigError
from bot.model import Effect

_CHANNEL = re.compile(r"#[^\s,#]{1,80}|[CG][A-Z0-9]{2,20}")
_GROUP = re.compile(r"@[^\s,@]{1,80}|S[A-Z0-9]{2,20}")
_USER = re.compile(r"[UW][A-Z0-9]{3,20}")
_EXAMPLE = 'for example effects = ["ack", "note"]'


@dataclass(frozen=True, slots=True)
class Allow:
    """One `[[allow]]` table: None means any."""

    effects: frozenset[Effect]
    channels: frozenset[str] | None = None
    groups: frozenset[str] | None = None
    users: frozenset[str] | None = None

    def covers(self, place: Collection[str], person: Collection[str]) -> bool:
        """Tell whether the table is about this place and this person.

        `place` holds the channel's id and `#name`, and nothing where there is no channel; `person`
        the user's id and the ids and `@handles` of their groups.
        """
        if self.channels is not None and self.channels.isdisjoint(place):
            return False
        return all(
            named is None or not named.isdisjoint(person) for named in (self.groups, self.users)
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """What the policy file allows; `tables` None means that there is no file and all is allowed."""

    tables: tuple[Allow, ...] | None = None

    def allowed(self, place: Collection[str], person: Collection[str]) -> frozenset[Effect]:
        """Give the effects that somebody may have somewhere."""
        if self.tables is None:
            return frozenset(Effect)
        return frozenset().union(
            *(table.effects for table in self.tables if table.covers(place, person))
        )

    def who_may(self, effect: Effect, place: Collection[str]) -> tuple[str, ...]:
        """Name the groups and users who may have an effect here, for the refusal."""
        names: set[str] = set()
        for table in self.tables or ():
            here = table.channels is None or not table.channels.isdisjoint(place)
            if effect in table.effects and here:
                names |= (table.groups or frozenset()) | (table.users or frozenset())
        return tuple(sorted(names))

    @property
    def needs_groups(self) -> bool:
        """Tell whether anybody's user groups matter."""
        return any(table.groups is not None for table in self.tables or ())


def load(text: str, path: str) -> Policy:
    """Read a policy file.

    Raises:
        ConfigError: with all mistakes at once.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{path}: is not valid TOML: {error}."]) from error
    problems = [
        f'{path}: "{key}" is unknown; only [[allow]] tables stand here.'
        for key in content
        if key != "allow"
    ]
    tables = content.get("allow", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigError([*problems, f"{path}: allow must be written as [[allow]] tables."])
    allows = [
        _table(table, f"{path}: [[allow]] {at + 1}", problems) for at, table in enumerate(tables)
    ]
    if problems:
        raise ConfigError(problems)
    return Policy(tuple(allows))


_KEYS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "channels": (_CHANNEL.fullmatch, 'a channel is "#name" or its id, like "C0PROD"'),
    "groups": (_GROUP.fullmatch, 'a user group is "@handle" or its id, like "S0PAY"'),
    "users": (_USER.fullmatch, 'a user is a Slack user id, like "U0ANN"'),
}


def _table(table: Mapping[str, Any], where: str, problems: list[str]) -> Allow:
    for key in table:
        if key != "effects" and key not in _KEYS:
            near = difflib.get_close_matches(key, ["effects", *_KEYS], n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            problems.append(f'{where}: "{key}" is unknown.{hint}')
    narrowed: dict[str, frozenset[str] | None] = {}
    for key, (fits, rule) in _KEYS.items():
        values = _strings(table[key], f"{where}: {key}", problems) if key in table else None
        problems += [
            f'{where}: {key} has "{value[:40]}", but {rule}.'
            for value in values or ()
            if not fits(value)
        ]
        narrowed[key] = None if values is None else frozenset(values)
    return Allow(_effects(table, where, problems), **narrowed)


def _effects(table: Mapping[str, Any], where: str, problems: list[str]) -> frozenset[Effect]:
    if "effects" not in table:
        problems.append(f"{where}: effects is missing, {_EXAMPLE}.")
        return frozenset()
    known = [effect.value for effect in Effect]
    names = _strings(table["effects"], f"{where}: effects", problems)
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
            problems.append(f'{where}: effects has "{name[:40]}", which is unknown. {hint}')
    return frozenset(Effect(name) for name in names if name in known)


def _strings(value: object, where: str, problems: list[str]) -> list[str]:
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return value
    problems.append(f'{where} must be a list of strings that is not empty, like ["…"].')
    return []
