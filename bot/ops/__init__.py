"""Running the bot: checks, rehearsals, metrics, health."""
