"""How REST v2 says no. Codes and texts are PagerDuty's published list, bodies the observed ones."""

from collections.abc import Sequence
from typing import Any


class Refusal(Exception):
    """Answer a request with an error; nothing was changed."""

    def __init__(self, status: int, body: dict[str, Any] | None) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


def error_body(code: int, message: str, errors: Sequence[str] | None = None) -> dict[str, Any]:
    """Make the body that all errors of REST v2 have; `errors` may be absent."""
    listed = {} if errors is None else {"errors": list(errors)}
    return {"error": {"message": message, "code": code, **listed}}


def refuse(status: int, code: int, message: str, errors: Sequence[str] | None = None) -> Refusal:
    """Make a refusal."""
    return Refusal(status, error_body(code, message, errors))


def unauthorized() -> Refusal:
    """Refuse a key: seen as an empty `text/html` body (hashicorp/terraform#12854)."""
    return Refusal(401, None)


def invalid(*errors: str) -> Refusal:
    """Refuse malformed input, with a sentence for each mistake."""
    return refuse(400, 2001, "Invalid Input Provided", errors)


def bad_argument(error: str) -> Refusal:
    """Refuse well-formed input that names something impossible."""
    return refuse(400, 2002, "Arguments Caused Error", [error])


def not_found() -> Refusal:
    """Refuse an unknown path or thing."""
    return refuse(404, 2100, "Not Found")


def already_resolved() -> Refusal:
    """Refuse what makes no sense on a resolved incident; this body was never seen (inferred)."""
    return refuse(400, 1001, "Incident Already Resolved")


def missing_ability(ability: str) -> Refusal:
    """Refuse what the account's plan does not include."""
    return refuse(402, 2014, "Missing Account Ability", [f"The account lacks {ability}."])


DEFAULT_ERRORS = {
    400: error_body(2001, "Invalid Input Provided", ["The sandbox was told to refuse this."]),
    401: None,
    402: error_body(2014, "Missing Account Ability"),
    403: error_body(2010, "Access Denied"),
    404: error_body(2100, "Not Found"),
    408: error_body(2016, "The request took too long to process"),
    429: error_body(2020, "Rate Limit Exceeded"),
}
"""What a fault answers when it is given no body of its own."""

INTERNAL_ERROR = error_body(
    2000, "An internal error has occurred. PagerDuty team has been notified."
)
