"""Reading incidents: filters, pages, order, and what an incident looks like."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.sandbox.pagerduty_client import World, acme, world

__all__ = ["world"]

NOW = datetime(2026, 8, 20, 12, 0, tzinfo=UTC)


def titles(body: dict[str, list[dict[str, str]]]) -> list[str]:
    return [one["title"] for one in body["incidents"]]


def fill(world: World) -> None:
    """Add incidents that differ in everything one can filter by."""
    pd, day = world.pd, timedelta(days=1)
    pd.add_incident("Open", service=world.billing, incident_key="k1", created_at=NOW - day)
    pd.add_incident("Taken", service=world.mail, status="acknowledged", urgency="low")
    pd.add_incident("Over", service=world.billing, status="resolved", created_at=NOW - 2 * day)
    pd.add_incident("Old", service=world.mail, assignees=[world.cid], created_at=NOW - 40 * day)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param([], ["Over", "Open", "Taken"], id="a month by default, oldest first"),
        pytest.param([("statuses[]", "resolved")], ["Over"], id="one status"),
        pytest.param(
            [("statuses[]", "triggered"), ("statuses[]", "acknowledged")],
            ["Open", "Taken"],
            id="repeated statuses",
        ),
        pytest.param([("statuses", "resolved")], ["Over", "Open", "Taken"], id="misspelt filter"),
        pytest.param([("urgencies[]", "low")], ["Taken"], id="urgency"),
        pytest.param([("incident_key", "k1")], ["Open"], id="key"),
        pytest.param([("incident_key", "k2")], [], id="unknown key"),
        pytest.param([("user_ids[]", "{ann}")], ["Open"], id="user, never resolved ones"),
        pytest.param(
            [("user_ids[]", "{ann}"), ("user_ids[]", "{bob}")], ["Open", "Taken"], id="users"
        ),
        pytest.param([("service_ids[]", "{mail}")], ["Taken"], id="service"),
        pytest.param([("team_ids[]", "{core}")], ["Over", "Open"], id="team"),
        pytest.param([("date_range", "all")], ["Old", "Over", "Open", "Taken"], id="all of time"),
        pytest.param(
            [("since", "2026-07-01T00:00:00Z")], ["Old", "Over", "Open", "Taken"], id="since"
        ),
        pytest.param([("until", "2026-08-19T00:00:00")], ["Over"], id="until, in UTC"),
        pytest.param(
            [("sort_by", "created_at:desc")], ["Taken", "Open", "Over"], id="newest first"
        ),
        pytest.param([("sort_by", "incident_number")], ["Open", "Taken", "Over"], id="by number"),
        pytest.param(
            [("sort_by", "urgency:desc,created_at:desc")], ["Open", "Over", "Taken"], id="two keys"
        ),
        pytest.param([("sort_by", "resolved_at:desc")], ["Over", "Open", "Taken"], id="resolved"),
    ],
)
async def test_list_filters_and_sorts(query: list[tuple[str, str]], found: list[str]) -> None:
    async with acme(now=lambda: NOW) as world:
        fill(world)
        core = next(iter(world.pd.teams))
        ids = {"ann": world.ann.id, "bob": world.bob.id, "mail": world.mail.id, "core": core}

        reply = await world.send(
            "GET", "/incidents", query=[(name, value.format(**ids)) for name, value in query]
        )

    assert titles(reply.body) == found


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        pytest.param("statuses[]", "open", 2001, id="status"),
        pytest.param("statuses[]", "triggered,acknowledged", 2001, id="statuses with comma"),
        pytest.param("urgencies[]", "medium", 2001, id="urgency"),
        pytest.param("since", "yesterday", 2004, id="no instant"),
        pytest.param("since", "2020-01-01T00:00:00Z", 2005, id="more than six months"),
        pytest.param("since", "2999-01-01T00:00:00Z", 2005, id="since after until"),
        pytest.param("sort_by", "title", 2001, id="no such key"),
        pytest.param("sort_by", "created_at:down", 2001, id="no such direction"),
        pytest.param("sort_by", "created_at,urgency,resolved_at", 2001, id="three keys"),
        pytest.param("limit", "101", 2001, id="page too large"),
        pytest.param("limit", "0", 2001, id="empty page"),
        pytest.param("limit", "ten", 2001, id="limit in words"),
        pytest.param("offset", "-1", 2001, id="negative offset"),
        pytest.param("offset", "9990", 2001, id="offset plus limit"),
    ],
)
async def test_list_refuses_wrong_parameters(
    world: World, name: str, value: str, code: int
) -> None:
    reply = await world.send("GET", "/incidents", query=[(name, value)])

    assert reply.error[:2] == (400, code)


async def test_list_names_the_statuses_as_observed(world: World) -> None:
    reply = await world.get("/incidents", statuses__="open")

    assert reply.errors == "Status must be a list of triggered, acknowledged, or resolved."


@pytest.mark.parametrize(
    ("filter_", "value", "ability"),
    [("team_ids__", "PX", "teams"), ("urgencies__", "high", "urgencies")],
)
async def test_list_needs_the_ability_of_its_filter(
    world: World, filter_: str, value: str, ability: str
) -> None:
    world.pd.abilities.remove(ability)

    reply = await world.get("/incidents", **{filter_: value})

    assert reply.error == (402, 2014, "Missing Account Ability")
    assert ability in reply.errors


async def test_pages_are_followed_by_more(world: World) -> None:
    for number in range(120):
        world.pd.add_incident(f"Job {number}", service=world.billing)

    seen: list[str] = []
    for offset in range(0, 200, 50):
        reply = await world.get("/incidents", limit="50", offset=str(offset), total="true")
        seen += titles(reply.body)
        assert reply.body["total"] == 120
        if not reply.body["more"]:
            break

    assert len(set(seen)) == 120


async def test_page_has_25_by_default_and_no_total(world: World) -> None:
    for number in range(26):
        world.pd.add_incident(f"Job {number}", service=world.billing)

    body = (await world.get("/incidents")).body

    assert len(body["incidents"]) == 25
    assert (body["limit"], body["offset"], body["more"], body["total"]) == (25, 0, True, None)


async def test_incident_is_found_by_id_and_by_number(world: World) -> None:
    incident = world.pd.add_incident("Export failed", service=world.billing)

    by_id = await world.get(f"/incidents/{incident.id}")
    by_number = await world.get(f"/incidents/{incident.number}")

    assert by_id.body == by_number.body
    shown = by_id.body["incident"]
    assert shown["html_url"] == f"https://acme.pagerduty.com/incidents/{incident.id}"
    assert shown["summary"] == f"[#{incident.number}] Export failed"
    assert len(incident.id) == 14


@pytest.mark.parametrize("number", ["0", "999", "QX", "%20"])
async def test_incident_unknown_is_not_found(world: World, number: str) -> None:
    assert (await world.get(f"/incidents/{number}")).error[:2] == (404, 2100)


async def test_number_works_for_reading_one_incident_only(world: World) -> None:
    incident = world.pd.add_incident("Export failed", service=world.billing)

    assert (await world.update(str(incident.number), status="resolved")).status == 404
    assert (await world.get(f"/incidents/{incident.number}/notes")).status == 404


async def test_account_of_the_eu_has_its_own_addresses() -> None:
    async with acme(account="corp", region_host="api.eu.pagerduty.com") as world:
        incident = world.pd.add_incident("Export failed", service=world.billing)
        shown = (await world.get(f"/incidents/{incident.id}")).body["incident"]

    assert shown["html_url"] == f"https://corp.eu.pagerduty.com/incidents/{incident.id}"
    assert shown["self"] == f"https://api.eu.pagerduty.com/incidents/{incident.id}"


async def test_notes_come_newest_first(world: World) -> None:
    incident = world.pd.add_incident("Export failed", service=world.billing)
    world.pd.note(incident, "first", by=world.ann)
    world.pd.note(incident, "second", by=world.bob)

    notes = (await world.get(f"/incidents/{incident.id}/notes")).body["notes"]

    assert [note["content"] for note in notes] == ["second", "first"]


async def test_log_entries_come_newest_first(world: World) -> None:
    incident = world.pd.add_incident("Export failed", service=world.billing)
    world.pd.acknowledge(incident, by=world.ann)
    world.pd.note(incident, "on it", by=world.ann)
    world.pd.snooze(incident, 60, by=world.ann)
    world.pd.resolve(incident, by=world.ann, resolution="restarted")
    path = f"/incidents/{incident.id}/log_entries"

    entries = (await world.get(path)).body["log_entries"]
    overview = (await world.get(path, is_overview="true")).body["log_entries"]
    future = (await world.get(path, since="2999-01-01T00:00:00Z")).body["log_entries"]

    assert [entry["type"] for entry in entries] == [
        "resolve_log_entry",
        "snooze_log_entry",
        "annotate_log_entry",
        "acknowledge_log_entry",
        "assign_log_entry",
        "trigger_log_entry",
    ]
    assert entries[0]["note"] == "restarted"
    assert entries[2]["channel"]["summary"] == "on it"
    assert "annotate_log_entry" not in [entry["type"] for entry in overview]
    assert future == []


async def test_alerts_are_listed_with_their_details(world: World) -> None:
    await world.enqueue(
        payload={
            "summary": "It failed",
            "source": "rundeck",
            "severity": "warning",
            "custom_details": {"run": 7},
        },
        links=[{"href": "https://rundeck.example.com/7", "text": "Run 7"}],
        images=[{"src": "https://grafana.example.com/a.png"}],
    )
    (incident,) = world.pd.incidents.values()
    path = f"/incidents/{incident.id}/alerts"

    (alert,) = (await world.get(path, alert_key="nightly")).body["alerts"]
    resolved = (await world.get(path, statuses__="resolved")).body["alerts"]
    wrong = await world.get(path, statuses__="acknowledged")

    assert (alert["alert_key"], alert["severity"]) == ("nightly", "warning")
    assert alert["body"]["details"] == {"run": 7}
    assert [one["type"] for one in alert["body"]["contexts"]] == ["link", "image"]
    assert resolved == []
    assert wrong.error[:2] == (400, 2001)
    assert world.billing.integration_key not in str(alert)
