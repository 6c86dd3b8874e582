"""What one can do on the page: each as a person would, through the sandboxes' own vocabulary."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.sandbox.slack import Ack, Message, NotPossibleError, User, View
from bot.sandbox.stage import Stage

Json = dict[str, Any]

TEXT_CHARACTERS = 12_000


class WrongRequestError(Exception):
    """The page asked for something that does not exist; a fault of the page, or a stale tab."""


class Hands:
    """Carry out what the page asks. Every answer is JSON; what Slack would say is `problem`."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._verbs: dict[str, Callable[[Json], Awaitable[Json]]] = {
            "command": self._command,
            "message": self._message,
            "click": self._click,
            "choose": self._choose,
            "options": self._options,
            "submit": self._submit,
            "close": self._close,
            "home": self._home,
            "shortcut": self._shortcut,
            "job": self._job,
            "weather": self._weather,
            "bot": self._bot,
            "pagerduty": self._pagerduty,
        }

    async def do(self, asked: Json) -> Json:
        """Carry out one request: `do` names the verb.

        Raises:
            WrongRequestError: there is no such verb, person, place or message.
        """
        verb = self._verbs.get(str(asked.get("do")))
        if verb is None:
            raise WrongRequestError(f"The page cannot do {asked.get('do')!r}.")
        try:
            return await verb(asked)
        except NotPossibleError as error:
            return {"ok": False, "problem": str(error)}
        except (KeyError, TypeError, ValueError) as error:
            raise WrongRequestError(f"There is no such thing any more: {error}.") from error

    # ---------------------------------------------------------------- Slack

    async def _command(self, asked: Json) -> Json:
        text, user = _text(asked), self._user(asked)
        ack = await self._stage.slack.command(user, text, channel=asked["channel"])
        return _told(ack, f"{text.split()[0]} failed")

    async def _message(self, asked: Json) -> Json:
        await self._stage.slack.post(
            self._user(asked),
            asked["channel"],
            _text(asked),
            thread_ts=asked.get("thread_ts"),
            wait=False,
        )
        return {"ok": True}

    async def _click(self, asked: Json) -> Json:
        ack = await self._stage.slack.click(
            self._user(asked), self._shown(asked), asked["action_id"], asked.get("value")
        )
        return _told(ack, "That did not work")

    async def _choose(self, asked: Json) -> Json:
        ack = await self._stage.slack.choose(
            self._user(asked), self._shown(asked), asked["action_id"], asked["value"]
        )
        return {"ok": True} if ack.attempts == 0 else _told(ack, "That did not work")

    async def _options(self, asked: Json) -> Json:
        user, view = self._user(asked), self._view(asked)
        action_id = asked["action_id"]
        ack = await self._stage.slack.options(user, view, action_id, str(asked["typed"])[:300])
        found = self._stage.slack.modals.offered.get((view.id, action_id), [])
        return {**_told(ack, "The options could not be loaded"), "options": found}

    async def _submit(self, asked: Json) -> Json:
        ack = await self._stage.slack.submit(
            self._user(asked), self._view(asked), dict(asked["values"])
        )
        told = _told(ack, "We had some trouble connecting. Try again?")
        errors = ack.body.get("errors") if isinstance(ack.body, dict) else None
        return {**told, "errors": errors} if errors else told

    async def _close(self, asked: Json) -> Json:
        await self._stage.slack.close(self._user(asked), self._view(asked))
        return {"ok": True}

    async def _home(self, asked: Json) -> Json:
        ack = await self._stage.slack.open_home(self._user(asked))
        return _told(ack, "The home tab could not be refreshed")

    async def _shortcut(self, asked: Json) -> Json:
        user, callback_id = self._user(asked), asked["callback_id"]
        if "ts" in asked:
            message = self._message_at(asked)
            ack = await self._stage.slack.message_shortcut(user, message, callback_id)
        else:
            ack = await self._stage.slack.global_shortcut(user, callback_id)
        return _told(ack, "The shortcut did not work")

    # ---------------------------------------------------------------- behind the scenes

    async def _job(self, asked: Json) -> Json:
        await self._stage.jobs.happen(asked["name"])
        return {"ok": True}

    async def _weather(self, asked: Json) -> Json:
        self._stage.weather.change(asked["about"], asked["name"])
        return {"ok": True}

    async def _bot(self, asked: Json) -> Json:
        machine = self._stage.machine
        await {"kill": machine.kill, "stop": machine.stop, "start": machine.start}[asked["name"]]()
        return {"ok": True}

    async def _pagerduty(self, asked: Json) -> Json:
        """Do something in PagerDuty's own user interface, as the colleague who is not in Slack."""
        account = self._stage.pagerduty
        incident, by = account.incidents[asked["incident"]], self._stage.cast.pd_bob
        match asked["name"]:
            case "acknowledge" if incident.status == "triggered":
                account.acknowledge(incident, by=by)
            case "resolve" if incident.status != "resolved":
                account.resolve(incident, by=by)
            case _:
                return {"ok": False, "problem": f"The incident is {incident.status} already."}
        return {"ok": True}

    # ---------------------------------------------------------------- finding

    def _user(self, asked: Json) -> User:
        user = self._stage.slack.workspace.users[asked["who"]]
        if user not in self._stage.cast.players:
            raise KeyError(asked["who"])
        return user

    def _shown(self, asked: Json) -> Message | View:
        if "view" in asked:
            return self._view(asked)
        return self._message_at(asked)

    def _message_at(self, asked: Json) -> Message:
        channel = self._stage.slack.workspace.channels[asked["channel"]]
        found = channel.messages.get(asked["ts"])
        if found is None:
            found = next((one for one in channel.ephemerals if one.ts == asked["ts"]), None)
        if found is None:
            raise KeyError(asked["ts"])
        return found

    def _view(self, asked: Json) -> View:
        user = self._user(asked)
        modals = self._stage.slack.modals
        there = [*modals.stacks.get(user.id, []), *filter(None, [modals.homes.get(user.id)])]
        found = next((one for one in there if one.id == asked["view"]), None)
        if found is None:
            raise KeyError(asked["view"])
        return found


def _text(asked: Json) -> str:
    text = str(asked["text"]).strip()
    if not text:
        raise NotPossibleError("There is nothing to send.")
    if len(text) > TEXT_CHARACTERS:
        raise NotPossibleError(f"Slack's client takes at most {TEXT_CHARACTERS:,} characters.")
    return text


_REASONS = {
    "not_connected": "the app is not connected to Slack. It is dead or cut off, see below",
    "connection_failed": "the connection to the app broke",
    "timeout": "the app did not answer within 3 seconds",
}


def _told(ack: Ack, what: str) -> Json:
    """Say what Slack's client says when an app does not acknowledge."""
    if ack.ok:
        return {"ok": True}
    return {
        "ok": False,
        "problem": f"{what}: {_REASONS.get(ack.reason, ack.reason or ack.status)}.",
    }
