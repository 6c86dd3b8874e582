"""Slack user -> PagerDuty user: `PDBOT_PEOPLE` first, then the exact e-mail; only members act."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.errors import NotAllowed, PersonNotFound
from bot.model import PagerDutyUser, Responder, SlackPerson
from bot.ports import Directory, SlackPeople


@dataclass(frozen=True)
class Identity:
    """Tell who somebody is.

    `from_email` is given only with `PDBOT_UNMAPPED=from_email`: the name in which the bot then
    acts for people without a PagerDuty user. Whose key it is, `directory` is asked each time: at
    the start PagerDuty may not have answered. Caching is left to `people` and `directory`.
    """

    people: SlackPeople
    directory: Directory
    team_id: str
    overrides: Mapping[str, str]
    from_email: str | None = None

    async def responder(self, person: SlackPerson) -> Responder:
        """Give the person acting, as PagerDuty knows them."""
        email = self._email(person)
        user = await self.directory.user_by_email(email) if email else None
        owned = await self.directory.me() is not None
        return replace(
            self.nobody(person),
            from_email=(None if owned else user.email) if user else self.from_email,
            user=user,
            acts_as_self=user is not None and not owned,
        )

    def nobody(self, person: SlackPerson) -> Responder:
        """Give the person acting while PagerDuty does not say who that is."""
        return Responder(
            slack_user_id=person.id,
            name=person.name,
            from_email=None,
            user=None,
            acts_as_self=False,
            slack_email=self._email(person),
            time_zone=person.time_zone,
            is_by_file=person.id in self.overrides,
        )

    def _email(self, person: SlackPerson) -> str | None:
        return self.overrides.get(person.id) or person.email

    async def member(self, slack_user_id: str, *, user_team_id: str | None = None) -> SlackPerson:
        """Give the member of the workspace who asks.

        Raises:
            NotAllowed: a guest, a bot, a deactivated user, or somebody of another organization.
        """
        person = await self.people.person(slack_user_id)
        if person is None:
            raise NotAllowed(
                "Slack does not tell me who you are, so I cannot act for you; nothing was done. "
                "Try again, and ask your admin to run pdbot check if it stays so."
            )
        if person.is_stranger or (user_team_id and user_team_id != self.team_id):
            raise NotAllowed(
                "Only members of the workspace that I belong to can use me, and you are of "
                "another organization; nothing was done. Ask a member of this workspace."
            )
        if person.is_bot:
            raise NotAllowed("Bots cannot use me, only people can; nothing was done.")
        if person.is_guest:
            raise NotAllowed(
                "Guests cannot use me, only full members of this workspace can; nothing was done. "
                "Ask a full member, or your admin for a full account."
            )
        if person.is_deleted:
            raise NotAllowed("Your Slack account is deactivated; nothing was done.")
        return person

    async def slack_user_of(self, pagerduty_user_id: str) -> str | None:
        """Give who a PagerDuty user is in Slack, if that is an active member."""
        user = await self.directory.user(pagerduty_user_id)
        if user is None or not user.email:
            return None
        email = user.email.casefold()
        for slack_user_id, mapped in self.overrides.items():
            if mapped.casefold() == email:
                return slack_user_id
        person = await self.people.person_with(email)
        if person is None or person.id in self.overrides:
            return None
        is_member = not (
            person.is_bot or person.is_guest or person.is_deleted or person.is_stranger
        )
        return person.id if is_member else None

    async def user_of(self, slack_user_id: str) -> PagerDutyUser:
        """Give the PagerDuty user of somebody mentioned.

        Raises:
            PersonNotFound: there is none; the sentence names the e-mail that was tried.
        """
        person = await self.people.person(slack_user_id)
        if person is None:
            raise PersonNotFound("Slack does not know one of the people you mentioned.")
        email = self._email(person)
        if not email:
            raise PersonNotFound(f"{person.name} has no e-mail in Slack to find them by.")
        user = await self.directory.user_by_email(email)
        if user is None:
            raise PersonNotFound(f"{person.name} ({email}) is not a PagerDuty user.")
        return user
