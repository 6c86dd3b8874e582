"""Each verb from Slack's wire to PagerDuty's and back, over both transports."""

from bot.actions.registry import ACTIONS
from bot.sandbox.slack import all_text
from tests.e2e.facts import acknowledgers, assignees, notes, resolution
from tests.e2e.world import World


async def test_note_is_written_in_the_callers_name(both: World) -> None:
    incident = both.incident()

    said = await both.pd(f"note {incident.id} disk is full & <b>")

    assert "Your note is on" in said
    assert notes(incident) == [("disk is full & <b>", "Ann Archer")]


async def test_ack_is_made_in_the_callers_name(both: World) -> None:
    incident = both.incident(assignees=[both.pd_bob])

    said = await both.pd(f"ACK {incident.number}")

    assert "PagerDuty says: #1 Nightly export failed is acknowledged by Ann Archer" in said
    assert acknowledgers(incident) == ["Ann Archer"]


async def test_resolve_keeps_its_text_as_resolution_and_as_note(both: World) -> None:
    incident = both.incident()

    said = await both.pd("resolve #1 restarted the exporter")

    assert "Resolved. PagerDuty says: #1 Nightly export failed is resolved." in said
    assert notes(incident) == [("restarted the exporter", "Ann Archer")]
    assert (incident.status, resolution(incident)) == ("resolved", "restarted the exporter")


async def test_notes_are_read_in_their_order(both: World) -> None:
    incident = both.incident()
    both.pagerduty.note(incident, "first", by=both.pd_bob)
    both.pagerduty.note(incident, "second", by=both.pd_ann)

    said = await both.pd("notes 1")

    assert "#1 Nightly export failed: 2 notes" in said
    assert said.index("first") < said.index("second")
    assert "Bob Breuer" in said


async def test_status_writes_by_name(both: World) -> None:
    incident = both.incident()

    assert "is acknowledged by Ann Archer" in await both.pd("status 1 acknowledged")
    assert "is resolved" in await both.pd("status 1 Resolved")
    assert incident.status == "resolved"


async def test_reassign_replaces_the_assignees_and_says_why(both: World) -> None:
    incident = both.incident()

    said = await both.pd("reassign 1 @bob -- knows the exporter")

    assert "Reassigned to Bob Breuer. PagerDuty says: #1 Nightly export failed" in said
    assert "it does not escalate any more" in said
    assert assignees(incident) == ["Bob Breuer"]
    assert notes(incident) == [("knows the exporter", "Ann Archer")]


async def test_update_writes_assignees_before_the_status(both: World) -> None:
    incident = both.incident()

    said = await both.pd("update 1 --status acknowledged --assignees @bob,ann@example.com")

    assert "Reassigned to Bob Breuer and Ann Archer." in said
    assert "Acknowledged. PagerDuty says: #1" in said
    assert assignees(incident) == ["Ann Archer", "Bob Breuer"]
    bodies = [one.body["incident"] for one in both.writes()]
    assert ["assignments" in body for body in bodies] == [True, False]
    assert bodies[1]["status"] == incident.status == "acknowledged"


async def test_update_with_a_resolution_resolves(both: World) -> None:
    incident = both.incident()

    said = await both.pd("update 1 —resolution it was the disk -- not the net")

    assert "is resolved" in said
    assert resolution(incident) == "it was the disk -- not the net"
    assert notes(incident) == [("it was the disk -- not the net", "Ann Archer")]


async def test_take_assigns_to_me_and_acknowledges(both: World) -> None:
    incident = both.incident(assignees=[both.pd_bob])

    said = await both.pd("take 1")

    assert "Taken. PagerDuty says: #1 Nightly export failed is acknowledged by Ann Archer" in said
    assert assignees(incident) == ["Ann Archer"]
    assert "is yours already; nothing changed" in await both.pd("take 1")


async def test_reopen_brings_back_to_triggered_and_says_that_it_pages(both: World) -> None:
    incident = both.incident()
    both.pagerduty.resolve(incident, by=both.pd_bob)

    said = await both.pd("reopen 1")

    assert "Reopened: PagerDuty pages whoever it is assigned to." in said
    assert incident.status == "triggered"
    assert "is triggered already; nothing changed" in await both.pd("reopen 1")


async def test_list_shows_mine_with_buttons_and_counts_the_others(both: World) -> None:
    both.incident("Mine")
    both.incident("Theirs", assignees=[both.pd_bob])
    gone = both.incident("Gone")
    both.pagerduty.resolve(gone, by=both.pd_bob)

    shown = await both.answer("list")

    said = all_text(shown)
    assert "1 open incident is assigned to you; 1 other is open: /pd list all." in said
    assert "Mine" in said
    assert "Theirs" not in said
    pressed = await both.click(shown, "acknowledge")
    assert pressed.ok
    assert "Acknowledged." in all_text(await both.slack.expect_ephemeral(both.ann))


async def test_list_all_shows_the_newest_first(both: World) -> None:
    both.incident("Older")
    both.incident("Newer", assignees=[both.pd_bob])

    said = await both.pd("ls all")

    assert "2 incidents are open." in said
    assert said.index("Newer") < said.index("Older")
    assert "1 open incident is assigned to you." in await both.pd("list mine")


async def test_list_of_nothing_says_so(both: World) -> None:
    assert "No open incidents are assigned to you." in await both.pd("list")
    assert "No incidents are open." in await both.pd("l all")


async def test_show_gives_the_card_to_the_caller_only(both: World) -> None:
    incident = both.incident()

    shown = await both.answer(f"show {both.pagerduty.web_url('/incidents/' + incident.id)}")

    assert shown.is_ephemeral
    assert "#1 Nightly export failed" in all_text(shown)
    assert both.slack.messages("C0PROD") == []


async def test_show_posts_the_card_when_told_to(both: World) -> None:
    both.incident()

    await both.slack.command(both.ann, "/pd show 1 --post", channel="C0PROD")

    card = await both.slack.expect_message("C0PROD", "Nightly export failed")
    assert not card.is_ephemeral


async def test_whoami_says_who_pagerduty_thinks_i_am(both: World) -> None:
    said = await both.pd("whoami")

    assert "Ann Archer" in said
    assert "(ann@example.com, user) in PagerDuty." in said
    assert "You may do everything here that PagerDuty lets you do." in said


async def test_help_lists_every_verb_in_a_table_with_an_example_of_mine(both: World) -> None:
    both.incident()

    shown = await both.answer("")

    table = next(
        text for text in all_text({"blocks": shown.blocks}).split("```") if "\nack" in text
    )
    often = [action.usage for action in ACTIONS if not action.usage.is_rare]
    assert len(table.splitlines()) == len(often) <= 12
    assert max(map(len, table.splitlines())) <= 84  # wider ones wrap in Slack's window
    rare = ", ".join(action.usage.verb for action in ACTIONS if action.usage.is_rare)
    assert f"Also: {rare}." in all_text(shown)
    assert "/pd note #1 …" in all_text(shown)


async def test_help_tells_one_verb_in_full(both: World) -> None:
    said = await both.pd("help RA")

    assert "/pd reassign [INCIDENT] PEOPLE [-- REASON]" in said
    assert "Short: ra, assign." in said
    assert 'There is no verb "frob".' in await both.pd("help frob")
