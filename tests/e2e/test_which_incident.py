"""Which incident is meant: named, implied, picked, several, or none."""

import pytest

from bot.sandbox.slack import Fault as SlackFault
from bot.sandbox.slack import all_text
from tests.e2e.facts import assignees, notes
from tests.e2e.world import CHANNEL, World


@pytest.mark.parametrize("named", ["1", "#1", "＃1", "001", "#\u200b1", "<tel:1|1>"])
async def test_number_is_read_in_every_spelling(here: World, named: str) -> None:
    here.incident()

    ack = await here.slack.command(here.ann, f"/pd show {named}", channel=CHANNEL, raw=True)

    assert ack.ok
    assert "#1 Nightly export failed" in all_text(await here.slack.expect_ephemeral(here.ann))


async def test_id_is_read_in_any_case_and_from_an_address(here: World) -> None:
    incident = here.incident()
    address = here.pagerduty.web_url(f"/incidents/{incident.id}")

    assert "#1 Nightly" in await here.pd(f"show {incident.id.lower()}")
    assert "#1 Nightly" in await here.pd(f"show {address}")
    assert "#1 Nightly" in await here.pd(f"show {address}/timeline")


async def test_address_of_another_account_is_refused_by_name(here: World) -> None:
    incident = here.incident()

    said = await here.pd(f"ack https://other.pagerduty.com/incidents/{incident.id}")

    assert "belongs to other.pagerduty.com, but this bot works for acme.pagerduty.com" in said
    assert incident.status == "triggered"


async def test_latest_is_my_newest_open_incident(here: World) -> None:
    here.incident("Older")
    here.incident("Newer")
    here.incident("Theirs", assignees=[here.pd_bob])

    assert "#2 Newer is acknowledged" in await here.pd("ack latest")


async def test_the_only_open_incident_of_mine_is_implied(both: World) -> None:
    both.incident(assignees=[both.pd_bob])
    mine = both.incident("Mine")

    assert "Your note is on #2 Mine" in await both.pd("note the disk is full")
    assert "#2 Mine is acknowledged" in await both.pd("ack")
    assert notes(mine) == [("the disk is full", "Ann Archer")]


async def test_where_none_is_mine_the_open_ones_are_offered(here: World) -> None:
    theirs = here.incident("Theirs", assignees=[here.pd_bob])

    shown = await here.answer("note it is the disk")

    said = all_text(shown)
    assert (
        "You named no incident, and no open incident is assigned to you; nothing was done" in said
    )
    assert "Open ones: #1" in said
    assert "(ref " in said
    await here.click(shown, "pick")
    assert "Your note is on #1 Theirs" in all_text(await here.slack.expect_ephemeral(here.ann))
    assert notes(theirs) == [("it is the disk", "Ann Archer")]


async def test_where_none_is_open_it_says_so(here: World) -> None:
    assert "None is open at all." in await here.pd("ack")
    assert "none is open; nothing was done" in await here.pd("ack all")
    assert "There is no open incident." in await here.pd("show #77")


async def test_several_give_a_pick_list_whose_button_carries_the_whole_command(both: World) -> None:
    both.incident("First")
    second = both.incident("Second")

    shown = await both.answer("note it is <the> disk & *more*")

    said = all_text(shown)
    assert "2 open incidents could be meant, so nothing was done yet. Pick one:" in said
    assert second.notes == []
    await both.click(shown, "pick")
    assert "Your note is on #2 Second" in all_text(await both.slack.expect_ephemeral(both.ann))
    assert notes(second) == [("it is <the> disk & *more*", "Ann Archer")]


async def test_pick_list_offers_the_newest_five(here: World) -> None:
    for number in range(7):
        here.incident(f"Number {number}")

    shown = await here.answer("take")

    labels = [one["text"]["text"] for block in shown.blocks for one in block.get("elements", [])]
    assert "7 open incidents could be meant" in all_text(shown)
    assert labels == [f"#{number} Number {number - 1}" for number in (7, 6, 5, 4, 3)]


async def test_picked_reassign_keeps_people_and_reason(here: World) -> None:
    here.incident("First")
    second = here.incident("Second")

    shown = await here.answer("reassign @bob -- knows <it>")
    await here.click(shown, "pick")

    said = all_text(await here.slack.expect_ephemeral(here.ann))
    assert "#2 Second is triggered, assigned to Bob Breuer." in said
    assert assignees(second) == ["Bob Breuer"]
    assert notes(second) == [("knows <it>", "Ann Archer")]


async def test_note_too_long_for_a_button_opens_the_prefilled_form(here: World) -> None:
    here.incident("First")
    second = here.incident("Second")
    text = "word " * 600

    shown = await here.answer(f"note {text}")
    await here.click(shown, "pick")

    view = await here.slack.expect_view(here.ann, "note")
    initial = view["blocks"][-1]["element"]["initial_value"]
    assert text.startswith(initial.rstrip("…"))
    assert len(initial) > 1500
    await here.slack.submit(here.ann, view, {"note": text.strip()})
    assert "Your note is on #2" in all_text(await here.slack.expect_ephemeral(here.ann))
    assert notes(second) == [(text.strip(), "Ann Archer")]


