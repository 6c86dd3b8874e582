"""PagerDuty in bad weather: every failure is told, nothing is half done in silence."""

import re
from pathlib import Path

import pytest

from bot.sandbox.pagerduty import Fault
from bot.sandbox.slack import Fault as SlackFault
from bot.sandbox.slack import all_text
from tests.e2e.facts import assignees, notes
from tests.e2e.world import CHANNEL, HastyClock, World, world

REFERENCE = re.compile(r"\(ref [a-z2-7]{8}\)")
ALWAYS = None
UPDATE, NOTE, GET = "rest.updateIncident", "rest.createIncidentNote", "rest.getIncident"


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        pytest.param(Fault(UPDATE, 401), "PagerDuty rejects the bot's API key (401)", id="401"),
        pytest.param(Fault(UPDATE, 402), "lacks an ability that this needs (402)", id="402"),
        pytest.param(Fault(UPDATE, 403), "the PagerDuty role of ann@example.com", id="403"),
        pytest.param(Fault(UPDATE, 404), "PagerDuty has no incident #1 (404)", id="404"),
        pytest.param(Fault(UPDATE, 400), "PagerDuty refused (400)", id="400"),
        pytest.param(Fault(UPDATE, 302), "answered with a redirect (302)", id="302"),
        pytest.param(Fault(UPDATE, 500, ALWAYS), "PagerDuty is not answering (4 tries)", id="500"),
        pytest.param(Fault(UPDATE, 503, ALWAYS), "PagerDuty is not answering (4 tries)", id="503"),
        pytest.param(Fault(UPDATE, 408, ALWAYS), "PagerDuty is not answering (4 tries)", id="408"),
        pytest.param(
            Fault.rate_limited(UPDATE, times=ALWAYS), "PagerDuty asks to wait, because", id="429"
        ),
        pytest.param(
            Fault.rate_limited(UPDATE, reset_seconds=7, times=ALWAYS),
            "PagerDuty asks to wait 7 s, because",
            id="429 with reset",
        ),
        pytest.param(
            Fault(UPDATE, times=ALWAYS, drop="before"),
            "It is not known whether the request to acknowledge incident #1 was carried out",
            id="connection cut",
        ),
        pytest.param(
            Fault(UPDATE, 200, ALWAYS, body="<html>a proxy</html>"),
            "is not one of PagerDuty's API",
            id="a proxy's page",
        ),
    ],
)
async def test_failed_ack_says_what_why_and_what_next(
    weather: World, fault: Fault, says: str
) -> None:
    incident = weather.incident()
    weather.pagerduty.faults.add(fault)

    await weather.slack.command(weather.ann, "/pd ack 1", channel=CHANNEL)
    said = all_text(await weather.slack.expect_ephemeral(weather.ann, CHANNEL, "(ref "))

    assert says in said
    assert REFERENCE.search(said)
    assert "Acknowledged." not in said
    assert incident.status == "triggered"


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(UPDATE, 503, 2), id="503 twice"),
        pytest.param(Fault.rate_limited(UPDATE), id="429"),
        pytest.param(Fault.rate_limited(UPDATE, reset_seconds=1), id="429 with reset"),
        pytest.param(Fault(UPDATE, drop="before"), id="connection cut before"),
        pytest.param(Fault(UPDATE, drop="after"), id="connection cut after"),
        pytest.param(Fault(GET, 500), id="500 while reading"),
    ],
)
async def test_passing_weather_is_waited_for(weather: World, fault: Fault) -> None:
    incident = weather.incident()
    weather.pagerduty.faults.add(fault)

    assert "Acknowledged. PagerDuty says: #1" in await weather.pd("ack 1")
    assert incident.status == "acknowledged"


async def test_write_whose_answers_are_all_lost_is_read_back(weather: World) -> None:
    incident = weather.incident()
    weather.pagerduty.faults.add(Fault(UPDATE, times=ALWAYS, drop="after"))

    said = await weather.pd("reassign 1 @bob")

    assert "Reassigned to Bob Breuer. PagerDuty says: #1" in said
    assert assignees(incident) == ["Bob Breuer"]


