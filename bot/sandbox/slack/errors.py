"""What the sandbox refuses: programs by Slack's codes, people by a sentence."""

from collections.abc import Sequence
from typing import Any


class SlackError(Exception):
    """Refuse a Web API call: `code` is Slack's own word, `messages` its explanations."""

    def __init__(self, code: str, messages: Sequence[str] = (), **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.messages = tuple(messages)
        self.extra = extra

    @property
    def body(self) -> dict[str, Any]:
        """Give the JSON that Slack answers."""
        body: dict[str, Any] = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            body["response_metadata"] = {"messages": list(self.messages)}
        return body


class NotPossibleError(Exception):
    """Slack's own client would not let a person do this: say why."""


class NotSeenError(AssertionError):
    """What was expected did not appear in time: say what was there instead."""
