"""One invocation from parse to answer: it is written down, and always answered."""

import asyncio
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.registry import ACTIONS
from bot.conversation import MAX_TEXT, Conversation
from bot.errors import PagerDutyError, StoreError, Unavailable
from bot.model import Invocation, Outcome, SlackUserId, Via
from bot.policy import Policy, load
from tests.offices import World, incident

WRITING = sorted(action.usage.verb for action in ACTIONS if action.usage.writes)
READING = sorted(action.usage.verb for action in ACTIONS if not action.usage.writes)


def world() -> World:
    made = World()
    made.slack.add("U0ANN", "ann@example.com")
    return made


def said(text: str, via: Via = Via.COMMAND, **facts: Any) -> Invocation:
    return Invocation(
        via=via,
        slack_user_id=SlackUserId("U0ANN"),
        text=text,
        channel_id=facts.pop("channel_id", "C0PROD"),
        **facts,
    )


def words(outcome: Outcome) -> str:
    pieces = [piece for line in outcome.lines for piece in (*line, "\n")]
    return "".join(one if isinstance(one, str) else getattr(one, "text", "") for one in pieces)


async def answered(here: World, invocation: Invocation, **office: Any) -> Outcome:
    conversation = Conversation(here.office(**office))
    return await conversation.answer(invocation, await begun(conversation, invocation))


async def begun(conversation: Conversation, invocation: Invocation) -> str:
    reference = await conversation.begin(invocation)
    assert reference is not None
    return reference


@pytest.mark.parametrize("verb", WRITING)
async def test_intent_of_a_write_is_stored_before_anything_else(verb: str) -> None:
    here = world()

    reference = await begun(Conversation(here.office()), said(f"{verb.upper()} #1 @bob"))

    assert re.fullmatch("[a-z2-7]{8}", reference)
    assert [one["reference"] for one in here.audit.intents] == [reference]
    assert here.audit.intents[0]["text"] == f"{verb.upper()} #1 @bob"


@pytest.mark.parametrize("verb", [*READING, "xyzzy", ""])
async def test_reading_leaves_no_trace_in_the_audit(verb: str) -> None:
    here = world()

    await answered(here, said(verb))

    assert (here.audit.intents, here.audit.ends) == ([], [])


@pytest.mark.parametrize(
    "invocation",
    [
        pytest.param(said("jobs RETRY 7"), id="typed"),
        pytest.param(
            said("jobs retry 7", Via.BUTTON, verb="jobs", fields={"args": "retry 7"}), id="pressed"
        ),
    ],
)
async def test_retry_of_an_alert_is_written_down(invocation: Invocation) -> None:
    here = world()

    await answered(here, invocation)

    (intent,) = here.audit.intents
    assert "retry 7" in intent["text"].lower()
    assert len(here.audit.ends) == 1


async def test_jobs_answers_while_pagerduty_does_not_but_retries_nothing() -> None:
    here = world()
    failing = [Unavailable("PagerDuty is not answering.") for _ in range(2)]
    here.pagerduty.directory_failures += failing

    assert "no job messages" in words(await answered(here, said("jobs")))
    assert "PagerDuty is not answering." in words(await answered(here, said("jobs retry 7")))


async def test_full_database_refuses_before_anything_is_done() -> None:
    here = world()
    here.audit.failures.append(StoreError("The disk is full; nothing was done."))

    with pytest.raises(StoreError):
        await Conversation(here.office()).begin(said("ack 1"))


async def test_what_came_of_it_is_stored() -> None:
    here = world()
    here.pagerduty.add(incident())

    await answered(here, said("ack 1"))
    await answered(here, said("ack #99"))

    first, second = here.audit.ends
    assert first["outcome"].startswith("done: Acknowledged. PagerDuty says: #1")
    assert first["incidents"] == ["Q0000000000001"]
    assert second["outcome"].startswith("not done: No incident #99")


async def test_audit_that_fails_afterwards_does_not_take_the_answer_away() -> None:
    here = world()
    here.pagerduty.add(incident())
    conversation = Conversation(here.office())
    reference = await begun(conversation, said("ack 1"))
    here.audit.failures.append(StoreError("The disk is full."))

    outcome = await conversation.answer(said("ack 1"), reference)

    assert "Acknowledged." in words(outcome)


async def test_surprise_is_answered_with_its_reference_and_what_to_look_at() -> None:
    here = world()
    one = here.pagerduty.add(incident())
    here.pagerduty.failures.append(RuntimeError("boom"))
    pressed = said("ack", Via.BUTTON, verb="ack", incidents=(one.id,))
    conversation = Conversation(here.office())

    outcome = await conversation.answer(pressed, "ref45678")

    assert "Something went wrong (ref ref45678)." in words(outcome)
    assert f"check {one.id}" in words(outcome)
    assert not outcome.ok


async def test_error_has_the_reference_that_the_log_has() -> None:
    here = world()

    outcome = await Conversation(here.office()).answer(said("ack #99"), "abcdefgh")

    assert words(outcome).endswith("(ref abcdefgh)\n")


async def test_question_which_incident_is_no_error() -> None:
    here = world()
    here.pagerduty.add(incident(1))
    here.pagerduty.add(incident(2))

    outcome = await Conversation(here.office()).answer(said("ack"), "abcdefgh")

    assert "(ref" not in words(outcome)
    assert [button.label[:2] for button in outcome.buttons] == ["#2", "#1"]


