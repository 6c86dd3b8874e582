"""People, policies, schedules and services: exact matches, caches, near names."""

from typing import Any

import httpx
import pytest

from bot import errors
from bot.model import IncidentId, PagerDutyUser, Status
from tests.pagerduty import support
from tests.pagerduty.support import FakeClock, Script, answer, error, page, routes, user

ANN = user("PANN001", "Ann Lee", "Ann@Example.com")
ANNA = user("PANN002", "Anna Lee", "ann@example.com.au")
BOB = user("PBOB001", "Bob Ann Ray", "bob@example.com")
POLICY = {"id": "PPOLICY", "type": "escalation_policy_reference", "summary": "Default"}


def named(of_id: str, name: str, **more: Any) -> dict[str, Any]:
    return {"id": of_id, "type": "x", "summary": name, "name": name, **more}


def on_call(who: dict[str, Any] | None, level: int = 1) -> dict[str, Any]:
    return {"user": who, "escalation_level": level}


def names(users: list[PagerDutyUser]) -> list[str]:
    return [one.name for one in users]


# ---------------------------------------------------------------- e-mail


async def test_neighbor_of_an_address_is_not_its_user() -> None:
    async with support.rest(Script(page("users", ANNA, ANN))) as one:
        found = await one.directory.user_by_email("ann@example.com")
    assert found is not None
    assert found.id == "PANN001"


async def test_user_on_a_later_page_is_found() -> None:
    script = Script(page("users", ANNA, more=True), page("users", ANN))
    async with support.rest(script) as one:
        assert await one.directory.user_by_email("ANN@example.com ") is not None
    assert [request.url.params["offset"] for request in script.requests] == ["0", "100"]


async def test_found_user_is_remembered_for_minutes() -> None:
    script, clock = Script(page("users", ANN)), FakeClock()
    async with support.rest(script, clock) as one:
        for seconds, asked in ((0, 1), (599, 1), (1, 2)):
            await clock.sleep(seconds)
            assert await one.directory.user_by_email("ann@example.com")
            assert len(script.requests) == asked
        assert await one.directory.user("PANN001"), "known by id as well"
        assert len(script.requests) == 2


async def test_missing_user_is_remembered_for_seconds() -> None:
    script, clock = Script(page("users", ANNA)), FakeClock()
    async with support.rest(script, clock) as one:
        for seconds, asked in ((0, 1), (19, 1), (1, 2)):
            await clock.sleep(seconds)
            assert await one.directory.user_by_email("ann@example.com") is None
            assert len(script.requests) == asked


async def test_forgotten_address_is_asked_anew() -> None:
    script = Script(page("users", ANN))
    async with support.rest(script) as one:
        await one.directory.user_by_email("ann@example.com")
        one.directory.forget_email(" ANN@example.com")
        await one.directory.user_by_email("ann@example.com")
    assert len(script.requests) == 2


async def test_address_that_pagerduty_rejects_is_forgotten() -> None:
    script = routes(
        {
            "GET /users": page("users", ANN),
            "PUT /incidents/PT4KHLK": error(400, "Requester User Not Found", 1008),
        }
    )
    async with support.rest(script) as one:
        await one.directory.user_by_email("ann@example.com")
        with pytest.raises(errors.FromRejected):
            await one.incidents.set_status(
                IncidentId("PT4KHLK"), Status.RESOLVED, from_email="ann@example.com"
            )
        await one.directory.user_by_email("ann@example.com")
    assert script.seen.count("GET /users") == 2


async def test_user_without_address_is_nobodys_match() -> None:
    async with support.rest(Script(page("users", user("PBOT001", "Bot", None)))) as one:
        assert await one.directory.user_by_email("ann@example.com") is None
        assert names(await one.directory.users_named("bot")) == ["Bot"]


@pytest.mark.parametrize("nothing", ["", "  "])
async def test_nothing_to_look_for_asks_nobody(nothing: str) -> None:
    script = Script(answer(500))
    async with support.rest(script) as one:
        assert await one.directory.user_by_email(nothing) is None
        assert await one.directory.users_named(nothing) == []
        assert await one.directory.escalation_policies(nothing) == []
    assert script.requests == []


# ---------------------------------------------------------------- id and name


async def test_unknown_id_is_nobody_and_remembered() -> None:
    script = Script(error(404))
    async with support.rest(script) as one:
        assert await one.directory.user("PNOBODY") is None
        assert await one.directory.user("PNOBODY") is None
    assert script.seen == ["GET /users/PNOBODY"]


