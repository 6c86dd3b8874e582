"""What a dry run writes on its sheet instead of into PagerDuty."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.clock import SystemClock
from bot.errors import NotFound
from bot.model import (
    Assignment,
    Form,
    IncidentId,
    Invocation,
    Outcome,
    PagerDutyUserId,
    SlackUserId,
    Status,
    Via,
)
from bot.ops.dry_run import Rehearsal, Rehearsed
from bot.ops.parts import Parts, Unsent
from bot.pagerduty.rest import Rest
from bot.sandbox.pagerduty import Fault, PagerDuty
from bot.sandbox.pagerduty import Incident as Held

ANN = "ann@example.com"
Work = Callable[[Rehearsal, IncidentId], Awaitable[object]]


class Script:
    """A conversation that does one thing with the incidents."""

    def __init__(self, work: Callable[[], Awaitable[object]], shown: Form | Outcome) -> None:
        self._work = work
        self._shown = shown
        self.seen: object = None

    async def begin(self, _: Invocation) -> str:
        return "r1"

    async def answer(self, _: Invocation, __: str) -> Outcome:
        self.seen = await self._work()
        return Outcome(lines=(("The answer.",),), thread_lines=(("Told.",),))

    def form(self, _: Invocation) -> Form | None:
        return None

    async def look_ahead(self, _: Invocation, form: Form, __: str) -> Form | Outcome:
        return self._shown if isinstance(self._shown, Outcome) else form

    async def prepare(self, _: Invocation, __: str) -> Form | Outcome:
        return self._shown

    def problems(self, _: Invocation) -> dict[str, str]:
        return {"note": "Write something."}


class Stage:
    """An account with one incident, and a dry run in front of it."""

    def __init__(self, pagerduty: PagerDuty, rest: Rest) -> None:
        self.pagerduty = pagerduty
        self.ann = pagerduty.add_user("Ann Archer", ANN)
        self.policy = pagerduty.add_escalation_policy("Billing EP", [[self.ann]])
        service = pagerduty.add_service("Billing", self.policy)
        self.held: Held = pagerduty.add_incident("Export failed", service=service)
        self.rehearsal = Rehearsal(rest.incidents, rest.directory, clock=SystemClock())

    async def perform(self, work: Work) -> tuple[list[str], object]:
        """Do something in one invocation; gives what it would have done, and its result."""
        script = Script(
            lambda: work(self.rehearsal, IncidentId(self.held.id)), Outcome(lines=(("x",),))
        )
        outcome = await Rehearsed(script).answer(invocation(), "r1")
        assert (outcome.changed, outcome.thread_lines) == ((), ())
        lines = [
            "".join(str(getattr(piece, "text", "") or piece) for piece in line)
            for line in outcome.lines
        ]
        assert lines[0].startswith("Dry run: nothing was written to PagerDuty.")
        assert lines[-1] == "The answer."
        return lines[1:-1], script.seen


def invocation() -> Invocation:
    return Invocation(via=Via.COMMAND, slack_user_id=SlackUserId("U0ANN"), text="x")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with PagerDuty().serve() as pagerduty:
        rest = Rest(base_url=pagerduty.rest_url, token="pd-account-key", clock=SystemClock())
        async with rest:
            yield Stage(pagerduty, rest)
        assert {one.method for one in pagerduty.requests} <= {"GET"}


def priority(stage: Stage) -> str:
    return next(iter(stage.pagerduty.priorities))


WOULD: list[tuple[str, Callable[[Stage], Work]]] = [
    (
        "It would: escalate #1 to level 2 (as ann@example.com).",
        lambda _: lambda on, it: on.escalate(it, 2, from_email=ANN),
    ),
    (
        "It would: set the priority of #1 to P1.",
        lambda stage: lambda on, it: on.set_priority(it, priority(stage), from_email=None),
    ),
    (
        "It would: set the priority of #1 to PUNKNOWN.",
        lambda _: lambda on, it: on.set_priority(it, "PUNKNOWN", from_email=None),
    ),
    (
        "It would: snooze #1 for 1800 s.",
        lambda _: lambda on, it: on.snooze(it, 1800, from_email=None),
    ),
    (
        "It would: open an incident “Disk full” (as ann@example.com).",
        lambda _: lambda on, __: on.create(title="Disk full", service_id="P1", from_email=ANN),
    ),
    (
        "It would: ask Ann Archer to join #1.",
        lambda stage: (
            lambda on, it: on.request_responders(
                it,
                requester_id=stage.ann.id,
                message="help",
                to=Assignment(user_ids=(PagerDutyUserId(stage.ann.id),)),
            )
        ),
    ),
    (
        "It would: ask an escalation policy to join #1.",
        lambda _: (
            lambda on, it: on.request_responders(
                it, requester_id="P1", message="", to=Assignment(escalation_policy_id="P2")
            )
        ),
    ),
    (
        "It would: assign #1 to PNOBODY.",
        lambda _: (
            lambda on, it: on.assign(
                it, Assignment(user_ids=(PagerDutyUserId("PNOBODY"),)), from_email=None
            )
        ),
    ),
    (
        "It would: hand #1 over to the escalation policy PNONE.",
        lambda _: (
            lambda on, it: on.assign(it, Assignment(escalation_policy_id="PNONE"), from_email=None)
        ),
    ),
    (
        "It would: set #1 to resolved, with the resolution “" + "x" * 199 + "…”.",
        lambda _: (
            lambda on, it: on.set_status(it, Status.RESOLVED, from_email=None, resolution="x" * 500)
        ),
    ),
]


@pytest.mark.parametrize(("would", "work"), WOULD, ids=[row[0][10:40] for row in WOULD])
async def test_write_stands_on_the_sheet(
    stage: Stage, would: str, work: Callable[[Stage], Work]
) -> None:
    told, _ = await stage.perform(work(stage))

    assert told == [would]


async def test_later_reads_of_the_same_invocation_see_it(stage: Stage) -> None:
    async def work(on: Rehearsal, it: IncidentId) -> object:
        await on.set_status(it, Status.ACKNOWLEDGED, from_email=ANN)
        await on.add_note(it, "on it", from_email=ANN)
        (listed,) = await on.find()
        return await on.get("1"), listed, await on.notes(it)

    _, seen = await stage.perform(work)

    assert isinstance(seen, tuple)
    read, listed, notes = seen
    assert read == listed
    assert read.status is Status.ACKNOWLEDGED
    assert [one.by.name for one in read.acknowledgements] == ["Ann Archer"]
    assert [(note.content, note.author) for note in notes] == [("on it", "Ann Archer")]


async def test_author_that_nobody_could_tell_is_named_by_the_address(stage: Stage) -> None:
    stage.pagerduty.faults.add(Fault("rest.listUsers", 403, times=None))

    _, seen = await stage.perform(
        lambda on, it: on.set_status(it, Status.ACKNOWLEDGED, from_email=ANN)
    )

    assert seen.acknowledgements[0].by.name == ANN  # type: ignore[attr-defined]


async def test_incident_that_is_not_there_is_none_here_either(stage: Stage) -> None:
    with pytest.raises(NotFound):
        await stage.rehearsal.get("404")


async def test_outside_of_an_invocation_nothing_is_kept(stage: Stage) -> None:
    it = IncidentId(stage.held.id)
    await stage.rehearsal.set_status(it, Status.ACKNOWLEDGED, from_email=None)

    assert (await stage.rehearsal.get(it)).status is Status.TRIGGERED


async def test_forms_are_the_conversations_own() -> None:
    async def nothing() -> None:
        return None

    form = Form("note", "Note", "Send", (), "P1")
    rehearsed = Rehearsed(Script(nothing, form))

    assert await rehearsed.begin(invocation()) == "r1"
    assert rehearsed.form(invocation()) is None
    assert rehearsed.problems(invocation()) == {"note": "Write something."}
    assert await rehearsed.prepare(invocation(), "r1") == form
    assert await rehearsed.look_ahead(invocation(), form, "r1") == form


async def test_refused_form_touches_no_card(stage: Stage) -> None:
    async def nothing() -> None:
        return None

    refused = Outcome(
        lines=(("It is over.",),),
        changed=(await stage.rehearsal.get(IncidentId(stage.held.id)),),
        ok=False,
    )
    form = Form("note", "Note", "Send", (), "P1")

    found = await Rehearsed(Script(nothing, refused)).look_ahead(invocation(), form, "r1")

    assert found == replace(refused, changed=())


async def test_answer_of_a_shortcut_says_that_nothing_is_written() -> None:
    async def nothing() -> None:
        return None

    shown = await Rehearsed(Script(nothing, Outcome(lines=(("Yours:",),)))).prepare(
        invocation(), "r1"
    )

    assert isinstance(shown, Outcome)
    assert len(shown.lines) == 2


async def test_events_go_nowhere() -> None:
    assert await Unsent().send("key", {}) is None


def test_real_parts_are_the_parts_as_they_are() -> None:
    parts = Parts()
    marker = datetime.now(UTC)

    assert parts.follower(marker) is marker
