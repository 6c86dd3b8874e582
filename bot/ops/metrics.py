"""The bot in figures, for Prometheus. Labels are words of ours, so there are few; no secrets.

Names follow https://prometheus.io/docs/practices/naming/: base units, `_total` for counters,
instants as `_timestamp_seconds`, so that an age is `time() - …`.
"""

import asyncio
import platform
import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from bot import __version__
from bot.errors import StoreError
from bot.ledger import Claimed, EntryState, Ingested, Stats
from bot.notifier.intake import Judged

log = structlog.get_logger(__name__)

STATS_SECONDS: Final = 5.0  # a scrape waits so long for the database
_ACK: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)
_REQUEST: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

# Field of `ledger.Stats` -> name and help of its gauge.
STATS: Final[Mapping[str, tuple[str, str]]] = {
    "oldest_pending_seconds": (
        "pdbot_outbox_oldest_pending_seconds",
        "Age of the oldest event that is not delivered yet; 0 without one.",
    ),
    "retrying_lanes": (
        "pdbot_outbox_retrying_lanes",
        "Alerts whose delivery failed and is tried again.",
    ),
    "paused_keys": (
        "pdbot_outbox_paused_keys",
        "Integration keys for which PagerDuty asked to wait.",
    ),
    "timers": ("pdbot_timers", "Timers that are set, for runs that may become late."),
    "open_alerts": ("pdbot_open_alerts", "Alerts that rules have open."),
    "unfinished_intents": (
        "pdbot_unfinished_commands",
        "Commands that were received and have not ended.",
    ),
    "cards_behind": ("pdbot_cards_behind", "Cards that do not show yet what they should."),
}

Gauged = Callable[[], float | None]
"""Asked at each scrape; None leaves the gauge as it was."""


class Figures(Protocol):
    """Where the store's figures come from."""

    async def stats(self) -> Stats:
        """Give the store in figures. Raises StoreError."""
        ...


