"""PagerDuty's own examples, and what is missing in the wild."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Incident, Note, Reference, Status
from bot.pagerduty import answers
from tests.pagerduty import support

READERS: dict[str, Any] = {
    "rest.listIncidents": answers.page("incidents", answers.incident_of),
    "rest.getIncident": answers.incident,
    "rest.updateIncident": answers.incident,
    "rest.createIncident": answers.incident,
    "rest.createIncidentSnooze": answers.incident,
    "rest.mergeIncidents": answers.done,  # answers with a reference only
    "rest.updateIncidents": answers.page("incidents", answers.incident_of),
    "rest.createIncidentNote": answers.note,
    "rest.listIncidentNotes": answers.authored_notes,
    "rest.createIncidentResponderRequest": answers.done,
    "rest.listUsers": answers.page("users", answers.user_of),
    "rest.getUser": answers.user,
    "rest.getCurrentUser": answers.user,
    "rest.listOnCalls": answers.page("oncalls", answers.on_call),
    "rest.listEscalationPolicies": answers.page("escalation_policies", answers.named),
    "rest.listServices": answers.page("services", answers.service),
    "rest.listSchedules": answers.page("schedules", answers.named),
    "rest.listPriorities": answers.page("priorities", answers.named),
    "rest.listAbilities": answers.abilities,
}


@pytest.mark.parametrize("operation", READERS)
def test_every_example_of_pagerduty_is_read(operation: str) -> None:
    responses = support.contract()["operations"][operation]["responses"]
    examples = [
        one
        for status, response in responses.items()
        if status.startswith("2")
        for one in (response.get("examples") or {}).values()
    ]
    assert examples
    for one in examples:
        READERS[operation](one)


def example() -> Incident:
    responses = support.contract()["operations"]["rest.getIncident"]["responses"]
    return answers.incident(responses["200"]["examples"]["response"])


def test_incident_is_read_in_full() -> None:
    one = example()
    earline = Reference(
        "PXPGF42", "Earline Greenholt", "https://subdomain.pagerduty.com/users/PXPGF42", "user"
    )
    assert (one.id, one.number, one.title) == ("PT4KHLK", 1234, "The server is on fire.")
    assert one.status is Status.ACKNOWLEDGED
    assert one.created_at == datetime(2015, 10, 6, 21, 30, 42, tzinfo=UTC)
    assert one.assignees == (earline,)
    assert one.acknowledgements[0].by == earline
    assert one.acknowledgements[0].at == datetime(2015, 11, 10, 0, 32, 52, tzinfo=UTC)
    assert one.last_status_change_by == earline
    assert one.service.name == "My Mail Service"
    assert one.escalation_policy is not None
    assert one.escalation_policy.type == "escalation_policy"
    assert (one.priority, one.assigned_via) == ("P2", "escalation_policy")
    assert one.team_ids == ("PQ9K7I8",)
    assert one.resolved_at is None
    assert one.is_open


def test_incident_of_a_webhook_is_read_like_rests() -> None:
    data = support.contract()["webhooks_v3"]["data_examples"]["incident"]
    one = answers.incident_of(data)
    assert (one.id, one.number, one.priority) == ("PGR0VU2", 2, "P1")
    assert [who.name for who in one.assignees] == ["User 123"]


def test_incident_with_nothing_but_id_and_status_is_read() -> None:
    one = answers.incident_of({"id": "P1", "status": "resolved"})
    assert (one.number, one.title, one.urgency) == (0, "(no title)", "high")
    assert one.service.name == "unknown service"
    assert one.assignees == ()
    assert not one.is_open


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"incident_number": 7}, 7),
        ({"number": 8}, 8),
        ({"summary": "[#9] x"}, 9),
        ({"incident_number": None, "summary": "x"}, 0),
        ({"incident_number": True}, 0),
    ],
)
def test_incident_number_is_found_where_it_stands(fields: dict[str, Any], number: int) -> None:
    assert answers.incident_of({"id": "P1", "status": "triggered", **fields}).number == number


def test_merged_incident_names_its_target() -> None:
    reason = {"type": "merge_resolve_reason", "incident": {"id": "PTARGET"}}
    one = answers.incident_of({"id": "P1", "status": "resolved", "resolve_reason": reason})
    assert one.resolve_reason_merged_into == "PTARGET"


def test_notes_come_oldest_first_with_their_authors() -> None:
    responses = support.contract()["operations"]["rest.listIncidentNotes"]["responses"]
    notes = answers.authored_notes(responses["200"]["examples"]["response"])
    assert [author for author, _ in notes] == ["PXPGF42", "PXPGF42"]
    assert [note.author for _, note in notes] == ["A Global Event Rule", "Earline Greenholt"]
    assert notes[1][1] == Note(
        "PWL7QXS",
        "Firefighters are on the scene.",
        "Earline Greenholt",
        datetime(2013, 3, 6, 20, 28, 51, tzinfo=UTC),
    )


def test_note_without_author_is_somebodys() -> None:
    assert answers.note({"note": {"id": "P", "content": "x", "user": None}}).author == "somebody"


def test_gap_in_the_rota_is_left_out() -> None:
    read = answers.page("oncalls", answers.on_call)
    assert read({"oncalls": [{"user": None, "escalation_level": 1}]}).items == ()


@pytest.mark.parametrize(
    ("read", "data"),
    [
        pytest.param(answers.incident, {"incident": None}, id="no incident"),
        pytest.param(answers.incident, {"incident": {"status": "resolved"}}, id="no id"),
        pytest.param(
            answers.incident, {"incident": {"id": "P1", "status": "burning"}}, id="unknown status"
        ),
        pytest.param(answers.note, {"note": {"id": "P1"}}, id="note without content"),
        pytest.param(answers.authored_notes, {"notes": None}, id="no notes"),
        pytest.param(answers.user, {"user": {"name": "Ann"}}, id="user without id"),
        pytest.param(answers.named, {"name": "Default"}, id="entry without id"),
        pytest.param(answers.named, {}, id="empty entry"),
        pytest.param(answers.abilities, {}, id="no abilities"),
        pytest.param(answers.done, [], id="no object"),
        pytest.param(READERS["rest.listUsers"], {"user": []}, id="no list"),
    ],
)
def test_answer_without_its_essence_is_malformed(read: Any, data: Any) -> None:
    with pytest.raises(answers.MalformedAnswer):
        read(data)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2015-10-06T21:30:42Z", datetime(2015, 10, 6, 21, 30, 42, tzinfo=UTC)),
        ("2015-10-06T21:30:42.169-05:00", datetime(2015, 10, 7, 2, 30, 42, 169000, tzinfo=UTC)),
        ("2015-10-06T21:30:42", datetime(2015, 10, 6, 21, 30, 42, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (None, None),
        (1444167042, None),
    ],
)
def test_instant_is_read_into_utc(text: Any, read: datetime | None) -> None:
    assert answers.instant(text) == read


KEYS = ["id", "status", "incident", "notes", "users", "user", "content", "created_at", "type"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=15,
)


@given(data=JSON, operation=st.sampled_from(sorted(READERS)))
def test_any_json_is_read_or_malformed(data: Any, operation: str) -> None:
    try:
        READERS[operation](data)
    except answers.MalformedAnswer as bad:
        assert str(bad)  # noqa: PT017 - one of two right outcomes
