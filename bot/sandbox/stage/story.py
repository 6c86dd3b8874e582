"""The story of the demo, told in the terminal."""

from bot.sandbox.stage.screen import Screen
from bot.sandbox.stage.stage import Stage


async def tell(stage: Stage, screen: Screen) -> bool:
    """Tell it; False when something that should have happened did not."""
    screen.say("…")
    return True
