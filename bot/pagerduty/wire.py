"""What the bot says to PagerDuty's REST API: requests as values, without any I/O.

Shapes and limits: PagerDuty's REST API v2 reference. Unknown filters are ignored there in silence
and give everything, so their names are written once, here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.model import Assignment, Status

MAX_PAGE = 100  # REST API, Pagination: `limit` is at most 100
MAX_OFFSET = 10_000  # REST API, Pagination: `offset` + `limit` is at most 10,000
MAX_SNOOZE_SECONDS = 604_800  # REST API, Snooze an incident

Query = tuple[tuple[str, str], ...]
Catalogue = Literal["services", "schedules", "escalation_policies", "priorities"]

_SAFE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class UnusableId(ValueError):
    """Something that cannot be an id or a number was to become part of a path."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, and the words in which its failure is told.

    `what` completes "Could not ..."; `subject` is what a 404 is about. In both, `{incident}`
    stands for the incident, which `named` fills in. `repeatable` says that doing it twice has the
    same end state as doing it once. `ability` is the account's feature that a 402 is about.
    """

    method: Literal["GET", "PUT", "POST"]
    path: str
    what: str
    query: Query = ()
    body: Mapping[str, Any] | None = None
    from_email: str | None = None
    incident: str | None = None
    subject: str | None = None
    ability: str | None = None
    repeatable: bool = True

    @property
    def writes(self) -> bool:
        """Tell whether it changes something at PagerDuty."""
        return self.method != "GET"

    def page(self, offset: int, limit: int) -> "Call":
        """Ask for one page of a list."""
        return replace(self, query=(*self.query, ("limit", str(limit)), ("offset", str(offset))))

    def named(self, incident: str) -> "Call":
        """Fill in how the incident is shown."""
        return replace(
            self,
            what=self.what.replace("{incident}", incident),
            subject=self.subject and self.subject.replace("{incident}", incident),
        )


def path_part(value: str) -> str:
    """Check that an id or number can be put into a path.

    Raises:
        UnusableId: it would change which resource the path names.
    """
    if not _SAFE_ID.fullmatch(value):
        raise UnusableId(value[:64])
    return value


# ---------------------------------------------------------------- incidents


def get_incident(id_or_number: str) -> Call:
    """Read one incident by id or number (the only place where a number is documented)."""
    return Call(
        "GET",
        f"/incidents/{path_part(id_or_number)}",
        "read {incident}",
        incident=id_or_number,
        subject="{incident}",
    )


def list_incidents(
    *,
    statuses: Sequence[Status] = (),
    user_ids: Sequence[str] = (),
    team_ids: Sequence[str] = (),
    incident_key: str | None = None,
) -> Call:
    """List incidents, newest first.

    `date_range=all`, because without it PagerDuty hides what is older than a month.
    """
    query = [("date_range", "all"), ("sort_by", "created_at:desc")]
    query += [("statuses[]", status.value) for status in statuses]
    query += [("user_ids[]", one) for one in user_ids]
    query += [("team_ids[]", one) for one in team_ids]
    if incident_key is not None:
        query.append(("incident_key", incident_key))
    return Call("GET", "/incidents", "list the incidents", query=tuple(query), ability="teams")


def _update(incident_id: str, what: str, from_email: str | None, **fields: Any) -> Call:
    return Call(
        "PUT",
        f"/incidents/{path_part(incident_id)}",
        what,
        body={"incident": {"type": "incident_reference", **fields}},
        from_email=from_email,
        incident=incident_id,
        subject="{incident}",
    )


def change_nothing(from_email: str | None) -> Call:
    """Ask for a write that can change nothing: of no field, at an incident that cannot be.

    Ids have 7 or 14 characters. Whether it is refused, and not found, tells what a key may do.
    """
    return _update("PDBOTCHECK", "try whether the key may write", from_email)


_STATUS_VERBS = {
    Status.TRIGGERED: "reopen {incident}",
    Status.ACKNOWLEDGED: "acknowledge {incident}",
    Status.RESOLVED: "resolve {incident}",
}


def set_status(
    incident_id: str, status: Status, *, from_email: str | None, resolution: str | None = None
) -> Call:
    """Write the status.

    Raises:
        ValueError: a resolution without `resolved`, which PagerDuty would drop in silence.
    """
    fields: dict[str, Any] = {"status": status.value}
    if resolution:
        if status is not Status.RESOLVED:
            raise ValueError("a resolution goes with resolved only")
        fields["resolution"] = resolution
    return _update(incident_id, _STATUS_VERBS[status], from_email, **fields)


def assign(incident_id: str, to: Assignment, *, from_email: str | None) -> Call:
    """Replace the whole list of assignees, or hand over to an escalation policy.

    Raises:
        ValueError: neither or both are given; what PagerDuty makes of both is unknown.
    """
    if bool(to.user_ids) == bool(to.escalation_policy_id):
        raise ValueError("assign to users or to an escalation policy")
    fields: dict[str, Any] = (
        {
            "assignments": [
                {"assignee": _reference("user", one)} for one in dict.fromkeys(to.user_ids)
            ]
        }
        if to.user_ids
        else {"escalation_policy": _reference("escalation_policy", str(to.escalation_policy_id))}
    )
    return _update(incident_id, "reassign {incident}", from_email, **fields)


def escalate(incident_id: str, level: int, *, from_email: str | None) -> Call:
    """Escalate to a level of the incident's escalation policy (not for low urgency)."""
    return _update(incident_id, "escalate {incident}", from_email, escalation_level=level)


