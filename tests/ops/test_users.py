"""`pdbot users`: which Slack users have no PagerDuty user."""

import io
import json

from bot.ops.users import users
from bot.sandbox.slack import Fault
from tests.ops.operator import Operator


async def printed(here: Operator, **options: bool) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = await users(here.environ, out=out, err=err, folder=here.folder, **options)
    return code, out.getvalue(), err.getvalue()


async def test_everybody_is_mapped(here: Operator) -> None:
    assert await printed(here) == (0, "1 of 1 people have a PagerDuty user.\n", "")


async def test_members_without_a_user_are_listed_and_nobody_else(here: Operator) -> None:
    here.slack.add_user("eve", email="eve@example.com", id="U0EVE")
    here.slack.add_user("max", id="U0MAX")
    here.slack.add_user("guest", email="guest@example.com", is_restricted=True)
    here.slack.add_user("gone", email="gone@example.com", deleted=True)

    code, out, _ = await printed(here)

    assert code == 0
    assert "U0EVE        eve  eve@example.com" in out
    assert "U0MAX        max  (no address in Slack)" in out
    assert "guest" not in out
    assert "gone" not in out
    assert "PDBOT_PEOPLE" in out


async def test_json_has_an_object_a_line(here: Operator) -> None:
    here.slack.add_user("eve", email="eve@example.com", id="U0EVE")

    _, out, _ = await printed(here, as_json=True)

    assert json.loads(out) == {
        "slack_user_id": "U0EVE",
        "name": "eve",
        "email": "eve@example.com",
    }


async def test_people_file_maps(here: Operator) -> None:
    here.slack.add_user("eve", email="eve@example.com", id="U0EVE")
    path = here.write("p.toml", '[people]\nU0EVE = "bot@example.com"')
    here.environ["PDBOT_PEOPLE"] = str(path)

    assert "2 of 2" in (await printed(here))[1]


async def test_slack_that_refuses_is_told(here: Operator) -> None:
    here.slack.faults.add(Fault("users.list", error="missing_scope", times=None))

    code, out, err = await printed(here)

    assert (code, out) == (1, "")
    assert "missing_scope" in err
    assert "pdbot check" in err


async def test_many_pages_are_read(here: Operator) -> None:
    for number in range(450):
        here.slack.add_user(f"p{number}", email=f"p{number}@example.com")

    assert "1 of 451 people" in (await printed(here))[1]


async def test_wrong_key_tells_its_reader_what_to_do(here: Operator) -> None:
    here.environ["PAGERDUTY_API_TOKEN"] = "wrong-key"

    code, _, err = await printed(here)

    assert code == 1
    assert "Copy a REST API key whole" in err
    assert "administrator" not in err
