"""Bad weather on demand, per operation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.sandbox.pagerduty.refusals import DEFAULT_ERRORS, INTERNAL_ERROR

ANY = "*"
THROTTLED = {
    "status": "throttle exceeded",
    "message": "Requests for this service are arriving too quickly. Please retry later.",
}
LIMIT_PER_MINUTE = 960


@dataclass(slots=True)
class Fault:
    """Something that goes wrong with the next requests of an operation.

    With a `status` the request is answered so, and nothing is done. `drop="before"` closes the
    connection with nothing done, `drop="after"` does it and closes without an answer. Otherwise
    the request is served. The answer, or the closing, comes `delay` seconds later: what is done is
    done at once, so a client that gives up waiting has written nevertheless.

    `body`: JSON, or text that is sent as HTML; None is PagerDuty's usual body for the status.
    `times`: how many requests; None means until cleared. `operation` "*" means any.
    """

    operation: str
    status: int | None = None
    times: int | None = 1
    delay: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    drop: Literal["before", "after"] | None = None

    @classmethod
    def rate_limited(
        cls, operation: str = ANY, *, reset_seconds: int | None = None, times: int | None = 1
    ) -> "Fault":
        """Answer 429, with the rate headers only when `reset_seconds` is given."""
        headers = {
            "ratelimit-limit": str(LIMIT_PER_MINUTE),
            "ratelimit-remaining": "0",
            "ratelimit-reset": str(reset_seconds),
        }
        return cls(operation, 429, times, headers=headers if reset_seconds is not None else {})

    def answer(self, operation: str) -> Any:
        """Give the body of the answer for a status."""
        if self.body is not None:
            return self.body
        if operation.startswith("events_v2."):
            other = {"status": "error", "message": f"The sandbox answers {self.status}."}
            return THROTTLED if self.status == 429 else other  # noqa: PLR2004 - an HTTP status
        return DEFAULT_ERRORS.get(self.status or 0, INTERNAL_ERROR)


class Faults:
    """The faults that are switched on; the first that fits is taken."""

    def __init__(self) -> None:
        self.active: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        """Switch faults on."""
        self.active += faults

    def clear(self) -> None:
        """Switch all faults off."""
        self.active.clear()

    def take(self, operation: str) -> Fault | None:
        """Find what goes wrong with this request, and count it."""
        fault = next((one for one in self.active if one.operation in {operation, ANY}), None)
        if fault is not None and fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self.active.remove(fault)
        return fault
