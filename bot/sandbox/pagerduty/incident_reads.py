"""REST v2, reading: incidents, their notes, alerts and log entries."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.sandbox.pagerduty.account import Account
from bot.sandbox.pagerduty.call import Answer, Call
from bot.sandbox.pagerduty.query import Query
from bot.sandbox.pagerduty.records import Alert, Incident
from bot.sandbox.pagerduty.refusals import invalid, missing_ability, not_found, refuse
from bot.sandbox.pagerduty.wire import alert_json, incident_json, log_entry_json, note_json

STATUSES = ("triggered", "acknowledged", "resolved")
DATE_RANGE_DEFAULT = timedelta(days=31)
DATE_RANGE_MAX = timedelta(days=186)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
OVERVIEW = {"trigger", "acknowledge", "assign", "delegate", "escalate", "resolve", "snooze"}

INCIDENT_KEYS: Mapping[str, Callable[[Incident], Any]] = {
    "incident_number": lambda one: one.number,
    "created_at": lambda one: one.created_at,
    "resolved_at": lambda one: one.resolved_at or LONG_AGO,
    "urgency": lambda one: one.urgency == "high",
}
ALERT_KEYS: Mapping[str, Callable[[Alert], Any]] = {
    "created_at": lambda one: one.at,
    "resolved_at": lambda one: (one.status == "resolved", one.at),
}


def incident_of(account: Account, call: Call) -> Incident:
    """Find the incident of a path, by id alone: the number is documented for one call only."""
    found = account.incidents.get(call.path["id"])
    if found is None:
        raise not_found()
    return found


def list_incidents(account: Account, call: Call) -> Answer:
    """`GET /incidents`."""
    query = call.query
    is_wanted = _filters(account, query)
    found = query.sort(
        (one for one in account.incidents.values() if is_wanted(one)),
        dict(INCIDENT_KEYS),
        "created_at:asc",
    )
    return 200, query.page(found, "incidents", lambda one: incident_json(account, one))


def _filters(account: Account, query: Query) -> Callable[[Incident], bool]:
    statuses = _words(
        query,
        "statuses",
        STATUSES,
        "Status must be a list of triggered, acknowledged, or resolved.",
    )
    urgencies = _words(query, "urgencies", ("high", "low"), "Urgency must be high or low.")
    for name, ability in (("team_ids", "teams"), ("urgencies", "urgencies")):
        if query.many(name) and ability not in account.abilities:
            raise missing_ability(ability)
    users, teams = set(query.many("user_ids")), set(query.many("team_ids"))
    services, key = set(query.many("service_ids")), query.one("incident_key")
    since, until = _date_range(account, query)

    def is_wanted(one: Incident) -> bool:
        return (
            one.status in statuses
            and one.urgency in urgencies
            and since <= one.created_at <= until
            and (not users or not users.isdisjoint({user.id for user in one.assignees}))
            and (not teams or not teams.isdisjoint({team.id for team in one.service.teams}))
            and (not services or one.service.id in services)
            and (key is None or key in _keys(one))
        )

    return is_wanted


def _keys(incident: Incident) -> set[str | None]:
    """Give the keys that an incident is found by: its alerts', or else its own."""
    return {alert.key for alert in incident.alerts} or {incident.incident_key}


def _words(query: Query, name: str, known: tuple[str, ...], error: str) -> set[str]:
    wanted = set(query.many(name))
    if not wanted <= set(known):
        raise invalid(error)
    return wanted or set(known)


def _date_range(account: Account, query: Query) -> tuple[datetime, datetime]:
    if query.one("date_range") == "all":
        return LONG_AGO, datetime.max.replace(tzinfo=UTC)
    until = query.instant("until") or account.now()
    since = query.instant("since") or until - DATE_RANGE_DEFAULT
    if not since <= until <= since + DATE_RANGE_MAX:
        raise refuse(400, 2005, "Invalid Query Date Range", [])
    return since, until


def get_incident(account: Account, call: Call) -> Answer:
    """`GET /incidents/{id}`: the id may be the number."""
    found = account.find_incident(call.path["id"])
    if found is None:
        raise not_found()
    return 200, {"incident": incident_json(account, found)}


def list_notes(account: Account, call: Call) -> Answer:
    """`GET /incidents/{id}/notes`, newest first, all at once."""
    notes = reversed(incident_of(account, call).notes)
    return 200, {"notes": [note_json(account, note) for note in notes]}


def list_alerts(account: Account, call: Call) -> Answer:
    """`GET /incidents/{id}/alerts`."""
    incident, query = incident_of(account, call), call.query
    statuses = _words(
        query, "statuses", ("triggered", "resolved"), "Status must be triggered or resolved."
    )
    key = query.one("alert_key")
    found = query.sort(
        (one for one in incident.alerts if one.status in statuses and key in {None, one.key}),
        dict(ALERT_KEYS),
        "created_at",
    )
    return 200, query.page(found, "alerts", lambda one: alert_json(account, incident, one))


def list_log_entries(account: Account, call: Call) -> Answer:
    """`GET /incidents/{id}/log_entries`, newest first."""
    incident, query = incident_of(account, call), call.query
    since = query.instant("since") or LONG_AGO
    until = query.instant("until") or datetime.max.replace(tzinfo=UTC)
    overview = query.one("is_overview") == "true"
    found = [
        entry
        for entry in reversed(incident.log)
        if since <= entry.at <= until and (not overview or entry.kind in OVERVIEW)
    ]
    return 200, query.page(
        found, "log_entries", lambda entry: log_entry_json(account, incident, entry)
    )
