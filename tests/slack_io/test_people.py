"""Slack's users and user groups: who is who, and for how long that is believed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.errors import SlackError
from bot.model import SlackPerson, SlackUserId
from bot.sandbox.slack import Fault, Slack
from bot.slack.client import SlackWeb
from bot.slack.people import GROUPS_SECONDS, PERSON_SECONDS, People, person_of
from tests.slack_io.fake_slack import BOT_TOKEN, FakeSlack


@dataclass
class HandClock:
    """A clock that is turned by hand."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


@dataclass
class Office:
    slack: Slack
    people: People
    clock: HandClock

    def asked(self, method: str) -> int:
        return sum(call.method == method for call in self.slack.calls)


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    slack, clock = Slack(), HandClock()
    slack.add_user("ann", id="U0ANN", email="ann@corp.example.com", real_name="ann")
    slack.add_user("bob", id="U0BOB")
    slack.add_usergroup("payments-oncall", id="S0PAY", users=["ann"])
    slack.add_usergroup("platform", id="S0PLAT", users=["ann", "bob"])
    async with slack.serve(), SlackWeb(slack.identity.bot_token, slack.api_url) as clients:
        people = People(clients.patient, team_id=slack.identity.team_id, clock=clock)
        yield Office(slack, people, clock)


async def test_a_person_has_name_email_team_and_time_zone(office: Office) -> None:
    assert await office.people.person("U0ANN") == SlackPerson(
        id=SlackUserId("U0ANN"),
        name="ann",
        email="ann@corp.example.com",
        team_id="T0ACME",
        time_zone="Europe/Berlin",
    )


async def test_somebody_unknown_is_none(office: Office) -> None:
    assert await office.people.person("U0NOBODY") is None


async def test_a_person_is_asked_for_once_until_it_expires(office: Office) -> None:
    await asyncio.gather(*(office.people.person("U0ANN") for _ in range(5)))
    assert office.asked("users.info") == 1

    office.clock.seconds += PERSON_SECONDS + 1
    await office.people.person("U0ANN")
    assert office.asked("users.info") == 2


async def test_a_failed_question_is_not_remembered(office: Office) -> None:
    office.slack.faults.add(Fault("users.info", error="fatal_error"))
    with pytest.raises(SlackError, match=r"\(fatal_error\), so nothing was done"):
        await office.people.person("U0ANN")

    assert await office.people.person("U0ANN") is not None


async def test_the_oldest_is_forgotten_first(office: Office) -> None:
    few = People(office.people._client, team_id="T0ACME", clock=office.clock, limit=1)
    await few.person("U0ANN")
    await few.person("U0BOB")
    await few.person("U0BOB")
    await few.person("U0ANN")

    assert office.asked("users.info") == 3


async def test_groups_come_by_id_and_handle_in_one_call(office: Office) -> None:
    assert await office.people.groups_of("U0ANN") == {
        "S0PAY",
        "@payments-oncall",
        "S0PLAT",
        "@platform",
    }
    assert await office.people.groups_of("U0BOB") == {"S0PLAT", "@platform"}
    assert await office.people.groups_of("U0NOBODY") == frozenset()
    assert office.asked("usergroups.list") == 1

    office.clock.seconds += GROUPS_SECONDS + 1
    await office.people.groups_of("U0ANN")
    assert office.asked("usergroups.list") == 2


async def test_a_missing_scope_names_the_remedy(office: Office) -> None:
    office.slack.faults.add(Fault("usergroups.list", error="missing_scope"))
    with pytest.raises(SlackError, match="usergroups:read"):
        await office.people.groups_of("U0ANN")


@pytest.mark.parametrize(
    ("user", "fact"),
    [
        pytest.param({"is_restricted": True}, "is_guest", id="guest"),
        pytest.param({"is_ultra_restricted": True}, "is_guest", id="single-channel guest"),
        pytest.param({"deleted": True}, "is_deleted", id="deactivated"),
        pytest.param({"is_bot": True}, "is_bot", id="bot"),
        pytest.param({"id": "USLACKBOT"}, "is_bot", id="Slackbot, whose is_bot is false"),
        pytest.param({"is_stranger": True}, "is_stranger", id="stranger"),
        pytest.param({"team_id": "T9"}, "is_stranger", id="other team"),
        pytest.param(
            {"team_id": "T9", "enterprise_user": {"teams": ["T8"]}}, "is_stranger", id="other org"
        ),
    ],
)
def test_whoever_may_not_act_is_known_as_such(user: dict[str, Any], fact: str) -> None:
    facts = ("is_guest", "is_deleted", "is_bot", "is_stranger")
    person = person_of({"id": "U1", "name": "ann", "team_id": "T0", **user}, team_id="T0")

    assert [name for name in facts if getattr(person, name)] == [fact]


@pytest.mark.parametrize(
    "user",
    [
        pytest.param({"team_id": "T0"}, id="own team"),
        pytest.param({}, id="no team"),
        pytest.param(
            {"team_id": "T9", "enterprise_user": {"teams": ["T9", "T0"]}}, id="own organization"
        ),
    ],
)
def test_a_member_is_no_stranger(user: dict[str, Any]) -> None:
    assert not person_of({"id": "U1", **user}, team_id="T0").is_stranger


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ({"profile": {"display_name": "annie", "real_name": "Ann Lee"}, "name": "ann"}, "annie"),
        ({"profile": {"display_name": "", "real_name": "Ann Lee"}, "name": "ann"}, "Ann Lee"),
        ({"real_name": "Ann Lee", "name": "ann"}, "Ann Lee"),
        ({"name": "ann"}, "ann"),
        ({}, "U1"),
    ],
)
def test_a_person_is_called_as_slack_shows_them(user: dict[str, Any], name: str) -> None:
    assert person_of({"id": "U1", **user}, team_id="T0").name == name


async def test_an_answer_without_what_was_asked_for_is_nobody_and_no_group() -> None:
    async with FakeSlack() as slack, SlackWeb(BOT_TOKEN, slack.api_url) as clients:
        for method in ("users.info", "users.lookupByEmail", "usergroups.list"):
            slack.answers[method] = {"ok": True}
        people = People(clients.patient, team_id="T0", clock=HandClock())

        assert await people.person("U0ANN") is None
        assert await people.person_with("ann@corp.example.com") is None
        assert await people.groups_of("U0ANN") == frozenset()
