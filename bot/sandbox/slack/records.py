"""What the sandbox holds and what it writes down; plain values without behavior."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from bot.sandbox.slack.response_urls import ResponseUrl

Json = dict[str, Any]
T = TypeVar("T")

MOST_REMEMBERED = 50_000
"""Of calls and deliveries: a demo may run for weeks."""


def remember(log: list[T], entry: T) -> None:
    """Add to a log; a full one forgets its older half."""
    if len(log) >= MOST_REMEMBERED:
        del log[: MOST_REMEMBERED // 2]
    log.append(entry)


@dataclass(slots=True)
class User:
    """Somebody in the workspace, or a stranger from another organization (`is_stranger`)."""

    id: str
    name: str
    team_id: str
    email: str | None = None
    real_name: str = ""
    tz: str = "Europe/Berlin"
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    deleted: bool = False


@dataclass(slots=True)
class Usergroup:
    """A group of users with a handle."""

    id: str
    handle: str
    users: list[str]


@dataclass(slots=True)
class OtherBot:
    """Another app's bot; `user_id` is what its modern posts carry as `user`."""

    id: str
    name: str
    app_id: str
    user_id: str


class Message(Json):
    """A message as Slack shows it in a history, and what only the sandbox knows about it.

    `to_user` is whom an ephemeral message is shown to. `version` counts the edits, `seen` is the
    version that an expectation has given last (-1: none).
    """

    def __init__(self, content: Mapping[str, Any], *, channel_id: str, to_user: str = "") -> None:
        super().__init__(content)
        self.channel_id = channel_id
        self.to_user = to_user
        self.version = 0
        self.seen = -1

    @property
    def ts(self) -> str:
        """Give the message's identity in its channel."""
        return str(self["ts"])

    @property
    def text(self) -> str:
        """Give the text, without blocks and attachments."""
        return str(self.get("text", ""))

    @property
    def blocks(self) -> list[Json]:
        """Give the blocks."""
        return list(self.get("blocks", []))

    @property
    def thread_ts(self) -> str | None:
        """Give the parent of a reply (a parent gives itself)."""
        return self.get("thread_ts")

    @property
    def is_reply(self) -> bool:
        """Tell whether this stands in a thread, below its parent."""
        return bool(self.get("thread_ts", self["ts"]) != self["ts"])

    @property
    def is_ephemeral(self) -> bool:
        """Tell whether only one person sees it."""
        return bool(self.to_user)


@dataclass(slots=True)
class Channel:
    """A conversation: channel, private channel, or direct message (`is_im`)."""

    id: str
    name: str
    members: list[str]
    is_private: bool = False
    is_im: bool = False
    is_mpim: bool = False
    is_archived: bool = False
    created: int = 0
    messages: dict[str, Message] = field(default_factory=dict)
    ephemerals: list[Message] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """Give the `channel_type` of events."""
        if self.is_im:
            return "im"
        if self.is_mpim:
            return "mpim"
        return "group" if self.is_private else "channel"

    @property
    def scope(self) -> str:
        """Give the first part of the scopes about this kind (`channels`, `groups` ...)."""
        return self.kind if self.kind in {"im", "mpim"} else f"{self.kind}s"


class View(Json):
    """A view as Slack sends it, and whose screen it is on."""

    def __init__(self, content: Mapping[str, Any], *, user_id: str) -> None:
        super().__init__(content)
        self.user_id = user_id
        self.version = 0

    @property
    def id(self) -> str:
        """Give the view's id."""
        return str(self["id"])

    @property
    def entered(self) -> Json:
        """Give what has been entered: block_id -> action_id -> state. Changes are kept."""
        values: Json = self["state"]["values"]
        return values


@dataclass(slots=True)
class Call:
    """One Web API call; `args` are without the token."""

    at: datetime
    method: str
    args: Json
    response: Json
    status: int = 200


@dataclass(slots=True)
class Refusal:
    """Something that the bot sent and that Slack would not have taken."""

    at: datetime
    what: str
    messages: tuple[str, ...]
    value: Any = field(repr=False)


@dataclass(slots=True)
class Delivery:
    """One attempt to hand something to the bot.

    `kind` is the envelope's type (`slash_commands`, `interactive`, `events_api`); `status` as in
    `Ack`, None while it is under way; `seconds` until the acknowledgement.
    """

    at: datetime
    kind: str
    payload: Json = field(repr=False)
    transport: str
    attempt: int = 0
    retry_reason: str = ""
    envelope_id: str = ""
    connection: int | None = None
    status: str | int | None = None
    reason: str = ""
    body: Any = None
    seconds: float = 0.0
    may_retry: bool = True


@dataclass(slots=True)
class Ack:
    """How the bot took something.

    `status` is "acknowledged", "none" (`reason` says why) or the HTTP status that was not 200.
    `body` is the response's payload, `seconds` the time of the last attempt, `attempts` how often
    it was sent (0: not sent at all, nobody has subscribed to it). `message` is what was posted.
    """

    status: str | int
    body: Any = None
    seconds: float = 0.0
    reason: str = ""
    attempts: int = 1
    message: Message | None = None
    response_url: "ResponseUrl | None" = None

    @property
    def ok(self) -> bool:
        """Tell whether it was acknowledged."""
        return self.status == "acknowledged"

    @property
    def replies(self) -> list[Message]:
        """Give what the bot has answered: in the acknowledgement and through response_url."""
        return [] if self.response_url is None else self.response_url.replies
