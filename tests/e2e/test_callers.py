"""Who may act: members, strangers, people without PagerDuty, and a personal key's owner."""

from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.pagerduty import Fault
from bot.sandbox.slack import all_text
from tests.e2e.facts import assignees, notes
from tests.e2e.world import CHANNEL, World, world


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        pytest.param({"is_restricted": True}, "Guests cannot use me", id="guest"),
        pytest.param({"is_ultra_restricted": True}, "Guests cannot use me", id="one-channel guest"),
        pytest.param({"is_bot": True}, "Bots cannot use me", id="bot"),
        pytest.param({"is_stranger": True}, "you are of another organization", id="stranger"),
        pytest.param({"deleted": True}, "Your Slack account is deactivated", id="deactivated"),
    ],
)
async def test_only_full_members_act(both: World, facts: dict[str, Any], says: str) -> None:
    incident = both.incident()
    mallory = both.slack.add_user("mallory", email="ann@example.com", id="U0MALLORY", **facts)
    both.slack.workspace.channels[CHANNEL].members.append(mallory.id)

    for typed in ("ack 1", "list", "help"):
        said = await both.pd(typed, mallory)
        assert says in said
        assert "nothing was done" in said
        assert "(ref " in said
    asked = {one.operation for one in both.pagerduty.requests}
    assert asked <= {"rest.listEscalationPolicies"}  # the bot's own, for its forms
    assert incident.status == "triggered"


async def test_caller_without_pagerduty_user_may_read_and_learns_the_remedy(both: World) -> None:
    both.incident()

    for typed in ("ack 1", "note 1 hello", "resolve 1", "reassign 1 @bob", "reopen 1", "take 1"):
        said = await both.pd(typed, both.eve)
        assert "I don't know your PagerDuty user (Slack e-mail eve@example.com)" in said
        assert f'Ask your admin to map you, then repeat "{typed.split()[0]}' in said
    assert "these are all" in await both.pd("list", both.eve)
    assert "#1 Nightly" in await both.pd("show 1", both.eve)
    assert "has no notes" in await both.pd("notes 1", both.eve)
    assert "Ask your admin to map you." in await both.pd("whoami", both.eve)
    assert "so nothing is yours as far as I can tell" in await both.pd("list mine", both.eve)
    assert both.writes() == []


async def test_somebody_else_is_meant_by_nobody_elses_implied_incident(here: World) -> None:
    """Who has no PagerDuty user has no implied incident either: the list is shown."""
    here.incident()

    said = await here.pd("show", here.eve)

    assert "1 open incident could be meant" in said


async def test_people_file_overrides_the_slack_email(tmp_path: Path) -> None:
    file = tmp_path / "people.toml"
    file.write_text('[people]\nU0EVE = "bob@example.com"\n')
    async with world(tmp_path, environ={"PDBOT_PEOPLE": str(file)}) as here:
        incident = here.incident()

        assert "is acknowledged by Bob Breuer" in await here.pd("ack 1", here.eve)
        assert "Reassigned to Bob Breuer" in await here.pd("reassign 1 @eve")
        assert assignees(incident) == ["Bob Breuer"]


async def test_from_email_acts_for_the_unmapped_with_a_note_that_names_them(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, environ={"PDBOT_UNMAPPED": "from_email"}) as here:
        incident = here.incident()

        assert "is acknowledged by pdbot" in await here.pd("ack 1", here.eve)
        assert "Reassigned to Bob" in await here.pd("reassign 1 @bob", here.eve)
        assert "Your note is on #1" in await here.pd("note 1 hello", here.eve)
        assert "Resolved." in await here.pd("resolve 1", here.eve)
        assert "Reopened" in await here.pd("reopen 1", here.eve)
        assert "appears as bot@example.com, with a note" in await here.pd("whoami", here.eve)
        assert "nothing is yours" in await here.pd("take 1", here.eve)
        assert notes(incident) == [
            ("Acknowledged by eve in Slack.", "pdbot"),
            ("Reassigned by eve in Slack.", "pdbot"),
            ("hello\n— eve in Slack", "pdbot"),
            ("Resolved by eve in Slack.", "pdbot"),
            ("Reopened by eve in Slack.", "pdbot"),
        ]


async def test_personal_key_signs_every_write_and_switches_mine_off(tmp_path: Path) -> None:
    async with world(tmp_path, key_owner="Bob Breuer") as here:
        incident = here.incident()

        for typed in ("take 1", "ack mine", "list mine", "reassign 1 me", "show latest"):
            said = await here.pd(typed)
            assert "the personal PagerDuty key of Bob Breuer" in said
            assert "take, me and mine are switched off" in said
        assert "1 incident is open." in await here.pd("list")
        assert "the personal PagerDuty key of Bob Breuer" in await here.pd("whoami")
        assert "is acknowledged by Bob Breuer" in await here.pd("ack 1")
        assert "Resolved." in await here.pd("resolve 1 it was the disk")
        assert notes(incident) == [
            ("Acknowledged by ann in Slack.", "Bob Breuer"),
            ("it was the disk\n— ann in Slack", "Bob Breuer"),
        ]
        assert [one.headers.get("From") for one in here.writes()] == [None] * 4


async def test_personal_key_acts_for_the_unmapped_where_that_is_allowed(tmp_path: Path) -> None:
    allowed = {"PDBOT_UNMAPPED": "from_email"}
    async with world(tmp_path, key_owner="Bob Breuer", environ=allowed) as here:
        incident = here.incident()

        assert "Acknowledged." in await here.pd("ack 1", here.eve)
        assert notes(incident) == [("Acknowledged by eve in Slack.", "Bob Breuer")]


async def test_name_that_could_not_be_left_is_told(tmp_path: Path) -> None:
    async with world(tmp_path, key_owner="Bob Breuer") as here:
        incident = here.incident()
        here.pagerduty.faults.add(Fault("rest.createIncidentNote", 403))

        said = await here.pd("ack 1")

        assert "Acknowledged." in said
        assert "The note that names you could not be written" in said
        assert incident.status == "acknowledged"


async def test_two_different_commands_at_once_are_both_done(here: World) -> None:
    incident = here.incident()

    await here.slack.command(here.ann, "/pd note 1 first", channel=CHANNEL)
    await here.slack.command(here.ann, "/pd note 1 second", channel=CHANNEL)

    said = [all_text(await here.slack.expect_ephemeral(here.ann)) for _ in range(2)]
    assert all("Your note is on #1" in one for one in said)
    assert sorted(note.content for note in incident.notes) == ["first", "second"]


async def test_command_typed_twice_is_done_once(here: World) -> None:
    incident = here.incident()
    here.pagerduty.faults.add(Fault("rest.createIncidentNote", delay=0.2))

    await here.slack.command(here.ann, "/pd note 1 once", channel=CHANNEL)
    await here.slack.command(here.ann, "/pd note 1 once", channel=CHANNEL)

    said = [all_text(await here.slack.expect_ephemeral(here.ann)) for _ in range(2)]
    assert any("Already doing that; the answer follows." in one for one in said)
    assert any("Your note is on #1" in one for one in said)
    assert len(incident.notes) == 1
