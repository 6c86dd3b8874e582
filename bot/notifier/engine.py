"""Which producer wrote a message, and what it says: one engine for all descriptions."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final, Self

from bot.model import ChannelMessage, Condition, JobStatus
from bot.notifier.compiled import Compiled, CompiledVariant, compile_description
from bot.notifier.durations import parse_seconds
from bot.notifier.matching import MOST_BINDINGS, Groups, Index
from bot.notifier.producer_files import descriptions
from bot.notifier.producer_schema import IGNORE
from bot.notifier.slots import Slot, Slots, flatten
from bot.notifier.transforms import branch

LONGEST_VALUE: Final = 1000
_LONGEST_URL: Final = 4000
_SUBTYPES: Final = (None, "", "bot_message", "file_share", "thread_broadcast")
_URL: Final = re.compile(r"https?://[^\s<>]+", re.IGNORECASE)
_NOTHING: Final = "No producer's description matches this message."
_PLACEHOLDER: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Recognition:
    """What came of looking at a message.

    `reason` is one sentence; `producer` is set as soon as a description matched, also when its
    word is unknown or ignored; `unknown_word` is a status that the description does not map.
    """

    job_status: JobStatus | None
    producer: str | None
    reason: str
    trail: tuple[str, ...] = ()
    unknown_word: str | None = None


class Producers:
    """All descriptions in force, compiled."""

    def __init__(self, compiled: Sequence[Compiled]) -> None:
        self._producers = tuple(compiled)
        self.names: tuple[str, ...] = tuple(producer.name for producer in compiled)
        self._variants: list[tuple[Compiled, CompiledVariant]] = [
            (producer, variant) for producer in compiled for variant in producer.variants
        ]
        keys = [
            (number, variant.key)
            for number, (_, variant) in enumerate(self._variants)
            if variant.key is not None
        ]
        self._index = Index(keys)
        self._loose = [
            number for number, (_, variant) in enumerate(self._variants) if variant.key is None
        ]

    @classmethod
    def load(cls, user: Sequence[Mapping[str, Any]] = ()) -> Self:
        """Read the shipped descriptions and the `[[producer]]` tables of the rules file.

        Raises:
            ConfigError: with every problem of all tables.
        """
        return cls([compile_description(each) for each in descriptions(user)])

    def recognize(self, message: ChannelMessage) -> Recognition:
        """Tell what a message says. Never raises, whatever the content is."""
        if not (message.bot_id or _text(message.content.get("bot_id"))):
            return Recognition(None, None, "Not posted by a bot: it has no bot_id.")
        subtype = message.content.get("subtype")
        if subtype not in _SUBTYPES:
            return Recognition(None, None, f'Not a message of its own, but a "{subtype}".')
        now = self._read(message, message.content)
        if now.job_status is None or message.previous is None:
            return now
        before = self._read(message, message.previous)
        if before.job_status and before.job_status.condition is now.job_status.condition:
            return Recognition(
                None,
                now.producer,
                f'An edit that changes nothing: before it {before.producer} said "'
                f'{before.job_status.raw_status}", which is {before.job_status.condition} as well.',
                now.trail,
            )
        return now

    def explain(self, message: ChannelMessage) -> list[str]:
        """Tell, line by line, which slots were read and how far each description came.

        What a message lacks makes no description come near: `absent` alone is not worth a line.
        """
        slots = flatten(message.content)
        lines = [f"{slot.name} = {_shown(slot.text)}" for slot in slots]
        for producer, variant in self._variants:
            if not _may_speak(producer, message):
                lines.append(f"{producer.name}: its source does not include this bot")
                continue
            results = max(
                (
                    [(test, test.run(slots, each) is not None) for test in variant.tests]
                    for each in _bindings(slots)
                ),
                key=lambda tested: sum(passed for _, passed in tested),
            )
            if any(passed and not test.absent for test, passed in results):
                told = ", ".join(f"{test.shown} {'✓' if ok else '✗'}" for test, ok in results)
                lines.append(f"{producer.name}, variant {variant.number}: {told}")
        return lines

    def _read(self, message: ChannelMessage, content: Mapping[str, Any]) -> Recognition:
        slots = flatten(content)
        for number, slot in self._candidates(slots):
            producer, variant = self._variants[number]
            if not _may_speak(producer, message):
                continue
            bindings = (slot.attachment,) if slot and slot.attachment >= 0 else _bindings(slots)
            for attachment in bindings:
                groups = _captured(variant, slots, attachment, slot)
                if groups is not None:
                    recognition = _status(producer, variant, slots, attachment, groups)
                    if recognition is not None:
                        return recognition
        return Recognition(None, None, _NOTHING)

    def _candidates(self, slots: Slots) -> list[tuple[int, Slot | None]]:
        found: list[tuple[int, Slot | None]] = [*self._index.candidates(slots)]
        found += [(number, None) for number in self._loose]
        found.sort(key=lambda candidate: candidate[0])  # stable: slots keep their order
        return found


def _bindings(slots: Slots) -> Sequence[int | None]:
    return range(min(slots.attachments, MOST_BINDINGS)) if slots.attachments else (None,)


def _may_speak(producer: Compiled, message: ChannelMessage) -> bool:
    if producer.bots and not {message.bot_id, message.app_id} & producer.bots:
        return False
    if not producer.usernames:
        return True
    profile = message.content.get("bot_profile")
    names = [_text(message.content.get("username"))]
    if isinstance(profile, Mapping):
        names.append(_text(profile.get("name")))
    return any(
        fnmatchcase(name.lower(), glob) for name in names if name for glob in producer.usernames
    )


def _captured(
    variant: CompiledVariant, slots: Slots, attachment: int | None, key_slot: Slot | None
) -> Groups | None:
    """Run all tests; give what their named groups caught, None when one is not true."""
    caught: Groups = {}
    for test in variant.tests:
        if test is variant.key and key_slot is not None:
            groups = test.run_on(key_slot)
        else:
            groups = test.run(slots, attachment)
        if groups is None:
            return None
        for name, value in groups.items():
            caught.setdefault(name, value)
    return caught


def _status(
    producer: Compiled,
    variant: CompiledVariant,
    slots: Slots,
    attachment: int | None,
    caught: Groups,
) -> Recognition | None:
    """Read the status word and the parts; None when there is no word at all."""
    word = variant.raw_status or caught.get("status")
    if word is None:
        word = _first(variant.status, slots, attachment)
    word = _line(word)
    if word is None:
        return None
    trail = (f"{producer.name}, variant {variant.number}", f'status "{word}"')
    condition = variant.condition or producer.condition_of(word)
    if condition is None:
        return Recognition(
            None,
            producer.name,
            f'{producer.name} says "{word[:80]}", which the description of {producer.name} does'
            " not map; add it under [producer.map].",
            trail,
            unknown_word=word,
        )
    if condition == IGNORE:
        reason = f'{producer.name} says "{word[:80]}", which its description ignores.'
        return Recognition(None, producer.name, reason, trail)
    parts = dict(_parts(variant, slots, attachment, caught))
    status = JobStatus(
        producer=producer.name,
        condition=Condition(condition),
        raw_status=word,
        job=_line(parts.get("job")),
        project=_line(parts.get("project")),
        ref=_line(branch(parts.get("ref", ""))),
        execution_id=_line(parts.get("execution_id")),
        url=_url(parts.get("url")),
        duration_seconds=parse_seconds(parts.get("duration", "")),
        user=_line(parts.get("user")),
    )
    return Recognition(status, producer.name, f'{producer.name} says "{word[:80]}".', trail)


def _parts(
    variant: CompiledVariant, slots: Slots, attachment: int | None, caught: Groups
) -> Iterator[tuple[str, str]]:
    """Give what is known of the run. What a test caught comes first, then formats, then slots."""
    for part in variant.parts:
        value = caught.get(part)
        if value is None:
            value = _formatted(variant.formats.get(part, ()), caught)
        if value is None:
            value = _first(variant.extractions.get(part, ()), slots, attachment)
        if value is not None:
            yield part, value


def _formatted(templates: Sequence[str], caught: Groups) -> str | None:
    for template in templates:
        if all(name in caught for name in _PLACEHOLDER.findall(template)):
            return _PLACEHOLDER.sub(lambda found: caught[found[1]], template)
    return None


def _first(extractions: Sequence[Any], slots: Slots, attachment: int | None) -> str | None:
    for extraction in extractions:
        value: str | None = extraction.run(slots, attachment)
        if value:
            return value
    return None


def _line(value: str | None) -> str | None:
    """Fold into one line; names end up in summaries and keys."""
    return " ".join(value.split())[:LONGEST_VALUE].rstrip() or None if value else None


def _url(value: str | None) -> str | None:
    if value is None or len(value) > _LONGEST_URL or not _URL.fullmatch(value):
        return None
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _shown(text: str) -> str:
    folded = " ".join(text.split())
    longest = 120
    return f'"{folded[:longest]}{"…" if len(folded) > longest else ""}"'
