"""Bad weather with names, switched from the page and in the story."""

from dataclasses import dataclass
from typing import Any

from bot.sandbox.pagerduty import Fault as PagerDutyFault
from bot.sandbox.pagerduty import PagerDuty
from bot.sandbox.slack import Fault as SlackFault
from bot.sandbox.slack import Slack

FINE = "fine"
SLOW_SECONDS = 2.0
RESET_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Condition:
    """One position of a switch."""

    name: str
    label: str
    tells: str


WEATHER: dict[str, tuple[Condition, ...]] = {
    "pagerduty": (
        Condition(FINE, "Fine", "PagerDuty answers."),
        Condition("slow", "Slow", f"Each answer takes {SLOW_SECONDS:g} s more."),
        Condition("limited", "429", f"Every request: too many, again in {RESET_SECONDS} s."),
        Condition("down", "Down", "Every request is answered 503. Alerts wait in the outbox."),
    ),
    "slack": (
        Condition(FINE, "Connected", "Slack delivers over the bot's websockets."),
        Condition("cut", "Cut off", "Websockets are cut, and no new one is let in."),
    ),
}


class Weather:
    """The state of the switches."""

    def __init__(self, slack: Slack, pagerduty: PagerDuty) -> None:
        self._slack = slack
        self._pagerduty = pagerduty
        self.now: dict[str, str] = dict.fromkeys(WEATHER, FINE)
        self._pagerduty_fault: PagerDutyFault | None = None
        self._slack_faults: list[SlackFault] = []

    def change(self, about: str, name: str) -> None:
        """Turn a switch. Raises KeyError for one that does not exist."""
        if name not in {one.name for one in WEATHER[about]}:
            raise KeyError(name)
        (self._change_pagerduty if about == "pagerduty" else self._change_slack)(name)
        self.now[about] = name
        self._slack.changes.touch("weather")

    def _change_pagerduty(self, name: str) -> None:
        active = self._pagerduty.faults.active
        if self._pagerduty_fault in active:
            active.remove(self._pagerduty_fault)
        self._pagerduty_fault = _pagerduty_fault(name)
        if self._pagerduty_fault is not None:
            self._pagerduty.faults.add(self._pagerduty_fault)

    def _change_slack(self, name: str) -> None:
        for fault in self._slack_faults:
            self._slack.faults.remove(fault)
        self._slack_faults = []
        if name == "cut":
            self._slack_faults = [
                self._slack.faults.add(SlackFault(method, status=503, times=None))
                for method in ("socket.handshake", "apps.connections.open")
            ]
            self._slack.hub.abort_all()


def _pagerduty_fault(name: str) -> PagerDutyFault | None:
    settings: dict[str, Any] = {"operation": "*", "times": None}
    match name:
        case "slow":
            return PagerDutyFault(**settings, delay=SLOW_SECONDS)
        case "limited":
            return PagerDutyFault.rate_limited(reset_seconds=RESET_SECONDS, times=None)
        case "down":
            return PagerDutyFault(**settings, status=503)
        case _:
            return None
