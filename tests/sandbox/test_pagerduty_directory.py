"""People, policies, services, schedules, on-calls."""

import pytest

from tests.sandbox.pagerduty_client import World, world

__all__ = ["world"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("ann@example.com", ["Ann Archer", "Joann Archer"], id="e-mail and neighbours"),
        pytest.param("archer", ["Ann Archer", "Joann Archer"], id="name"),
        pytest.param("BOB@EXAMPLE.COM", ["Bob Baker"], id="other case"),
        pytest.param("cole cid", ["Cid Cole"], id="words in any order"),
        pytest.param("zoe@example.com", [], id="nobody"),
        pytest.param(None, ["Ann Archer", "Bob Baker", "Cid Cole", "Joann Archer"], id="everybody"),
    ],
)
async def test_user_search_is_fuzzy(world: World, query: str | None, found: list[str]) -> None:
    world.pd.add_user("Joann Archer", "joann@example.com")

    reply = await world.send("GET", "/users", query=[("query", query)] if query else [])

    assert [user["name"] for user in reply.body["users"]] == found


async def test_users_are_filtered_by_team_and_paged(world: World) -> None:
    core = next(iter(world.pd.teams))

    team = (await world.get("/users", team_ids__=core)).body
    page = (await world.get("/users", limit="1", offset="1")).body

    assert [user["name"] for user in team["users"]] == ["Ann Archer"]
    assert ([user["name"] for user in page["users"]], page["more"]) == (["Bob Baker"], True)


async def test_user_is_found_by_id(world: World) -> None:
    zoe = world.pd.add_user("Zoe Zimmer", "zoe@example.com", id="PZOE001", time_zone="Europe/Rome")

    shown = (await world.get(f"/users/{zoe.id}")).body["user"]

    assert (shown["id"], shown["email"], shown["time_zone"]) == (
        "PZOE001",
        "zoe@example.com",
        "Europe/Rome",
    )
    assert shown["html_url"] == "https://acme.pagerduty.com/users/PZOE001"


async def test_account_level_key_has_no_current_user(world: World) -> None:
    assert (await world.get("/users/me")).error[:2] == (400, 2001)


async def test_user_level_key_knows_its_owner(world: World) -> None:
    world.pd.add_key("bobs-key", owner=world.bob)

    reply = await world.send("GET", "/users/me", headers={"Authorization": "Token token=bobs-key"})

    assert reply.body["user"]["id"] == world.bob.id


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        pytest.param(
            {},
            [
                ("Billing EP", 1, "Ann Archer"),
                ("Billing EP", 2, "Bob Baker"),
                ("Mail EP", 1, "Bob Baker"),
                ("Mail EP", 2, "Cid Cole"),
            ],
            id="all",
        ),
        pytest.param({"schedule_ids__": "rota"}, [("Billing EP", 1, "Ann Archer")], id="schedule"),
        pytest.param(
            {"escalation_policy_ids__": "mail"},
            [("Mail EP", 1, "Bob Baker"), ("Mail EP", 2, "Cid Cole")],
            id="policy",
        ),
        pytest.param(
            {"user_ids__": "bob"},
            [("Billing EP", 2, "Bob Baker"), ("Mail EP", 1, "Bob Baker")],
            id="user",
        ),
        pytest.param(
            {"user_ids__": "bob", "escalation_policy_ids__": "mail"},
            [("Mail EP", 1, "Bob Baker")],
            id="both",
        ),
    ],
)
async def test_on_calls_are_filtered(
    world: World, filters: dict[str, str], found: list[tuple[str, int, str]]
) -> None:
    rota = next(iter(world.pd.schedules))
    ids = {"rota": rota, "mail": world.second.id, "bob": world.bob.id}

    reply = await world.get("/oncalls", **{name: ids[value] for name, value in filters.items()})

    assert [
        (one["escalation_policy"]["summary"], one["escalation_level"], one["user"]["summary"])
        for one in reply.body["oncalls"]
    ] == found


