"""The shape of the rules file, for pydantic.

Every message is our own: pydantic's print the offending value, which may be an integration key.
"""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf

from bot.notifier.averages import Threshold, parse_threshold
from bot.notifier.rules import SEVERITIES, Severity
from bot.notifier.templates import Template, parse_template
from bot.notifier.words import clean_line, suggestion

ACTIONS: Final = ("trigger", "acknowledge", "resolve", "none")
_MOST_ENTRIES: Final = 1_000
_RAW_KEY: Final = re.compile(r"[A-Za-z0-9]{32}")
_LIKE_A_SECRET: Final = re.compile(r"[A-Za-z0-9+/_=-]{20,}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NEXT_IMAGE: Final = re.compile(r"\s*,\s*(?=https?://)", re.IGNORECASE)


def _kind(value: Any) -> str:
    kinds = {bool: "true or false", str: "a text", int: "a number", float: "a number"}
    kinds |= {list: "a list", dict: "a table"}
    return kinds.get(type(value), "a date or time")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be a text in quotes, not {_kind(value)}")  # noqa: TRY004 - pydantic collects ValueError only
    return value


def _shown(value: str) -> str:
    """Quote a value, unless it could be a secret in the wrong place."""
    return "what is written there" if _LIKE_A_SECRET.search(value) else f'"{clean_line(value)}"'


def _one_of(choices: Sequence[str], noun: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        word = _text(value)
        if word in choices:
            return word
        near = suggestion(word, choices)
        raise ValueError(f"cannot be {_shown(word)}{near} ({noun}: {', '.join(choices)})")

    return check


def _many(value: Any) -> tuple[str, ...]:
    entries = value if isinstance(value, list) else [value]
    if len(entries) > _MOST_ENTRIES:
        raise ValueError(f"has more than {_MOST_ENTRIES} entries")
    texts = tuple(_text(entry).strip() for entry in entries)
    if not texts or not all(texts):
        raise ValueError("is empty; leave the key out to mean any")
    return texts


def _channels(value: Any) -> tuple[str, ...]:
    channels = _many(value)
    wrong = [
        f'"{channel}" is neither a channel id (C…) nor a name: write "#{channel}"'
        for channel in channels
        if not channel.startswith("#") and re.search("[a-z]", channel)
    ]
    return _unless(wrong, channels)


def _bots(value: Any) -> tuple[str, ...]:
    bots = _many(value)
    wrong = [
        f"{_shown(bot)} is neither a bot id (B…) nor an app id (A…)"
        for bot in bots
        if bot[0] not in "BA*?[" or re.search("[a-z]", bot)
    ]
    return _unless(wrong, bots)


def _unless(wrong: Sequence[str], good: tuple[str, ...]) -> tuple[str, ...]:
    if wrong:
        raise ValueError("; ".join(wrong))
    return good


def _key_ref(value: Any) -> str:
    text = _text(value).strip()
    scheme, _, rest = text.partition(":")
    if _RAW_KEY.fullmatch(text) or (_RAW_KEY.fullmatch(rest) and re.search("[0-9]", rest)):
        raise ValueError(
            "looks like the integration key itself: put it into an environment variable, say "
            'BILLING_KEY, and write "env:BILLING_KEY" here'
        )
    if scheme == "env" and _NAME.fullmatch(rest):
        return text
    if scheme == "file" and rest.strip() and "\0" not in rest:
        return text
    raise ValueError(
        'must be "env:NAME" (an environment variable) or "file:PATH", never the key itself'
    )


def _template(value: Any) -> Template:
    return parse_template(_text(value))


def _images(value: Any) -> tuple[str, ...]:
    """Split at commas that a new address follows: addresses may contain commas themselves."""
    entries = value if isinstance(value, list) else [value]
    if len(entries) > _MOST_ENTRIES:
        raise ValueError(f"has more than {_MOST_ENTRIES} entries")
    images = (
        image.strip(" \t\r\n,") for entry in entries for image in _NEXT_IMAGE.split(_text(entry))
    )
    return tuple(dict.fromkeys(image for image in images if image))


def _rule_name(value: Any) -> str:
    name = clean_line(_text(value))
    if not name:
        raise ValueError("is empty")
    return name


Globs = Annotated[tuple[str, ...], BeforeValidator(_many)]
TemplateText = Annotated[InstanceOf[Template], BeforeValidator(_template)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Sending(_Table):
    """The keys that a rule and a condition's table share; None = not written."""

    integration_key: Annotated[str | None, BeforeValidator(_key_ref)] = None
    dedup_key: TemplateText | None = None
    severity: Annotated[Severity | None, BeforeValidator(_one_of(SEVERITIES, "severities"))] = None
    images: Annotated[tuple[str, ...] | None, BeforeValidator(_images)] = None
    summary: TemplateText | None = None
    shadow: bool | None = None


class ConditionTable(Sending):
    """`[rule.on.<condition>]`."""

    action: Annotated[
        Literal["trigger", "acknowledge", "resolve", "none"] | None,
        BeforeValidator(_one_of(ACTIONS, "actions")),
    ] = None


class AvgDurationTable(ConditionTable):
    """`[rule.on.avg_duration]`, the only one that a threshold makes sense for."""

    threshold: Annotated[
        InstanceOf[Threshold] | None, BeforeValidator(lambda value: parse_threshold(_text(value)))
    ] = None


class OnTables(_Table):
    """`[rule.on]`: a field a condition."""

    start: ConditionTable | None = None
    success: ConditionTable | None = None
    failure: ConditionTable | None = None
    avg_duration: AvgDurationTable | None = None
    retryable_failure: ConditionTable | None = None


class RuleTable(Sending):
    """`[[rule]]`."""

    name: Annotated[str, BeforeValidator(_rule_name)]
    channels: Annotated[tuple[str, ...], BeforeValidator(_channels)] = ()
    bots: Annotated[tuple[str, ...], BeforeValidator(_bots)] = ()
    producer: Globs = ()
    project: Globs = ()
    job: Globs = ()
    continues: bool = Field(default=False, alias="continue")
    on: OnTables = OnTables()


class RulesFile(_Table):
    """The whole file. Tables of producers are the engine's to judge."""

    rule: list[RuleTable] = []
    producer: list[dict[str, Any]] = []
