"""What incidents are called, for a form that must open before anybody could be asked."""

from collections.abc import Iterable

from bot.model import Incident
from bot.slack.text import one_line, shorten

LONGEST = 160


class Headlines:
    """Remember the incidents that were shown last.

    Of a click on an answer that only its caller sees, Slack tells the button, and nothing of what
    stood above it.
    """

    def __init__(self, limit: int = 5000) -> None:
        self._limit = limit
        self._headlines: dict[str, str] = {}

    def learn(self, incidents: Iterable[Incident]) -> None:
        """Remember what was just shown; the oldest are forgotten."""
        for one in incidents:
            self._headlines.pop(one.id, None)
            self._headlines[one.id] = shorten(f"#{one.number} {one_line(one.title)}", LONGEST)
            if len(self._headlines) > self._limit:
                del self._headlines[next(iter(self._headlines))]

    def of(self, incident_ids: Iterable[str]) -> str | None:
        """Give the headline of the first one; None when it was not shown lately."""
        return next((self._headlines.get(one) for one in incident_ids), None)
