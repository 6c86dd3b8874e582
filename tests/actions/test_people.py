"""PEOPLE in every spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.people import How, Named, parse
from bot.errors import UsageError

M, E, I, N = How.MENTION, How.EMAIL, How.ID_OR_NAME, How.NAME  # noqa: E741  # a table's columns


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("<@U1|ann>", [(M, "U1")]),
        ("<@U1>", [(M, "U1")]),
        ("<@U1|ann>,<@U2|bob>", [(M, "U1"), (M, "U2")]),
        ("<@U1|ann> <@U1|ann>", [(M, "U1")]),
        ("ann@example.com", [(E, "ann@example.com")]),
        ("<mailto:ann@example.com|ann@example.com>", [(E, "ann@example.com")]),
        ("a@x.com,b@x.com , c@x.com;d@x.com", [(E, f"{n}@x.com") for n in "abcd"]),
        ("PUSER12", [(I, "PUSER12")]),
        ("puser12", [(I, "puser12")]),
        ("Bob", [(N, "Bob")]),
        ('"Bob Smith"', [(N, "Bob Smith")]),
        ("“Bob Smith”,me", [(N, "Bob Smith"), (How.ME, "me")]),
        ("Me", [(How.ME, "me")]),
        ("oncall:Billing", [(How.ON_CALL, "Billing")]),
        ('oncall:"Billing primary", <@U1>', [(How.ON_CALL, "Billing primary"), (M, "U1")]),
        ("oncall:“Billing primary”", [(How.ON_CALL, "Billing primary")]),
        ("OnCall:PSCHED1", [(How.ON_CALL, "PSCHED1")]),
        ("ep:PPOLICY", [(How.POLICY, "PPOLICY")]),
        ('ep:"Billing EP"', [(How.POLICY, "Billing EP")]),
        ("", []),
        (" , ; ", []),
        ('""', []),
        ("bob\u200b", [(N, "bob")]),
        ("O’Brien", [(N, "O'Brien")]),
        ("to <@U1> and Me", [(M, "U1"), (How.ME, "me")]),
        ('"to"', [(N, "to")]),
        ("<tel:1234567|123-4567>", [(N, "1234567")]),
    ],
)
def test_people_are_read(typed: str, named: list[tuple[How, str]]) -> None:
    assert parse(typed) == tuple(Named(how, value) for how, value in named)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("<!subteam^S1|@payments>", "@payments is a Slack user group"),
        ("<!channel>", "is a Slack user group"),
        ("ep:Billing <@U1>", "not to both"),
        ("ep:A ep:B", "not to both"),
        ("@ann", 'Slack did not link "@ann"'),
        ("&lt;@U1&gt;", "Slack did not link"),
        (" ".join(f"p{n}@x.com" for n in range(51)), "At most 50 people"),
    ],
)
def test_people_are_refused(typed: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        parse(typed)


@given(st.text(alphabet=st.sampled_from('<>|@!^SU1abc "“,;:&ep\n'), max_size=60))
def test_any_text_gives_people_or_a_sentence(text: str) -> None:
    try:
        parse(text)
    except UsageError as error:
        assert str(error).endswith(".")  # noqa: PT017  # both outcomes are fine
