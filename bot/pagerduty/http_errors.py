"""From an HTTP answer to an exception of `bot.errors`, whose text is what the responder reads.

Judged by status first, then by PagerDuty's message, and by its code only as a hint: codes are not
stable (a missing `From` was seen as 2016, which the documentation calls a timeout). The body may
be HTML, empty, or any JSON: nothing here raises on it.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import Any

from bot import errors
from bot.pagerduty.wire import Call

MAX_DETAIL = 500  # characters of one reason
MAX_DETAILS = 10
MAX_RETRY_AFTER_SECONDS = 3600.0  # PagerDuty's windows are a minute; more is not believed
_MAX_NESTING = 5

_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)
_INVISIBLE = re.compile(  # control characters, and those that reorder or hide what is shown
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+"
)
_PLAIN_NOT_FOUND = re.compile(r"^(?:incident )?not found\.?$", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Said:
    """What the body of an error says: PagerDuty's `message`, `code` and `errors`."""

    message: str | None = None
    code: int | None = None
    reasons: tuple[str, ...] = ()

    @property
    def details(self) -> tuple[str, ...]:
        """Give message and reasons, each once."""
        return tuple(dict.fromkeys((*filter(None, [self.message]), *self.reasons)))

    def sentence(self, before: str = " PagerDuty says: ") -> str:
        """Give the details as one sentence, empty where there are none."""
        text = "; ".join(one.rstrip(" .") for one in self.details)
        return f"{before}{text}." if text else ""


def clean(text: str, secrets: Sequence[str] = ()) -> str:
    """Make somebody else's text fit to be shown: one line, bounded, without our secrets."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "…")
    text = " ".join(_INVISIBLE.sub(" ", text).split())
    return text if len(text) <= MAX_DETAIL else text[: MAX_DETAIL - 1] + "…"


def read_error(body: bytes, secrets: Sequence[str] = ()) -> Said:
    """Read the body of an error as far as possible; never raises."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):  # also UnicodeDecodeError
        text = clean(_TAGS.sub(" ", body[:4096].decode("utf-8", "replace")), secrets)
        return Said(text or None)
    found = data.get("error", data) if isinstance(data, Mapping) else data
    if not isinstance(found, Mapping):
        return Said(reasons=_bounded(found, secrets))
    message, code = found.get("message"), found.get("code")
    return Said(
        message=(clean(message, secrets) or None) if isinstance(message, str) else None,
        code=code if isinstance(code, int) and not isinstance(code, bool) else None,
        reasons=_bounded(found.get("errors"), secrets),
    )


