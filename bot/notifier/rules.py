"""Which rules a job status meets. Pure: no files, no time, no keys."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal

from bot.model import Condition, EventAction, JobStatus
from bot.notifier.averages import Threshold
from bot.notifier.engine import Producers
from bot.notifier.globs import Glob, GlobIndex
from bot.notifier.templates import Template
from bot.notifier.words import clean_line, cut

Severity = Literal["critical", "error", "warning", "info"]
SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "error", "warning", "info")
SHADOW: Final = "the rule is a shadow"
DEFAULT_KEY_REF: Final = "env:PAGERDUTY_INTEGRATION_KEY"
_SHOWN_VALUE: Final = 80


@dataclass(frozen=True, slots=True)
class Effect:
    """What a rule does with one condition: its table over the rule's keys over the defaults.

    `action` None sends nothing. `why` ends a sentence that begins with the rule; `unsent` says why
    a shadow sends nothing.
    """

    action: EventAction | None
    why: str
    key_ref: str
    dedup_key: Template
    severity: Severity
    images: tuple[str, ...]
    summary: Template | None
    shadow: bool
    unsent: str = SHADOW


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it was read. Empty filters let everything through.

    `line` is where its table begins in the rules file.
    """

    name: str
    line: int | None
    effects: Mapping[Condition, Effect]
    channels: tuple[str, ...] = ()
    bots: tuple[str, ...] = ()
    producer: tuple[str, ...] = ()
    project: tuple[str, ...] = ()
    job: tuple[str, ...] = ()
    continues: bool = False
    threshold: Threshold | None = None

    def mismatch(self, question: "Question") -> str | None:
        """Say which filter does not let a job status through; None when all do."""
        for key, values in question.by_filter.items():
            globs: tuple[str, ...] = getattr(self, key)
            if globs and not any(Glob(glob).matches(value) for glob in globs for value in values):
                return _mismatch(key, globs, values)
        return None


@dataclass(frozen=True)
class Question:
    """What rules are asked about: a job status and where it came from.

    `channel_id` None stands for a message without a channel: rules that name channels do not match.
    """

    status: JobStatus
    channel_id: str | None
    channel_name: str | None = None
    bot_id: str | None = None
    app_id: str | None = None

    @cached_property
    def by_filter(self) -> dict[str, tuple[str, ...]]:
        """The values that each filter of a rule is matched against, any of them."""
        name = self.channel_name
        return {
            "channels": _present(self.channel_id, f"#{name.removeprefix('#')}" if name else None),
            "bots": _present(self.bot_id, self.app_id),
            "producer": (clean_line(self.status.producer),),
            "project": (clean_line(self.status.project or ""),),
            "job": (clean_line(self.status.job or ""),),
        }


def _present(*values: str | None) -> tuple[str, ...]:
    return tuple(clean_line(value) for value in values if value) or ("",)


def _mismatch(key: str, globs: tuple[str, ...], values: tuple[str, ...]) -> str:
    wanted = " or ".join(f'"{glob}"' for glob in globs)
    shown = " / ".join(f'"{cut(value, _SHOWN_VALUE)}"' for value in values if value)
    if key == "channels" and not any(value.startswith("#") for value in values):
        by_name = any(glob.startswith("#") for glob in globs)
        hint = " (the channel's name is not known here, its id would match)" if by_name else ""
        return f"it wants channel {wanted}, the message is in {shown or 'no channel'}{hint}"
    noun = {"channels": "channel", "bots": "bot"}.get(key, key)
    return f"it wants {noun} {wanted}, the message has {shown or 'none'}"


class Rules:
    """All rules of a file, in order, with the producers that the file overrides or adds."""

    def __init__(
        self,
        rules: Iterable[Rule],
        producers: Producers,
        *,
        path: str = "",
        warnings: Iterable[str] = (),
    ) -> None:
        self.rules = tuple(rules)
        self.producers = producers
        self.path = path
        self.warnings = tuple(warnings)
        self._indexes = {
            "channels": _index(self.rules, lambda rule: rule.channels),
            "bots": _index(self.rules, lambda rule: rule.bots),
            "producer": _index(self.rules, lambda rule: rule.producer),
            "project": _index(self.rules, lambda rule: rule.project),
            "job": _index(self.rules, lambda rule: rule.job),
        }

    def __len__(self) -> int:
        return len(self.rules)

    def shadowed(self, shadow: bool, *, because: str = SHADOW) -> "Rules":
        """Give the same rules, all of them in shadow for a reason of their own or this one."""
        rules = (
            replace(
                rule,
                effects={
                    condition: replace(
                        effect, shadow=shadow, unsent=effect.unsent if effect.shadow else because
                    )
                    for condition, effect in rule.effects.items()
                },
            )
            for rule in self.rules
        )
        return Rules(rules, self.producers, path=self.path, warnings=self.warnings)

    def match(
        self,
        status: JobStatus,
        *,
        channel_id: str | None,
        channel_name: str | None = None,
        bot_id: str | None = None,
        app_id: str | None = None,
    ) -> tuple[Rule, ...]:
        """Give the first rule that matches, and later ones while each has `continue = true`."""
        question = Question(status, channel_id, channel_name, bot_id, app_id)
        chosen: list[Rule] = []
        for rule in self._matching(question):
            chosen.append(rule)
            if not rule.continues:
                break
        return tuple(chosen)

    def explain(self, question: Question) -> tuple[tuple[Rule, str | None], ...]:
        """Give every rule that was tried, with why it did not match; None where it did."""
        tried: list[tuple[Rule, str | None]] = []
        for rule in self.rules:
            reason = rule.mismatch(question)
            tried.append((rule, reason))
            if reason is None and not rule.continues:
                break
        return tuple(tried)

    def _matching(self, question: Question) -> Iterator[Rule]:
        left = (1 << len(self.rules)) - 1
        for key, values in question.by_filter.items():
            index = self._indexes[key]
            owners = 0
            for value in values:
                owners |= index.owners_of(value, left)
            left = owners
            if not left:
                return
        while left:
            lowest = left & -left
            yield self.rules[lowest.bit_length() - 1]
            left ^= lowest


def _index(rules: tuple[Rule, ...], filter_of: Callable[[Rule], tuple[str, ...]]) -> GlobIndex:
    """Index one filter; the bit of a rule is its position."""
    owners: dict[str, int] = {}
    always = 0
    for position, rule in enumerate(rules):
        globs = filter_of(rule)
        if not globs:
            always |= 1 << position
        for glob in globs:
            owners[glob] = owners.get(glob, 0) | 1 << position
    return GlobIndex(owners, always)


def no_rules() -> Rules:
    """Give what stands for a missing rules file: the shipped producers, and no rule."""
    return Rules((), Producers.load(()))