async def test_repeat_while_the_first_is_at_work_is_not_done_twice() -> None:
    here = world()
    here.pagerduty.add(incident())
    conversation = Conversation(here.office())

    first, second, elsewhere = await asyncio.gather(
        conversation.answer(said("note 1 hi"), "first"),
        conversation.answer(said("note 1 hi"), "second"),
        conversation.answer(said("note 1 hi", thread_ts="1.1"), "third"),
    )

    assert "Your note is on" in words(first)
    assert "Already doing that; the answer follows." in words(second)
    assert "Your note is on" in words(elsewhere)
    assert len(here.pagerduty.written) == 2
    assert "Your note is on" in words(await conversation.answer(said("note 1 hi"), "later"))


async def test_help_answers_while_pagerduty_does_not() -> None:
    here = world()
    failing = [Unavailable("PagerDuty is not answering.") for _ in range(3)]
    here.pagerduty.directory_failures += failing

    assert "What you can do" in words(await answered(here, said("help")))
    assert "PagerDuty is not answering." in words(await answered(here, said("list")))
    assert "I don't know" in words(await answered(here, said("frobnicate")))


async def test_thread_names_its_incident_and_is_told_so() -> None:
    here = world()
    here.pagerduty.add(incident(1, assignees=()))
    here.pagerduty.add(incident(2))
    here.slack.cards["1.1"] = "Q0000000000001"

    outcome = await answered(here, said("ack", Via.MENTION, thread_ts="1.1"))

    assert "#1 Nightly export failed is acknowledged" in words(outcome)


async def test_endless_text_is_refused() -> None:
    outcome = await answered(world(), said("note 1 " + "x" * MAX_TEXT))

    assert "That is more text than Slack allows; nothing was done." in words(outcome)


async def test_policy_without_a_channel_grants_nothing_bound_to_one() -> None:
    here = world()
    here.pagerduty.add(incident())
    policy = load('[[allow]]\neffects = ["ack"]\nchannels = ["C0PROD"]', "p")

    for place in (None, "D0ANN"):
        outcome = await answered(here, said("ack 1", channel_id=place), policy=policy)
        assert "You may only read here; ack is for nobody." in words(outcome)
    assert "Acknowledged." in words(await answered(here, said("ack 1"), policy=policy))
    only_users = load('[[allow]]\neffects = ["ack"]\nusers = ["U0BOB"]', "p")
    outcome = await answered(here, said("ack 1"), policy=only_users)
    assert "ack is for the user U0BOB." in words(outcome)


@pytest.mark.parametrize(
    ("verb", "fields", "problem"),
    [
        ("note", {"note": " \n"}, {"note": "Write what the note should tell."}),
        ("note", {}, {"note": "Write what the note should tell."}),
        ("note", {"note": "x"}, {}),
        ("resolve", {}, {}),
        ("reassign", {"assignees": ("U0BOB",)}, {}),
        ("reassign", {"escalation_policy": "PEP0001"}, {}),
    ],
)
def test_form_is_checked_without_the_network(
    verb: str, fields: dict[str, Any], problem: dict[str, str]
) -> None:
    conversation = Conversation(World().office())

    assert conversation.problems(said(verb, Via.FORM, verb=verb, fields=fields)) == problem


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "assignees"),
        ({"emails": "@bob"}, "emails"),
        ({"emails": "a@x.org", "escalation_policy": "PEP0001"}, "escalation_policy"),
    ],
)
def test_mistake_in_the_reassign_form_is_shown_where_it_was_made(
    fields: dict[str, Any], field: str
) -> None:
    invocation = said("reassign", Via.FORM, verb="reassign", fields=fields)

    assert list(Conversation(World().office()).problems(invocation)) == [field]


async def test_what_was_never_finished_is_told_where_it_was_typed() -> None:
    here = world()
    typed = said("ack 1 &amp; <@U0BOB|bob>", channel_id=None, thread_ts="1.1")
    await Conversation(here.office()).begin(typed)

    ((to, outcome, reference),) = await Conversation(here.office()).unfinished()

    assert (to.slack_user_id, to.channel_id, to.thread_ts) == ("U0ANN", None, "1.1")
    assert "I was restarted while I worked on “ack 1 & @bob”" in words(outcome)
    assert f"(ref {reference})" in words(outcome)


async def test_button_of_an_older_version_is_refused() -> None:
    outcome = await answered(world(), said("x", Via.BUTTON, verb="frob", incidents=("Q1",)))

    assert 'This button means "frob", which I cannot do. Type it.' in words(outcome)


async def test_error_while_writing_is_told_with_pagerdutys_sentence() -> None:
    here = world()
    here.pagerduty.add(incident())
    here.pagerduty.failures.append(PagerDutyError("PagerDuty refused."))

    assert "PagerDuty refused." in words(await answered(here, said("ack 1")))


# Those of the contract's first issue; for the later ones `offices` holds too little.
_OF_OLD = [
    "ack",
    "help",
    "list",
    "note",
    "notes",
    "reassign",
    "reopen",
    "resolve",
    "show",
    "status",
    "take",
    "update",
    "whoami",
]
_verbs = st.sampled_from(["", *_OF_OLD, "akc", "<@U1>", "//"])


@given(_verbs, st.text(max_size=80), st.booleans())
async def test_any_words_get_an_answer_and_never_a_surprise(
    verb: str, text: str, has_incidents: bool
) -> None:
    here = world()
    if has_incidents:
        here.pagerduty.add(incident(1))
        here.pagerduty.add(incident(2, assignees=()))

    outcome = await answered(here, said(f"{verb} {text}".strip()), policy=Policy())

    assert outcome.lines or outcome.cards
    assert "Something went wrong" not in words(outcome)
