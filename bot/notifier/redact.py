"""Take secrets out of other people's text before it leaves for PagerDuty.

Works on shapes and on names, in linear time (RE2), and rather takes too much than too little: the
whole message stays in Slack.
"""

from functools import lru_cache
from typing import Any, Final

import re2

REDACTED: Final = "[redacted]"

_NAMES: Final = (
    r"(?:pass(?:word|wd|phrase)|pwd|secrets?|tokens?|credentials?|cookie"
    r"|(?:api|access|secret|private|routing|integration|service|signing|encryption|auth)"
    r"[ _-]?key(?:[ _-]?id)?)"
)
_VALUE: Final = r"""(?:"[^"\n]*"|'[^'\n]*'|`[^`\n]*`|[^\s"'`,;&<>|()]+)"""
_SHAPES: Final = (
    r"\bxox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{8,}|\bxapp-[A-Za-z0-9-]{8,}",  # Slack
    r"\bhooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]+",
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",  # AWS
    r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_.-]{16,}",
    r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|\bsk-[A-Za-z0-9_-]{20,}",  # Stripe and others
    r"\bAIza[A-Za-z0-9_-]{30,}|\bya29\.[A-Za-z0-9_-]{20,}",  # Google
    r"\bnpm_[A-Za-z0-9]{30,}|\bpypi-[A-Za-z0-9_-]{30,}|\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]+",
    r"\bdop_v1_[a-f0-9]{32,}|\bhvs\.[A-Za-z0-9_-]{20,}",
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",  # JSON Web Token
    r"(?s:-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\z))",
)
_STEPS: Final = (
    # (pattern, what it becomes)
    (r"(?i)\b((?:proxy-)?authorization[\"']?\s*[:=]\s*)[^\n]+", rf"\1{REDACTED}"),
    (r"(?i)\b((?:set-)?cookie\s*:\s*)[^\n]+", rf"\1{REDACTED}"),
    ("|".join(_SHAPES), REDACTED),
    (
        r"([A-Za-z][A-Za-z0-9+.-]{0,30}://)[^\s/@<>|\"']+@",
        rf"\1{REDACTED}@",
    ),  # user:password in an address
    (r"(?i)\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{16,}", rf"\1{REDACTED}"),
    (
        rf"(?i)([A-Za-z0-9_.-]*{_NAMES}(?:_[A-Za-z0-9_]*)?[\"'`]?\s*[:=]\s*){_VALUE}",
        rf"\1{REDACTED}",
    ),
    (rf"(?i)(--?[a-z0-9-]*{_NAMES}\s+){_VALUE}", rf"\1{REDACTED}"),
    (
        r"(?i)\b(key[\"'`]?\s*[:=]\s*)(?:[\"'`]?[A-Za-z0-9+/_-]{20,}={0,2}[\"'`]?)",
        rf"\1{REDACTED}",
    ),
)


_REPEATED: Final = 200
_SHORTEST: Final = 16  # of what is a secret by its shape alone, without a name or a mark


@lru_cache(1)
def _gate() -> Any:
    """Compile one pattern for "is there anything at all": most texts need no second look."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    return re2.compile("|".join(f"(?:{pattern})" for pattern, _ in _STEPS), options)


@lru_cache(1)
def _compiled() -> tuple[tuple[Any, str], ...]:
    options = re2.Options()
    options.log_errors = False
    return tuple((re2.compile(pattern, options), becomes) for pattern, becomes in _STEPS)


def redact(text: str) -> str:
    """Replace secrets by `[redacted]`; what names them stays.

    Takes text that `words.clean_text` has cleaned: RE2 reads UTF-8, lone surrogates are none.
    """
    if len(text) < _SHORTEST and text.isalnum():
        return text
    return _short(text) if len(text) <= _REPEATED else _redact(text)


def _redact(text: str) -> str:
    if _gate().search(text) is None:
        return text
    for pattern, replacement in _compiled():
        text = pattern.sub(replacement, text)
    return text


_short = lru_cache(4_096)(_redact)  # names, addresses and words come again with each message