@pytest.mark.parametrize("drop", ["before", "after"])
async def test_note_is_never_written_twice(weather: World, drop: str) -> None:
    incident = weather.incident()
    weather.pagerduty.faults.add(Fault(NOTE, drop="before" if drop == "before" else "after"))

    assert "Your note is on #1" in await weather.pd("note 1 only once")
    assert notes(incident) == [("only once", "Ann Archer")]


async def test_note_that_came_after_the_bot_gave_up_waiting_is_found(tmp_path: Path) -> None:
    def impatient(here: World) -> None:
        here.answer_seconds = 0.2

    async with world(tmp_path, clock=HastyClock(), prepare=impatient) as here:
        incident = here.incident()
        here.pagerduty.faults.add(Fault(NOTE, delay=30))

        assert "Your note is on #1" in await here.pd("note 1 slow")
        assert len(incident.notes) == 1

        here.pagerduty.faults.add(Fault(UPDATE, delay=30))
        assert "is acknowledged by Ann Archer" in await here.pd("ack 1")


async def test_resolve_that_fails_after_its_note_is_told_and_repeated_without_a_second_note(
    weather: World,
) -> None:
    incident = weather.incident()
    fault = Fault(UPDATE, 503, ALWAYS)
    weather.pagerduty.faults.add(fault)

    said = await weather.pd("resolve 1 restarted it")

    assert "Your note is on #1, but it could not be resolved: " in said
    assert "It is still open as far as I know. Repeat the command" in said
    assert REFERENCE.search(said)
    weather.pagerduty.faults.clear()
    assert "Resolved." in await weather.pd("resolve 1 restarted it")
    assert notes(incident) == [("restarted it", "Ann Archer")]


async def test_take_that_is_half_done_says_so(weather: World) -> None:
    incident = weather.incident(assignees=[weather.pd_bob])
    weather.pagerduty.faults.add(Fault(UPDATE, delay=0.0), Fault(UPDATE, 403))

    said = await weather.pd("take 1")

    assert "#1 is assigned to you, but it could not be acknowledged: " in said
    assert "Use /pd ack 1." in said
    assert (assignees(incident), incident.status) == (["Ann Archer"], "triggered")


async def test_update_that_is_half_done_says_so(weather: World) -> None:
    incident = weather.incident()
    weather.pagerduty.faults.add(Fault(UPDATE, delay=0.0), Fault(UPDATE, 403))

    said = await weather.pd("update 1 --assignees @bob --status resolved")

    assert "#1 is reassigned, but the rest was not done: " in said
    assert (assignees(incident), incident.status) == (["Bob Breuer"], "triggered")


async def test_reason_that_could_not_be_noted_is_given_back(weather: World) -> None:
    incident = weather.incident()
    weather.pagerduty.faults.add(Fault(NOTE, 403))

    said = await weather.pd("reassign 1 @bob -- knows the exporter")

    assert "It is reassigned, but your reason could not be written as a note: " in said
    assert "It was: “knows the exporter”" in said
    assert assignees(incident) == ["Bob Breuer"]


async def test_one_failure_among_several_does_not_stop_the_others(weather: World) -> None:
    for number in range(3):
        weather.incident(f"Number {number}")
    weather.pagerduty.faults.add(Fault(GET, 403), Fault(UPDATE, 403))

    said = await weather.pd("ack 1 2 3")

    assert "1 acknowledged, 2 not possible:" in said
    assert [one.status for one in weather.pagerduty.incidents.values()] == [
        "triggered",
        "triggered",
        "acknowledged",
    ]


