"""REST v2, reading: users, who is on call, policies, services, schedules, priorities, abilities."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot.sandbox.pagerduty.account import Account
from bot.sandbox.pagerduty.call import Answer, Call
from bot.sandbox.pagerduty.query import Query
from bot.sandbox.pagerduty.records import EscalationPolicy, Schedule, Service, User
from bot.sandbox.pagerduty.refusals import invalid, missing_ability, not_found, refuse
from bot.sandbox.pagerduty.wire import (
    Json,
    full,
    instant,
    priority_json,
    reference,
)

T = TypeVar("T", User, Service, Schedule, EscalationPolicy)

SHIFT = timedelta(days=7)
ESCALATION_DELAY_MINUTES = 30
BY_NAME: Mapping[str, Callable[[Any], str]] = {"name": lambda thing: thing.name.casefold()}


def user_json(account: Account, user: User) -> Json:
    """Give a user."""
    return {
        **full(account, user),
        "email": user.email,
        "time_zone": user.time_zone,
        "color": "green",
        "role": user.role,
        "avatar_url": account.web_url(f"/avatars/{user.id}.png"),
        "description": None,
        "invitation_sent": False,
        "created_via_sso": False,
        "contact_methods": [],
        "notification_rules": [],
        "job_title": "",
        "teams": [reference(account, team) for team in user.teams],
    }


def policy_json(account: Account, policy: EscalationPolicy) -> Json:
    """Give an escalation policy."""
    return {
        **full(account, policy),
        "escalation_rules": [
            {
                "id": f"{policy.id}{number}",
                "escalation_delay_in_minutes": ESCALATION_DELAY_MINUTES,
                "targets": [reference(account, target) for target in level],
            }
            for number, level in enumerate(policy.levels, start=1)
        ],
        "services": [
            reference(account, service)
            for service in account.services.values()
            if service.escalation_policy is policy
        ],
        "num_loops": 0,
        "on_call_handoff_notifications": "if_has_services",
        "teams": [reference(account, team) for team in policy.teams],
    }


def service_json(account: Account, service: Service) -> Json:
    """Give a service with its integration, whose key this call never shows."""
    path = f"/services/{service.id}/integrations/{service.integration_id}"
    return {
        **full(account, service),
        "auto_resolve_timeout": 14400,
        "acknowledgement_timeout": 1800,
        "created_at": instant(service.created_at),
        "status": _service_status(account, service),
        "alert_creation": "create_alerts_and_incidents",
        "integrations": [
            {
                "id": service.integration_id,
                "type": "events_api_v2_inbound_integration_reference",
                "summary": "Events API V2",
                "self": account.self_url(path),
                "html_url": account.web_url(path),
            }
        ],
        "escalation_policy": reference(account, service.escalation_policy),
        "teams": [reference(account, team) for team in service.teams],
        "incident_urgency_rule": {"type": "constant", "urgency": service.urgency},
        "scheduled_actions": [],
    }


def _service_status(account: Account, service: Service) -> str:
    if service.in_maintenance:
        return "maintenance"
    states = {one.status for one in account.incidents.values() if one.service is service}
    return (
        "critical" if "triggered" in states else "warning" if "acknowledged" in states else "active"
    )


def schedule_json(account: Account, schedule: Schedule) -> Json:
    """Give a schedule."""
    return {
        **full(account, schedule),
        "time_zone": schedule.time_zone,
        "description": "",
        "escalation_policies": [
            reference(account, policy)
            for policy in account.policies.values()
            if any(schedule in level for level in policy.levels)
        ],
        "users": [reference(account, user) for user in schedule.on_call],
        "teams": [],
    }


# ---------------------------------------------------------------- calls


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def is_near(user: User, query: str) -> bool:
    """Tell whether the fuzzy search finds somebody: every word somewhere in name or address."""
    known = f"{user.name} {user.email}".casefold()
    return all(word in known for word in _words(query))


def list_users(account: Account, call: Call) -> Answer:
    """`GET /users`: `query` finds neighbours, too."""
    wanted, teams = call.query.one("query"), _teams(account, call.query)
    found = [
        user
        for user in account.users.values()
        if (wanted is None or is_near(user, wanted))
        and (not teams or teams & {team.id for team in user.teams})
    ]
    return 200, call.query.page(found, "users", lambda user: user_json(account, user))


def get_current_user(account: Account, call: Call) -> Answer:
    """`GET /users/me`: the key's owner; an account-level key has none."""
    if call.key.owner is None:
        raise invalid("An account-level key has no current user.")
    return 200, {"user": user_json(account, call.key.owner)}


