"""`/metrics`: names, units and bounds; and the samples that use them."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bot.errors import StoreError
from bot.ledger import EntryState, Ingested, Stats, Verdict
from bot.notifier.intake import Judged
from bot.ops.metrics import STATS, Metrics
from bot.sandbox.pagerduty import Fault
from tests.e2e.world import World, world
from tests.store.builders import message

SAMPLES = Path(__file__).resolve().parents[2] / "docs" / "ops"
RULES = '[[rule]]\nname = "cron"\nbots = "B0CRON"\n'


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    """Give the running bot, with the notifier on."""
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES, "utf-8")
    async with world(tmp_path, environ={"PDBOT_RULES": str(rules)}) as found:
        yield found


async def scraped(here: World) -> str:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{here.bot.port}/metrics") as response,
    ):
        assert response.status == 200
        assert response.content_type == "text/plain"
        return await response.text()


def values(text: str) -> dict[str, float]:
    """Give each sample as `name{label="value"}`, labels sorted."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


async def test_a_command_is_counted_all_the_way(here: World) -> None:
    await here.pd(f"ack {here.incident().id}")

    found = values(await scraped(here))

    assert found['pdbot_slack_envelopes_total{outcome="acknowledged",type="command"}'] == 1
    assert found["pdbot_slack_ack_seconds_count"] == 1
    assert found['pdbot_pagerduty_requests_total{api="rest",method="PUT",outcome="2xx"}'] == 1
    assert found['pdbot_slack_requests_total{method="auth.test",outcome="ok"}'] == 1
    assert found["pdbot_slack_connections"] >= 1
    assert found["pdbot_slack_last_envelope_timestamp_seconds"] > 1_700_000_000
    assert found["pdbot_store_up"] == 1
    assert found["pdbot_rules"] == 1
    assert found['pdbot_outbox_entries{state="abandoned"}'] == 0
    assert any(name.startswith("pdbot_build_info{") for name in found)
    assert "process_resident_memory_bytes" in found


async def test_failures_are_told_apart(here: World) -> None:
    incident = here.incident()
    here.pagerduty.faults.add(Fault("rest.getIncident", 503))
    here.pagerduty.faults.add(Fault("rest.listIncidents", drop="before", times=None))

    await here.pd(f"show {incident.id}")

    found = values(await scraped(here))
    assert found['pdbot_pagerduty_requests_total{api="rest",method="GET",outcome="5xx"}'] >= 1


async def test_no_secret_and_no_persons_word_is_in_them(here: World) -> None:
    await here.pd(f"note {here.incident().id} a-word-of-mine")
    await here.pd("nonsense-verb")

    text = await scraped(here)

    for secret in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "PAGERDUTY_API_TOKEN"):
        assert here.environ[secret] not in text
    for word in ("a-word-of-mine", "nonsense", "U0ANN", "example.com", "C0PROD"):
        assert word not in text


async def test_names_and_units_follow_the_conventions() -> None:
    for family in text_string_to_metric_families((await Metrics().text()).decode()):
        if not family.name.startswith("pdbot_"):
            continue
        assert re.fullmatch(r"[a-z][a-z0-9_]*[a-z0-9]", family.name)
        assert family.documentation.endswith(".")
        assert not family.name.endswith(("_ms", "_milliseconds", "_minutes", "_created"))
        if family.type == "histogram":
            assert family.name.endswith("_seconds")


def figures(**changes: Any) -> Stats:
    nothing: dict[str, Any] = dict.fromkeys(STATS, 0)
    return Stats(**{**nothing, "oldest_pending_seconds": None, "depth": {}, **changes})


