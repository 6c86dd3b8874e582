"""`jobs mute` and `jobs unmute`: which job, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.actions.desk import WhichOne
from bot.actions.grammar import Request
from bot.actions.jobs import Jobs
from bot.actions.words import Words
from bot.errors import NotAllowed, RequestError, UsageError
from bot.model import Effect
from bot.slack.text import plain

NOW = datetime(2026, 3, 10, 22, 0, tzinfo=UTC)
NIGHTLY = "rundeck:billing:nightly/backup"
KNOWN = (
    NIGHTLY,
    "rundeck:billing:Load 2",
    "jenkins:-:Load & check",
    "jenkins:-:deploy",
    "rundeck:shop:deploy",
    "jenkins:-:ci: web: e2e",
)


@dataclass
class Book:
    known: Sequence[str] = KNOWN
    is_muted: dict[str, datetime] = field(default_factory=dict)
    by: list[str] = field(default_factory=list)

    async def jobs(self) -> Sequence[str]:
        return self.known

    async def muted(self) -> Sequence[str]:
        return list(self.is_muted)

    async def put(self, job: str, lasts: timedelta, by: str) -> datetime:
        self.by.append(by)
        self.is_muted[job] = NOW + lasts
        return NOW + lasts

    async def end(self, job: str) -> bool:
        return self.is_muted.pop(job, NOW) > NOW


async def allowed(*effects: Effect) -> None:
    assert effects == (Effect.MUTE,)


async def refused(*_: Effect) -> None:
    raise NotAllowed("mute is for nobody.")


def parse(text: str) -> Jobs:
    return Jobs.parse(Request(Words(text)))


async def say(text: str, book: Book, require: Any = allowed) -> str:
    desk: Any = SimpleNamespace(
        jobs=SimpleNamespace(mutes=book),
        require=require,
        clock=SimpleNamespace(now=lambda: NOW),
        responder=SimpleNamespace(name="Ann", time_zone="Europe/Berlin"),
        typed=lambda words: f"/pd {words}",
    )
    outcome = await parse(text).perform(desk)
    return "\n".join(map(plain, outcome.lines))


@pytest.mark.parametrize(
    ("text", "job", "lasts"),
    [
        pytest.param("nightly/backup 2h", NIGHTLY, timedelta(hours=2), id="its name"),
        pytest.param("NIGHTLY/Backup 2h", NIGHTLY, timedelta(hours=2), id="in any case"),
        pytest.param(f"{NIGHTLY} 1s", NIGHTLY, timedelta(seconds=1), id="its identity"),
        pytest.param("nightly/backup for 7d", NIGHTLY, timedelta(days=7), id="the longest"),
        pytest.param("Load 2 1h30m", KNOWN[1], timedelta(minutes=90), id="a name with a number"),
        pytest.param("“Load 2” 90s", KNOWN[1], timedelta(seconds=90), id="in quotes"),
        pytest.param("Load &amp; check 2h", KNOWN[2], timedelta(hours=2), id="as Slack sends it"),
        pytest.param("deploy 2h", None, None, id="several"),
        pytest.param(
            "nightly/backup until 01:30", NIGHTLY, timedelta(hours=2, minutes=30), id="until"
        ),
    ],
)
async def test_job_is_muted_for_so_long(
    text: str, job: str | None, lasts: timedelta | None
) -> None:
    book = Book()
    if job is None or lasts is None:
        with pytest.raises(WhichOne, match="2 jobs could be meant") as asked:
            await say(f"mute {text}", book)
        assert [one.label for one in asked.value.buttons] == [KNOWN[3], KNOWN[4]]
        assert '"args": "mute jenkins:-:deploy 2h"' in asked.value.buttons[0].value
        assert book.is_muted == {}
        return

    said = await say(f"mute {text}", book)

    assert book.is_muted == {job: NOW + lasts}
    assert book.by == ["Ann"]
    assert f"Muted: {job} until " in said
    assert f"/pd jobs unmute {job}" in said


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("mute", "takes a job and then a time"),
        ("mute nightly/backup", "takes a job and then a time"),
        ("mute 2h", "takes a job and then a time"),
        ("mute nightly/backup soon", "takes a job and then a time"),
        ("unmute", "You named no job"),
    ],
)
def test_words_that_make_no_mute_are_explained(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        parse(text)


@pytest.mark.parametrize("span", ["0s", "8d", "7d1s"])
async def test_too_short_or_too_long_is_refused(span: str) -> None:
    book = Book()
    with pytest.raises(UsageError, match="1 second to 7 days"):
        await say(f"mute nightly/backup {span}", book)
    assert book.is_muted == {}


@pytest.mark.parametrize(
    ("job", "muted", "is_new"),
    [
        pytest.param("script:billing:monthly", "script:billing:monthly", True, id="a new job"),
        pytest.param("jenkins:-:Deploy", "jenkins:-:deploy", False, id="one in another case"),
        pytest.param("ci: web: e2e", "jenkins:-:ci: web: e2e", False, id="a name with colons"),
    ],
)
async def test_whole_identity_is_taken_at_its_word(job: str, muted: str, is_new: bool) -> None:
    book = Book()

    said = await say(f"mute {job} 2h", book)

    assert list(book.is_muted) == [muted]
    assert ("I have not seen a message of that job yet" in said) == is_new


async def test_unknown_job_is_refused_with_the_nearest() -> None:
    with pytest.raises(RequestError, match="No job that I have seen is called") as refusal:
        await say("mute nightly/bakup 2h", Book())
    assert [one.label for one in refusal.value.buttons] == [NIGHTLY]


async def test_without_any_job_it_says_where_to_look() -> None:
    with pytest.raises(RequestError, match="`jobs` lists the last messages"):
        await say("mute nightly/backup 2h", Book(known=()))


async def test_unmute_ends_it() -> None:
    book = Book()
    await say("mute nightly/backup 2h", book)

    assert "Unmuted: rundeck" in await say("unmute nightly/backup", book)
    assert "No job is muted; nothing was done." in await say("unmute nightly/backup", book)


async def test_unmute_of_another_job_names_those_that_are() -> None:
    book = Book()
    await say("mute nightly/backup 2h", book)

    with pytest.raises(RequestError, match="No job that is muted is called") as refusal:
        await say("unmute nightly", book)
    assert [one.label for one in refusal.value.buttons] == [NIGHTLY]


async def test_unmute_of_what_has_just_ended_says_so() -> None:
    book = Book(is_muted={NIGHTLY: NOW})

    assert "is not muted any more" in await say("unmute nightly/backup", book)


@pytest.mark.parametrize("text", ["mute nightly/backup 2h", "unmute nightly/backup"])
async def test_it_needs_the_right_to_mute(text: str) -> None:
    book = Book(is_muted={NIGHTLY: NOW + timedelta(hours=1)})
    with pytest.raises(NotAllowed):
        await say(text, book, refused)
    assert book.is_muted == {NIGHTLY: NOW + timedelta(hours=1)}