def _teams(account: Account, query: Query) -> set[str]:
    wanted = set(query.many("team_ids"))
    if wanted and "teams" not in account.abilities:
        raise missing_ability("teams")
    return wanted


def _one(things: Mapping[str, T], call: Call) -> T:
    found = things.get(call.path["id"])
    if found is None:
        raise not_found()
    return found


def get_user(account: Account, call: Call) -> Answer:
    """`GET /users/{id}`."""
    return 200, {"user": user_json(account, _one(account.users, call))}


def _named(things: Iterable[T], query: Query) -> list[T]:
    wanted = (query.one("query") or "").casefold()
    return query.sort(
        (one for one in things if wanted in one.name.casefold()), dict(BY_NAME), "name"
    )


def list_escalation_policies(account: Account, call: Call) -> Answer:
    """`GET /escalation_policies`."""
    users, teams = set(call.query.many("user_ids")), _teams(account, call.query)
    found = [
        policy
        for policy in _named(account.policies.values(), call.query)
        if (not users or any(target.id in users for level in policy.levels for target in level))
        and (not teams or teams & {team.id for team in policy.teams})
    ]
    return 200, call.query.page(
        found, "escalation_policies", lambda policy: policy_json(account, policy)
    )


def get_escalation_policy(account: Account, call: Call) -> Answer:
    """`GET /escalation_policies/{id}`."""
    return 200, {"escalation_policy": policy_json(account, _one(account.policies, call))}


def list_services(account: Account, call: Call) -> Answer:
    """`GET /services`: `name` wants the whole name, `query` a part."""
    name, teams = call.query.one("name"), _teams(account, call.query)
    found = [
        service
        for service in _named(account.services.values(), call.query)
        if name in {None, service.name}
        and (not teams or teams & {team.id for team in service.teams})
    ]
    return 200, call.query.page(found, "services", lambda service: service_json(account, service))


def get_service(account: Account, call: Call) -> Answer:
    """`GET /services/{id}`."""
    return 200, {"service": service_json(account, _one(account.services, call))}


def list_schedules(account: Account, call: Call) -> Answer:
    """`GET /schedules`."""
    found = _named(account.schedules.values(), call.query)
    return 200, call.query.page(
        found, "schedules", lambda schedule: schedule_json(account, schedule)
    )


def get_schedule(account: Account, call: Call) -> Answer:
    """`GET /schedules/{id}`."""
    return 200, {"schedule": schedule_json(account, _one(account.schedules, call))}


def list_priorities(account: Account, call: Call) -> Answer:
    """`GET /priorities`, the highest first."""
    found = list(account.priorities.values())
    return 200, call.query.page(
        found, "priorities", lambda priority: priority_json(account, priority)
    )


def list_abilities(account: Account, _call: Call) -> Answer:
    """`GET /abilities`."""
    return 200, {"abilities": sorted(account.abilities)}


def list_on_calls(account: Account, call: Call) -> Answer:
    """`GET /oncalls`: who is on call now, per policy and level.

    Somebody who stands on a level in person is on call for good: no schedule, no start, no end.
    """
    query = call.query
    since, until = query.instant("since") or account.now(), query.instant("until")
    if until is not None and until < since:
        raise refuse(400, 2005, "Invalid Query Date Range", [])
    wanted = {
        "user": set(query.many("user_ids")),
        "escalation_policy": set(query.many("escalation_policy_ids")),
        "schedule": set(query.many("schedule_ids")),
    }
    found = [
        on_call
        for policy in account.policies.values()
        for on_call in _on_calls(account, policy, since)
        if all(
            not ids or (on_call[kind]["id"] if on_call[kind] else "null") in ids
            for kind, ids in wanted.items()
        )
    ]
    return 200, query.page(found, "oncalls", lambda on_call: on_call)


def _on_calls(account: Account, policy: EscalationPolicy, since: datetime) -> list[Json]:
    start = since.replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    for number, level in enumerate(policy.levels, start=1):
        for target in level:
            schedule = target if isinstance(target, Schedule) else None
            people = target.on_call if isinstance(target, Schedule) else [target]
            found += [
                {
                    "user": reference(account, user),
                    "schedule": schedule and reference(account, schedule),
                    "escalation_policy": reference(account, policy),
                    "escalation_level": number,
                    "start": schedule and instant(start),
                    "end": schedule and instant(start + SHIFT),
                }
                for user in people
            ]
    return found
