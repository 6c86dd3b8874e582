"""Who may come in: the key, the API version, and in whose name a write is made."""

import re
from collections.abc import Mapping

from bot.sandbox.pagerduty.account import Account
from bot.sandbox.pagerduty.records import Key, User
from bot.sandbox.pagerduty.refusals import invalid, refuse, unauthorized

AUTHORIZATION = re.compile(r"(?:Token token=|Bearer )(\S+)")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
VERSION = "application/vnd.pagerduty+json;version=2"


def authenticate(account: Account, headers: Mapping[str, str]) -> Key:
    """Find the key; a wrong one and one of another region get the same answer."""
    given = AUTHORIZATION.fullmatch(headers.get("Authorization", ""))
    key = account.keys.get(given[1]) if given else None
    if key is None:
        raise unauthorized()
    return key


def check_version(headers: Mapping[str, str]) -> None:
    """Demand the version header: without it PagerDuty takes the key's own version."""
    if headers.get("Accept", "").replace(" ", "") != VERSION:
        raise invalid(f"Accept must be {VERSION}.")


def check_json(headers: Mapping[str, str]) -> None:
    """Demand that a write says that it is JSON."""
    if headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
        raise invalid("Content-Type must be application/json.")


def actor(account: Account, key: Key, headers: Mapping[str, str]) -> User:
    """Tell in whose name a write is made: the key's owner, or else the user in `From`."""
    if key.owner is not None:
        return key.owner
    email = headers.get("From")
    if email is None:
        message = (
            'You must specify a user\'s email address in the "From" header to perform this action'
        )
        raise refuse(400, 2016, message)
    if not EMAIL.fullmatch(email):
        raise refuse(400, 1028, 'Malformed "From" header')
    user = account.user_by_email(email)
    if user is None:
        raise refuse(400, 1008, "Requester User Not Found", [])
    return user
