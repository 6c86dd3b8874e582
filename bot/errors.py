"""What can go wrong, by what the caller should do about it.

`str(error)` is what the responder reads: complete sentences that say what happened, why, and what
to do next. `transient` says whether the same attempt may succeed later, unchanged.

    PdbotError
    ├── ConfigError                 settings or files are wrong; nothing was started
    ├── RequestError                the caller's words are wrong; nothing was done
    │   ├── UsageError
    │   ├── IncidentNotFound
    │   ├── PersonNotFound
    │   └── NotAllowed              identity or policy forbids it
    ├── PagerDutyError              PagerDuty answered with an error, or not at all
    │   ├── KeyRejected             401: wrong key, or the key of the other region
    │   ├── AbilityMissing          402: not part of the account's plan
    │   ├── RoleMissing             403: PagerDuty's own rights forbid it
    │   ├── NotFound                404
    │   ├── FromRejected            400: PagerDuty does not know the acting e-mail
    │   ├── Refused                 any other final refusal
    │   ├── RateLimited             429
    │   ├── Unavailable             408, 5xx or no connection: not done
    │   └── OutcomeUnknown          the connection broke after the request was sent
    ├── SlackError                  Slack answered with an error, or not at all
    │   ├── MessageGone
    │   ├── ChannelClosed
    │   └── SlackLimited            429
    └── StoreError                  the database did not take it
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.model import Button, Incident, Line


class PdbotError(Exception):
    """Say in complete sentences what happened, why, and what to do.

    `buttons` are offered below the sentence; `incidents` are what PagerDuty holds, where that was
    read, so that cards that say otherwise are repaired.
    """

    transient = False

    def __init__(
        self,
        message: str,
        *,
        buttons: Sequence["Button"] = (),
        incidents: Sequence["Incident"] = (),
    ) -> None:
        super().__init__(message)
        self.buttons = tuple(buttons)
        self.incidents = tuple(incidents)

    @property
    def line(self) -> "Line":
        """Give the sentence as rich text."""
        return (str(self),)

    @property
    def for_operator(self) -> str:
        """Give the sentence as whoever runs the bot reads it: nobody else is to be asked."""
        return str(self)


class ConfigError(PdbotError):
    """Collect every problem of the settings or of a file, a sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class RequestError(PdbotError):
    """Tell the caller that the request cannot be carried out as it was put; nothing was done."""


class UsageError(RequestError):
    """Tell the caller that the words do not make a command."""


class IncidentNotFound(RequestError):
    """Tell the caller that PagerDuty has no such incident."""


class PersonNotFound(RequestError):
    """Tell the caller that somebody named is not a PagerDuty user."""


class NotAllowed(RequestError):
    """Tell the caller that the bot's own rules do not let them do this."""


class PagerDutyError(PdbotError):
    """Carry what PagerDuty answered.

    `status` is the HTTP status (None when there was no answer), `code` PagerDuty's own number
    (a hint, codes are not stable) and `details` its `errors`, word for word.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: int | None = None,
        details: Sequence[str] = (),
        buttons: Sequence["Button"] = (),
        for_operator: str | None = None,
    ) -> None:
        super().__init__(message, buttons=buttons)
        self.status = status
        self.code = code
        self.details = tuple(details)
        self._for_operator = for_operator

    @property
    def for_operator(self) -> str:
        """Give the sentence with the remedy that only whoever runs the bot has."""
        return self._for_operator or super().for_operator


class KeyRejected(PagerDutyError):
    """PagerDuty answered 401."""


class AbilityMissing(PagerDutyError):
    """PagerDuty answered 402: the account's plan does not include this."""


class RoleMissing(PagerDutyError):
    """PagerDuty answered 403, or named a role."""


class NotFound(PagerDutyError):
    """PagerDuty answered 404."""


class FromRejected(PagerDutyError):
    """PagerDuty does not accept the e-mail address in whose name the bot acted."""


class Refused(PagerDutyError):
    """PagerDuty refused for good; `details` holds its reasons."""


class RateLimited(PagerDutyError):
    """PagerDuty answered 429; `retry_after_seconds` is None when it did not say for how long."""

    transient = True

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message, status=429)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(PagerDutyError):
    """No answer from PagerDuty, or 408 or 5xx; nothing was carried out as far as known."""

    transient = True


class OutcomeUnknown(PagerDutyError):
    """The connection broke after the request was sent: nobody knows yet whether it was done."""

    transient = True


class SlackError(PdbotError):
    """Slack answered with an error, or not at all."""

    transient = True


class MessageGone(SlackError):
    """The message is not there any more, or cannot be edited any more."""

    transient = False


class ChannelClosed(SlackError):
    """The bot is not in the channel, or the channel is archived or gone: waiting does not help."""

    transient = False


class SlackLimited(SlackError):
    """Slack asked to wait."""

    def __init__(self, message: str, *, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class StoreError(PdbotError):
    """The database did not take it (disk full, gone, locked); nothing was done."""

    transient = True


class Busy(PdbotError):
    """Too much is going on already; nothing was done."""

    transient = True
