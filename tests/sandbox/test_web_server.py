"""The demo's page: who may ask for it, what it is given, and what is pushed to it."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bot.sandbox.stage import JOBS, Stage
from bot.sandbox.web import Page, PortTakenError
from bot.sandbox.web.server import STATIC
from tests.sandbox.idle import IdleMachine, idle_stage


@dataclass
class Tab:
    """A browser's tab without the browser."""

    stage: Stage
    machine: IdleMachine
    page: Page
    http: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.http.get(self.page.url + path, headers=headers) as answer:
            return answer.status, await answer.text()

    async def post(self, body: Any, **headers: str) -> tuple[int, Any]:
        data = body if isinstance(body, str) else json.dumps(body)
        sent = {"Content-Type": "application/json", **headers}
        async with self.http.post(self.page.url + "do", data=data, headers=sent) as answer:
            return answer.status, await answer.json()

    async def do(self, verb: str, **details: Any) -> Any:
        status, answer = await self.post({"do": verb, "who": "U0ANN", **details})
        assert status == 200, answer
        return answer


@pytest.fixture
async def tab() -> AsyncIterator[Tab]:
    async with idle_stage() as (stage, machine), aiohttp.ClientSession() as http:
        page = Page(stage)
        await page.start(0)
        yield Tab(stage, machine, page, http)
        await page.stop()


# ---------------------------------------------------------------- files and who may have them


async def test_page_is_served_with_everything_that_it_names(tab: Tab) -> None:
    status, html = await tab.get("")

    assert status == 200
    for name in re.findall(r'(?:src|href)="([^"#]+)"', html):
        assert (await tab.get(name))[0] == 200, name


def test_no_file_of_the_page_names_an_address_outside() -> None:
    harmless = {"http://www.w3.org/2000/svg", "https://docs.slack.dev"}
    for path in STATIC.iterdir():
        found = re.findall(r"https?://[\w.-]+(?:/2000/svg)?", path.read_text())
        assert set(found) <= harmless, path.name


def test_no_script_parses_html_or_evaluates_text() -> None:
    for path in STATIC.glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function",
            path.read_text(),
        ), path.name


@pytest.mark.parametrize(
    "path", ["nothing.js", "..%2fserver.py", "%2e%2e/server.py", "__init__.py"]
)
async def test_what_is_no_file_of_the_page_is_not_served(tab: Tab, path: str) -> None:
    assert (await tab.get(path))[0] == 404


@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1", "localhost:1"])
async def test_another_name_for_this_address_is_refused(tab: Tab, host: str) -> None:
    for path in ("", "scene", "state", "main.js"):
        assert (await tab.get(path, Host=host))[0] == 421


async def test_localhost_is_as_good_as_the_address(tab: Tab) -> None:
    port = tab.page.url.rpartition(":")[2].strip("/")

    assert (await tab.get("", Host=f"localhost:{port}"))[0] == 200


async def test_request_of_another_page_is_refused(tab: Tab) -> None:
    status, answer = await tab.post(
        {"do": "job", "name": JOBS[0].name}, Origin="http://evil.example.com"
    )

    assert (status, answer["ok"]) == (403, False)
    assert tab.stage.slack.messages("jobs") == []


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ("x=1", {"Content-Type": "text/plain"}, 415),
        ("{", {}, 400),
        ("[]", {}, 400),
        ({"do": "fly"}, {}, 404),
        ({}, {}, 404),
        (
            {"do": "click", "who": "U0ANN", "channel": "C0NONE", "ts": "1", "action_id": "x"},
            {},
            404,
        ),
        (
            {"do": "click", "who": "U0ANN", "channel": "C0JOBS", "ts": "1", "action_id": "x"},
            {},
            404,
        ),
        ({"do": "submit", "who": "U0ANN", "view": "V1", "values": {}}, {}, 404),
        ({"do": "command", "who": "U0RUNDECK", "channel": "C0JOBS", "text": "/pd"}, {}, 404),
        ({"do": "command", "who": "nobody", "channel": "C0JOBS", "text": "/pd"}, {}, 404),
        ({"do": "job", "name": "none"}, {}, 404),
        ({"do": "weather", "about": "pagerduty", "name": "nice"}, {}, 404),
        ({"do": "bot", "name": "format"}, {}, 404),
        ({"do": "pagerduty", "incident": "Q1", "name": "resolve"}, {}, 404),
    ],
)
async def test_wrong_request_gets_a_sentence(
    tab: Tab, body: Any, headers: dict[str, str], status: int
) -> None:
    got, answer = await tab.post(body, **headers)

    assert got == status
    assert answer["ok"] is False
    assert answer["problem"].endswith(".")


async def test_page_forbids_the_browser_to_load_anything_from_outside(tab: Tab) -> None:
    async with tab.http.get(tab.page.url) as answer:
        policy = answer.headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


async def test_taken_port_is_told_apart(tab: Tab) -> None:
    port = int(tab.page.url.rpartition(":")[2].strip("/"))

    with pytest.raises(PortTakenError):
        await Page(tab.stage).start(port)


async def test_unusable_address_is_no_taken_port(tab: Tab) -> None:
    with pytest.raises(OSError, match=r".+"):
        await Page(tab.stage).start(0, host="192.0.2.1")


# ---------------------------------------------------------------- what is pushed


async def test_every_change_is_pushed(tab: Tab) -> None:
    async with tab.http.get(tab.page.url + "state") as stream:
        first = await _next(stream)
        await tab.do("message", channel="C0INCIDENTS", text="hello")
        second = await _until(stream, lambda state: "hello" in _texts(state))
        tab.machine.entries = [{"id": 1, "state": "pending"}]
        third = await _until(stream, lambda state: state["outbox"])

    assert first["bot"]["state"] == "running"
    assert "hello" not in _texts(first)
    assert second["outbox"] == []
    assert third["outbox"] == tab.machine.entries


async def test_scene_names_players_jobs_and_switches(tab: Tab) -> None:
    _, text = await tab.get("scene")
    scene = json.loads(text)

    assert scene["players"] == ["U0ANN", "U0BOB", "U0CLEO", "U0GUS"]
    assert [one["name"] for one in scene["jobs"]] == [one.name for one in JOBS]
    assert set(scene["weather"]) == {"pagerduty", "slack"}


async def test_state_holds_no_secret(tab: Tab) -> None:
    async with tab.http.get(tab.page.url + "state") as stream:
        text = json.dumps(await _next(stream))

    identity = tab.stage.slack.identity
    for secret in (
        identity.bot_token,
        identity.app_token,
        identity.signing_secret,
        *tab.stage.pagerduty.keys,
    ):
        assert secret not in text


def _texts(state: Any) -> list[str]:
    return [one["text"] for channel in state["slack"]["channels"] for one in channel["messages"]]


async def _next(stream: aiohttp.ClientResponse) -> Any:
    line = (await stream.content.readuntil(b"\n\n")).decode()
    return json.loads(line.removeprefix("data: "))


async def _until(stream: aiohttp.ClientResponse, wanted: Any) -> Any:
    while not wanted(state := await _next(stream)):
        pass
    return state