def _bounded(value: Any, secrets: Sequence[str]) -> tuple[str, ...]:
    """Give the texts in `errors`, which is a list, and in some endpoints an object."""
    found = (clean(one, secrets) for one in _texts(value, _MAX_NESTING))
    return tuple(islice(filter(None, found), MAX_DETAILS))


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, Mapping):
        for key, one in value.items():
            yield from (f"{key}: {text}" for text in _texts(one, depth - 1))
    elif depth and isinstance(value, list):
        for one in value:
            yield from _texts(one, depth - 1)


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Give for how long PagerDuty asks to wait; None where it does not say so as a number."""
    for name in ("ratelimit-reset", "retry-after"):
        value = headers.get(name, "").strip()
        if _SECONDS.fullmatch(value):
            return min(float(value), MAX_RETRY_AFTER_SECONDS)
    return None


# ---------------------------------------------------------------- the sentences


def _times(tries: int) -> str:
    return f" ({tries} tries)" if tries > 1 else ""


def _nothing(call: Call) -> str:
    return " Nothing was changed as far as known." if call.writes else ""


_LATER = " Try again in a minute, or use PagerDuty's own app or the phone."
_ADMINISTRATOR = " Ask the bot's administrator to run `pdbot check`."


def unavailable(
    call: Call, why: str, *, tries: int = 1, status: int | None = None, said: Said | None = None
) -> errors.Unavailable:
    """Say that PagerDuty does not answer as it should, and that nothing was done."""
    said = said or Said()
    return errors.Unavailable(
        f"Could not {call.what}: PagerDuty is not answering{_times(tries)}, {why}."
        f"{_nothing(call)}{_LATER}",
        status=status,
        code=said.code,
        details=said.details,
    )


def unknown_outcome(call: Call, why: str, *, status: int | None = None) -> errors.OutcomeUnknown:
    """Say that nobody knows whether it was done."""
    at = call.subject or "PagerDuty"
    return errors.OutcomeUnknown(
        f"It is not known whether the request to {call.what} was carried out: {why}."
        f" Look at {at} before you repeat it.",
        status=status,
    )


def not_understood(
    call: Call, status: int, why: str, *, tries: int = 1
) -> errors.Unavailable | errors.OutcomeUnknown:
    """Say that the answer is not what PagerDuty answers; a write may have been done or not."""
    cause = f"the answer ({status}) is not one of PagerDuty's API ({why})"
    if call.writes:
        return unknown_outcome(call, cause, status=status)
    return unavailable(call, cause, tries=tries, status=status)


def _key_rejected(call: Call, status: int, said: Said) -> errors.PagerDutyError:
    what = (
        f"Could not {call.what}: PagerDuty rejects the bot's API key ({status})."
        " The key is wrong or was revoked, or it belongs to PagerDuty's other region"
        f" (PAGERDUTY_REGION is `us` or `eu`).{_nothing(call)}"
    )
    return errors.KeyRejected(
        f"{what}{_ADMINISTRATOR}",
        for_operator=f"{what} Copy a REST API key whole (PagerDuty, Integrations, API Access Keys;"
        f" an integration key of a service is another thing), or set the other region.",
        status=status,
        code=said.code,
        details=said.details,
    )


def _ability_missing(call: Call, status: int, said: Said) -> errors.PagerDutyError:
    ability = f"the ability `{call.ability}`" if call.ability else "an ability that this needs"
    return errors.AbilityMissing(
        f"Could not {call.what}: the PagerDuty account lacks {ability} ({status}), which depends"
        f" on the account's plan.{said.sentence()} Ask the owner of the PagerDuty account.",
        status=status,
        code=said.code,
        details=said.details,
    )


def _role_missing(call: Call, status: int, said: Said) -> errors.PagerDutyError:
    who = f"the PagerDuty role of {call.from_email}" if call.from_email else "the bot's API key"
    return errors.RoleMissing(
        f"Could not {call.what}: PagerDuty refused ({status}), {who} does not allow it."
        f"{said.sentence()} Ask a PagerDuty administrator for the rights, or a colleague who has"
        " them.",
        status=status,
        code=said.code,
        details=said.details,
    )


def _access_lost(call: Call, status: int, said: Said) -> errors.PagerDutyError:
    return errors.RoleMissing(
        f"Could not {call.what}: PagerDuty refused ({status}), because access to it may have been"
        f" lost when it was resolved.{said.sentence()} Look at it in PagerDuty, or ask a colleague"
        " who can still see it.",
        status=status,
        code=said.code,
        details=said.details,
    )


def _not_found(call: Call, status: int, said: Said) -> errors.PagerDutyError:
    said_no = f"has no {call.subject}" if call.subject else "found nothing there"
    advice = "Check the id." if call.subject else "Check PAGERDUTY_API_URL, if you have set it."
    if call.incident:
        advice = "Check the number or id, or list the open incidents."
    more = "" if said.message and _PLAIN_NOT_FOUND.match(said.message) else said.sentence()
    return errors.NotFound(
        f"Could not {call.what}: PagerDuty {said_no} ({status}).{more} {advice}",
        status=status,
        code=said.code,
        details=said.details,
    )


def from_rejected(
    call: Call, *, status: int | None = None, said: Said | None = None
) -> errors.FromRejected:
    """Say in whose name the bot tried to act, and the remedies."""
    said = said or Said()
    if call.from_email:
        why = f"PagerDuty does not accept {clean(call.from_email)} as one of its users"
        remedy = (
            "The administrator can map the Slack user to the right PagerDuty e-mail (the file"
            " that PDBOT_PEOPLE names), or correct PAGERDUTY_FROM_EMAIL if that is the one."
        )
    else:
        why = "PagerDuty wants to know in whose name, and the bot had no e-mail address to give"
        remedy = "The administrator can set PAGERDUTY_FROM_EMAIL."
    return errors.FromRejected(
        f"Could not {call.what}: {why}.{said.sentence()} Nothing was changed. {remedy}",
        status=status,
        code=said.code,
        details=said.details,
    )


def _from_rejected(call: Call, status: int, said: Said) -> errors.PagerDutyError:
    return from_rejected(call, status=status, said=said)


def _too_large(call: Call, status: int, said: Said) -> errors.PagerDutyError:
    return errors.Refused(
        f"Could not {call.what}: PagerDuty says that it is too large ({status})."
        f"{said.sentence()} Nothing was changed. Try again with a shorter text.",
        status=status,
        code=said.code,
        details=said.details,
    )


def _refused(call: Call, status: int, said: Said) -> errors.PagerDutyError:
    reasons = said.sentence(": ") or ", without saying why."
    return errors.Refused(
        f"Could not {call.what}: PagerDuty refused ({status}){reasons}"
        " Nothing was changed. Correct what it names and try again.",
        status=status,
        code=said.code,
        details=said.details,
    )


def _redirected(call: Call, status: int, said: Said) -> errors.PagerDutyError:
    what = (
        f"Could not {call.what}: the address answered with a redirect ({status}), which the bot"
        " never follows. PAGERDUTY_API_URL may be wrong, or a proxy stands in between."
    )
    return errors.Refused(
        f"{what}{_ADMINISTRATOR}",
        for_operator=what,
        status=status,
        code=said.code,
        details=said.details,
    )


# ---------------------------------------------------------------- the decision

_Sentence = Callable[[Call, int, Said], errors.PagerDutyError]

_BY_STATUS: dict[int, _Sentence] = {
    HTTPStatus.UNAUTHORIZED: _key_rejected,
    HTTPStatus.PAYMENT_REQUIRED: _ability_missing,
    HTTPStatus.FORBIDDEN: _role_missing,
    HTTPStatus.NOT_FOUND: _not_found,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _too_large,
}

# Within 400, 403 and the other refusals: what the message says, or, without one, the code.
_BY_WORDS: tuple[tuple[str, set[int], _Sentence], ...] = (
    (r"lost access to this incident", {2018}, _access_lost),
    (r"\bFrom\b.{0,20}\bheader|Requester User Not Found", {1008, 1028}, _from_rejected),
    (r"not authori[sz]ed|access denied", {1018, 2010}, _role_missing),
    (r"account ability", {2014}, _ability_missing),
    (r"authentication failed", {2006}, _key_rejected),
    (_PLAIN_NOT_FOUND.pattern, {2100, 5001}, _not_found),
)
_REFINED = {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY}


def error_of(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    call: Call,
    *,
    tries: int = 1,
    secrets: Sequence[str] = (),
) -> errors.PagerDutyError:
    """Turn an answer that is not what was hoped for into the exception to raise.

    `headers` must be found by their lower-case names. Never raises, whatever the body is.
    """
    said = read_error(body, secrets)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return rate_limited(call, retry_after_seconds(headers), tries=tries)
    if status == HTTPStatus.REQUEST_TIMEOUT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return unavailable(call, f"last answer {status}", tries=tries, status=status, said=said)
    if status >= HTTPStatus.BAD_REQUEST:
        return _sentence_of(status, said)(call, status, said)
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        return _redirected(call, status, said)
    return not_understood(call, status, "it cannot be read", tries=tries)


def _sentence_of(status: int, said: Said) -> _Sentence:
    if status in _REFINED:
        for words, codes, sentence in _BY_WORDS:
            hit = (
                re.search(words, said.message, re.IGNORECASE)
                if said.message
                else said.code in codes
            )
            if hit:
                return sentence
    return _BY_STATUS.get(status, _refused)


def rate_limited(call: Call, seconds: float | None, *, tries: int = 1) -> errors.RateLimited:
    """Say that PagerDuty asks to wait, and for how long if it said so."""
    wait = f"PagerDuty asks to wait {seconds:.0f} s" if seconds else "PagerDuty asks to wait"
    return errors.RateLimited(
        f"Could not {call.what}: {wait}, because too many requests were made{_times(tries)}."
        f" It was not carried out. Try again {'then' if seconds else 'in a minute'}.",
        retry_after_seconds=seconds,
    )
