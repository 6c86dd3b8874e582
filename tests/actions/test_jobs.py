"""`jobs`: its grammar, and what it asks the notifier. What is muted: `test_muting.py`."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from bot.actions.grammar import Request
from bot.actions.jobs import Jobs
from bot.actions.words import Words
from bot.errors import NotAllowed, UsageError
from bot.model import Effect, Line

LINK = "https://acme.slack.com/archives/C0JOBS/p1763870705574488"


def parse(text: str) -> Jobs:
    return Jobs.parse(Request(Words(text)))


@dataclass
class Book:
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    async def overview(self) -> list[Line]:
        self.asked.append(("overview",))
        return [("All is well.",)]

    async def why(self, channel_id: str, ts: str) -> list[Line]:
        self.asked.append(("why", channel_id, ts))
        return [("Because.",)]

    async def retry(self, entry_id: int) -> Line:
        self.asked.append(("retry", entry_id))
        return ("It is sent again.",)


async def allowed(*effects: Effect) -> None:
    assert effects == (Effect.TRIGGER,)


async def refused(*_: Effect) -> None:
    raise NotAllowed("trigger is for nobody.")


def desk(book: Book | None, require: Any = allowed) -> Any:
    return SimpleNamespace(jobs=book, require=require)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        pytest.param("", ("overview",), id="nothing"),
        pytest.param(f"why {LINK}", ("why", "C0JOBS", "1763870705.574488"), id="a link"),
        pytest.param(
            f"WHY <{LINK}>", ("why", "C0JOBS", "1763870705.574488"), id="as Slack sends it"
        ),
        pytest.param(
            f"why {LINK}?thread_ts=1763870700.000100&cid=C0JOBS",
            ("why", "C0JOBS", "1763870705.574488"),
            id="a reply's link",
        ),
        pytest.param("retry 17", ("retry", 17), id="an entry"),
        pytest.param("retry #17", ("retry", 17), id="an entry with its mark"),
    ],
)
async def test_words_become_a_question(text: str, asked: tuple[Any, ...]) -> None:
    book = Book()

    outcome = await parse(text).perform(desk(book))

    assert book.asked == [asked]
    assert outcome.ok


@pytest.mark.parametrize(
    "text", ["why", "why that", f"why {LINK} now", "retry", "retry x", "retry 1 2", "list"]
)
def test_anything_else_is_explained(text: str) -> None:
    with pytest.raises(UsageError, match="jobs"):
        parse(text)


async def test_retry_needs_the_right_to_trigger() -> None:
    book = Book()
    with pytest.raises(NotAllowed):
        await parse("retry 17").perform(desk(book, refused))
    assert book.asked == []


async def test_without_a_notifier_it_says_so() -> None:
    outcome = await parse("").perform(desk(None))

    assert not outcome.ok
