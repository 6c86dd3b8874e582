"""Bad weather, switched on per operation."""

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Fault:
    """Let an operation fail the next `times` times (None: until removed).

    `method` is a Web API method, `"socket.handshake"`, `"response_url"`, or `"*"` for every Web API
    method. Without `error`, `status` and `drop` the operation is merely slow by `delay` seconds.

    `after`: the operation is carried out first and the failure is only in the answer.
    `drop`: the connection is cut instead of an answer.
    """

    method: str
    error: str | None = None
    status: int = 200
    retry_after: int | None = None
    times: int | None = 1
    delay: float = 0.0
    after: bool = False
    drop: bool = False

    @property
    def fails(self) -> bool:
        """Tell whether this is more than slowness."""
        return self.error is not None or self.status != 200 or self.drop  # noqa: PLR2004 - HTTP's OK

    @property
    def body(self) -> dict[str, Any]:
        """Give the JSON of the failure."""
        return {"ok": False, "error": self.error or "internal_error"}

    @property
    def headers(self) -> dict[str, str]:
        """Give the headers of the failure."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


class Faults:
    """The faults that are switched on."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def __len__(self) -> int:
        return len(self._faults)

    def add(self, fault: Fault) -> Fault:
        """Switch a fault on."""
        self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Switch a fault off, also when it has worn off by itself."""
        if fault in self._faults:
            self._faults.remove(fault)

    def clear(self) -> None:
        """Switch all faults off."""
        self._faults.clear()

    def take(self, operation: str, *, is_method: bool = False) -> Fault | None:
        """Give the first fault of this operation and use it up by one."""
        names = {operation, "*"} if is_method else {operation}
        fault = next((one for one in self._faults if one.method in names), None)
        if fault is not None and fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)
        return fault
