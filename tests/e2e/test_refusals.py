"""Words that cannot be carried out: what the caller reads, and that nothing was done."""

import re

import pytest

from bot.sandbox.slack import all_text
from tests.e2e.facts import acknowledgers, assignees, state
from tests.e2e.world import World

REFERENCE = re.compile(r"\(ref [a-z2-7]{8}\)")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("show #99", "No incident #99 in acme.pagerduty.com; nothing was done. Open ones: #2, #1."),
        ("notes #99", "No incident #99"),
        ("resolve #99 gone", "No incident #99"),
        ("take #99", "No incident #99"),
        ("reopen #99", "No incident #99"),
        ("status #99 resolved", "No incident #99"),
        ("update #99 --status resolved", "No incident #99"),
        ("reassign #99 @bob", "No incident #99"),
        ("ack PZZZZZZ", "No incident PZZZZZZ"),
        ("ack foo", '"foo" is not an incident; nothing was done. Name one by its id'),
        ("ack mine 1", '"mine" stands alone'),
        ("show 1 2", 'I do not understand "2"; show takes one incident'),
        ("note", "The note is empty; nothing was written."),
        ("note 1", "The note for #1 is empty; nothing was written."),
        ("note #1 --", "The note is empty; nothing was written."),
        ("notes foo", '"foo" is not an incident'),
        ("take 1 please", '"please" is not an incident'),
        ("resolve 1 2", "resolve takes one incident; nothing was done."),
        ("status 1", "Say one incident and one status, acknowledged or resolved"),
        ("status 1 frozen", '"frozen" is not a status that can be set; nothing was done.'),
        ("status 1 triggered", "Nothing but reopen brings an incident back to triggered"),
        ("reopen", "Name the incident to reopen: that pages people"),
        ("update 1", "Nothing to update was named. Nothing was done."),
        ("update 1 --frob x", 'I do not understand "--frob x". Nothing was done.'),
        ("update 1 --status", '"" is not a status that can be set; nothing was done.'),
        ("update 1 --resolution", "--resolution is empty; nothing was done."),
        ("update 1 --assignees ,", "--assignees is empty; nothing was done."),
        ("update 1 --status resolved --status resolved", "--status is given twice"),
        ("update 1 --resolution x --status acknowledged", "which excludes --status acknowledged"),
        (
            "update 1 --assignees ep:Billing,@bob",
            "to people or to one escalation policy, not to both",
        ),
        ("update 1 --assignees zed@x.org", "zed@x.org is not the e-mail of a PagerDuty user."),
        ("reassign", "Say whom to assign; nothing was done."),
        ("reassign 1", "Say whom to assign; nothing was done."),
        ("reassign 1 zed@x.org", "zed@x.org is not the e-mail of a PagerDuty user."),
        ("reassign 1 PZZZZZZ", '"PZZZZZZ" is not a PagerDuty user'),
        ("reassign 1 Zed", '"Zed" is not a PagerDuty user: try the e-mail address'),
        ("reassign 1 Twin", "(twin1@example.com) or "),
        ("reassign 1 ep:Billing @bob", "to people or to one escalation policy, not to both"),
        (
            "reassign 1 ep:Nope",
            'No escalation policy is called "Nope" in PagerDuty; nothing was done',
        ),
        ("reassign 1 oncall:Nope", "PagerDuty has no schedule or service called"),
        ("list foo", "list takes mine, all, or nothing."),
        ("whoami now", 'whoami takes nothing, and this says "now".'),
    ],
)
async def test_mistake_is_explained_with_a_reference_and_changes_nothing(
    here: World, typed: str, says: str
) -> None:
    incident = here.incident()
    here.incident("Other")
    here.pagerduty.add_user("Twin One", "twin1@example.com")
    here.pagerduty.add_user("Twin Two", "twin2@example.com")
    before = state(incident)

    said = await here.pd(typed)

    assert says in said
    assert REFERENCE.search(said)
    assert here.writes() == []
    assert state(incident) == before


async def test_slack_user_group_is_refused_with_advice(here: World) -> None:
    here.incident()
    here.slack.add_usergroup("payments", id="S0PAY", users=[here.bob])

    said = await here.pd("reassign 1 @payments")

    assert "is a Slack user group, and PagerDuty assigns people; nothing was done." in said
    assert here.writes() == []


@pytest.mark.parametrize(
    "typed",
    [
        "ack 1",
        "resolve 1",
        "resolve 1 again",
        "take 1",
        "status 1 acknowledged",
        "status 1 resolved",
        "update 1 --status acknowledged",
        "update 1 --assignees @bob",
        "reassign 1 @bob",
    ],
)
async def test_resolved_incident_is_left_alone_and_the_way_back_named(
    here: World, typed: str
) -> None:
    incident = here.incident()
    here.pagerduty.resolve(incident, by=here.pd_bob)

    said = await here.pd(typed)

    assert "#1 Nightly export failed was resolved by Bob Breuer a few seconds ago" in said
    assert "nothing changed. Use /pd reopen 1 to page people again. (ref " in said
    assert here.writes() == []
    assert incident.status == "resolved"


