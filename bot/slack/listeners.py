"""What Slack sends becomes invocations and channel messages; Slack is told "received" in time.

The order everywhere: what must not be lost is stored, Slack is told, the work goes on in our own
task set. Nothing here waits for the network before Slack is told.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse

from bot.errors import StoreError
from bot.model import Choice, Invocation, Via
from bot.ports import Ingest
from bot.slack import blocks, payloads
from bot.slack.client import Identity
from bot.slack.desk import Desk, new_reference, went_wrong
from bot.slack.seen import Seen
from bot.slack.text import escape

log = structlog.get_logger(__name__)

# The ids of CONTRACT 4: public, and in messages that people have in their channels already.
CLICKS = frozenset({"acknowledge", "resolve", "note", "reassign", "reopen", "take", "pick"})
FORMS = frozenset({"resolve", "note", "reassign"})
SHORTCUTS = frozenset({"add_to_incident", "open_incidents"})
ESCALATION_POLICY = "escalation_policy"

_ANY = re.compile("")
_MOST_OPTIONS = 100  # https://docs.slack.dev/reference/block-kit/composition-objects/option-object

Body = dict[str, Any]


class Listeners:
    """Everything that Slack can send, and who is to do something about it.

    `options` gives the choices of the escalation policy from memory, for what was typed.
    """

    def __init__(
        self,
        *,
        identity: Identity,
        desk: Desk,
        ingest: Ingest | None = None,
        options: Callable[[str], Sequence[Choice]] | None = None,
    ) -> None:
        self._identity = identity
        self._desk = desk
        self._ingest = ingest
        self._options = options
        self._seen = Seen()

    def register(self, app: AsyncApp) -> None:
        """Listen to all kinds of requests; Bolt asks in this order, the frequent ones go first.

        Ids are compared in the listeners, so that an unknown one is acknowledged and quiet.
        """
        app.command(_ANY)(self.command)
        app.event("message")(self.message)
        app.action(_ANY)(self.click)
        app.event("app_mention")(self.mention)
        app.view_submission(_ANY)(self.submission)
        app.options(_ANY)(self.choices)
        app.shortcut(_ANY)(self.shortcut)
        app.view_closed(_ANY)(self.ignore)
        app.event(_ANY)(self.ignore)
        app.error(self.failed)

    # ------------------------------------------------------------ commands, clicks, forms

    async def command(self, ack: AsyncAck, body: Body) -> None:
        """Take a slash command, whatever name the manifest gave it."""
        if self._seen.again(body.get("trigger_id")):
            await ack()
            return
        refusal = await self._desk.accept(payloads.command(body))
        await ack(escape(refusal) if refusal else "")

    async def click(self, ack: AsyncAck, body: Body) -> None:
        """Take a button: it opens its form, or acts."""
        await ack()
        if body["actions"][0].get("action_id") in CLICKS and not self._is_repeated(body):
            await self._desk.act_or_ask(payloads.click(body))

    async def shortcut(self, ack: AsyncAck, body: Body) -> None:
        """Take a shortcut: it opens its form, or acts."""
        await ack()
        if body["callback_id"] in SHORTCUTS and not self._is_repeated(body):
            await self._desk.act_or_ask(payloads.shortcut(body))

    async def submission(self, ack: AsyncAck, body: Body) -> None:
        """Take a filled-in form; what is wrong with it is said in the acknowledgement."""
        view = body["view"]
        if view["callback_id"] not in FORMS or self._is_repeated(body):
            await ack()
            return
        invocation = payloads.submission(body)
        problems = self._desk.problems(invocation)
        if not problems and (refusal := await self._desk.accept(invocation)):
            problems = {_first_input(view): refusal}
        if problems:
            await ack(response_action="errors", errors=problems)
        else:
            await ack()

    async def choices(self, ack: AsyncAck, body: Body) -> None:
        """Give the choices of a select, from memory."""
        asked = payloads.options(body)
        found: Sequence[Choice] = ()
        if self._options is not None and asked.action_id == ESCALATION_POLICY:
            found = self._options(asked.typed)
        await ack(options=[blocks.option(choice) for choice in found[:_MOST_OPTIONS]])

    # ------------------------------------------------------------ events

    async def mention(self, body: Body) -> None:
        """Take a mention in a channel."""
        await self._spoken_to(body["event"])

    async def message(self, body: Body) -> BoltResponse | None:
        """Store what the notifier wants to know; a direct message is a command."""
        event = body["event"]
        if event.get("channel_type") == "im":
            await self._spoken_to(event)
            return None
        if self._ingest is None:
            return None
        message = payloads.message(
            event,
            team_id=self._identity.team_id,
            own_bot_id=self._identity.bot_id,
            own_app_id=self._identity.app_id or body.get("api_app_id"),
            own_user_id=self._identity.bot_user_id,
        )
        if isinstance(message, payloads.Ignored):
            return None
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
        return None

    async def ignore(self, ack: AsyncAck) -> None:
        """Tell Slack that nothing needs to be done."""
        await ack()

    async def _spoken_to(self, event: Mapping[str, Any]) -> None:
        """Act on a human's new message to the bot; it may arrive as two events, or twice."""
        invocation = payloads.mention(
            event, self._identity.bot_user_id, team_id=self._identity.team_id
        )
        if invocation is None:
            return
        if self._seen.again((invocation.channel_id, invocation.message_ts)):
            return
        if refusal := await self._desk.accept(invocation):
            self._desk.notify(invocation, refusal)

    def _is_repeated(self, body: Body) -> bool:
        return self._seen.again(body.get("trigger_id"))

    # ------------------------------------------------------------ the last resort

    async def failed(self, error: Exception, body: Body) -> BoltResponse:
        """Answer what nobody else could, with a reference that the log has too.

        Events get a 500, so that Slack delivers them again; a form stays open with its text.
        """
        kind = "command" if "command" in body else body.get("type")
        if isinstance(error, BoltUnhandledRequestError):
            log.info("Slack sent something that nobody listens for", type=kind)
            return BoltResponse(status=200)
        reference = new_reference()
        if isinstance(error, payloads.Malformed):
            log.warning("a request was refused", reference=reference, type=kind, reason=str(error))
            sentence = f"{error} (ref {reference})"
        else:
            log.error("a request failed", reference=reference, type=kind, exc_info=error)
            sentence = went_wrong(reference)
        match kind:
            case "command":
                return BoltResponse(status=200, body={"text": escape(sentence)})
            case "view_submission":
                return BoltResponse(status=200, body=_errors(body["view"], sentence))
            case "event_callback":
                return BoltResponse(status=500)
        if caller := _caller(body):
            self._desk.notify(caller, sentence, reference)
        return BoltResponse(status=200)


def _errors(view: Mapping[str, Any], sentence: str) -> Body:
    return {"response_action": "errors", "errors": {_first_input(view): sentence}}


def _first_input(view: Mapping[str, Any]) -> str:
    """Give the block that errors about a whole form are shown at."""
    shown = view.get("blocks") or ()
    return next((block["block_id"] for block in shown if block["type"] == "input"), "")


def _caller(body: Mapping[str, Any]) -> Invocation | None:
    """Read no more of a click or shortcut than what an answer needs."""
    slack_user_id = (body.get("user") or {}).get("id")
    if not slack_user_id:
        return None
    return Invocation(
        via=Via.BUTTON,
        slack_user_id=slack_user_id,
        text="",
        channel_id=(body.get("channel") or {}).get("id"),
        response_url=body.get("response_url"),
    )
