"""The forms that Resolve…, Note… and Reassign… open, in neutral words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.actions.grammar import form_words
from bot.actions.phrases import cut, named, pick
from bot.actions.whom import split_reason
from bot.actions.words import decode
from bot.model import Button, Choice, Field, Form, Incident, Invocation, Via

MAX_CHOICES = 100  # docs.slack.dev/reference/block-kit/block-elements/select-menu-element
_PICKED = re.compile(r"(?:(?<=\s)|^)(?:@[UW][A-Z0-9]+|ep:[A-Z0-9]+)(?=\s|$)")  # as `again` writes

MAX_PREFILLED = 3000  # docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element


def form_of(invocation: Invocation) -> Form | None:
    """Give the form of a click; None where the click acts at once.

    The buttons Resolve, Note and Reassign of a card open one. A `pick` acts at once, unless it is
    marked with `form` because its text did not fit: then the form is prefilled with what did.
    """
    if invocation.via is not Via.BUTTON or not invocation.incidents:
        return None
    args = str(invocation.fields.get("args") or "")
    maker = _FORMS.get(invocation.verb or "")
    if maker is None or (invocation.confirmed and _acts_at_once(invocation, args)):
        return None
    form = maker(invocation.incidents[0], args)
    # What stood above the button names it; `about` says more, if PagerDuty answers in time.
    named = invocation.headline or f"incident {form.incident_id}"
    return replace(form, intro=((f"For {named}.",),))


def about(form: Form, incident: Incident) -> Form:
    """Say which incident a form is for, and how it is."""
    return replace(form, intro=(("For ", *named(incident), f" ({incident.status})."),))


def again(invocation: Invocation) -> Button | None:
    """Give the button that opens a submitted form anew, with what was typed; None for the rest.

    For what only PagerDuty can refuse: by then the form is closed.
    """
    if invocation.via is not Via.FORM or not invocation.incidents or invocation.verb not in _FORMS:
        return None
    args = form_words(_typed(invocation.verb, invocation.fields))
    return pick("Open the form again", invocation.verb, invocation.incidents, args, as_form=True)


def _typed(verb: str, fields: Mapping[str, Any]) -> str:
    if verb != "reassign":
        return str(fields.get("note" if verb == "note" else "resolution") or "")
    policy, reason = fields.get("escalation_policy"), fields.get("reason")
    return " ".join(
        (
            *(f"@{one}" for one in fields.get("assignees") or ()),
            str(fields.get("emails") or ""),
            *((f"ep:{policy}",) if policy else ()),
            *((f"-- {reason}",) if reason else ()),
        )
    ).strip()


def _acts_at_once(invocation: Invocation, args: str) -> bool:
    """Tell whether a `pick` carries all that its verb needs."""
    if invocation.fields.get("form"):
        return False
    return bool(args) or invocation.verb == "resolve"


def _resolve(incident_id: str, text: str) -> Form:
    return Form(
        name="resolve",
        title="Resolve",
        submit="Resolve",
        incident_id=incident_id,
        fields=(
            Field(
                name="resolution",
                label="What solved it?",
                kind="long_text",
                initial=decode(text)[:MAX_PREFILLED] or None,
                hint="Kept as the resolution and as a note, so that the next one finds it.",
            ),
        ),
    )


def _note(incident_id: str, text: str) -> Form:
    return Form(
        name="note",
        title="Add a note",
        submit="Add note",
        incident_id=incident_id,
        fields=(
            Field(
                name="note",
                label="Note",
                kind="long_text",
                optional=False,
                initial=decode(text)[:MAX_PREFILLED] or None,
            ),
        ),
    )


def _reassign(incident_id: str, text: str) -> Form:
    people, reason = split_reason(text)
    chosen = _PICKED.findall(people)
    mentioned = tuple(one.removeprefix("@") for one in chosen if one.startswith("@"))
    policy = next((one.removeprefix("ep:") for one in chosen if one.startswith("ep:")), None)
    emails = " ".join(_PICKED.sub(" ", people).split())
    return Form(
        name="reassign",
        title="Reassign",
        submit="Reassign",
        incident_id=incident_id,
        fields=(
            Field(
                name="assignees",
                label="People in Slack",
                kind="people",
                initial=mentioned or None,
            ),
            Field(
                name="emails",
                label="E-mails of people without Slack",
                kind="text",
                initial=decode(emails)[:MAX_PREFILLED] or None,
                hint="Separated by commas.",
            ),
            Field(
                name="escalation_policy",
                label="Or one escalation policy",
                kind="escalation_policy",
                initial=Choice(policy, policy) if policy else None,
                hint="It escalates as usual. People assigned directly do not.",
            ),
            Field(
                name="reason",
                label="Why?",
                kind="long_text",
                initial=reason[:MAX_PREFILLED] or None,
                hint="Becomes a note.",
            ),
        ),
    )


def quoting_form(
    incidents: Sequence[Incident], quoted: Mapping[str, Any], author: str | None
) -> Form:
    """Give the form that adds a message to an incident as a note, with the way back to it."""
    choices = tuple(
        Choice(f"#{one.number} {' '.join(one.title.split())}", one.id)
        for one in incidents[:MAX_CHOICES]
    )
    source = f"— {author or 'somebody'} in Slack"
    if link := quoted.get("permalink"):
        source += f": {link}"
    text = decode(str(quoted.get("message_text") or "")).strip()
    room = MAX_PREFILLED - len(source) - 2
    return Form(
        name="note",
        title="Add to incident",
        submit="Add note",
        incident_id="",
        fields=(
            Field(
                name="incident",
                label="Incident",
                kind="choice",
                optional=False,
                placeholder="Choose an incident",
                choices=choices,
                initial=choices[0] if len(choices) == 1 else None,
                hint=None if len(incidents) <= MAX_CHOICES else "The newest 100 open ones.",
            ),
            Field(
                name="note",
                label="Note",
                kind="long_text",
                optional=False,
                initial=f"{cut(text, room)}\n{source}" if text else source,
            ),
        ),
    )


_FORMS = {"resolve": _resolve, "note": _note, "reassign": _reassign}
