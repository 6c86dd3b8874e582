"""`link` and `unlink` change nothing, and say in whose hands it is."""

from pathlib import Path

from tests.e2e.world import World, world


async def test_link_never_links_but_says_what_the_admin_has_to_write(here: World) -> None:
    said = await here.pd("link ann@example.com", here.eve)

    assert "an address that somebody types is no proof that it is theirs" in said
    assert 'U0EVE = "ann@example.com"' in said
    assert "I don't know your PagerDuty user" in await here.pd("whoami", here.eve)


async def test_link_says_who_one_is_and_what_is_missing(here: World) -> None:
    assert "to PagerDuty you are Ann Archer (ann@example.com)" in await here.pd("link")
    assert "PagerDuty has no user with your e-mail address" in await here.pd("link", here.eve)
    assert "no user with the address zed@x.org" in await here.pd("link zed@x.org", here.eve)
    assert "link takes one e-mail address" in await here.pd("link me please", here.eve)
    assert "You are linked already: to PagerDuty" in await here.pd("link ANN@example.com")
    assert "You are not linked to a PagerDuty user." in await here.pd("unlink", here.eve)
    assert "unlink takes nothing" in await here.pd("unlink @bob")


async def test_unlink_says_in_whose_hands_it_is(tmp_path: Path) -> None:
    file = tmp_path / "people.toml"
    file.write_text('[people]\nU0EVE = "bob@example.com"\n')
    async with world(tmp_path, environ={"PDBOT_PEOPLE": str(file)}) as here:
        by_address, by_file = await here.pd("unlink"), await here.pd("unlink", here.eve)

        assert "I cannot unlink you by myself: to PagerDuty you are Ann Archer" in by_address
        assert "because it is your e-mail address in Slack. It ends when your address" in by_address
        assert "to PagerDuty you are Bob Breuer (bob@example.com)" in by_file
        assert "your admin has to take out this line" in by_file
        assert 'U0EVE = "bob@example.com"' in by_file
        assert "Your admin's file of people says so." in await here.pd("link", here.eve)