async def test_on_call_in_person_has_no_schedule_and_no_end(world: World) -> None:
    rota, person = (await world.get("/oncalls", limit="2")).body["oncalls"]

    assert rota["schedule"]["summary"] == "Billing primary"
    assert rota["start"] < rota["end"]
    assert (person["schedule"], person["start"], person["end"]) == (None, None, None)


async def test_on_calls_of_persons_alone_are_asked_for_with_null(world: World) -> None:
    found = (await world.get("/oncalls", schedule_ids__="null")).body["oncalls"]

    assert {one["user"]["summary"] for one in found} == {"Bob Baker", "Cid Cole"}


async def test_on_calls_refuse_a_range_that_ends_before_it_begins(world: World) -> None:
    reply = await world.get("/oncalls", since="2026-08-02T00:00:00Z", until="2026-08-01T00:00:00Z")

    assert reply.error[:2] == (400, 2005)


async def test_handing_a_schedule_over_changes_who_is_on_call(world: World) -> None:
    rota = next(iter(world.pd.schedules.values()))
    rota.on_call[:] = [world.cid]

    incident = world.pd.add_incident("Export failed", service=world.billing)

    assert incident.assignees == [world.cid]


async def test_policies_are_searched(world: World) -> None:
    named = (await world.get("/escalation_policies", query="mail")).body
    down = (await world.get("/escalation_policies", sort_by="name:desc")).body
    anns = (await world.get("/escalation_policies", user_ids__=world.cid.id)).body
    team = (await world.get("/escalation_policies", team_ids__=next(iter(world.pd.teams)))).body
    one = (await world.get(f"/escalation_policies/{world.first.id}")).body["escalation_policy"]

    assert [policy["name"] for policy in named["escalation_policies"]] == ["Mail EP"]
    assert [policy["name"] for policy in down["escalation_policies"]] == ["Mail EP", "Billing EP"]
    assert [policy["name"] for policy in anns["escalation_policies"]] == ["Mail EP"]
    assert [policy["name"] for policy in team["escalation_policies"]] == ["Billing EP"]
    assert [rule["targets"][0]["summary"] for rule in one["escalation_rules"]] == [
        "Billing primary",
        "Bob Baker",
    ]
    assert [service["summary"] for service in one["services"]] == ["Billing"]


async def test_services_are_searched(world: World) -> None:
    part = (await world.get("/services", query="bill")).body["services"]
    name = (await world.get("/services", name="Mail")).body["services"]
    team = (await world.get("/services", team_ids__=next(iter(world.pd.teams)))).body["services"]
    reply = await world.get(f"/services/{world.billing.id}")

    assert [service["name"] for service in part + name + team] == ["Billing", "Mail", "Billing"]
    assert reply.body["service"]["escalation_policy"]["summary"] == "Billing EP"
    assert world.billing.integration_key not in reply.text


async def test_service_tells_its_state(world: World) -> None:
    async def status() -> str:
        shown: str = (await world.get(f"/services/{world.billing.id}")).body["service"]["status"]
        return shown

    assert await status() == "active"
    incident = world.pd.add_incident("Export failed", service=world.billing)
    assert await status() == "critical"
    world.pd.acknowledge(incident, by=world.ann)
    assert await status() == "warning"
    world.billing.in_maintenance = True
    assert await status() == "maintenance"


async def test_schedules_are_searched(world: World) -> None:
    (shown,) = (await world.get("/schedules", query="primary")).body["schedules"]
    same = (await world.get(f"/schedules/{shown['id']}")).body["schedule"]

    assert shown == same
    assert [policy["summary"] for policy in shown["escalation_policies"]] == ["Billing EP"]
    assert (await world.get("/schedules", query="nobody")).body["schedules"] == []


async def test_priorities_come_highest_first(world: World) -> None:
    found = (await world.get("/priorities")).body["priorities"]

    assert [priority["name"] for priority in found] == ["P1", "P2", "P3", "P4", "P5"]


async def test_abilities_can_be_switched(world: World) -> None:
    world.pd.abilities.add("event_rules")
    world.pd.abilities.discard("teams")

    assert "event_rules" in (await world.get("/abilities")).body["abilities"]
    assert (await world.get("/users", team_ids__="PX")).status == 402
