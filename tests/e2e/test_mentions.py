"""The same grammar by mention: in channels, threads and direct messages."""

import pytest

from bot.sandbox.slack import Message, all_text
from tests.e2e.facts import notes
from tests.e2e.world import CHANNEL, World


async def mention(here: World, typed: str, thread_ts: str | None = None) -> Message:
    """Write to the bot in the channel and give what was written."""
    ack = await here.slack.post(here.ann, CHANNEL, f"@pdbot {typed}", thread_ts=thread_ts)
    assert ack.ok
    assert ack.message is not None
    return ack.message


async def test_mention_is_answered_to_the_caller_only_with_a_reaction(both: World) -> None:
    incident = both.incident()

    said = await mention(both, "note 1 disk is <full> & more")

    answer = await both.slack.expect_ephemeral(both.ann, CHANNEL)
    assert "Your note is on #1" in all_text(answer)
    await both.slack.expect_reaction(said, "white_check_mark")
    assert notes(incident) == [("disk is <full> & more", "Ann Archer")]


async def test_mention_that_fails_gets_another_reaction(here: World) -> None:
    said = await mention(here, "ack #99")

    assert "No incident #99" in all_text(await here.slack.expect_ephemeral(here.ann, CHANNEL))
    await here.slack.expect_reaction(said, "x")


async def test_in_a_thread_its_newest_card_is_the_implied_incident(both: World) -> None:
    meant = both.incident("Meant", assignees=[both.pd_bob])
    both.incident("Mine")
    await both.slack.command(both.ann, "/pd show 1 --post", channel=CHANNEL)
    card = await both.slack.expect_message(CHANNEL, "Meant")

    said = await mention(both, "ack", card.ts)

    answer = await both.slack.expect_ephemeral(both.ann, CHANNEL)
    assert "#1 Meant is acknowledged by Ann Archer" in all_text(answer)
    assert answer.thread_ts == card.ts
    await both.slack.expect_reaction(said, "white_check_mark")
    assert meant.status == "acknowledged"


async def test_in_a_thread_without_a_card_mine_is_implied(here: World) -> None:
    here.incident("Mine")
    start = await here.slack.post(here.bob, CHANNEL, "what is going on?")
    assert start.message is not None

    await mention(here, "ack", start.message.ts)

    answer = await here.slack.expect_ephemeral(here.ann, CHANNEL)
    assert "#1 Mine is acknowledged" in all_text(answer)


async def test_direct_message_needs_no_mention(both: World) -> None:
    both.incident()
    direct = both.slack.add_channel("", id="D0ANN", members=[both.ann], is_im=True)

    for typed in ("ack 1", "@pdbot show 1"):
        await both.slack.post(both.ann, direct.id, typed)
        answer = await both.slack.expect_ephemeral(both.ann, direct.id)
        assert "#1 Nightly export failed" in all_text(answer)


@pytest.mark.parametrize("typed", ["list, please @pdbot", "who is pdbot?"])
async def test_message_that_only_speaks_of_the_bot_is_no_command(here: World, typed: str) -> None:
    here.incident()

    await here.slack.post(here.ann, CHANNEL, typed)
    await here.slack.settle()

    assert here.slack.ephemerals(here.ann, CHANNEL) == []


async def test_edited_message_is_no_new_command(here: World) -> None:
    incident = here.incident()
    said = await mention(here, "note 1 once")
    await here.slack.expect_ephemeral(here.ann, CHANNEL)

    await here.slack.edit(here.ann, said, "@pdbot note 1 twice")
    await here.slack.settle()

    assert notes(incident) == [("once", "Ann Archer")]


async def test_empty_mention_gets_help(here: World) -> None:
    await mention(here, "")

    assert "What you can do" in all_text(await here.slack.expect_ephemeral(here.ann, CHANNEL))


async def test_talk_in_a_direct_message_is_answered_and_nothing_is_done(here: World) -> None:
    incident = here.incident()
    direct = here.slack.add_channel("", id="D0ANN", members=[here.ann], is_im=True)

    for typed, expected in (
        ("hello!", "Hello! I turn commands into changes in PagerDuty: /pd list"),
        ("help me", "What you can do"),
        ("thanks", "You're welcome."),
        ("can you ack 1?", "Did you mean ack?"),
    ):
        await here.slack.post(here.ann, direct.id, typed)
        answer = all_text(await here.slack.expect_ephemeral(here.ann, direct.id))
        assert expected in answer.replace("`", "")
    assert incident.status == "triggered"
