"""What people do with the app: commands, clicks, choices, forms, shortcuts.

Every method returns when the bot has acknowledged, or when Slack would have given up.
"""

from typing import Any

from bot.sandbox.slack.cast import Cast
from bot.sandbox.slack.errors import NotPossibleError, SlackError
from bot.sandbox.slack.inputs import KINDS, elements, entered, find_element, is_empty
from bot.sandbox.slack.records import Ack, Channel, Json, Message, User, View
from bot.sandbox.slack.response_urls import ResponseUrl
from bot.sandbox.slack.typed import escape
from bot.sandbox.slack.workspace import Where, Who


class People(Cast):
    """Do what a person does in Slack's client."""

    async def command(self, who: Who, typed: str, *, channel: Where, raw: bool = False) -> Ack:
        """Type a slash command, its name included; `raw` sends the text as it is."""
        user, place = self.workspace.user(who), self.workspace.channel(channel)
        self.check_place(user, place)
        word, _, rest = typed.strip().partition(" ")
        if word != self.identity.command:
            raise NotPossibleError(f"{word} is not a valid command: {self.identity.command} is.")
        text = rest if raw else escape(rest.strip(), self.workspace, labels=True)
        address = self.response_urls.new(self.base_url, "commands", user.id, place)
        payload = self.payloads.command(
            user,
            place,
            text,
            trigger_id=self.modals.trigger(user.id),
            response_url=address.url,
        )
        ack = await self.deliverer.once("slash_commands", payload)
        ack.response_url = address
        if ack.ok and isinstance(ack.body, dict) and ack.body:
            self._answer_in_ack(address, ack.body)
        return ack

    def _answer_in_ack(self, address: ResponseUrl, body: Json) -> None:
        """Show what a command answers in its acknowledgement."""
        try:
            self.response_urls.answer(address, body)
        except SlackError as error:
            self.inspector.refuse("answer", [error.code, *error.messages], body)

    # ---------------------------------------------------------------- clicks and choices

    async def click(
        self, who: Who, shown: Message | View, action_id: str, value: str | None = None
    ) -> Ack:
        """Press a button, in a message, a modal or on the Home tab; confirms what is asked."""
        user = self.workspace.user(who)
        block, element = find_element(self._blocks(user, shown), action_id, value)
        if element["type"] != "button":
            raise NotPossibleError(f"{action_id} is no button but {element['type']}: use choose.")
        return await self._act(user, shown, block, element, {})

    async def choose(self, who: Who, shown: Message | View, action_id: str, value: Any) -> Ack:
        """Choose in a select, overflow, checkboxes or date picker (options by value or label)."""
        user = self.workspace.user(who)
        block, element = find_element(self._blocks(user, shown), action_id)
        if element["type"] not in KINDS:
            raise NotPossibleError(f"{action_id} is a {element['type']}: use click.")
        state = entered(element, value, self._offers(shown, element))
        if isinstance(shown, View) and element["type"] != "overflow":
            shown.entered.setdefault(block["block_id"], {})[action_id] = state
        if block["type"] == "input" and not block.get("dispatch_action"):
            return Ack("none", reason="not_dispatched", attempts=0)
        return await self._act(user, shown, block, element, state)

    async def _act(
        self, user: User, shown: Message | View, block: Json, element: Json, state: Json
    ) -> Ack:
        action = self.payloads.action(block, element, state)
        trigger_id = self.modals.trigger(user.id)
        if isinstance(shown, View):
            payload = self.payloads.view_actions(user, shown, action, trigger_id=trigger_id)
            return await self.deliverer.once("interactive", payload)
        channel = self.workspace.channels[shown.channel_id]
        address = self.response_urls.new(self.base_url, "actions", user.id, channel, shown)
        payload = self.payloads.message_actions(
            user, channel, shown, action, trigger_id=trigger_id, response_url=address.url
        )
        ack = await self.deliverer.once("interactive", payload)
        ack.response_url = address
        return ack

    async def options(self, who: Who, view: View, action_id: str, typed: str) -> Ack:
        """Type into an external select; `ack.body` has the options, which can be chosen then."""
        user = self.workspace.user(who)
        block, element = find_element(self._blocks(user, view), action_id)
        least = element.get("min_query_length", 3)
        if len(typed) < least:
            raise NotPossibleError(f"{action_id} asks for options after {least} characters.")
        payload = self.payloads.suggestion(user, view, block, element, typed)
        ack = await self.deliverer.once("interactive", payload)
        if ack.ok:
            body: Json = ack.body if isinstance(ack.body, dict) else {}
            self.modals.offered[view.id, element["action_id"]] = self._suggestions(element, body)
        return ack

    def _suggestions(self, element: Json, body: Json) -> list[Json]:
        """Look at suggestions as at a static select's options; no options at all is fine."""
        kept: Json = {name: body[name] for name in ("options", "option_groups") if name in body}
        if kept in ({"options": []}, {"option_groups": []}):
            return []
        as_static: Json = {"type": "static_select", "action_id": element["action_id"], **kept}
        try:
            self.inspector.blocks([{"type": "actions", "elements": [as_static]}])
        except SlackError:
            return []  # the client shows nothing of what it cannot read
        groups = kept.get("option_groups", [])
        return [*kept.get("options", []), *(one for group in groups for one in group["options"])]

    # ---------------------------------------------------------------- forms

    async def submit(self, who: Who, view: View, values: Json | None = None) -> Ack:
        """Fill a modal's inputs in, by block_id or action_id, and submit it.

        `ack.body` has the errors, if any; otherwise the modal closes, or is replaced as told.
        """
        user = self.workspace.user(who)
        blocks = self._blocks(user, view)
        if view["type"] != "modal" or not view.get("submit"):
            raise NotPossibleError("This view has no submit button.")
        for name, value in (values or {}).items():
            self._enter(view, blocks, name, value)
        for block, element in elements(blocks):
            is_required = block["type"] == "input" and not block.get("optional")
            if is_required and is_empty(view.entered[block["block_id"]][element["action_id"]]):
                raise NotPossibleError(f"Please complete the required field {block['block_id']}.")
        payload = self.payloads.submission(user, view, trigger_id=self.modals.trigger(user.id))
        ack = await self.deliverer.once("interactive", payload)
        if ack.ok:
            self._follow(view, ack.body or {})
        return ack

    def _enter(self, view: View, blocks: list[Json], name: str, value: Any) -> None:
        for block, element in elements(blocks):
            if name in {block["block_id"], element["action_id"]} and element["type"] in KINDS:
                state = entered(element, value, self._offers(view, element))
                view.entered.setdefault(block["block_id"], {})[element["action_id"]] = state
                return
        there = [block["block_id"] for block, _ in elements(blocks)]
        raise NotPossibleError(f"There is no input {name!r} in this view, only {there}.")

    def _follow(self, view: View, body: Json) -> None:
        """Do what the answer to a submission says."""
        action = body.get("response_action")
        try:
            if action is None and not body:
                self.modals.close(view)
            elif action == "clear":
                self.modals.close(view, whole_stack=True)
            elif action == "errors":
                self._check_errors(view, body)
            elif action == "update":
                self.modals.update(view, self.inspector.view(body.get("view"), "modal"))
            elif action == "push":
                self.modals.push(view.user_id, self.inspector.view(body.get("view"), "modal"))
            else:
                self.inspector.refuse("response_action", [f"unknown: {action}"], body)
        except SlackError as error:
            self.inspector.refuse("response_action", [error.code, *error.messages], body)

    def _check_errors(self, view: View, body: Json) -> None:
        """Errors must stand at inputs: elsewhere Slack shows nothing but "trouble connecting"."""
        inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
        errors = body.get("errors")
        texts = list(errors.values()) if isinstance(errors, dict) else []
        is_right = texts and all(isinstance(text, str) and text for text in texts)
        if not is_right or not set(errors or ()) <= inputs:
            self.inspector.refuse("response_action", ["errors must name input blocks"], body)

    async def close(self, who: Who, view: View, *, whole_stack: bool = False) -> Ack:
        """Close a modal, or all of them; the bot hears of it only with `notify_on_close`."""
        user = self.workspace.user(who)
        self._blocks(user, view)
        self.modals.close(view, whole_stack=whole_stack or bool(view.get("clear_on_close")))
        if not view.get("notify_on_close"):
            return Ack("none", reason="not_subscribed", attempts=0)
        payload = self.payloads.closed(user, view, is_cleared=whole_stack)
        return await self.deliverer.once("interactive", payload)

    # ---------------------------------------------------------------- shortcuts, Home tab

    async def message_shortcut(self, who: Who, message: Message, callback_id: str) -> Ack:
        """Choose a shortcut in a message's menu."""
        user = self.workspace.user(who)
        self._check_sight(user, message)
        channel = self.workspace.channels[message.channel_id]
        address = self.response_urls.new(self.base_url, "actions", user.id, channel, message)
        payload = self.payloads.message_shortcut(
            user,
            channel,
            message,
            callback_id,
            trigger_id=self.modals.trigger(user.id),
            response_url=address.url,
        )
        ack = await self.deliverer.once("interactive", payload)
        ack.response_url = address
        return ack

    async def global_shortcut(self, who: Who, callback_id: str) -> Ack:
        """Choose a shortcut in the shortcuts menu."""
        user = self.workspace.user(who)
        trigger_id = self.modals.trigger(user.id)
        payload = self.payloads.global_shortcut(user, callback_id, trigger_id=trigger_id)
        return await self.deliverer.once("interactive", payload)

    async def open_home(self, who: Who) -> Ack:
        """Open the app's Home tab."""
        user = self.workspace.user(who)
        direct = self.workspace.direct([user.id])
        event: Json = {
            "type": "app_home_opened",
            "user": user.id,
            "channel": direct.id,
            "tab": "home",
            "event_ts": self.payloads.now(),
        }
        if user.id in self.modals.homes:
            event["view"] = dict(self.modals.homes[user.id])
        task = self.emit(direct, event)
        return Ack("none", reason="not_subscribed", attempts=0) if task is None else await task

    # ---------------------------------------------------------------- what somebody sees

    def _offers(self, shown: Message | View, element: Json) -> list[Json]:
        if not isinstance(shown, View):
            return []
        return self.modals.offered.get((shown.id, element["action_id"]), [])

    def _blocks(self, user: User, shown: Message | View) -> list[Json]:
        """Give the blocks that somebody can use. Raises NotPossibleError when they are gone."""
        self._check_sight(user, shown)
        if isinstance(shown, View):
            return list(shown["blocks"])
        attached = [
            block for one in shown.get("attachments", []) for block in one.get("blocks", [])
        ]
        return [*shown.blocks, *attached]

    def _check_sight(self, user: User, shown: Message | View) -> None:
        if isinstance(shown, View):
            if shown.user_id != user.id or not self.modals.is_open(shown):
                raise NotPossibleError(f"{user.name} has no such view on the screen.")
            return
        channel = self.workspace.channels[shown.channel_id]
        there: list[Message] = (
            channel.ephemerals if shown.is_ephemeral else list(channel.messages.values())
        )
        if not any(one is shown for one in there) or shown.to_user not in {"", user.id}:
            raise NotPossibleError(f"{user.name} does not see that message.")
        self.check_place(user, channel)

    def check_place(self, user: User, channel: Channel) -> None:
        """Raise NotPossibleError when somebody cannot look into a channel."""
        if user.id not in channel.members and channel.kind != "channel":
            raise NotPossibleError(f"{user.name} is not in {channel.id}.")
