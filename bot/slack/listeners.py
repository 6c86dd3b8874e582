"""What Slack sends becomes invocations and channel messages; Slack is told "received" in time.

The order everywhere: what must not be lost is stored, Slack is told, the work goes on in our own
task set. Nothing here waits for the network before Slack is told.

One middleware and a table instead of Bolt's decorators: those build some thirty arguments for
every matcher that is asked and again for the listener, about half of what a bare no-op costs, and
on a payload without an expected key they fail before any error handler. Bolt keeps doing what it
does before: signatures, authorization, the bot's own events.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.errors import StoreError
from bot.model import Choice, Invocation, SlackUserId, Via
from bot.ports import Ingest
from bot.slack import blocks, payloads
from bot.slack.client import Identity
from bot.slack.desk import Desk, new_reference, went_wrong
from bot.slack.seen import Seen
from bot.slack.text import escape

log = structlog.get_logger(__name__)

# The ids of CONTRACT 4: public, and in messages that people have in their channels already.
CLICKS = frozenset({"acknowledge", "resolve", "note", "reassign", "reopen", "take", "more", "pick"})
FORMS = frozenset({"resolve", "note", "reassign"})
SHORTCUTS = frozenset({"add_to_incident", "open_incidents"})
ESCALATION_POLICY = "escalation_policy"

_MOST_OPTIONS = 100  # https://docs.slack.dev/reference/block-kit/composition-objects/option-object

_COMMAND = "command"  # ours: the one payload without a type

Body = Mapping[str, Any]


class Listeners(AsyncMiddleware):
    """Everything that Slack can send, and who is to do something about it.

    `options` gives the choices of the escalation policy from memory, for what was typed. `home`
    is told who looks at the Home tab.
    """

    def __init__(
        self,
        *,
        identity: Identity,
        desk: Desk,
        ingest: Ingest | None = None,
        options: Callable[[str], Sequence[Choice]] | None = None,
        home: Callable[[str], None] | None = None,
    ) -> None:
        self._identity = identity
        self._desk = desk
        self._ingest = ingest
        self._options = options
        self._home = home
        self._seen = Seen()
        self._kinds: Mapping[str | None, Callable[[Body], Awaitable[BoltResponse]]] = {
            _COMMAND: self._command,
            "event_callback": self._event,
            "block_actions": self._click,
            "view_submission": self._submission,
            "block_suggestion": self._choices,
            "shortcut": self._shortcut,
            "message_action": self._shortcut,
        }
        self._events: Mapping[str | None, Callable[[Body], Awaitable[BoltResponse]]] = {
            "message": self._message,
            "app_mention": self._mention,
            "app_home_opened": self._home_opened,
        }

    def register(self, app: AsyncApp) -> None:
        """Take everything that passed Bolt's own checks."""
        app.use(self)

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002 - Bolt's signature
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002, ARG002 - as above
    ) -> BoltResponse:
        """Answer a request; an unknown kind is acknowledged and quiet."""
        body = req.body
        kind = _COMMAND if "command" in body else body.get("type")
        try:
            return await self._kinds.get(kind, _ignore)(body)
        except Exception as error:  # noqa: BLE001 - the last resort, which answers the caller
            return self._failed(error, kind, body)

    # ------------------------------------------------------------ commands, clicks, forms

    async def _command(self, body: Body) -> BoltResponse:
        """Take a slash command, whatever name the manifest gave it."""
        if self._is_repeated(body):
            return _received()
        refusal = await self._desk.accept(payloads.command(body))
        return _received({"text": escape(refusal)} if refusal else "")

    async def _click(self, body: Body) -> BoltResponse:
        """Take a button: it opens its form, or acts."""
        if body["actions"][0].get("action_id") in CLICKS and not self._is_repeated(body):
            await self._desk.act_or_ask(payloads.click(body))
        return _received()

    async def _shortcut(self, body: Body) -> BoltResponse:
        """Take a shortcut: it opens a modal."""
        if body.get("callback_id") in SHORTCUTS and not self._is_repeated(body):
            self._desk.look_up(payloads.shortcut(body))
        return _received()

    async def _submission(self, body: Body) -> BoltResponse:
        """Take a filled-in form; what is wrong with it is said in the acknowledgement."""
        view = body["view"]
        if view.get("callback_id") not in FORMS or self._is_repeated(body):
            return _received()
        invocation = payloads.submission(body)
        if problems := self._desk.problems(invocation):
            return _received({"response_action": "errors", "errors": problems})
        refusal = await self._desk.accept(invocation)
        return _received(_errors(view, refusal) if refusal else "")

    async def _choices(self, body: Body) -> BoltResponse:
        """Give the choices of a select, from memory."""
        asked = payloads.options(body)
        found: Sequence[Choice] = ()
        if self._options is not None and asked.action_id == ESCALATION_POLICY:
            found = self._options(asked.typed)
        return _received({"options": [blocks.option(choice) for choice in found[:_MOST_OPTIONS]]})

    # ------------------------------------------------------------ events

    async def _event(self, body: Body) -> BoltResponse:
        return await self._events.get(body["event"].get("type"), _ignore)(body)

    async def _mention(self, body: Body) -> BoltResponse:
        """Act on a human's new message to the bot; it may arrive as two events, or twice."""
        invocation = payloads.mention(
            body["event"], self._identity.bot_user_id, team_id=self._identity.team_id
        )
        if invocation is None:
            return _received()
        delivered = (invocation.channel_id, invocation.message_ts)
        if self._seen.again(delivered):
            return _received()
        try:
            refusal = await self._desk.accept(invocation)
        except BaseException:
            self._seen.forget(delivered)  # Slack is told of the failure, and delivers it again
            raise
        if refusal:
            self._desk.notify(invocation, refusal)
        return _received()

    async def _message(self, body: Body) -> BoltResponse:
        """Store what the notifier wants to know; a direct message is a command."""
        event = body["event"]
        if payloads.is_direct(event):
            return await self._mention(body)
        if self._ingest is None:
            return _received()
        message = payloads.message(
            event,
            team_id=self._identity.team_id,
            own_bot_id=self._identity.bot_id,
            own_app_id=self._identity.app_id or body.get("api_app_id"),
            own_user_id=self._identity.bot_user_id,
        )
        if isinstance(message, payloads.Ignored):
            return _received()
        try:
            await self._ingest(message)
        except StoreError as error:
            log.warning(
                "a message was not stored, Slack will deliver it again",
                channel_id=message.channel_id,
                ts=message.ts,
                reason=str(error),
            )
            return BoltResponse(status=500)
        return _received()

    async def _home_opened(self, body: Body) -> BoltResponse:
        """Fill the Home tab; the event also comes when only the messages are looked at."""
        event = body["event"]
        user = event.get("user")
        tab = event.get("tab", "home")
        if self._home is not None and tab == "home" and isinstance(user, str):
            self._home(user)
        return _received()

    def _is_repeated(self, body: Body) -> bool:
        return self._seen.again(body.get("trigger_id"))

    # ------------------------------------------------------------ the last resort

    def _failed(self, error: Exception, kind: str | None, body: Body) -> BoltResponse:
        """Answer what nobody else could, with a reference that the log has too.

        Events get a 500, so that Slack delivers them again; a form stays open with its text.
        """
        reference = new_reference()
        if isinstance(error, payloads.Malformed):
            log.warning("a request was refused", reference=reference, type=kind, reason=str(error))
            sentence = f"{error} (ref {reference})"
        else:
            log.error("a request failed", reference=reference, type=kind, exc_info=error)
            sentence = went_wrong(reference)
        match kind:
            case "command":
                return _received({"text": escape(sentence)})
            case "view_submission":
                return _received(_errors(_part(body, "view"), sentence))
            case "event_callback":
                return BoltResponse(status=500)
        if caller := _caller(body):
            self._desk.notify(caller, sentence, reference)
        return _received()


def _received(answer: str | dict[str, Any] = "") -> BoltResponse:
    return BoltResponse(status=200, body=answer)


async def _ignore(_: Body) -> BoltResponse:
    return _received()


def _errors(view: Mapping[str, Any], sentence: str) -> dict[str, Any]:
    return {"response_action": "errors", "errors": {_first_input(view): sentence}}


def _first_input(view: Mapping[str, Any]) -> str:
    """Give the block that errors about a whole form are shown at."""
    shown = view.get("blocks") or ()
    return next((block["block_id"] for block in shown if block["type"] == "input"), "")


def _caller(body: Body) -> Invocation | None:
    """Read no more of a click or shortcut than what an answer needs."""
    slack_user_id = _part(body, "user").get("id")
    if not isinstance(slack_user_id, str):
        return None
    return Invocation(
        via=Via.BUTTON,
        slack_user_id=SlackUserId(slack_user_id),
        text="",
        channel_id=_part(body, "channel").get("id"),
        response_url=body.get("response_url"),
    )


def _part(body: Body, name: str) -> Mapping[str, Any]:
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}
