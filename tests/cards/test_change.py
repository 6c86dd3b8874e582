"""What a reading changes: a line each for what people want to be told, nothing for the rest."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.cards.change import Change, Reading, advance, differs
from bot.cards.snapshot import Snapshot
from bot.model import Incident, Line, Link, Person, Reference, Struck
from tests.cards.world import ANN, AT, BOB, acknowledged, incident, note, resolved

LATER = AT + timedelta(minutes=1)
OLD = Snapshot(incident(), AT, 0)


def changed(old: Snapshot | None, new: Incident | None, notes: int = 0, **more: Any) -> Change:
    reading = Reading(LATER, new, [note(number) for number in range(notes)], **more)
    found = advance(old, reading)
    assert found is not None
    return found


def words(line: Line) -> str:
    return "".join(one if isinstance(one, str) else getattr(one, "text", "") for one in line)


DANA = Reference("PDANA", "Dana")
ESCALATING = {"assigned_via": "escalation_policy"}


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        pytest.param(incident(), acknowledged(), None, id="acknowledged"),
        pytest.param(incident(), acknowledged(BOB, assignees=(BOB,)), None, id="taken over by ack"),
        pytest.param(incident(), resolved(), "Bob resolved this.", id="resolved"),
        pytest.param(
            incident(),
            replace(resolved(), last_status_change_by=None),
            "Somebody resolved this.",
            id="resolved by nobody knows",
        ),
        pytest.param(
            resolved(), incident(last_status_change_by=ANN), "Ann reopened this.", id="reopened"
        ),
        pytest.param(incident(), incident(assignees=(BOB,)), "Ann → Bob", id="reassigned"),
        pytest.param(
            incident(), incident(assignees=(ANN, BOB)), "Ann → Ann, Bob", id="somebody added"
        ),
        pytest.param(
            incident(assignees=()), incident(assignees=(BOB,)), "nobody → Bob", id="from nobody"
        ),
        pytest.param(
            incident(**ESCALATING),
            incident(assignees=(BOB,), **ESCALATING),
            "Escalated: Ann → Bob",
            id="escalated",
        ),
        pytest.param(
            incident(),
            resolved(resolve_reason_merged_into="Q2"),
            "Bob merged this into Q2.",
            id="merged",
        ),
        pytest.param(incident(), incident(title="Other"), None, id="renamed"),
    ],
)
def test_a_change_has_its_line_or_none(old: Incident, new: Incident, line: str | None) -> None:
    found = changed(replace(OLD, incident=old), new)
    assert [words(one) for one in found.lines] == ([line] if line else [])


@pytest.mark.parametrize(
    ("agent", "line"),
    [
        pytest.param(
            DANA,
            (Struck("Ann"), " → ", "Ann", ", ", Person("Bob", "PBOB"), ", by Dana"),
            id="known",
        ),
        pytest.param(BOB, (Struck("Ann"), " → ", "Ann", ", ", "Bob", ", by Bob"), id="one of them"),
        pytest.param(None, (Struck("Ann"), " → Ann, Bob"), id="it may be one of them"),
    ],
)
def test_who_is_assigned_must_know_unless_they_did_it(agent: Reference | None, line: Line) -> None:
    found = changed(OLD, incident(assignees=(ANN, BOB)), agent=agent)

    assert found.lines == (line,)
    assert not found.to_channel


def test_escalation_that_nobody_heard_is_told_to_the_channel_and_so_is_its_end() -> None:
    old = replace(OLD, incident=incident(**ESCALATING))

    loud = changed(old, incident(assignees=(BOB,), **ESCALATING))
    assert loud.lines == (("Escalated: ", Struck("Ann"), " → ", Person("Bob", "PBOB")),)
    assert loud.to_channel

    taken = changed(loud.snapshot, acknowledged(BOB, assignees=(BOB,)))
    assert (taken.lines, taken.to_channel) == ((), False)
    over = changed(taken.snapshot, resolved())
    assert (len(over.lines), over.to_channel) == (1, True)
    again = changed(over.snapshot, incident(last_status_change_by=ANN, **ESCALATING))
    assert (len(again.lines), again.to_channel) == (1, False)
    assert not changed(again.snapshot, resolved()).to_channel


def test_escalation_of_what_is_acknowledged_stays_in_the_thread() -> None:
    old = replace(OLD, incident=acknowledged(assigned_via="escalation_policy"))

    found = changed(old, acknowledged(assignees=(BOB,), assigned_via="escalation_policy"))

    assert len(found.lines) == 1
    assert not found.to_channel


def test_a_merged_incident_links_to_its_target() -> None:
    line = changed(OLD, resolved(resolve_reason_merged_into="Q2")).lines[0]
    assert Link("Q2", "https://acme.pagerduty.com/incidents/Q2") in line


def test_a_merged_incident_without_an_address_names_its_target() -> None:
    new = resolved(resolve_reason_merged_into="Q2", html_url="")
    assert "Q2" in words(changed(OLD, new).lines[0])


def test_each_new_note_has_its_line() -> None:
    found = changed(replace(OLD, note_count=1), incident(), notes=3)
    assert len(found.lines) == 2
    assert found.snapshot.note_count == 3


def test_a_long_note_is_shortened_more_on_the_card_than_in_the_thread() -> None:
    reading = Reading(LATER, incident(), [note(1, "x" * 5000)])
    found = advance(OLD, reading)
    assert found is not None
    assert 1900 < len(words(found.lines[0])) < 2100
    assert found.snapshot.last_action is not None
    assert len(words(found.snapshot.last_action)) < 300


def test_an_action_of_the_bots_own_is_told_in_its_own_words_only() -> None:
    told = (("ann resolved: it was the disk",),)
    found = changed(OLD, resolved(), notes=2, told=told, own_notes=frozenset({"N1"}))
    assert [words(one) for one in found.lines] == [
        "Bob noted: disk is full",
        "ann resolved: it was the disk",
    ]


def test_the_first_reading_tells_nothing_of_the_past() -> None:
    found = changed(None, resolved(), notes=5)
    assert found.lines == ()
    assert found.snapshot.note_count == 5


def test_notes_that_were_never_read_are_not_told_later() -> None:
    assert changed(replace(OLD, note_count=None), incident(), notes=5).lines == ()


def test_notes_that_could_not_be_read_are_due() -> None:
    found = advance(replace(OLD, note_count=2), Reading(LATER, incident()))
    assert found is not None
    assert (found.snapshot.note_count, found.snapshot.notes_due) == (2, True)


def test_an_older_reading_changes_nothing() -> None:
    old = replace(OLD, incident=incident(second=5))
    assert advance(old, Reading(LATER, resolved(second=4), ())) is None


def test_of_the_same_second_the_later_question_counts() -> None:
    old = replace(OLD, asked_at=LATER)
    assert advance(old, Reading(AT, resolved(), ())) is None
    assert advance(old, Reading(LATER, resolved(), ())) is not None


def test_a_deleted_incident_is_told_once() -> None:
    found = changed(OLD, None)
    assert found.snapshot.is_gone
    assert not found.snapshot.is_open
    assert "deleted" in words(found.lines[0])
    assert advance(found.snapshot, Reading(LATER, None)) is None
    assert advance(None, Reading(LATER, None)) is None


def test_an_incident_that_comes_back_is_shown_again() -> None:
    gone = changed(OLD, None).snapshot
    assert advance(gone, Reading(AT, incident(), ())) is None
    assert not changed(gone, incident()).snapshot.is_gone


def test_the_last_action_stays_until_the_state_changes() -> None:
    old = replace(OLD, last_action=("Bob → Ann",))
    assert changed(old, incident(title="Other")).snapshot.last_action == ("Bob → Ann",)
    assert changed(old, acknowledged()).snapshot.last_action is None


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (incident(), False),
        (incident(second=1), True),
        (acknowledged(), True),
        (incident(second=-1, title="older"), False),
        (incident(priority="P1"), True),
        (incident(updated_at=None), True),
    ],
)
def test_what_is_worth_reading_differs(listed: Incident, expected: bool) -> None:
    assert differs(OLD, listed) is expected


def test_what_was_read_in_part_is_read_again() -> None:
    assert differs(replace(OLD, notes_due=True), incident())
    assert differs(replace(OLD, is_gone=True), incident())
