"""A note is never written twice, and never reported as written when it is not there.

The PagerDuty of this test keeps notes; each POST meets the next weather of a list.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal

import httpx
import pytest

from bot import errors
from bot.model import IncidentId, Note
from tests.pagerduty import support
from tests.pagerduty.support import FakeClock, answer, error

I = IncidentId("PT4KHLK")  # noqa: E741 - one letter keeps the table readable
ANN = "ann@example.com"

Weather = Literal[
    "fine",
    "lost before",
    "lost after",
    "lost in between",
    "500 before",
    "500 after",
    "429",
    "garbage after",
    "refused",
]


@dataclass
class PagerDuty:
    """Keeps notes, by a clock that is ahead of the bot's."""

    clock: FakeClock
    weather: list[Weather] = field(default_factory=lambda: ["fine"])
    ahead: timedelta = timedelta(0)
    notes: list[dict[str, Any]] = field(default_factory=list)
    reads: int = 0
    unreadable: bool = False
    user_level: bool = False
    late: bool = False  # a lost POST is carried out between the first and the second reading

    def __call__(self, request: httpx.Request) -> httpx.Response:
        response = self._answer(request)
        response.headers["date"] = format_datetime(self._now(), usegmt=True)
        return response

    def _now(self) -> datetime:
        return self.clock.now() + self.ahead

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/users/me":
            if self.user_level:
                return answer(200, {"user": support.user("PKEY001", "Key Owner", "k@example.com")})
            return error(400, "Requires a user-level key")
        if path == "/users":
            return support.page("users", support.user("PANN001", "Ann", ANN))
        if request.method == "POST":
            return self._post(json.loads(request.content)["note"]["content"])
        self.reads += 1
        if self.unreadable:
            return error(503)
        body = {"notes": list(self.notes)}
        if self.late and self.reads == 1:
            self.keep("disk is full")
        return answer(200, body)

    def _post(self, content: str) -> httpx.Response:
        weather = self.weather.pop(0) if len(self.weather) > 1 else self.weather[0]
        if weather == "refused":
            raise httpx.ConnectError("refused")
        if weather == "429":
            return error(429)
        if weather in {"fine", "lost after", "500 after", "garbage after"}:
            note = self.keep(content)
        if weather.startswith("lost"):
            raise httpx.ReadTimeout("slow")
        if weather.startswith("500"):
            return error(500)
        if weather == "garbage after":
            return httpx.Response(200, content=b"<html>")
        return answer(200, {"note": note})

    def keep(self, content: str, *, by: str | None = None, age: float = 0) -> dict[str, Any]:
        author = by or ("PKEY001" if self.user_level else "PANN001")
        note = {
            "id": f"PN{len(self.notes)}",
            "content": content,
            "user": {"id": author, "summary": author},
            "created_at": (self._now() - timedelta(seconds=age)).isoformat(timespec="seconds"),
        }
        self.notes.append(note)
        return note


async def add(pagerduty: PagerDuty) -> Note:
    async with support.rest(pagerduty, pagerduty.clock) as one:
        return await one.incidents.add_note(I, "disk is full", from_email=ANN)


def world(*weather: Weather, **more: Any) -> PagerDuty:
    return PagerDuty(FakeClock(), list(weather), **more)


@pytest.mark.parametrize(
    "weather",
    [
        ("fine",),
        ("lost after",),
        ("500 after",),
        ("garbage after",),
        ("lost before", "fine"),
        ("500 before", "fine"),
        ("500 before", "500 before", "fine"),
        ("lost before", "lost before", "lost after"),
        ("429", "fine"),
        ("429", "429", "429", "fine"),
        ("refused", "fine"),
        ("refused", "429", "500 before", "429", "lost after"),
    ],
    ids=", ".join,
)
@pytest.mark.parametrize("ahead", [-600, 0, 600], ids=lambda one: f"clocks {one} s apart")
async def test_note_is_there_once_and_said_to_be(weather: tuple[Weather, ...], ahead: int) -> None:
    pagerduty = world(*weather, ahead=timedelta(seconds=ahead))
    note = await add(pagerduty)
    assert note.content == "disk is full"
    assert [one["content"] for one in pagerduty.notes] == ["disk is full"]


@pytest.mark.parametrize(
    ("weather", "kind"),
    [
        pytest.param("lost before", errors.OutcomeUnknown, id="never an answer"),
        pytest.param("500 before", errors.Unavailable, id="always 500"),
        pytest.param("429", errors.RateLimited, id="always 429"),
        pytest.param("refused", errors.Unavailable, id="no connection"),
    ],
)
async def test_note_that_is_not_there_is_not_said_to_be(
    weather: Weather, kind: type[errors.PagerDutyError]
) -> None:
    pagerduty = world(weather)
    with pytest.raises(errors.PagerDutyError) as caught:
        await add(pagerduty)
    assert type(caught.value) is kind
    assert pagerduty.notes == []


async def test_unreadable_notes_leave_the_outcome_unknown() -> None:
    pagerduty = world("lost after", unreadable=True)
    with pytest.raises(errors.OutcomeUnknown, match="could not be read back"):
        await add(pagerduty)
    assert len(pagerduty.notes) == 1


async def test_note_that_appears_late_is_found() -> None:
    pagerduty = world("lost in between", late=True)
    assert (await add(pagerduty)).content == "disk is full"
    assert len(pagerduty.notes) == 1
    assert pagerduty.reads == 2


async def test_older_note_with_the_same_words_is_not_ours() -> None:
    pagerduty = world("lost before", "fine")
    pagerduty.keep("disk is full", age=60)
    await add(pagerduty)
    assert len(pagerduty.notes) == 2


async def test_somebody_elses_note_with_the_same_words_is_not_ours() -> None:
    pagerduty = world("lost before", "fine")
    pagerduty.keep("disk is full", by="PBOB001")
    await add(pagerduty)
    assert len(pagerduty.notes) == 2


async def test_note_under_the_keys_owner_is_ours() -> None:
    pagerduty = world("lost after", user_level=True)
    await add(pagerduty)
    assert len(pagerduty.notes) == 1


async def test_trimmed_note_is_ours() -> None:
    pagerduty = world("lost before")
    pagerduty.keep(" disk is\r\nfull")
    assert (await add(pagerduty)).id == "PN0"


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_refused_note_is_neither_read_back_nor_repeated(status: int) -> None:
    script = support.Script(error(status, "no"))
    async with support.rest(script) as one:
        with pytest.raises(errors.PagerDutyError):
            await one.incidents.add_note(I, "disk is full", from_email=ANN)
    assert script.seen == ["POST /incidents/PT4KHLK/notes"]


@pytest.mark.parametrize("date", ["never", "Thu, 20 Aug 2026 12:00:00 -0000", ""])
async def test_answer_without_a_useful_date_changes_nothing(date: str) -> None:
    script = support.Script(answer(200, {"notes": []}, date=date))
    async with support.rest(script) as one:
        assert await one.incidents.notes(I) == []


async def test_author_that_cannot_be_found_out_does_not_matter() -> None:
    pagerduty = world("lost after")

    def half_blind(request: httpx.Request) -> httpx.Response:
        return error(403) if request.url.path == "/users/me" else pagerduty(request)

    async with support.rest(half_blind, pagerduty.clock) as one:
        note = await one.incidents.add_note(I, "disk is full", from_email=ANN)
    assert note.id == "PN0"
