"""Keeping cards true: what they should show against what they show.

- `lines`, `snapshot`: what is kept of an incident and of a line of text, as JSON. Pure.
- `change`: what a reading changes on a card, and what its thread tells about it. Pure.
- `own`: the bot's own writes, so that they are not told twice when PagerDuty reports them.
- `keeper`: readings of an incident become what its cards should show.
- `painter`: lets Slack show it: one edit a second and card at most, the last state always.
- `poller`: compares open cards with PagerDuty; says so on them while it does not answer.
"""