async def test_note_goes_onto_a_resolved_incident(here: World) -> None:
    incident = here.incident()
    here.pagerduty.resolve(incident, by=here.pd_bob)

    assert "It is resolved. It says: “it was the disk”" in await here.pd("note 1 it was the disk")
    assert (incident.status, len(incident.notes)) == ("resolved", 1)


async def test_one_acknowledged_by_somebody_else_is_left_alone_and_can_be_taken(
    both: World,
) -> None:
    incident = both.incident()
    both.pagerduty.acknowledge(incident, by=both.pd_bob)

    shown = await both.answer("ack 1")

    said = all_text(shown)
    assert "#1 Nightly export failed is already acknowledged by Bob Breuer" in said
    assert "nothing changed. Take it?" in said
    assert both.writes() == []
    await both.click(shown, "take")
    assert "Taken." in all_text(await both.slack.expect_ephemeral(both.ann))
    assert assignees(incident) == ["Ann Archer"]
    assert acknowledgers(incident)[-1] == "Ann Archer"


async def test_those_of_several_that_somebody_else_has_can_be_taken_one_by_one(here: World) -> None:
    for _ in range(2):
        here.pagerduty.acknowledge(here.incident(), by=here.pd_bob)

    said = all_text(await here.answer("ack 1 2"))

    assert "0 acknowledged, 2 left alone:" in said
    assert "Take #1" in said
    assert "Take #2" in said
    assert here.writes() == []


async def test_one_acknowledged_by_me_is_said_so(here: World) -> None:
    incident = here.incident()
    here.pagerduty.acknowledge(incident, by=here.pd_ann)

    assert "is already acknowledged by you; nothing changed." in await here.pd("ack 1")
    assert here.writes() == []


async def test_one_unknown_assignee_stops_all_and_the_others_are_offered(both: World) -> None:
    incident = both.incident()

    shown = await both.answer("reassign 1 @bob, zed@x.org me -- knows it")

    said = all_text(shown)
    assert "Not reassigned: zed@x.org is not the e-mail of a PagerDuty user." in said
    assert "Bob Breuer and Ann Archer are fine." in said
    assert "(ref " in said
    assert both.writes() == []
    await both.click(shown, "pick")
    answer = all_text(await both.slack.expect_ephemeral(both.ann))
    assert "Reassigned to Bob Breuer and Ann Archer." in answer
    assert assignees(incident) == ["Ann Archer", "Bob Breuer"]
    assert [note.content for note in incident.notes] == ["knows it"]


async def test_mentioned_person_without_pagerduty_is_named_with_their_email(here: World) -> None:
    here.incident()
    here.slack.add_user("mailless", id="U0MAILLESS")

    assert "eve (eve@example.com) is not a PagerDuty user." in await here.pd("reassign 1 @eve")
    assert "mailless has no e-mail in Slack to find them by." in await here.pd(
        "reassign 1 @mailless"
    )
    assert "Slack does not know one of the people you mentioned." in all_text(
        await _raw(here, "reassign 1 <@U0NOBODY>")
    )
    assert here.writes() == []


async def _raw(here: World, typed: str) -> dict[str, object]:
    await here.slack.command(here.ann, f"/pd {typed}", channel="C0PROD", raw=True)
    return await here.slack.expect_ephemeral(here.ann)


async def test_reassign_finds_people_in_every_spelling(here: World) -> None:
    here.incident()
    bob = here.pd_bob

    for spelled in (
        f"<@{here.bob.id}|bob>",
        f"<@{here.bob.id}>",
        "bob@example.com",
        "<mailto:Bob@example.com|Bob@example.com>",
        bob.id,
        bob.id.lower(),
        "bob",
        "“Bob Breuer”",
        "oncall:Billing",
    ):
        said = all_text(await _raw(here, f"reassign 1 {spelled}"))
        assert "Reassigned to Bob Breuer. PagerDuty says: #1" in said, spelled
        assert "Reassigned to Ann Archer." in all_text(await _raw(here, "reassign 1 me"))


async def test_reassign_to_a_policy_is_verified_and_keeps_escalation(here: World) -> None:
    incident = here.incident()

    said = await here.pd("reassign 1 ep:“Billing EP” -- let it escalate")

    assert "Reassigned to Billing EP." in said
    assert "Billing EP escalates from here on as usual." in said
    assert "does not escalate any more" not in said
    assert (incident.escalation_policy.name, assignees(incident)) == ("Billing EP", ["Bob Breuer"])
