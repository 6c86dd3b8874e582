"""What is on people's screens: modals (three deep), Home tabs, and the triggers that open them."""

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.clock import Clock
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.identity import Identity
from bot.sandbox.slack.inputs import initial_values
from bot.sandbox.slack.records import Json, View

TRIGGER_LIFE = timedelta(seconds=3)
"""https://docs.slack.dev/interactivity/handling-user-interaction#trigger_id"""
MOST_VIEWS = 3
_MOST_TRIGGERS = 10_000


@dataclass(slots=True)
class Trigger:
    """The right to show one view to one person, for 3 s."""

    user_id: str
    until: datetime
    is_used: bool = False


class Modals:
    """Stacks of modals and Home tabs, a person each."""

    def __init__(self, identity: Identity, clock: Clock, changes: Changes) -> None:
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.offered: dict[tuple[str, str], list[Json]] = {}  # (view id, action_id) -> options
        self._identity = identity
        self._clock = clock
        self._changes = changes
        self._triggers: dict[str, Trigger] = {}
        self._numbers = itertools.count(1)

    # ---------------------------------------------------------------- triggers

    def trigger(self, user_id: str) -> str:
        """Make a `trigger_id` for somebody."""
        if len(self._triggers) >= _MOST_TRIGGERS:
            for old in tuple(self._triggers)[: _MOST_TRIGGERS // 2]:
                del self._triggers[old]
        trigger_id = f"{next(self._numbers)}.{self._identity.team_id}.{user_id.lower()}"
        self._triggers[trigger_id] = Trigger(user_id, self._clock.now() + TRIGGER_LIFE)
        return trigger_id

    def exchange(self, trigger_id: str) -> str:
        """Use a trigger up; gives whose it was.

        Raises:
            SlackError: invalid_trigger_id, exchanged_trigger_id, expired_trigger_id.
        """
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.is_used:
            raise SlackError("exchanged_trigger_id")
        if self._clock.now() > trigger.until:
            raise SlackError("expired_trigger_id")
        trigger.is_used = True
        return trigger.user_id

    # ---------------------------------------------------------------- views

    def open(self, user_id: str, content: Json) -> View:
        """Show a modal in place of all that were open."""
        self._check_external_id(content)
        view = self._new(user_id, content)
        self.stacks[user_id] = [view]
        self._changes.touch("view")
        return view

    def push(self, user_id: str, content: Json) -> View:
        """Show a modal on top. Raises not_found, push_limit_reached."""
        stack = self.stacks.get(user_id, [])
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= MOST_VIEWS:
            raise SlackError("push_limit_reached")
        self._check_external_id(content)
        view = self._new(user_id, content, below=stack[-1])
        stack.append(view)
        self._changes.touch("view")
        return view

    def update(self, view: View, content: Json, expected_hash: str | None = None) -> View:
        """Replace a view's content; what was entered stays where the block stays."""
        if expected_hash is not None and expected_hash != view["hash"]:
            raise SlackError("hash_conflict")
        if content["type"] != view["type"]:
            raise SlackError("invalid_arguments", ["[ERROR] a view cannot change its type"])
        if content.get("external_id") != view.get("external_id"):
            self._check_external_id(content)
        entered = view.entered
        kept = {name: view[name] for name in _OWN if name in view}
        view.clear()
        view.update(self._content(content) | kept | {"hash": self._hash()})
        values = initial_values(content["blocks"])
        for block_id, actions in values.items():
            for action_id in actions:
                if action_id in entered.get(block_id, {}):
                    actions[action_id] = entered[block_id][action_id]
        view["state"] = {"values": values}
        view.version += 1
        self._changes.touch("view")
        return view

    def publish(self, user_id: str, content: Json, expected_hash: str | None = None) -> View:
        """Replace somebody's Home tab."""
        if user_id in self.homes:
            return self.update(self.homes[user_id], content, expected_hash)
        view = self.homes[user_id] = self._new(user_id, content)
        self._changes.touch("view")
        return view

    def find(self, view_id: str | None, external_id: str | None) -> View:
        """Find an open view or a Home tab. Raises not_found."""
        for view in self._all():
            if view.id == view_id or (external_id and view.get("external_id") == external_id):
                return view
        raise SlackError("not_found")

    def is_open(self, view: View) -> bool:
        """Tell whether a view is still on its owner's screen."""
        return any(one is view for one in self._all())

    def close(self, view: View, *, whole_stack: bool = False) -> None:
        """Take a view off the screen, or all of its owner's."""
        stack = self.stacks.get(view.user_id, [])
        left = [] if whole_stack else [one for one in stack if one is not view]
        if left:
            self.stacks[view.user_id] = left
        else:
            self.stacks.pop(view.user_id, None)
        self._changes.touch("view")

    # ---------------------------------------------------------------- inside

    def _all(self) -> list[View]:
        return [*itertools.chain.from_iterable(self.stacks.values()), *self.homes.values()]

    def _check_external_id(self, content: Json) -> None:
        external_id = content.get("external_id")
        if external_id and any(one.get("external_id") == external_id for one in self._all()):
            raise SlackError("duplicate_external_id")

    def _hash(self) -> str:
        return f"{int(self._clock.now().timestamp())}.{next(self._numbers):08x}"

    def _content(self, content: Json) -> Json:
        defaults = {"private_metadata": "", "callback_id": "", "external_id": ""}
        if content["type"] == "modal":
            defaults |= {"close": None, "submit": None}  # type: ignore[dict-item] # null in JSON
            defaults |= {"clear_on_close": False, "notify_on_close": False}  # type: ignore[dict-item] # JSON
        return {**defaults, **content}

    def _new(self, user_id: str, content: Json, below: View | None = None) -> View:
        view_id = f"V0SANDBOX{next(self._numbers):05d}"
        own = {
            "id": view_id,
            "team_id": self._identity.team_id,
            "app_id": self._identity.app_id,
            "app_installed_team_id": self._identity.team_id,
            "bot_id": self._identity.bot_id,
            "root_view_id": view_id if below is None else below["root_view_id"],
            "previous_view_id": None if below is None else below.id,
            "hash": self._hash(),
            "state": {"values": initial_values(content["blocks"])},
        }
        return View({**self._content(content), **own}, user_id=user_id)


_OWN = (
    "id",
    "team_id",
    "app_id",
    "app_installed_team_id",
    "bot_id",
    "root_view_id",
    "previous_view_id",
)
