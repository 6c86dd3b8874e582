"""What a handler of REST v2 gets and gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.pagerduty.collaboration import Collaboration
from bot.sandbox.pagerduty.query import Query
from bot.sandbox.pagerduty.records import Key, User

Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has passed the gate. `actor` is set where the operation wants `From`."""

    key: Key
    query: Query
    path: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    actor: User | None = None

    @property
    def by(self) -> User:
        """In whose name a write is made."""
        if self.actor is None:
            raise LookupError("The route does not want From.")
        return self.actor


Handler = Callable[[Collaboration, Call], Answer]