@pytest.mark.parametrize("bad", ["me", "", "../incidents", "a b"])
async def test_impossible_id_asks_nobody(bad: str) -> None:
    script = Script(answer(500))
    async with support.rest(script) as one:
        assert await one.directory.user(bad) is None
    assert script.requests == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("ann lee", ["Ann Lee"]),
        ("Ann", ["Ann Lee", "Bob Ann Ray"]),
        ("ANNA", ["Anna Lee"]),
        ("Le", []),
        (" bob  ann ray ", ["Bob Ann Ray"]),
    ],
)
async def test_name_is_whole_or_one_word(name: str, found: list[str]) -> None:
    async with support.rest(Script(page("users", ANN, ANNA, BOB))) as one:
        assert names(await one.directory.users_named(name)) == found


# ---------------------------------------------------------------- me, account


async def test_owner_of_a_user_level_key_is_asked_once() -> None:
    script = Script(answer(200, {"user": ANN}))
    async with support.rest(script) as one:
        for _ in range(3):
            me = await one.directory.me()
            assert me is not None
            assert me.name == "Ann Lee"
    assert script.seen == ["GET /users/me"]


async def test_account_level_key_has_no_owner() -> None:
    script = Script(error(400, "The current user could not be determined"))
    async with support.rest(script) as one:
        assert [await one.directory.me() for _ in range(3)] == [None, None, None]
    assert len(script.requests) == 1


@pytest.mark.parametrize("status", [403, 404])
async def test_key_whose_owner_is_not_told_has_none_until_it_is(status: int) -> None:
    script = Script(error(status), answer(200, {"user": ANN}))
    async with support.rest(script) as one:
        assert await one.directory.me() is None
        assert await one.directory.me() is not None


async def test_wrong_key_is_not_an_account_level_key() -> None:
    async with support.rest(Script(error(401))) as one:
        with pytest.raises(errors.KeyRejected):
            await one.directory.me()


async def test_host_is_learned_from_an_incident() -> None:
    script = Script(answer(200, {"incident": support.incident()}))
    async with support.rest(script) as one:
        await one.incidents.get("PT4KHLK")
        assert await one.directory.account_host() == "acme.pagerduty.example"
    assert len(script.requests) == 1


async def test_host_is_asked_for_once_where_nothing_told_it() -> None:
    script = Script(page("users", ANN))
    async with support.rest(script) as one:
        assert await one.directory.account_host() == "acme.pagerduty.example"
        assert await one.directory.account_host() == "acme.pagerduty.example"
    assert [dict(request.url.params) for request in script.requests] == [
        {"limit": "1", "offset": "0"}
    ]


async def test_host_is_unknown_while_pagerduty_is_down() -> None:
    script = Script(error(503), page("users", ANN))
    async with support.rest(script) as one:
        assert await one.directory.account_host() is None
        assert await one.directory.account_host() == "acme.pagerduty.example"
    assert len(script.requests) == 2, "nobody waits for retries of this"


@pytest.mark.parametrize("url", ["", "nonsense", "http://[bad", None])
async def test_odd_page_address_tells_no_host(url: str | None) -> None:
    async with support.rest(Script(page("users", {**ANN, "html_url": url}))) as one:
        assert await one.directory.account_host() is None


# ---------------------------------------------------------------- on call


def world(**changes: httpx.Response) -> Script:
    table = {
        "schedules": page("schedules", named("PSCHED1", "Billing rota")),
        "services": page("services", named("PSERV01", "Billing", escalation_policy=POLICY)),
        "oncalls": page("oncalls", on_call(ANN, 2), on_call(BOB), on_call(BOB)),
        **changes,
    }
    return routes({f"GET /{path}": response for path, response in table.items()})


@pytest.mark.parametrize("name", ["Billing rota", "billing ROTA", "PSCHED1", "psched1"])
async def test_everybody_of_a_schedule_is_on_call(name: str) -> None:
    script = world()
    async with support.rest(script) as one:
        assert names(await one.directory.on_call(name)) == ["Ann Lee", "Bob Ann Ray"]
    assert script.requests[-1].url.params.get_list("schedule_ids[]") == ["PSCHED1"]


