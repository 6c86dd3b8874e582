"""Slack user -> PagerDuty user."""

from typing import Any

import pytest

from bot.errors import NotAllowed, PersonNotFound
from tests.offices import ANN, BOB, World


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        pytest.param({"is_guest": True}, "Guests cannot use me", id="guest"),
        pytest.param({"is_bot": True}, "Bots cannot use me", id="bot"),
        pytest.param({"is_deleted": True}, "is deactivated", id="deactivated"),
        pytest.param({"is_stranger": True}, "of another organization", id="stranger"),
    ],
)
async def test_only_active_full_members_of_the_workspace_act(
    facts: dict[str, Any], says: str
) -> None:
    world = World()
    world.slack.add("U0EVE", "ann@example.com", **facts)

    with pytest.raises(NotAllowed, match=says) as caught:
        await world.identity().member("U0EVE")

    assert "nothing was done" in str(caught.value)


async def test_payload_of_another_team_is_a_strangers() -> None:
    world = World()
    world.slack.add("U0EVE", "ann@example.com")

    with pytest.raises(NotAllowed, match="another organization"):
        await world.identity().member("U0EVE", user_team_id="T0OTHER")
    assert (await world.identity().member("U0EVE", user_team_id="T0")).id == "U0EVE"


@pytest.mark.parametrize(
    ("facts", "overrides", "found"),
    [
        pytest.param({}, {}, "U0ANN", id="by e-mail"),
        pytest.param({}, {"U0OTHER": "ANN@example.com"}, "U0OTHER", id="by the admin's file"),
        pytest.param({}, {"U0ANN": "bob@example.com"}, None, id="the file says otherwise"),
        pytest.param({"is_deleted": True}, {}, None, id="deactivated"),
        pytest.param({"is_guest": True}, {}, None, id="guest"),
        pytest.param({"is_stranger": True}, {}, None, id="stranger"),
    ],
)
async def test_pagerduty_user_is_found_in_slack(
    facts: dict[str, Any], overrides: dict[str, str], found: str | None
) -> None:
    world = World()
    world.slack.add("U0ANN", "ann@example.com", **facts)

    assert await world.identity(overrides=overrides).slack_user_of(ANN.id) == found
    assert await world.identity().slack_user_of("PNOBODY") is None
    assert await world.identity().slack_user_of(BOB.id) is None


async def test_unknown_slack_user_is_refused() -> None:
    with pytest.raises(NotAllowed, match="Slack does not tell me who you are"):
        await World().identity().member("U0NOBODY")


@pytest.mark.parametrize(
    ("owner", "email", "from_email", "expected"),
    [
        pytest.param(None, "ann@example.com", None, ("ann@example.com", ANN, True), id="mapped"),
        pytest.param(None, "ANN@example.com", None, ("ann@example.com", ANN, True), id="case"),
        pytest.param(None, "eve@example.com", None, (None, None, False), id="unmapped"),
        pytest.param(None, None, None, (None, None, False), id="no e-mail"),
        pytest.param(
            None, "eve@example.com", "bot@x.org", ("bot@x.org", None, False), id="from_email"
        ),
        pytest.param(
            None, "ann@example.com", "bot@x.org", ("ann@example.com", ANN, True), id="not needed"
        ),
        pytest.param(BOB, "ann@example.com", None, (None, ANN, False), id="personal key"),
        pytest.param(BOB, "eve@example.com", "bot@x.org", ("bot@x.org", None, False), id="both"),
    ],
)
async def test_in_whose_name_somebody_writes(
    owner: Any, email: str | None, from_email: str | None, expected: tuple[Any, ...]
) -> None:
    world = World()
    world.pagerduty.owner = owner
    person = world.slack.add("U0EVE", email)

    responder = await world.identity(from_email=from_email).responder(person)

    assert (responder.from_email, responder.user, responder.acts_as_self) == expected
    assert responder.slack_email == email


async def test_people_file_wins_over_the_slack_email() -> None:
    world = World()
    person = world.slack.add("U0EVE", "eve@example.com")
    identity = world.identity(overrides={"U0EVE": "bob@example.com"})

    assert (await identity.responder(person)).user == BOB
    assert await identity.user_of("U0EVE") == BOB


@pytest.mark.parametrize(
    ("email", "says"),
    [
        ("eve@example.com", r"u0eve \(eve@example.com\) is not a PagerDuty user\."),
        (None, "u0eve has no e-mail in Slack to find them by."),
    ],
)
async def test_mentioned_person_who_is_not_in_pagerduty_is_named(
    email: str | None, says: str
) -> None:
    world = World()
    world.slack.add("U0EVE", email)

    with pytest.raises(PersonNotFound, match=says):
        await world.identity().user_of("U0EVE")
    with pytest.raises(PersonNotFound, match="Slack does not know one of the people"):
        await world.identity().user_of("U0NOBODY")
