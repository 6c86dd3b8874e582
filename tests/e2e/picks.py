"""The buttons of a pick-list below an answer."""

from bot.sandbox.slack import Message, all_text
from tests.e2e.world import CHANNEL, World


def picks(message: Message) -> dict[str, str]:
    """Give the pick buttons below an answer: label -> value."""
    found: dict[str, str] = {}
    for block in message["blocks"]:
        for element in block.get("elements", []):
            if element.get("action_id") == "pick":
                found[element["text"]["text"]] = element["value"]
    return found


async def press(here: World, message: Message, label: str) -> str:
    await here.click(message, "pick", picks(message)[label])
    return all_text(await here.slack.expect_ephemeral(here.ann, CHANNEL))
