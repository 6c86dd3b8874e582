"""What the caller reads when something was not done; the log has the same reference."""

from bot.actions.desk import WhichOne
from bot.actions.forms import again as form_again
from bot.errors import PagerDutyError, PdbotError, PersonNotFound, UsageError
from bot.model import Invocation, Outcome

_WORTH_ANOTHER_TRY = (PagerDutyError, PersonNotFound, UsageError)  # with other words, or later


def refusal(error: PdbotError, reference: str, invocation: Invocation) -> Outcome:
    """Answer what cannot be done as it was put, with what helps."""
    is_question = isinstance(error, WhichOne)  # nothing went wrong, and its buttons go on
    line = error.line if is_question else (*error.line, f" (ref {reference})")
    again = form_again(invocation) if isinstance(error, _WORTH_ANOTHER_TRY) else None
    buttons = (*error.buttons, *((again,) if again else ()))
    return Outcome(lines=(line,), buttons=buttons, changed=error.incidents, ok=False)


def surprise(invocation: Invocation, reference: str) -> Outcome:
    """Answer what nobody foresaw."""
    which = ", ".join(invocation.incidents)
    check = f"; check {which}" if which else ""
    text = (
        f"Something went wrong (ref {reference}). Nothing was changed as far as I know{check}. "
        "Try again, and give the reference to your admin if it happens again."
    )
    return Outcome(lines=((text,),), ok=False)