@pytest.mark.parametrize("name", ["Billing", "PSERV01"])
async def test_first_level_of_a_services_policy_is_on_call(name: str) -> None:
    script = world()
    async with support.rest(script) as one:
        assert names(await one.directory.on_call(name)) == ["Bob Ann Ray"]
    assert script.requests[-1].url.params.get_list("escalation_policy_ids[]") == ["PPOLICY"]


async def test_nobody_may_be_on_call() -> None:
    async with support.rest(world(oncalls=page("oncalls", on_call(None)))) as one:
        assert await one.directory.on_call("Billing") == []


async def test_service_without_policy_has_nobody_on_call() -> None:
    async with support.rest(world(services=page("services", named("PSERV01", "Billing")))) as one:
        assert await one.directory.on_call("Billing") == []


async def test_person_on_call_is_completed_with_the_address() -> None:
    short = {"id": "PANN001", "type": "user_reference", "summary": "Ann Lee"}
    script = routes(
        {
            "GET /schedules": page("schedules", named("PSCHED1", "Rota")),
            "GET /oncalls": page("oncalls", on_call(short)),
            "GET /users/PANN001": answer(200, {"user": ANN}),
        }
    )
    async with support.rest(script) as one:
        found = await one.directory.on_call("Rota")
    assert [one.email for one in found] == ["Ann@Example.com"]


async def test_name_that_nothing_has_offers_the_near_ones() -> None:
    async with support.rest(world()) as one:
        with pytest.raises(errors.PersonNotFound, match="Near ones: Billing") as caught:
            await one.directory.on_call("Biling")
    assert "Billing rota" in str(caught.value)


async def test_name_far_from_all_gets_advice() -> None:
    script = world(schedules=page("schedules"), services=page("services"))
    async with support.rest(script) as one:
        with pytest.raises(errors.PersonNotFound, match="as PagerDuty shows it"):
            await one.directory.on_call("zzz")


async def test_name_of_two_schedules_is_not_guessed() -> None:
    two = page("schedules", named("PSCHED1", "Rota"), named("PSCHED2", "rota"))
    async with support.rest(world(schedules=two)) as one:
        with pytest.raises(errors.PersonNotFound, match="PSCHED1, PSCHED2"):
            await one.directory.on_call("Rota")


# ---------------------------------------------------------------- catalogues


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("PEP0001", ["Payments"]),
        ("payments", ["Payments"]),
        ("pay", ["Payments", "Payments night"]),
        ("zzz", []),
    ],
)
async def test_policy_is_found_by_id_name_or_part(wanted: str, found: list[str]) -> None:
    entries = (named("PEP0001", "Payments"), named("PEP0002", "Payments night"))
    async with support.rest(Script(page("escalation_policies", *entries))) as one:
        policies = await one.directory.escalation_policies(wanted)
    assert [policy.name for policy in policies] == found


async def test_id_is_found_though_the_search_knows_names_only() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        found = [] if "query" in request.url.params else [named("PEP0001", "Payments")]
        return page("escalation_policies", *found)

    async with support.rest(Script(handle)) as one:
        assert await one.directory.escalation_policies("pep0001")


async def test_catalogue_is_remembered_for_minutes() -> None:
    script, clock = Script(page("services", named("PSERV01", "Billing"))), FakeClock()
    async with support.rest(script, clock) as one:
        for seconds, asked in ((0, 1), (299, 1), (1, 2)):
            await clock.sleep(seconds)
            assert await one.directory.services("Billing")
            assert len(script.requests) == asked


async def test_priorities_and_abilities_are_listed() -> None:
    script = routes(
        {
            "GET /priorities": page("priorities", named("P1", "P1"), named("P2", "P2")),
            "GET /abilities": answer(200, {"abilities": ["teams", "urgencies"]}),
        }
    )
    async with support.rest(script) as one:
        assert [entry.name for entry in await one.directory.priorities()] == ["P1", "P2"]
        assert await one.directory.abilities() == {"teams", "urgencies"}


async def test_missing_ability_is_named() -> None:
    async with support.rest(Script(error(402))) as one:
        with pytest.raises(errors.AbilityMissing, match="`priorities`"):
            await one.directory.priorities()


async def test_all_escalation_policies_are_there_to_choose_from() -> None:
    billing = {"id": "PEP0001", "type": "escalation_policy", "name": "Billing EP"}
    script = Script(page("escalation_policies", billing))

    found = await support.rest(script).directory.all_escalation_policies()

    assert [one.name for one in found] == ["Billing EP"]
    assert script.seen == ["GET /escalation_policies"]
