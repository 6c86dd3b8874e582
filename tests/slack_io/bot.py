"""The I/O half of the bot between the sandbox's Slack and a conversation made for tests."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from slack_bolt.app.async_app import AsyncApp

from bot.clock import SystemClock
from bot.model import Button, ChannelMessage, Choice, Form, Invocation, Outcome
from bot.sandbox.slack import Message, Slack, User
from bot.slack.client import SlackWeb, build_app, identify
from bot.slack.desk import Desk
from bot.slack.http import Health, HttpServer
from bot.slack.listeners import Listeners
from bot.slack.replies import Posted, Replies
from bot.slack.socket import SocketMode
from bot.tasks import TaskSet

Transport = Literal["socket", "http"]


DONE = Outcome(lines=(("Done.",),))


@dataclass
class Talk:
    """A conversation that writes down what it was asked and answers as told."""

    begun: list[Invocation] = field(default_factory=list)
    answered: list[Invocation] = field(default_factory=list)
    outcome: Outcome = DONE
    begin_error: Exception | None = None
    is_begun: bool = False  # by another replica
    answer_error: Exception | None = None
    forms: dict[str, Form] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    look: asyncio.Event = field(default_factory=asyncio.Event)
    found: Form | Outcome | None = None  # looking ahead; None: the form as it is

    async def begin(self, invocation: Invocation) -> str | None:
        await asyncio.sleep(0)  # as a commit does
        if self.begin_error is not None:
            raise self.begin_error
        if self.is_begun:
            return None
        self.begun.append(invocation)
        return f"ref{len(self.begun)}"

    async def answer(self, invocation: Invocation, reference: str) -> Outcome:  # noqa: ARG002 - the port's
        await self.go.wait()
        if self.answer_error is not None:
            raise self.answer_error
        self.answered.append(invocation)
        return self.outcome

    def form(self, invocation: Invocation) -> Form | None:
        return self.forms.get(invocation.verb or "")

    async def look_ahead(
        self,
        invocation: Invocation,  # noqa: ARG002 - the port's
        form: Form,
        reference: str,  # noqa: ARG002 - the port's
    ) -> Form | Outcome:
        await self.look.wait()
        return self.found or form

    async def prepare(self, invocation: Invocation, reference: str) -> Form | Outcome:
        form = self.forms.get(invocation.verb or "")
        return form or await self.answer(invocation, reference)

    def problems(self, invocation: Invocation) -> Mapping[str, str]:  # noqa: ARG002 - the port's
        return self.wrong


@dataclass
class Bot:
    slack: Slack
    app: AsyncApp
    talk: Talk
    tasks: TaskSet
    notices: TaskSet
    web: SlackWeb
    ann: User
    listeners: Listeners = field(init=False)
    stored: list[ChannelMessage] = field(default_factory=list)
    store_errors: list[Exception] = field(default_factory=list)
    told: list[tuple[Invocation, Outcome, Posted | None]] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)

    async def ingest(self, message: ChannelMessage) -> None:
        if self.store_errors:
            raise self.store_errors.pop(0)
        self.stored.append(message)

    async def tell(self, invocation: Invocation, outcome: Outcome, posted: Posted | None) -> None:
        self.told.append((invocation, outcome, posted))

    def options(self, typed: str) -> Sequence[Choice]:
        return [choice for choice in self.choices if typed in choice.label]

    async def drained(self) -> None:
        """Wait until all that was taken on has been done."""
        assert await self.tasks.drain(5) == 0
        assert await self.notices.drain(5) == 0


async def healthy() -> Health:
    return Health(ok=True)


@asynccontextmanager
async def running(
    transport: Transport = "socket",
    *,
    limit: int = 100,
    notices: int = 100,
    ingest: bool = True,
    options: bool = True,
    change: Callable[[Slack], Any] = lambda _: None,
    patience_seconds: float = 5,
) -> AsyncIterator[Bot]:
    """Run the bot's Slack side against a sandbox with Ann in #prod."""
    slack = Slack()
    ann = slack.add_user("ann", email="ann@corp.example.com")
    slack.add_channel("prod", id="C0PROD", members=[ann])
    slack.add_other_bot("Rundeck", bot_id="B0RUNDECK", app_id="A0RUNDECK")
    change(slack)
    async with slack.serve(), SlackWeb(slack.identity.bot_token, slack.api_url) as web:
        identity = await identify(web, clock=SystemClock())
        app = build_app(web, identity, signing_secret=slack.signing_secret)
        talk, tasks, spare = Talk(), TaskSet(limit), TaskSet(notices)
        talk.go.set()
        talk.look.set()
        bot = Bot(slack, app, talk, tasks, spare, web, ann)
        desk = Desk(
            conversation=talk,
            replies=Replies(web),
            tasks=tasks,
            notices=spare,
            answered=bot.tell,
            patience_seconds=patience_seconds,
        )
        bot.listeners = Listeners(
            identity=identity,
            desk=desk,
            ingest=bot.ingest if ingest else None,
            options=bot.options if options else None,
        )
        bot.listeners.register(app)
        async with _transport(transport, bot):
            yield bot
            talk.go.set()
            talk.look.set()
            await bot.drained()
            await slack.settle()
    assert slack.refused == []


@asynccontextmanager
async def _transport(transport: Transport, bot: Bot) -> AsyncIterator[None]:
    if transport == "http":
        server = HttpServer(
            host="127.0.0.1",
            port=0,
            health=healthy,
            app=bot.app,
            signing_secret=bot.slack.signing_secret,
        )
        await server.start()
        bot.slack.request_url = f"http://127.0.0.1:{server.port}/slack/events"
        try:
            yield
        finally:
            await server.stop()
        return
    socket = SocketMode(
        bot.app,
        client=bot.web.prompt,
        app_token=bot.slack.identity.app_token,
        clock=SystemClock(),
    )
    await socket.connect()
    try:
        yield
    finally:
        await socket.close()


async def card(bot: Bot, action_id: str, value: str = "Q1ABCDEFGHIJKL") -> Message:
    """Let the bot answer with a button."""
    label = action_id.title()
    bot.talk.outcome = Outcome(
        lines=(("Card.",),), buttons=(Button(label, action_id, value),), public=True
    )
    await bot.slack.command("ann", "/pd show Q1ABCDEFGHIJKL --post", channel="prod")
    shown = await bot.slack.expect_message("prod", "Card.")
    bot.talk.outcome = Outcome(lines=(("Done.",),))
    bot.talk.begun.clear()
    return shown
