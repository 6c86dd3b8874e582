"""What the page shows: both workspaces, the bot from outside, and the switches."""

from dataclasses import asdict
from typing import Any

from bot.sandbox.stage import JOBS, WEATHER, Stage

Json = dict[str, Any]

MOST_MESSAGES = 200  # a channel
MOST_INCIDENTS = 60
MOST_EVENTS = 60


def scene(stage: Stage) -> Json:
    """Give what never changes: whom one can be, the jobs, the switches, the shortcuts."""
    return {
        "players": [one.id for one in stage.cast.players],
        "start": {"user": stage.cast.ann.id, "channel": stage.cast.incidents.id},
        "emails": {one.id: one.email for one in stage.slack.workspace.users.values() if one.email},
        "jobs": [
            {"name": one.name, "tool": one.tool, "label": one.label, "tells": one.tells}
            for one in JOBS
        ],
        "jobs_channel": stage.cast.jobs.id,
        "weather": {
            about: [asdict(one) for one in positions] for about, positions in WEATHER.items()
        },
        "shortcuts": {
            "message": [{"callback_id": "add_to_incident", "label": "Add to incident as note"}],
            "global": [{"callback_id": "open_incidents", "label": "My open incidents"}],
        },
    }


def state(stage: Stage, outbox: list[Json]) -> Json:
    """Give everything that changes, as it is now."""
    slack = stage.slack.snapshot()
    for channel in slack["channels"]:
        for kind in ("messages", "ephemerals"):
            channel[kind] = channel[kind][-MOST_MESSAGES:]
    del slack["calls"]
    pagerduty = stage.pagerduty.snapshot()
    pagerduty["incidents"] = pagerduty["incidents"][:MOST_INCIDENTS]
    pagerduty["events"] = pagerduty["events"][: -MOST_EVENTS - 1 : -1]
    return {
        "slack": slack,
        "pagerduty": pagerduty,
        "bot": {"state": stage.machine.state, "log": list(stage.machine.log)[-120:]},
        "outbox": outbox,
        "weather": stage.weather.now,
    }
