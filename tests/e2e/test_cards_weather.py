"""Cards in bad weather: stale clicks, lost messages, closed channels, limits, silence."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.pagerduty import Fault as PagerDutyFault
from bot.sandbox.slack import Fault, all_text
from tests.e2e.cards import HastyLeaps, Leaps, buttons, cards_world, edits, post_card, thread
from tests.e2e.world import CHANNEL, World, bot_of


@pytest.fixture
async def quiet(tmp_path: Path) -> AsyncIterator[World]:
    """Give a bot that learns of nothing by itself."""
    async with cards_world(tmp_path) as found:
        yield found


async def test_a_stale_click_changes_nothing_and_repairs_the_card(quiet: World) -> None:
    incident = quiet.incident()
    card = await post_card(quiet, incident)
    quiet.pagerduty.resolve(incident, by=quiet.pd_bob)

    await quiet.click(card, "acknowledge")

    said = all_text(await quiet.slack.expect_ephemeral(quiet.ann, CHANNEL))
    assert "was resolved by Bob Breuer" in said
    assert "nothing changed" in said
    await quiet.slack.expect_update(card, "Resolved")
    assert buttons(card) == ["reopen", "note"]
    assert quiet.writes() == []


async def test_a_double_click_acknowledges_once(quiet: World) -> None:
    incident = quiet.incident()
    card = await post_card(quiet, incident)

    await asyncio.gather(quiet.click(card, "acknowledge"), quiet.click(card, "acknowledge"))

    await quiet.slack.expect_update(card, "Acknowledged")
    assert len(quiet.writes()) == 1


async def test_of_two_people_at_once_one_is_told_who_was_first(quiet: World) -> None:
    incident = quiet.incident(assignees=[quiet.pd_ann, quiet.pd_bob])
    card = await post_card(quiet, incident)

    await asyncio.gather(
        quiet.click(card, "acknowledge"), quiet.click(card, "acknowledge", who=quiet.bob)
    )

    await quiet.slack.expect_update(card, "Acknowledged")
    said = [
        all_text(await quiet.slack.expect_ephemeral(who, CHANNEL)) for who in (quiet.ann, quiet.bob)
    ]
    assert all("acknowledged" in one for one in said)


async def test_a_click_on_a_deleted_incident_says_so_and_takes_the_buttons_away(
    quiet: World,
) -> None:
    incident = quiet.incident()
    card = await post_card(quiet, incident)
    quiet.pagerduty.delete(incident)

    await quiet.click(card, "acknowledge")

    assert "it was deleted" in all_text(await quiet.slack.expect_ephemeral(quiet.ann, CHANNEL))
    await quiet.slack.expect_update(card, "Deleted")
    assert buttons(card) == []


async def test_a_form_sent_after_somebody_resolved_changes_nothing(quiet: World) -> None:
    incident = quiet.incident()
    card = await post_card(quiet, incident)
    await quiet.click(card, "reassign")
    form = await quiet.slack.expect_view(quiet.ann, "reassign")
    quiet.pagerduty.resolve(incident, by=quiet.pd_bob)

    await quiet.slack.submit(quiet.ann, form, {"assignees": [quiet.bob.id]})

    said = all_text(await quiet.slack.expect_ephemeral(quiet.ann, CHANNEL))
    assert "was resolved by Bob Breuer" in said
    await quiet.slack.expect_update(card, "Resolved")
    assert quiet.writes() == []


async def test_a_form_left_open_for_31_minutes_still_works(tmp_path: Path) -> None:
    clock = Leaps()
    async with cards_world(tmp_path, clock=clock) as here:
        incident = here.incident()
        card = await post_card(here, incident)
        await here.click(card, "note")
        form = await here.slack.expect_view(here.ann, "note")
        clock.ahead += 31 * 60

        await here.slack.submit(here.ann, form, {"note": "late but true"})

        said = all_text(await here.slack.expect_ephemeral(here.ann, CHANNEL))
        assert "late but true" in said
        await here.slack.expect_update(card, "1 note")


async def test_an_expired_trigger_says_to_press_again(tmp_path: Path) -> None:
    async with cards_world(tmp_path) as here:
        card = await post_card(here, here.incident())
        here.slack.faults.add(Fault("views.open", error="expired_trigger_id"))

        await here.click(card, "note")

        said = all_text(await here.slack.expect_ephemeral(here.ann, CHANNEL))
        assert "press the button again" in said


async def test_a_deleted_card_is_posted_again_once(tmp_path: Path) -> None:
    async with cards_world(tmp_path, webhooks=True) as here:
        incident = here.incident()
        card = await post_card(here, incident)
        here.slack.board.delete(card)

        here.pagerduty.acknowledge(incident, by=here.pd_ann)
        again = await here.slack.expect_message(CHANNEL, "Acknowledged")
        here.slack.board.delete(again)
        here.pagerduty.resolve(incident, by=here.pd_ann)

        await here.pagerduty.settled()
        await here.bot.cards.tasks.drain(5)
        await here.bot.cards.painter.idle()
        assert not any("Resolved" in all_text(one) for one in here.slack.messages(CHANNEL))


@pytest.mark.parametrize("error", ["is_archived", "not_in_channel"])
async def test_a_closed_channel_is_told_to_the_operator_once(
    tmp_path: Path, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with cards_world(tmp_path, webhooks=True) as here:
        incident = here.incident()
        await post_card(here, incident)
        here.slack.faults.add(Fault("chat.update", error=error, times=None))
        since = len(here.slack.calls)

        here.pagerduty.acknowledge(incident, by=here.pd_ann)
        await here.slack.expect_call("chat.update", since=since)
        here.pagerduty.resolve(incident, by=here.pd_ann)
        await here.pagerduty.settled()
        await here.bot.cards.tasks.drain(5)

        assert capsys.readouterr().out.count("cannot be kept true") == 1
        here.slack.faults.clear()


async def test_a_burst_is_few_edits_and_the_last_state_arrives(tmp_path: Path) -> None:
    async with cards_world(tmp_path, webhooks=True) as here:
        incident = here.incident()
        card = await post_card(here, incident)

        for number in range(10):
            here.pagerduty.note(incident, f"note {number}", by=here.pd_bob)
        here.pagerduty.resolve(incident, by=here.pd_bob)

        await here.slack.expect_update(card, "Resolved")
        await here.slack.expect_message(CHANNEL, "resolved this", thread_ts=card.ts)
        assert "10 notes" in all_text(card)
        assert edits(here, card) <= 3
        assert len(thread(here, card)) == 11


async def test_slacks_429_is_honored(tmp_path: Path) -> None:
    async with cards_world(tmp_path, webhooks=True) as here:
        incident = here.incident()
        card = await post_card(here, incident)
        here.slack.faults.add(Fault("chat.update", error="ratelimited", status=429, retry_after=1))
        since = len(here.slack.calls)

        here.pagerduty.acknowledge(incident, by=here.pd_ann)

        await here.slack.expect_update(card, "Acknowledged")
        calls = [one for one in here.slack.calls[since:] if one.method == "chat.update"]
        assert len(calls) == 2
        assert (calls[1].at - calls[0].at).total_seconds() >= 1


async def test_cards_say_of_when_they_are_after_two_minutes_of_silence(tmp_path: Path) -> None:
    clock = HastyLeaps()
    async with cards_world(tmp_path, poll="2.5", clock=clock) as here:
        incident = here.incident()
        card = await post_card(here, incident)
        compare = here.bot.cards.poller.compare
        await compare()
        before = edits(here, card)

        here.pagerduty.faults.add(PagerDutyFault("*", status=503, times=None))
        clock.ahead += 121
        await here.slack.expect_update(card, "PagerDuty is not answering")
        clock.ahead += 600
        await compare()
        await here.bot.cards.painter.idle()
        assert edits(here, card) == before + 1

        here.pagerduty.faults.clear()
        await here.slack.expect_update(card)
        assert "not answering" not in all_text(card)


async def test_a_comparison_finds_what_somebody_else_did(tmp_path: Path) -> None:
    async with cards_world(tmp_path, poll="0.1") as here:
        incident = here.incident()
        card = await post_card(here, incident)

        here.pagerduty.reassign(incident, here.pd_bob, by=here.pd_bob)
        await here.slack.expect_update(card, "assigned to Bob Breuer")
        assert "→ Bob Breuer" in all_text(
            await here.slack.expect_message(CHANNEL, thread_ts=card.ts)
        )
        here.pagerduty.resolve(incident, by=here.pd_bob)
        await here.slack.expect_update(card, "Resolved")


async def test_buttons_work_after_a_restart_with_an_empty_database(tmp_path: Path) -> None:
    async with cards_world(tmp_path, "http") as here:
        incident = here.incident()
        card = await post_card(here, incident)
        here.environ["DATABASE_URL"] = f"sqlite:///{tmp_path / 'empty.db'}"

        async with bot_of(here):
            await here.click(card, "acknowledge")
            await here.slack.expect_update(card, "Acknowledged")
            here.pagerduty.resolve(incident, by=here.pd_bob)
            await here.bot.cards.keeper.refresh(incident.id)
            await here.slack.expect_update(card, "Resolved")


async def test_a_mention_in_a_cards_thread_means_its_incident(quiet: World) -> None:
    quiet.incident("Another one")
    incident = quiet.incident()
    card = await post_card(quiet, incident)

    mention = f"<@{quiet.slack.identity.bot_user_id}> ack"
    await quiet.slack.post(quiet.ann, CHANNEL, mention, thread_ts=card.ts, raw=True)

    await quiet.slack.expect_update(card, "Acknowledged")
    assert incident.status == "acknowledged"