async def test_email_that_pagerduty_does_not_accept_is_named_and_asked_for_anew(
    weather: World,
) -> None:
    weather.incident()
    await weather.pd("ack 1")
    known = weather.pagerduty.users.pop(weather.pd_ann.id)

    said = await weather.pd("note 1 hello")

    assert "PagerDuty does not accept ann@example.com as one of its users" in said
    assert "I don't know your PagerDuty user" in await weather.pd("note 1 hello")
    weather.pagerduty.users[known.id] = known


async def test_unreachable_pagerduty_is_told_and_help_still_answers(weather: World) -> None:
    await weather.pagerduty.stop()

    said = await weather.pd("ack 1")

    assert "PagerDuty is not answering (4 tries), no connection to 127.0.0.1" in said
    assert "use PagerDuty's own app or the phone" in said
    assert "What you can do" in await weather.pd("help")
    await weather.pagerduty.start()


async def test_bot_starts_without_pagerduty_and_learns_the_kind_of_key_later(
    tmp_path: Path,
) -> None:
    def no_answer(here: World) -> None:
        here.pagerduty.faults.add(Fault("rest.getCurrentUser", 503, ALWAYS))

    async with world(
        tmp_path, clock=HastyClock(), key_owner="Bob Breuer", prepare=no_answer
    ) as here:
        here.incident()
        assert "PagerDuty is not answering" in await here.pd("take 1")

        here.pagerduty.faults.clear()

        assert "the personal PagerDuty key of Bob Breuer" in await here.pd("take 1")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" * 10_000, id="10,000 characters"),
        pytest.param("a\u0000b\u0007c\u200bd", id="control characters"),
        pytest.param("🔥 disk 👩‍🚒 full 🏳️‍🌈", id="emoji"),
        pytest.param("القرص ممتلئ \u202eevil", id="right to left"),
        pytest.param("line one\nline two\n\n- three", id="line breaks"),
        pytest.param("*bold* `code` & <x|y> <b>", id="marks"),
        pytest.param("$(rm -rf /) '; DROP TABLE", id="other languages"),
    ],
)
async def test_any_text_arrives_in_pagerduty_as_it_was_typed(both: World, text: str) -> None:
    incident = both.incident()

    shown = await both.answer(f"note 1 {text}")

    assert "Your note is on #1" in all_text(shown)
    assert "<!channel>" not in all_text({"blocks": shown.blocks})
    assert [note.content for note in incident.notes] == [text]


async def test_hostile_title_stays_inert_in_every_answer(both: World) -> None:
    incident = both.incident("<!channel> *pay* <https://evil.example|me> `now` \u202e")

    for typed in ("show 1", "list", "ack 1", "note 1 hi", "resolve 1", "ack 1", "reopen 1"):
        shown = await both.answer(typed)
        assert "<!channel>" not in all_text(shown)
        assert "<https://evil.example|" not in all_text(shown)
    assert incident.status == "triggered"


async def test_more_text_than_a_note_may_have_is_refused(here: World) -> None:
    here.incident()

    said = await here.pd(f"note 1 {'x' * 26_000}")

    assert "The note has 26,000 characters, more than the 25,000 that I pass on" in said
    assert here.writes() == []


async def test_answer_finds_another_way_when_its_response_url_has_expired(here: World) -> None:
    here.incident()
    here.slack.faults.add(SlackFault("response_url", status=404))

    said = await here.pd("ack 1")

    assert "Acknowledged. PagerDuty says: #1" in said
    assert any(one.method == "chat.postEphemeral" for one in here.slack.calls)


async def test_slack_that_does_not_say_who_asks_is_told(here: World) -> None:
    here.incident()
    here.slack.faults.add(SlackFault("users.info", error="internal_error"))

    said = await here.pd("ack 1")

    assert "Slack did not tell the bot who you are (internal_error), so nothing was done." in said
    assert "Acknowledged." in await here.pd("ack 1")


async def test_caller_whom_slack_does_not_know_is_refused(here: World) -> None:
    here.slack.faults.add(SlackFault("users.info", error="user_not_found"))

    said = await here.pd("ack 1")

    assert "Slack does not tell me who you are, so I cannot act for you; nothing was done." in said
