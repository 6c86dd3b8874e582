"""Slack's wire.

`text`, `blocks`, `cards`, `views` and `payloads` are pure: neutral words of `bot.model` in, Slack's
JSON out, and the other way round. They never send. Everything else here knows Bolt and the SDK.
"""
