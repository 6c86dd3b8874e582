"""Which people of a workspace have a PagerDuty user."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.model import PagerDutyUser, SlackPerson


@dataclass(frozen=True, slots=True)
class Mapped:
    """A full member of the workspace, by which address they are looked for, and who that is."""

    person: SlackPerson
    email: str | None
    user: PagerDutyUser | None


def mapped(
    people: Iterable[SlackPerson], users: Iterable[PagerDutyUser], overrides: Mapping[str, str]
) -> list[Mapped]:
    """Find each member's PagerDuty user as the bot would; guests, bots and others are left out."""
    by_email = {user.email.casefold(): user for user in users}
    found = []
    for person in people:
        if person.is_bot or person.is_guest or person.is_deleted or person.is_stranger:
            continue
        email = overrides.get(person.id) or person.email
        user = by_email.get(email.casefold()) if email else None
        found.append(Mapped(person, email, user))
    return sorted(found, key=lambda one: one.person.name.casefold())