class Metrics:
    """Count what happens; `text` gives all of it."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no types there
        self.registry = CollectorRegistry()
        self._asked: list[tuple[Gauge, Gauged]] = []
        self._figures: Figures | None = None
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        build = self._gauge("pdbot_build_info", "The version, as labels.", "version", "python")
        build.labels(__version__, platform.python_version()).set(1)
        self._slack()
        self._pagerduty()
        self._outbox()

    def _slack(self) -> None:
        self._envelopes = Counter(
            "pdbot_slack_envelopes",
            "What Slack has sent, by kind, and whether it was acknowledged.",
            ("type", "outcome"),
            registry=self.registry,
        )
        self._ack_seconds = Histogram(
            "pdbot_slack_ack_seconds",
            "Time until Slack was told that something was received; Slack waits 3 s.",
            buckets=_ACK,
            registry=self.registry,
        )
        self._last_envelope = self._gauge(
            "pdbot_slack_last_envelope_timestamp_seconds", "When Slack last sent anything."
        )
        self._slack_requests = Counter(
            "pdbot_slack_requests",
            "Calls of Slack's Web API, by method and outcome.",
            ("method", "outcome"),
            registry=self.registry,
        )
        self._slack_seconds = Histogram(
            "pdbot_slack_request_seconds",
            "Duration of calls of Slack's Web API, waits for rate limits included.",
            buckets=_REQUEST,
            registry=self.registry,
        )

    def _pagerduty(self) -> None:
        self._pagerduty_requests = Counter(
            "pdbot_pagerduty_requests",
            "Requests to PagerDuty, by API, HTTP method and outcome; each try counts.",
            ("api", "method", "outcome"),
            registry=self.registry,
        )
        self._pagerduty_seconds = Histogram(
            "pdbot_pagerduty_request_seconds",
            "Duration of requests to PagerDuty.",
            ("api",),
            buckets=_REQUEST,
            registry=self.registry,
        )

    def _outbox(self) -> None:
        self._depth = self._gauge("pdbot_outbox_entries", "Events in the outbox.", "state")
        self._stats = {field: self._gauge(*STATS[field]) for field in STATS}
        self._store_up = self._gauge("pdbot_store_up", "Whether the database answers: 1 or 0.")
        self._stored = Counter(
            "pdbot_outbox_stored",
            "Events that messages led to, by the state in which they were stored.",
            ("state",),
            registry=self.registry,
        )
        self._muted = Counter(
            "pdbot_muted_events",
            "Events that were not sent because their job is muted.",
            registry=self.registry,
        )
        self._attempts = Counter(
            "pdbot_outbox_attempts",
            "Attempts to deliver an event, by the state that they led to; pending: tried again.",
            ("state",),
            registry=self.registry,
        )
        self._last_sent = self._gauge(
            "pdbot_outbox_last_sent_timestamp_seconds", "When an event was last delivered."
        )

    def _gauge(self, name: str, about: str, *labels: str) -> Gauge:
        return Gauge(name, about, labels, registry=self.registry)

    # ------------------------------------------------------------ told as it happens

    def envelope(self, kind: str, outcome: str, seconds: float) -> None:
        """Count what Slack sent; a `telemetry.Observe`, as the next three."""
        self._envelopes.labels(kind, outcome).inc()
        self._ack_seconds.observe(seconds)
        self._last_envelope.set(time.time())

    def slack(self, method: str, outcome: str, seconds: float) -> None:
        """Count a call of Slack's Web API."""
        self._slack_requests.labels(method, outcome).inc()
        self._slack_seconds.observe(seconds)

    def rest(self, method: str, outcome: str, seconds: float) -> None:
        """Count a request to PagerDuty's REST API."""
        self._pagerduty_requests.labels("rest", method, outcome).inc()
        self._pagerduty_seconds.labels("rest").observe(seconds)

    def events(self, method: str, outcome: str, seconds: float) -> None:
        """Count a request to PagerDuty's Events API."""
        self._pagerduty_requests.labels("events", method, outcome).inc()
        self._pagerduty_seconds.labels("events").observe(seconds)

    def taken(self, judged: Judged, ingested: Ingested) -> None:
        """Count what a message led to; see `notifier.pipeline.Witness`."""
        self._muted.inc(judged.muted)
        for state in ingested.entries:
            self._stored.labels(str(state)).inc()

    def settled(self, _claimed: Claimed, state: EntryState, _error: str | None) -> None:
        """Count how an attempt ended; see `notifier.relay.Settled`."""
        self._attempts.labels(str(state)).inc()
        if state is EntryState.SENT:
            self._last_sent.set(time.time())

    # ------------------------------------------------------------ asked at each scrape

    def ask(self, name: str, about: str, gauged: Gauged) -> None:
        """Add a gauge whose value is asked for at each scrape."""
        self._asked.append((self._gauge(name, about), gauged))

    def ask_store(self, figures: Figures) -> None:
        """Take the store's figures at each scrape."""
        self._figures = figures

    async def text(self) -> bytes:
        """Give everything in Prometheus' text format; a database that is gone stops nothing."""
        for gauge, gauged in self._asked:
            if (value := gauged()) is not None:
                gauge.set(value)
        if self._figures is not None:
            await self._take_stats(self._figures)
        return generate_latest(self.registry)

    async def _take_stats(self, figures: Figures) -> None:
        try:
            async with asyncio.timeout(STATS_SECONDS):
                stats = await figures.stats()
        except (StoreError, TimeoutError) as error:
            log.warning("the outbox could not be counted", reason=str(error) or "no answer in time")
            self._store_up.set(0)
            return
        self._store_up.set(1)
        self._depth.clear()
        for state, count in stats.depth.items():
            self._depth.labels(str(state)).set(count)
        for field, gauge in self._stats.items():
            gauge.set(getattr(stats, field) or 0)
