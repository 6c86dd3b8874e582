"""The demo's page: plain HTML, CSS and JavaScript, served on loopback, and the hands behind it.

- `server`: who may ask, the files, the pushed state, and what the page does.
- `hands`: each thing that one can do on the page, as a person would in Slack or PagerDuty.
- `state`: everything that there is to see.
"""

from bot.sandbox.web.server import Page, PortTakenError

__all__ = ["Page", "PortTakenError"]
