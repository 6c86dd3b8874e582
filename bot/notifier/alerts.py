"""Make one Events v2 body of what a rule planned. Pure.

What PagerDuty would refuse is prevented here, because a refused event is a lost page.
https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from bot.durations import format_duration
from bot.model import AlertEvent, ChannelMessage, Condition, JobStatus
from bot.notifier.body import fit
from bot.notifier.excerpt import excerpt
from bot.notifier.plan import Planned
from bot.notifier.redact import redact
from bot.notifier.templates import Place
from bot.notifier.words import clean_line, clean_text, cut

CLIENT: Final = "pdbot"
SUMMARY_LIMIT: Final = 1_024
HREF_LIMIT: Final = 4_096
_NAME_LIMIT: Final = 255
_USERINFO: Final = re.compile(r"(?<=://)[^/@]+@")
_STATUS_WORD: Final = re.compile(r"[A-Za-z][A-Za-z -]{1,30}")
_SAID_ALREADY: Final = re.compile(r"(?i)fail|succe|error|start|complet|finish|pass")
_VERBS: Final[Mapping[Condition, tuple[str, str]]] = {
    # what stands before and behind " in <project>"
    Condition.START: ("started", ""),
    Condition.SUCCESS: ("succeeded", ""),
    Condition.FAILURE: ("failed", ""),
    Condition.AVG_DURATION: ("takes longer than usual", ""),
    Condition.RETRYABLE_FAILURE: ("failed", " and will be retried"),
}


_TOOLS: Final[Mapping[str, str]] = {
    # by the first word of the producer's name; other producers are called by their whole name
    **{
        word: word.capitalize()
        for word in (
            *("airflow", "capistrano", "celery", "concourse", "coolify", "cronicle", "dagster"),
            *("drone", "flux", "healthchecks", "jenkins", "ofelia", "prefect", "rundeck"),
            *("semaphore", "spinnaker", "travis"),
        )
    },
    "argocd": "Argo CD",
    "awx": "AWX",
    "circleci": "CircleCI",
    "gha": "GitHub Actions",
    "gitlab": "GitLab",
    "gocd": "GoCD",
    "google": "Google Cloud Build",
    "teamcity": "TeamCity",
}


def build(
    planned: Planned,
    status: JobStatus,
    message: ChannelMessage,
    *,
    channel_name: str | None = None,
    permalink: str | None = None,
    tool: str | None = None,
    at: datetime | None = None,
) -> AlertEvent:
    """Build the event of a planned action.

    `permalink` is the message's address in Slack, `tool` the producer's name for people, `at` the
    instant of an event that the bot itself makes (Slack's time of the message otherwise). A
    resolve and an acknowledge carry the payload as well: event rules route on it.

    Raises:
        ValueError: the plan sends nothing.
    """
    if planned.action is None:
        raise ValueError("a plan without an action makes no event")
    warnings: list[str] = []
    place = Place(message.channel_id, channel_name, permalink)
    whole = redact(planned.summary or default_summary(planned, status, tool=tool))
    payload = {
        "summary": cut(whole, SUMMARY_LIMIT),
        "source": _name(_host(status.url) or status.project or status.producer) or CLIENT,
        "severity": planned.severity,
        "timestamp": _timestamp(at, message),
        "component": _name(planned.label),
        "group": _name(status.project),
        "class": status.condition.value,
        "custom_details": _details(planned, status, message, place, whole),
    }
    links = _links(status, permalink, warnings)
    body = {
        "event_action": planned.action.value,
        "dedup_key": planned.dedup_key,
        "payload": {key: value for key, value in payload.items() if value},
        "links": links,
        "images": _images(planned.images, warnings),
        "client": CLIENT,
    }
    if links:
        body["client_url"] = links[-1]["href"]  # the Slack message, or else the run
    fitted = fit(body, warnings)
    return AlertEvent(planned.key_ref, planned.action, planned.dedup_key, fitted, tuple(warnings))


def default_summary(planned: Planned, status: JobStatus, *, tool: str | None = None) -> str:
    """Write what somebody woken at 3 a.m. must know, the job first."""
    verb, behind = _VERBS[status.condition]
    project, ref = clean_line(status.project or ""), clean_line(status.ref or "")
    where = ""
    if status.job and clean_line(status.job):  # otherwise the label names these already
        where = (f" in {project}" if project else "") + (f" on {ref}" if ref else "")
    told = [tool or tool_name(status.producer)]
    if status.condition is Condition.FAILURE and _adds_something(status.raw_status):
        told.append(status.raw_status)
    if status.condition is Condition.AVG_DURATION and status.duration_seconds:
        told.append(f"{format_duration(status.duration_seconds)} so far")
    return clean_line(f"{planned.label} {verb}{where}{behind} ({', '.join(told)})")


def tool_name(producer: str) -> str:
    """Name a producer for people: `rundeck-slack-incoming` is Rundeck."""
    name = clean_line(producer)
    return _TOOLS.get(name.split("-", 1)[0]) or name or CLIENT


def _adds_something(raw_status: str) -> bool:
    """Tell whether the producer's own word says more than "failed": aborted, timed out, killed."""
    return bool(_STATUS_WORD.fullmatch(raw_status)) and not _SAID_ALREADY.search(raw_status)


def _details(
    planned: Planned, status: JobStatus, message: ChannelMessage, place: Place, summary: str
) -> dict[str, Any]:
    seconds = status.duration_seconds
    if seconds is not None and not math.isfinite(seconds):
        seconds = None  # JSON has no word for it
    recognized: dict[str, Any] = {
        "job": status.job,
        "project": status.project,
        "ref": status.ref,
        "condition": status.condition.value,
        "raw_status": status.raw_status,
        "execution_id": status.execution_id,
        "duration": None if seconds is None else format_duration(seconds),
        "duration_seconds": seconds,
        "user": status.user,
        "url": status.url,
        "producer": status.producer,
        "rule": planned.rule.name,
        "channel": place.shown,
        "message_url": place.message_url,
        "message": excerpt(message.content),
        "summary": summary if len(summary) > SUMMARY_LIMIT else None,
    }
    cleaned = {
        key: redact(clean_text(value)) if isinstance(value, str) else value
        for key, value in recognized.items()
    }
    return {key: value for key, value in cleaned.items() if value not in (None, "")}


def _links(status: JobStatus, permalink: str | None, warnings: list[str]) -> list[dict[str, str]]:
    run = f"Run {status.execution_id}" if status.execution_id else "Run"
    links: list[dict[str, str]] = []
    for address, text in ((status.url, run), (permalink, "Slack message")):
        if not address:
            continue
        if href := web_address(address):
            links.append({"href": href, "text": cut(clean_line(redact(clean_line(text))), 255)})
        else:
            warnings.append(
                f"The link of {text!r} was left out: it is not an http or https address of at most "
                f"{HREF_LIMIT:,} characters."
            )
    return links


def _images(images: tuple[str, ...], warnings: list[str]) -> list[dict[str, str]]:
    kept: list[dict[str, str]] = []
    for image in images:
        source = web_address(image)
        if source is not None and source.startswith("https://"):
            kept.append({"src": source})
        else:
            shown = cut(redact(clean_line(image)), 120)
            warnings.append(
                f"The image {shown} was left out: PagerDuty takes https:// addresses only."
            )
    return kept


def web_address(text: str) -> str | None:
    """Give an http(s) address the way PagerDuty takes it; None for anything else.

    Credentials are taken out. The query stays: without it most addresses lead nowhere.
    """
    address = clean_text(text).strip()
    scheme, separator, rest = address.partition("://")
    address = _USERINFO.sub("", f"{scheme.lower()}{separator}{rest}", count=1)
    if scheme.lower() not in {"http", "https"} or any(map(str.isspace, address)):
        return None
    return address if len(address) <= HREF_LIMIT and _host(address) else None


def _host(address: str | None) -> str | None:
    try:
        return urlsplit(clean_line(address or "")).hostname
    except ValueError:  # an address such as http://[broken
        return None


def _name(text: str | None) -> str:
    return cut(redact(clean_line(text or "")), _NAME_LIMIT)


def _timestamp(at: datetime | None, message: ChannelMessage) -> str | None:
    """Give ISO 8601 in UTC; None where Slack's `ts` is not what it always is."""
    if at is None:
        try:
            seconds, _, fraction = message.changed_at.partition(".")
            at = datetime.fromtimestamp(int(seconds), UTC)
            at = at.replace(microsecond=int(f"{fraction:0<6}"[:6]))
        except (ValueError, OverflowError, OSError):
            return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
