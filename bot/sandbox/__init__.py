"""A Slack and a PagerDuty on loopback: stateful, strict, and strangers to the rest of the bot."""
