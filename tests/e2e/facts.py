"""What PagerDuty holds, in the words of the tests."""

from bot.sandbox.pagerduty import Incident


def assignees(incident: Incident) -> list[str]:
    return sorted(one.name for one in incident.assignees)


def acknowledgers(incident: Incident) -> list[str]:
    return [one.name for one in incident.acknowledgers]


def notes(incident: Incident) -> list[tuple[str, str]]:
    """Give content and author of each note."""
    return [(note.content, note.user.name) for note in incident.notes]


def resolution(incident: Incident) -> str | None:
    return next((entry.note for entry in incident.log if entry.kind == "resolve"), None)


def state(incident: Incident) -> tuple[str, list[str], list[tuple[str, str]]]:
    """Give all that a verb can change, to see that nothing did."""
    return incident.status, assignees(incident), notes(incident)
