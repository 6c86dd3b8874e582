"""Who the workspace and the app under test are."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Identity:
    """The names and secrets that the bot was set up with."""

    team_id: str
    domain: str
    app_id: str
    bot_user_id: str
    bot_id: str
    bot_name: str
    command: str
    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    signing_secret: str = field(repr=False)

    @property
    def web_url(self) -> str:
        """Give the workspace's address."""
        return f"https://{self.domain}.slack.com/"
