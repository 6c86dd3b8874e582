"""What happens in both workspaces, line by line in a terminal."""

from collections.abc import Callable, Iterator

from rich.console import Console
from rich.text import Text

from bot.sandbox.pagerduty.records import Change
from bot.sandbox.slack import Message
from bot.sandbox.stage import plain
from bot.sandbox.stage.stage import Stage

_CHANGES = {
    "triggered": "triggered",
    "acknowledged": "acknowledged",
    "unacknowledged": "back to triggered",
    "resolved": "resolved",
    "reopened": "triggered again",
    "reassigned": "reassigned",
    "delegated": "handed to another policy",
    "annotated": "has a new note",
    "retriggered": "triggered once more",
}


class Screen:
    """Print every message that appears or changes, and every change of an incident."""

    def __init__(self, stage: Stage, console: Console) -> None:
        self._stage = stage
        self._console = console
        self._printed: dict[int, tuple[Message, int, tuple[str, ...]]] = {}
        self._end: Callable[[], None] = lambda: None
        stage.pagerduty.listen(self._incident_changed)
        self.last: Message | None = None  # the newest message with buttons: `press` means it

    def start(self) -> None:
        """Print from now on; what is there already is not news."""
        for message in self._messages():
            self._printed[id(message)] = (message, message.version, ())
        self._end = self._stage.slack.on_change(self._slack_changed)

    def stop(self) -> None:
        """Print nothing more."""
        self._end()

    def say(self, words: str, style: str = "") -> None:
        """Print a line of our own."""
        self._console.print(Text(words, style=style))

    @property
    def names(self) -> dict[str, str]:
        """Give the names behind Slack's ids."""
        workspace = self._stage.slack.workspace
        users = {one.id: one.name for one in workspace.users.values()}
        return users | {one.id: one.name for one in workspace.channels.values()}

    # ---------------------------------------------------------------- inside

    def _slack_changed(self, what: str) -> None:
        if what not in {"message", "ephemeral", "reaction"}:
            return
        for message in self._messages():
            channel = self._stage.slack.workspace.channels[message.channel_id]
            self._show(message, channel.name or "direct message")

    def _messages(self) -> Iterator[Message]:
        for channel in self._stage.slack.workspace.channels.values():
            yield from channel.messages.values()
            yield from channel.ephemerals

    def _show(self, message: Message, place: str) -> None:
        reactions = tuple(one["name"] for one in message.get("reactions", []))
        now = (message, message.version, reactions)
        before = self._printed.get(id(message))
        if before == now:
            return
        self._printed[id(message)] = now
        if before is not None and before[1] == message.version:
            added = [plain.emoji(one) for one in reactions if one not in before[2]]
            if added:
                self.say(
                    f"  Slack      {' '.join(added)} on the message of {self._author(message)}"
                )
            return
        head = f"#{place} {self._author(message)}"
        if message.is_ephemeral:
            head += f" (only {self.names[message.to_user]} sees this)"
        elif message.is_reply:
            head += " (in the thread)"
        if before is not None:
            head += " (changed)"
        self.say(f"  Slack      {head}", "bold cyan")
        for line in plain.lines(message, self.names):
            self.say(f"             {line}")
        if offered := plain.buttons(message):
            self.last = message
            labels = "  ".join(f"[{n}] {label}" for n, (label, _, _) in enumerate(offered, 1))
            self.say(f"             {labels}", "dim")

    def _author(self, message: Message) -> str:
        profile = message.get("bot_profile", {})
        known = message.get("username") or profile.get("name")
        return str(known or self.names.get(str(message.get("user")), "somebody"))

    def _incident_changed(self, change: Change) -> None:
        incident = change.incident
        by = f" by {change.agent.name}" if change.agent else ""
        told = _CHANGES.get(change.kind, change.kind.replace("_", " "))
        self.say(f"  PagerDuty  #{incident.number} {told}{by}: {incident.title}", "bold green")
        if change.kind == "annotated":
            self.say(f"             “{incident.notes[-1].content}”")
        if change.kind in {"reassigned", "triggered"} and incident.assignees:
            self.say(
                f"             assigned to {', '.join(one.name for one in incident.assignees)}"
            )