def set_priority(incident_id: str, priority_id: str, *, from_email: str | None) -> Call:
    """Set the priority."""
    return _update(
        incident_id,
        "set the priority of {incident}",
        from_email,
        priority=_reference("priority", priority_id),
    )


def _reference(kind: str, of_id: str) -> dict[str, str]:
    return {"id": of_id, "type": f"{kind}_reference"}


def list_notes(incident_id: str) -> Call:
    """Read the notes of an incident."""
    return Call(
        "GET",
        f"/incidents/{path_part(incident_id)}/notes",
        "read the notes of {incident}",
        incident=incident_id,
        subject="{incident}",
    )


def _post(incident_id: str, end: str, what: str, body: Mapping[str, Any], **more: Any) -> Call:
    return Call(
        "POST",
        f"/incidents/{path_part(incident_id)}/{end}",
        what,
        body=body,
        incident=incident_id,
        subject="{incident}",
        **more,
    )


def add_note(incident_id: str, content: str, *, from_email: str | None) -> Call:
    """Write a note. There is no idempotency key: sending it twice makes two notes."""
    return _post(
        incident_id,
        "notes",
        "add the note to {incident}",
        {"note": {"content": content}},
        from_email=from_email,
        repeatable=False,
    )


def snooze(incident_id: str, seconds: int, *, from_email: str | None) -> Call:
    """Snooze an acknowledged incident; repeating it moves the end by the time in between.

    Raises:
        ValueError: PagerDuty takes 1 to 604,800 seconds.
    """
    if not 1 <= seconds <= MAX_SNOOZE_SECONDS:
        raise ValueError("snooze takes 1 to 604,800 seconds")
    what = "snooze {incident}"
    return _post(incident_id, "snooze", what, {"duration": seconds}, from_email=from_email)


def request_responders(
    incident_id: str, *, requester_id: str, message: str, to: Assignment
) -> Call:
    """Ask others to join. Has no `From`: the requester stands in the body."""
    targets = [_reference("user", one) for one in to.user_ids]
    if to.escalation_policy_id:
        targets.append(_reference("escalation_policy", to.escalation_policy_id))
    body = {
        "requester_id": requester_id,
        "message": message,
        "responder_request_targets": [{"responder_request_target": one} for one in targets],
    }
    return _post(
        incident_id,
        "responder_requests",
        "add responders to {incident}",
        body,
        ability="coordinated_responding",
        repeatable=False,
    )


def create_incident(
    *,
    title: str,
    service_id: str,
    from_email: str | None,
    urgency: Literal["high", "low"] | None = None,
    details: str | None = None,
    incident_key: str | None = None,
    to: Assignment | None = None,
) -> Call:
    """Open an incident; repeatable only with an `incident_key`, which PagerDuty keeps unique."""
    incident: dict[str, Any] = {
        "type": "incident",
        "title": title,
        "service": _reference("service", service_id),
    }
    if urgency:
        incident["urgency"] = urgency
    if details:
        incident["body"] = {"type": "incident_body", "details": details}
    if incident_key:
        incident["incident_key"] = incident_key
    if to and to.user_ids:  # PagerDuty takes one assignee here, unlike on update
        incident["assignments"] = [{"assignee": _reference("user", to.user_ids[0])}]
    elif to and to.escalation_policy_id:
        incident["escalation_policy"] = _reference("escalation_policy", to.escalation_policy_id)
    return Call(
        "POST",
        "/incidents",
        "open the incident",
        body={"incident": incident},
        from_email=from_email,
        repeatable=incident_key is not None,
    )


# ---------------------------------------------------------------- people and catalogues


def me() -> Call:
    """Ask whose key this is; 400 with an account-level key."""
    return Call("GET", "/users/me", "ask whose API key the bot has")


def get_user(user_id: str) -> Call:
    """Read one user."""
    return Call(
        "GET", f"/users/{path_part(user_id)}", "look up a PagerDuty user", subject="such user"
    )


def list_users(query: str | None = None) -> Call:
    """Search users; the search is fuzzy and returns neighbors."""
    return Call(
        "GET",
        "/users",
        "look up PagerDuty users",
        query=(("query", query),) if query else (),
    )


def list_on_calls(
    *, schedule_ids: Sequence[str] = (), escalation_policy_ids: Sequence[str] = ()
) -> Call:
    """Ask who is on call now, with the users in full."""
    query = [("include[]", "users")]
    query += [("schedule_ids[]", one) for one in schedule_ids]
    query += [("escalation_policy_ids[]", one) for one in escalation_policy_ids]
    return Call("GET", "/oncalls", "ask who is on call", query=tuple(query))


def list_catalogue(kind: Catalogue, query: str | None = None) -> Call:
    """List what accounts have names for, or those whose names contain the query."""
    return Call(
        "GET",
        f"/{kind}",
        f"list PagerDuty's {kind.replace('_', ' ')}",
        query=(("query", query),) if query else (),
        ability="priorities" if kind == "priorities" else None,
    )


def list_abilities() -> Call:
    """List what the account's plan includes."""
    return Call("GET", "/abilities", "list the account's abilities")
