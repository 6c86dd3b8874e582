"""PEOPLE in a command: who is named, and who that is in PagerDuty. All or nothing."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from bot.actions.desk import Desk
from bot.actions.grammar import form_words
from bot.actions.phrases import listed, pick
from bot.actions.words import normalize
from bot.errors import PersonNotFound, RequestError, UsageError
from bot.model import Assignment, Button, PagerDutyUser, Reference

MAX_PEOPLE = 50

_SEPARATORS = re.compile(r"[\s,;]*")
_ONE = re.compile(
    r"""
      <@(?P<mention>[A-Z0-9]+)(?:\|[^>]*)?>
    | <!subteam\^(?P<group>[A-Z0-9]+)(?:\|(?P<handle>[^>]*))?>
    | <(?P<everybody>![a-z]+)(?:\|[^>]*)?>
    | <mailto:(?P<email>[^|>]+)(?:\|[^>]*)?>
    | <tel:(?P<number>[^|>]+)(?:\|[^>]*)?>
    | (?P<prefix>oncall|ep):\s?(?:"(?P<quoted_target>[^"]*)"|(?P<target>[^\s,;]+))
    | "(?P<quoted>[^"]*)"
    | (?P<word>[^\s,;"]+)
    | (?P<stray>")
    """,
    re.VERBOSE | re.IGNORECASE,
)
_FILLERS = frozenset({"to", "and"})  # "reassign 123 to @ann and @bob"
_EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+")
_USER_ID = re.compile(r"[PQ][A-Z0-9]{6}(?:[A-Z0-9]{7})?")


class How(Enum):
    """In which way somebody was named."""

    MENTION = "mention"
    EMAIL = "email"
    ID_OR_NAME = "id or name"
    NAME = "name"
    ME = "me"
    ON_CALL = "oncall:"
    POLICY = "ep:"


@dataclass(frozen=True, slots=True)
class Named:
    """One of PEOPLE, as typed."""

    how: How
    value: str


@dataclass(frozen=True, slots=True)
class Found:
    """Who that is: users, or one escalation policy."""

    users: tuple[PagerDutyUser, ...] = ()
    policy: Reference | None = None

    @property
    def assignment(self) -> Assignment:
        """Give it in the form that PagerDuty takes."""
        if self.policy is not None:
            return Assignment(escalation_policy_id=self.policy.id)
        return Assignment(user_ids=tuple(user.id for user in self.users))

    @property
    def names(self) -> str:
        """Name them all."""
        return self.policy.name if self.policy else listed([user.name for user in self.users])


def parse(raw: str) -> tuple[Named, ...]:
    """Read PEOPLE: mentions, e-mails, ids, names, `me`, `oncall:…`, or one `ep:…`.

    Raises:
        UsageError: a user group, too many, or a policy beside people.
    """
    text = normalize_keeping_markup(raw)
    named: dict[tuple[How, str], Named] = {}
    at = _SEPARATORS.match(text).end()  # type: ignore[union-attr]  # may be empty
    while at < len(text):
        found = _ONE.match(text, at)
        if found is None:
            raise UsageError(f'I cannot read "{text[at : at + 30]}" as a person; nothing was done.')
        if (one := _named(found)) is not None:
            named.setdefault((one.how, one.value.lower()), one)
        at = _SEPARATORS.match(text, found.end()).end()  # type: ignore[union-attr]  # may be empty
    if len(named) > MAX_PEOPLE:
        raise UsageError(f"At most {MAX_PEOPLE} people at once; these are {len(named)}.")
    policies = [one for one in named.values() if one.how is How.POLICY]
    if policies and len(named) > 1:
        raise UsageError(
            "An incident is assigned to people or to one escalation policy, not to both; nothing "
            "was done. Name either the people or a single ep:POLICY."
        )
    return tuple(named.values())


def one(word: str) -> Named:
    """Read a word that is shaped like an id as the person that it may name instead."""
    return Named(How.ID_OR_NAME, word)


def normalize_keeping_markup(raw: str) -> str:
    """Undo autocorrection; entities stay encoded, so that a typed "<" never becomes markup."""
    return normalize(raw.replace("&", "&amp;"))


def _named(found: re.Match[str]) -> Named | None:
    groups = found.groupdict()
    if groups["group"] or groups["everybody"]:
        handle = groups["handle"] or groups["everybody"] or groups["group"]
        raise UsageError(
            f"{handle} is a Slack user group, and PagerDuty assigns people; nothing was done. "
            "Name them one by one, or say oncall:SCHEDULE or ep:ESCALATION-POLICY."
        )
    if groups["mention"]:
        return Named(How.MENTION, groups["mention"].upper())
    if groups["email"]:
        return Named(How.EMAIL, groups["email"])
    if groups["prefix"]:
        how = How.POLICY if groups["prefix"].lower() == "ep" else How.ON_CALL
        return Named(how, (groups["quoted_target"] or groups["target"] or "").strip())
    if groups["quoted"] is not None:
        return Named(How.NAME, groups["quoted"].strip()) if groups["quoted"].strip() else None
    return _word(groups["word"] or groups["number"] or "")


def _word(word: str) -> Named | None:
    if not word or word.lower() in _FILLERS:
        return None
    if word.lower() in {"me", "myself"}:
        return Named(How.ME, "me")
    if _EMAIL.fullmatch(word):
        return Named(How.EMAIL, word)
    if word.startswith("@"):
        raise UsageError(
            f'Slack did not link "{word}" to anybody; nothing was done. Pick the name from the '
            "list that Slack shows while you type, or give an e-mail address."
        )
    if _USER_ID.fullmatch(word.upper()):
        return Named(How.ID_OR_NAME, word)
    return Named(How.NAME, word)


async def find(
    desk: Desk,
    people: Sequence[Named],
    *,
    again: "Again | None" = None,
    undone: str = "Not reassigned",
) -> Found:
    """Find everybody named, or nobody; `undone` says what is not done if somebody is missing.

    Raises:
        PersonNotFound: who is missing and who was found, with a button to go on without them.
    """
    if len(people) == 1 and people[0].how is How.POLICY:
        return Found(policy=await _policy(desk, people[0].value))
    results = await asyncio.gather(*(_users(desk, one) for one in people), return_exceptions=True)
    users: dict[str, PagerDutyUser] = {}
    problems: list[str] = []
    for result in results:
        if isinstance(result, RequestError):
            problems.append(str(result))
        elif isinstance(result, BaseException):
            raise result
        else:
            users |= {user.id: user for user in result}
    if problems:
        raise _missing(undone, problems, list(users.values()), again)
    return Found(users=tuple(users.values()))


@dataclass(frozen=True, slots=True)
class Again:
    """What a button needs to repeat the command with other people."""

    verb: str
    incident_id: str
    reason: str = ""

    def with_people(self, users: Sequence[PagerDutyUser]) -> tuple[Button, ...]:
        """Make that button; none when nobody is left."""
        if not users:
            return ()
        args = " ".join(user.id for user in users)
        args += f" -- {form_words(self.reason)}" if self.reason else ""
        names = "that one" if len(users) == 1 else f"those {len(users)}"
        return (pick(f"Reassign to {names}", self.verb, (self.incident_id,), args),)


def _missing(
    undone: str, problems: Sequence[str], fine: Sequence[PagerDutyUser], again: Again | None
) -> PersonNotFound:
    names = listed([user.name for user in fine])
    rest = f" {names} {'is' if len(fine) == 1 else 'are'} fine." if fine else ""
    buttons = again.with_people(fine) if again else ()
    return PersonNotFound(f"{undone}: {' '.join(problems)}{rest}", buttons=buttons)


async def _users(desk: Desk, one: Named) -> list[PagerDutyUser]:
    match one.how:
        case How.ME:
            return [desk.me]
        case How.MENTION:
            return [await desk.identities.user_of(one.value)]
        case How.EMAIL:
            user = await desk.directory.user_by_email(one.value)
            if user is None:
                raise PersonNotFound(f"{one.value} is not the e-mail of a PagerDuty user.")
            return [user]
        case How.ON_CALL:
            return await _on_call(desk, one.value)
        case How.ID_OR_NAME:
            user = await desk.directory.user(one.value.upper())
            return [user] if user else [await _by_name(desk, one.value)]
        case _:
            return [await _by_name(desk, one.value)]


async def _on_call(desk: Desk, schedule_or_service: str) -> list[PagerDutyUser]:
    users = await desk.directory.on_call(schedule_or_service)
    if not users:
        raise PersonNotFound(
            f"Nobody is on call for {schedule_or_service} now: name people instead, or "
            "ep:ESCALATION-POLICY."
        )
    return users


async def _by_name(desk: Desk, name: str) -> PagerDutyUser:
    users = await desk.directory.users_named(name)
    if not users:
        raise PersonNotFound(
            f'"{name}" is not a PagerDuty user: try the e-mail address, or "First Last" in quotes.'
        )
    if len(users) > 1:
        several = listed([f"{user.name} ({user.email})" for user in users[:5]], "or")
        raise PersonNotFound(f'"{name}" could be {several}: say which by e-mail.')
    return users[0]


async def _policy(desk: Desk, name: str) -> Reference:
    policies = await desk.directory.escalation_policies(name)
    if not policies:
        raise PersonNotFound(
            f'No escalation policy is called "{name}" in PagerDuty; nothing was done. '
            'Give its id or its name, in quotes if it has spaces: ep:"Billing EP".'
        )
    if len(policies) > 1:
        several = listed([f'"{one.name}"' for one in policies[:5]], "or")
        raise PersonNotFound(f'ep:{name} could be {several}; nothing was done. Say which: ep:"…".')
    return policies[0]
