"""What is kept of an incident is read back the same."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards import lines, snapshot
from bot.cards.snapshot import Snapshot
from bot.ledger import CardRecord
from bot.model import Bold, Code, Line, Link, Mention, Reference, Status, Struck, When
from tests.cards.world import AT, acknowledged, incident, resolved

INSTANTS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.just(UTC),
)
WORDS = st.text(max_size=20)
PIECES = st.one_of(
    WORDS,
    st.builds(Link, WORDS, WORDS),
    st.builds(Mention, WORDS),
    st.builds(When, INSTANTS, st.sampled_from(["clock", "date"])),
    st.builds(Code, WORDS),
    st.builds(Bold, WORDS),
    st.builds(Struck, WORDS),
)
REFERENCES = st.builds(Reference, WORDS, WORDS, st.none() | WORDS, WORDS)
INCIDENTS = st.builds(
    replace,
    st.sampled_from([incident(), acknowledged(), resolved()]),
    title=WORDS,
    status=st.sampled_from(Status),
    assignees=st.lists(REFERENCES, max_size=3).map(tuple),
    priority=st.none() | WORDS,
    escalation_policy=st.none() | REFERENCES,
    last_status_change_by=st.none() | REFERENCES,
    updated_at=st.none() | INSTANTS,
    team_ids=st.lists(WORDS, max_size=2).map(tuple),
    resolve_reason_merged_into=st.none() | WORDS,
)


@given(st.lists(PIECES, max_size=5).map(tuple))
def test_a_line_is_read_back_the_same(line: Line) -> None:
    assert lines.load(json.loads(json.dumps(lines.dump(line)))) == line


@pytest.mark.parametrize(
    "found",
    [None, "text", {}, [None], [{"image": "x"}], [{"link": ["x"]}], [{"a": 1, "b": 2}], [3]],
    ids=repr,
)
def test_what_is_not_known_of_a_line_is_left_out(found: object) -> None:
    assert lines.load(found) == ()


SNAPSHOTS = st.builds(
    Snapshot,
    INCIDENTS,
    INSTANTS,
    note_count=st.none() | st.integers(0, 2000),
    notes_due=st.booleans(),
    last_action=st.none() | st.just(("by ", Bold("x"))),
    details=st.just((("cause",),)),
    stale_since=st.none() | INSTANTS,
    is_gone=st.booleans(),
)


@given(SNAPSHOTS)
def test_a_snapshot_is_read_back_the_same(kept: Snapshot) -> None:
    record = CardRecord("C1", "Q1", "1.0", None, kept.wanted(), "", kept.state())

    assert snapshot.read(record) == kept
    drawn = snapshot.card_of(kept.wanted())
    assert drawn is not None
    assert drawn.incident.title == kept.incident.title
    assert drawn.note_count == (kept.note_count or 0)


def test_what_nobody_sees_needs_no_edit() -> None:
    early = Snapshot(incident(), AT)
    late = Snapshot(incident(second=9, team_ids=("PT",)), AT + timedelta(hours=1))
    assert early.wanted() == late.wanted()
    assert early.state() != late.state()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": 2}', "null"])
def test_what_another_version_wrote_is_read_as_nothing(text: str) -> None:
    good = Snapshot(incident(), AT)
    assert snapshot.read(CardRecord("C1", "Q1", "1.0", None, text, "", good.state())) is None
    assert snapshot.read(CardRecord("C1", "Q1", "1.0", None, good.wanted(), "", text)) is None
    assert snapshot.card_of(text) is None