class FakeStore:
    def __init__(self, *answers: Stats | Exception) -> None:
        self._answers = list(answers)

    async def stats(self) -> Stats:
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_every_figure_of_the_store_has_a_gauge() -> None:
    metrics = Metrics()
    depth = {EntryState.PENDING: 3, EntryState.BLOCKED: 1}
    numbers: dict[str, Any] = {name: at + 1 for at, name in enumerate(STATS)}
    metrics.ask_store(FakeStore(Stats(depth=depth, **numbers)))

    found = values((await metrics.text()).decode())

    assert {name: found[STATS[name][0]] for name in STATS} == numbers
    assert found['pdbot_outbox_entries{state="pending"}'] == 3
    assert found['pdbot_outbox_entries{state="blocked"}'] == 1


async def test_database_that_is_gone_stops_no_scrape() -> None:
    metrics = Metrics()
    metrics.ask_store(FakeStore(StoreError("It is gone."), TimeoutError(), figures()))

    seen = [values((await metrics.text()).decode())["pdbot_store_up"] for _ in range(3)]

    assert seen == [0, 0, 1]


async def test_what_becomes_of_events_is_counted() -> None:
    metrics = Metrics()
    entries = (EntryState.PENDING, EntryState.SUPERSEDED, EntryState.SUPERSEDED)
    metrics.taken(Judged(message(0), muted=2), Ingested(Verdict.STORED, entries))
    for state in (EntryState.PENDING, EntryState.SENT, EntryState.ABANDONED):
        metrics.settled(None, state, None)  # type: ignore[arg-type]
    metrics.events("POST", "no_answer", 3.0)

    found = values((await metrics.text()).decode())

    assert found['pdbot_outbox_stored_total{state="superseded"}'] == 2
    assert found["pdbot_muted_events_total"] == 2
    assert found['pdbot_outbox_attempts_total{state="sent"}'] == 1
    assert found["pdbot_outbox_last_sent_timestamp_seconds"] > 1_700_000_000
    assert (
        found['pdbot_pagerduty_requests_total{api="events",method="POST",outcome="no_answer"}'] == 1
    )


async def test_gauge_without_a_value_keeps_its_last_one() -> None:
    metrics = Metrics()
    answers: Iterator[float | None] = iter([7.0, None])
    metrics.ask("pdbot_something", "Anything.", lambda: next(answers))

    seen = [values((await metrics.text()).decode())["pdbot_something"] for _ in range(2)]

    assert seen == [7.0, 7.0]


# ------------------------------------------------------------ the samples


def expressions() -> Iterator[tuple[str, str]]:
    rules = yaml.safe_load((SAMPLES / "prometheus-alerts.yml").read_text("utf-8"))
    for group in rules["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    dashboard = json.loads((SAMPLES / "grafana-dashboard.json").read_text("utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


async def test_samples_use_names_and_states_that_exist(here: World) -> None:
    await here.pd("list")
    text = await scraped(here)
    names = {match[1] for match in re.finditer(r"^# TYPE (\S+) ", text, re.MULTILINE)}
    suffixes = ("_bucket", "_sum", "_count")
    used = set()
    for where, expression in expressions():
        for name in re.findall(r"\b(?:pdbot|process)_[a-z0-9_]+", expression):
            family = next((name.removesuffix(one) for one in suffixes if name.endswith(one)), name)
            assert family in names, f"{where}: {name}"
            used.add(family)
        for states in re.findall(r'state=~?"([^"]+)"', expression):
            assert set(states.split("|")) <= {str(state) for state in EntryState}, where
    assert {name for name in names if name.startswith("pdbot_")} - used <= {
        "pdbot_store_up",
        "pdbot_outbox_last_sent_timestamp_seconds",
        "pdbot_unrecognized_uncounted",
    }


def test_alert_rules_say_what_to_do() -> None:
    rules = yaml.safe_load((SAMPLES / "prometheus-alerts.yml").read_text("utf-8"))
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in alerts}) == len(alerts)
    for rule in alerts:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert set(rule["annotations"]) == {"summary", "description"}
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_dashboard_has_panels_that_do_not_overlap() -> None:
    dashboard = json.loads((SAMPLES / "grafana-dashboard.json").read_text("utf-8"))
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
