"""Take invocations on, carry them out in the background, and answer, whatever happens."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import structlog

from bot import waits
from bot.errors import Busy, PdbotError, SlackError
from bot.model import Form, Incident, Invocation, Outcome, Via
from bot.ports import Conversation
from bot.slack import views
from bot.slack.headlines import Headlines
from bot.slack.replies import Posted, Replies
from bot.tasks import TaskSet

log = structlog.get_logger(__name__)

_OPEN_INCIDENTS = "Open incidents"
_TITLES = {"add_to_incident": "Add to incident", "open_incidents": _OPEN_INCIDENTS}

PATIENCE_SECONDS = 1.0  # for PagerDuty, out of the 3 s that a `trigger_id` lives

DONE, FAILED = "white_check_mark", "x"  # reactions on a mention

Answered = Callable[[Invocation, Outcome, Posted | None], Awaitable[None]]
Publish = Callable[[Invocation, Incident], Awaitable[bool]]


class Desk:
    """Where listeners hand invocations in.

    `notices` carries what must be said although `tasks` is full. `answered` learns of every
    answer that was sent, and where. `publish` posts a card that is kept true; False: it cannot.
    `patience_seconds` is how long a form waits for what it is about before it opens without.
    """

    def __init__(
        self,
        *,
        conversation: Conversation,
        replies: Replies,
        tasks: TaskSet,
        notices: TaskSet,
        answered: Answered | None = None,
        publish: Publish | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._conversation = conversation
        self._replies = replies
        self._tasks = tasks
        self._notices = notices
        self._answered = answered
        self._publish = publish
        self._headlines = Headlines()
        self._patience_seconds = patience_seconds

    async def accept(self, invocation: Invocation) -> str | None:
        """Take the invocation on; give the sentence for its caller when it could not be.

        Returns as soon as Slack may be told "received": the intent is stored, nothing else is
        done. Its place in the task set is taken before, so that nothing stored is left undone.
        """
        begun: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        try:
            self._tasks.spawn(self._work(invocation, begun))
        except Busy as busy:
            return str(busy)
        return await begun

    def problems(self, invocation: Invocation) -> dict[str, str]:
        """Check a submitted form without the network: field name -> what is wrong with it."""
        return dict(self._conversation.problems(invocation))

    async def act_or_ask(self, invocation: Invocation) -> None:
        """Open the form that the invocation needs, or take it on; a refusal is said apart."""
        headline = invocation.headline or self._headlines.of(invocation.incidents)
        form = self._conversation.form(replace(invocation, headline=headline))
        if form is None:
            refusal = await self.accept(invocation)
        else:
            refusal = self._ask(invocation, form)
        if refusal:
            self.notify(invocation, refusal)

    def look_up(self, invocation: Invocation) -> None:
        """Open a modal for a shortcut at once, and fill it when PagerDuty has answered."""
        try:
            self._tasks.spawn(self._fill(invocation))
        except Busy as busy:
            self.notify(invocation, str(busy))

    def notify(self, invocation: Invocation, sentence: str, reference: str | None = None) -> None:
        """Say something to the caller soon, also while the task set is full."""
        reference = reference or new_reference()
        try:
            self._notices.spawn(self._say(invocation, sentence, reference))
        except Busy:
            log.error(  # noqa: TRY400 - the trace would only lead here
                "too much is going on even to say so",
                reference=reference,
                slack_user_id=invocation.slack_user_id,
            )

    async def _work(self, invocation: Invocation, begun: asyncio.Future[str | None]) -> None:
        """Store the intent, let Slack be told, then do it."""
        try:
            reference = await self._conversation.begin(invocation)
        except PdbotError as error:
            _settle(begun, str(error))
            return
        except asyncio.CancelledError:
            begun.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - the listener raises it and has it reported
            _settle(begun, error)
            return
        _settle(begun, None)
        if reference is None:
            return
        await asyncio.sleep(0)  # the acknowledgement leaves first
        try:
            outcome, posted = await self._answer(invocation, reference)
        except Exception:
            log.exception("an answer failed", reference=reference)
            await self._say(invocation, went_wrong(reference), reference)
            return
        if self._answered is not None:
            await self._answered(invocation, outcome, posted)

    async def _answer(
        self, invocation: Invocation, reference: str
    ) -> tuple[Outcome, Posted | None]:
        async with self._tell_of_waits(invocation, reference, invocation.view_id):
            outcome = await self._conversation.answer(invocation, reference)
        self._headlines.learn((*outcome.changed, *outcome.cards))
        if await self._is_shown_in_form(invocation, outcome):
            posted: Posted | None = Posted(None)
        elif await self._is_published(invocation, outcome):
            posted = Posted(invocation.channel_id)
        else:
            posted = await self._replies.send(
                invocation, views.answer(outcome), public=outcome.public, reference=reference
            )
        if invocation.via is Via.MENTION and invocation.channel_id and invocation.message_ts:
            await self._replies.react(
                invocation.channel_id, invocation.message_ts, DONE if outcome.ok else FAILED
            )
        return outcome, posted

    @asynccontextmanager
    async def _tell_of_waits(
        self,
        invocation: Invocation,
        reference: str,
        view_id: str | None = None,
        title: str = _OPEN_INCIDENTS,
    ) -> AsyncIterator[None]:
        """Tell the caller, at once and once, why the answer takes long; the answer comes after.

        Where a modal is open, it is told there.
        """
        told = asyncio.Event()
        sentences: list[str] = []

        async def tell(sentence: str) -> None:
            try:
                view = views.loading(title, sentence)
                if view_id is None or not await self._replies.update_form(view_id, view):
                    await self._say(invocation, sentence, reference)
            finally:
                told.set()

        def listen(seconds: float | None) -> None:
            if sentences:
                return
            sentences.append(_asked_to_wait(seconds))
            try:
                self._notices.spawn(tell(sentences[0]), name="why it takes long")
            except Busy:
                log.warning("too much is going on to say why it takes long", reference=reference)
                told.set()

        with waits.heard_by(listen):
            yield
        if sentences:
            await told.wait()

    async def _is_shown_in_form(
        self, invocation: Invocation, outcome: Outcome, title: str = _OPEN_INCIDENTS
    ) -> bool:
        """Answer in the modal that a button was pressed in, while it is open."""
        if invocation.view_id is None:
            return False
        shown = outcome if outcome.cards else replace(outcome, cards=outcome.changed)
        return await self._replies.update_form(invocation.view_id, views.outcome_view(title, shown))

    async def _is_published(self, invocation: Invocation, outcome: Outcome) -> bool:
        """Post an answer that is nothing but one public card as a card that is kept true."""
        if self._publish is None or not outcome.public or outcome.lines or len(outcome.cards) != 1:
            return False
        return await self._publish(invocation, outcome.cards[0])

    def _ask(self, invocation: Invocation, form: Form) -> str | None:
        try:
            self._tasks.spawn(self._open(invocation, form))
        except Busy as busy:
            return str(busy)
        return None

    async def _open(self, invocation: Invocation, form: Form) -> None:
        """Open a form that names its incident, or say why it would be filled in for nothing.

        When that takes too long the form opens without, and is completed where it is.
        """
        reference = new_reference()
        looking = asyncio.create_task(self._conversation.look_ahead(invocation, form, reference))
        try:
            await asyncio.wait({looking}, timeout=self._patience_seconds)
            if looking.done():
                await self._open_found(invocation, form, await looking, reference)
                return
            view_id = await self._show(invocation, form)
            found = await looking
            if isinstance(found, Form):
                await self._replies.update_form(view_id, _form_view(invocation, found))
            else:
                await self._refuse(replace(invocation, view_id=view_id), form, found, reference)
        except SlackError as error:
            await self._say(invocation, str(error), reference)
        finally:
            looking.cancel()

    async def _open_found(
        self, invocation: Invocation, form: Form, found: Form | Outcome, reference: str
    ) -> None:
        if isinstance(found, Form):
            await self._show(invocation, found)
        else:
            await self._refuse(invocation, form, found, reference)

    async def _show(self, invocation: Invocation, form: Form) -> str:
        on_top = invocation.view_id is not None
        view = _form_view(invocation, form)
        return await self._replies.open_form(invocation.trigger_id, view, on_top=on_top)

    async def _refuse(
        self, invocation: Invocation, form: Form, outcome: Outcome, reference: str
    ) -> None:
        """Say it in the modal that is open, else as any answer; cards that lie are repaired."""
        posted: Posted | None = Posted(None)
        if not await self._is_shown_in_form(invocation, outcome, form.title):
            posted = await self._replies.send(
                invocation, views.answer(outcome), reference=reference
            )
        if self._answered is not None:
            await self._answered(invocation, outcome, posted)

    async def _fill(self, invocation: Invocation) -> None:
        title = _TITLES.get(invocation.verb or "", _OPEN_INCIDENTS)
        reference = new_reference()
        try:
            view_id = await self._replies.open_form(invocation.trigger_id, views.loading(title))
        except SlackError as error:
            await self._say(invocation, str(error), reference)
            return
        async with self._tell_of_waits(invocation, reference, view_id, title):
            found = await self._conversation.prepare(invocation, reference)
        if isinstance(found, Form):
            # The quoted message is nobody's card: its `ts` must not come back as one.
            origin = {
                "channel": invocation.channel_id,
                "thread_ts": invocation.thread_ts,
                "response_url": invocation.response_url,
            }
            view = views.form(found, private_metadata=origin)
        else:
            view = views.outcome_view(title, found)
        await self._replies.update_form(view_id, view)

    async def _say(self, invocation: Invocation, sentence: str, reference: str) -> None:
        message = views.answer(Outcome(lines=((sentence,),), ok=False))
        await self._replies.send(invocation, message, reference=reference)


def _form_view(invocation: Invocation, form: Form) -> views.View:
    """Draw a form; it remembers where its button was, so that the answer finds the way."""
    origin = {
        "incident": form.incident_id,
        "channel": invocation.channel_id,
        "message_ts": invocation.message_ts,
        "thread_ts": invocation.thread_ts,
        "response_url": invocation.response_url,
        "view_id": invocation.view_id,
    }
    return views.form(form, private_metadata=origin)


def _settle(begun: asyncio.Future[str | None], result: str | Exception | None) -> None:
    """Answer the listener, if it still waits: its connection may be gone."""
    if begun.done():
        return
    if isinstance(result, Exception):
        begun.set_exception(result)
    else:
        begun.set_result(result)


def _asked_to_wait(seconds: float | None) -> str:
    wait = "" if seconds is None else f" {seconds:.0f} s"
    return f"PagerDuty asks to wait{wait}; I'll retry and tell you here."


def new_reference() -> str:
    """Make a reference that the caller and the log share."""
    return secrets.token_hex(4)


def went_wrong(reference: str) -> str:
    """Say that something failed for which there is no better sentence."""
    return (
        f"Something went wrong (ref {reference}). It is not known whether anything was done: look "
        "at the incident before trying again, and give the reference to whoever runs the bot."
    )
