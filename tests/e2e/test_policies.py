"""PDBOT_POLICY, whichever way somebody asks: by command, button, form or mention."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.pagerduty import Fault as PagerDutyFault
from bot.sandbox.slack import Fault, all_text
from tests.e2e.facts import notes
from tests.e2e.world import CHANNEL, World, world

POLICY = """
[[allow]]
effects = ["ack", "note"]
channels = ["#prod"]

[[allow]]
effects = ["resolve", "reassign"]
channels = ["C0PROD"]
groups = ["@payments"]

[[allow]]
effects = ["reopen"]
users = ["U0ANN"]
"""


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[World]:
    """Give a world in which Bob is in the group and Ann is not."""
    file = tmp_path / "policy.toml"
    file.write_text(POLICY)

    def group(here: World) -> None:
        here.slack.add_usergroup("payments", id="S0PAY", users=[here.bob])

    async with world(tmp_path, environ={"PDBOT_POLICY": str(file)}, prepare=group) as here:
        here.incident()
        yield here


@pytest.mark.parametrize(
    "typed",
    ["resolve 1", "status 1 resolved", "take 1", "reassign 1 @bob", "update 1 --resolution x"],
)
async def test_command_is_refused_with_who_may(strict: World, typed: str) -> None:
    said = await strict.pd(typed)

    assert "You may ack, note and reopen here; " in said
    assert "is for @payments. Nothing was done. (ref " in said
    assert strict.writes() == []


async def test_member_of_the_group_may(strict: World) -> None:
    assert "Resolved." in await strict.pd("resolve 1", strict.bob)
    assert "You may ack, note, reassign and resolve here" in await strict.pd("whoami", strict.bob)


async def test_other_place_grants_less(strict: World) -> None:
    said = await strict.pd("ack 1", channel="C0JOBS")

    assert "You may reopen here; ack is for nobody. Nothing was done." in said
    assert "You may only read here; the bot's policy grants" in await strict.pd(
        "whoami", strict.bob, "C0JOBS"
    )
    assert "#1 Nightly" in await strict.pd("show 1", channel="C0JOBS")


async def test_reason_needs_the_right_to_note(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('[[allow]]\neffects = ["resolve", "reassign"]\n')
    async with world(tmp_path, environ={"PDBOT_POLICY": str(file)}) as here:
        incident = here.incident()

        assert "note is for nobody" in await here.pd("reassign 1 @bob -- because")
        assert "note is for nobody" in await here.pd("resolve 1 with text")
        assert here.writes() == []
        assert "Reassigned to Bob" in await here.pd("reassign 1 @bob")
        assert "Resolved." in await here.pd("resolve 1")
        assert notes(incident) == []


async def test_button_is_refused_before_its_form_opens(strict: World) -> None:
    card = await strict.answer("show 1")

    await strict.click(card, "resolve")

    said = all_text(await strict.slack.expect_ephemeral(strict.ann))
    assert "resolve is for @payments" in said
    assert strict.slack.views == {}


async def test_form_that_opened_all_the_same_is_refused_as_well(strict: World) -> None:
    """Slack did not tell who is in the group when the button was pressed."""
    card = await strict.answer("show 1")
    strict.slack.faults.add(Fault("usergroups.list", error="fatal_error"))

    await strict.click(card, "resolve")
    view = await strict.slack.expect_view(strict.ann, "resolve")
    await strict.slack.submit(strict.ann, view, {})

    said = all_text(await strict.slack.expect_ephemeral(strict.ann))
    assert "resolve is for @payments" in said
    assert strict.writes() == []


async def test_form_that_opened_while_pagerduty_was_slow_is_refused(strict: World) -> None:
    await strict.slack.command(strict.bob, "/pd show 1 --post", channel=CHANNEL)
    card = await strict.slack.expect_message(CHANNEL)

    strict.pagerduty.faults.add(PagerDutyFault("*", delay=2, times=None))
    await strict.click(card, "resolve")
    view = await strict.slack.expect_view(strict.ann, "resolve")
    strict.pagerduty.faults.clear()
    await strict.slack.submit(strict.ann, view, {})

    said = all_text(await strict.slack.expect_ephemeral(strict.ann))
    assert "resolve is for @payments" in said
    assert strict.writes() == []


async def test_suggested_command_is_refused_as_well(strict: World) -> None:
    suggested = await strict.answer("close 1")

    await strict.click(suggested, "pick")

    answer = all_text(await strict.slack.expect_ephemeral(strict.ann))
    assert "resolve is for @payments" in answer
    assert strict.writes() == []


async def test_mention_is_refused_as_well(strict: World) -> None:
    ack = await strict.slack.post(strict.ann, CHANNEL, "@pdbot resolve 1")

    said = all_text(await strict.slack.expect_ephemeral(strict.ann, CHANNEL))
    assert "resolve is for @payments" in said
    assert ack.message is not None
    await strict.slack.expect_reaction(ack.message, "x")


async def test_direct_message_is_no_channel(strict: World) -> None:
    direct = strict.slack.add_channel("", id="D0ANN", members=[strict.ann], is_im=True)

    await strict.slack.post(strict.ann, direct.id, "ack 1")

    said = all_text(await strict.slack.expect_ephemeral(strict.ann, direct.id))
    assert "You may reopen here; ack is for nobody." in said


async def test_channel_whose_name_slack_did_not_tell_is_asked_for_again(strict: World) -> None:
    strict.slack.faults.add(Fault("conversations.info", error="internal_error"))

    assert "ack is for nobody" in await strict.pd("ack 1")
    assert "Acknowledged." in await strict.pd("ack 1")