async def test_number_in_front_of_a_text_counts_only_when_such_an_incident_is_there(
    here: World,
) -> None:
    incident = here.incident()

    assert "Your note is on #1" in await here.pd("note 500 errors on the API")
    assert "Your note is on #1" in await here.pd("note 1 disk is full")
    assert "Your note is on #1" in await here.pd("note -- 1 disk is full")
    assert "Your note is on #1" in await here.pd("note payment service is down")
    assert "Your note is on #1" in await here.pd("note latest deploy broke it")
    assert [text for text, _ in notes(incident)] == [
        "500 errors on the API",
        "disk is full",
        "1 disk is full",
        "payment service is down",
        "latest deploy broke it",
    ]


async def test_note_with_a_certain_reference_that_is_unknown_is_refused(here: World) -> None:
    incident = here.incident()

    for named in ("#99", "Q3EGHFIL073MBJ", "https://acme.pagerduty.com/incidents/Q3EGHFIL073MBJ"):
        said = await here.pd(f"note {named} disk is full")

        assert "No incident" in said
        assert "nothing was done. Open ones: #1." in said
    assert incident.notes == []


async def test_several_are_acknowledged_with_a_line_each(both: World) -> None:
    both.incident("First")
    done = both.incident("Done")
    both.pagerduty.resolve(done, by=both.pd_bob)
    both.incident("Third")

    said = await both.pd("ack #1, 2 3 #99")

    assert "2 acknowledged, 2 not possible:" in said
    assert "#99: No incident #99 in acme.pagerduty.com" in said
    assert "#2 Done was resolved by Bob Breuer a few seconds ago; nothing changed." in said
    assert "PagerDuty says: #3 Third is acknowledged by Ann Archer" in said
    assert done.status == "resolved"


@pytest.mark.parametrize("typed", ["ack all", "ack 1 2", "ack 1 3 4 5"])
async def test_many_or_somebody_elses_are_shown_first(both: World, typed: str) -> None:
    """`all`, more than three, or another's among several."""
    incidents = [both.incident("Theirs", assignees=[both.pd_bob])]
    incidents += [both.incident(f"Mine {number}") for number in range(4)]

    shown = await both.answer(typed)

    said = all_text(shown)
    assert "This would acknowledge" in said
    assert "Nothing was done yet." in said
    assert "#1 Theirs: triggered, assigned to Bob Breuer" in said
    assert {one.status for one in incidents} == {"triggered"}
    await both.click(shown, "pick")
    answer = all_text(await both.slack.expect_ephemeral(both.ann))
    assert "acknowledged:" in answer
    assert "#1 Theirs is acknowledged by Ann Archer" in answer


async def test_list_to_confirm_counts_what_is_still_waiting(here: World) -> None:
    """Where nothing would be acknowledged there is nothing to confirm."""
    for number in range(2):
        here.incident(f"Mine {number}")
    here.pagerduty.resolve(here.incident("Over", assignees=[here.pd_bob]), by=here.pd_bob)
    here.incident("Theirs", assignees=[here.pd_bob])

    assert "This would acknowledge 3 of 4 incidents." in await here.pd("ack 1 2 3 4")
    for typed in ("ack 1", "ack 2", "ack 4"):
        await here.pd(typed)
    said = await here.pd("ack 1 2 3 4")
    assert "0 acknowledged, 3 left alone, 1 not possible:" in said


async def test_three_of_mine_are_acknowledged_at_once(here: World) -> None:
    for number in range(3):
        here.incident(f"Mine {number}")

    assert "3 acknowledged:" in await here.pd("ack mine")
    assert "all 3 open ones are acknowledged; nothing was done" in await here.pd("ack mine")


async def test_unknown_verb_suggests_the_nearest_and_does_nothing(both: World) -> None:
    incident = both.incident()

    shown = await both.answer("akc #1")

    said = all_text(shown)
    assert 'I don\'t know "akc". Did you mean ack? Nothing was done.' in said
    assert "(ref " in said
    assert incident.status == "triggered"
    await both.click(shown, "pick")
    assert "is acknowledged by Ann" in all_text(await both.slack.expect_ephemeral(both.ann))


async def test_bare_reference_suggests_show(here: World) -> None:
    here.incident()

    shown = await here.answer("#1")
    await here.click(shown, "pick")

    assert "Nightly export failed" in all_text(await here.slack.expect_ephemeral(here.ann))


async def test_word_unlike_any_verb_leads_to_help(here: World) -> None:
    said = await here.pd("xyzzy")

    assert 'I don\'t know "xyzzy". Nothing was done. /pd help lists what I know. (ref ' in said


async def test_thread_that_slack_does_not_show_is_not_guessed(here: World) -> None:
    theirs = here.incident("Theirs", assignees=[here.pd_bob])
    mine = here.incident("Mine")
    await here.slack.command(here.ann, f"/pd show {theirs.id} --post", channel=CHANNEL)
    card = await here.slack.expect_message(CHANNEL, "Theirs")
    here.slack.faults.add(SlackFault("conversations.replies", error="internal_error"))

    await here.slack.post(here.ann, CHANNEL, "@pdbot resolve", thread_ts=card.ts)

    said = all_text(await here.slack.expect_ephemeral(here.ann, CHANNEL))
    assert "Slack did not tell which incident this thread is about" in said
    assert "nothing was done" in said
    assert (theirs.status, mine.status) == ("triggered", "triggered")
