"""A Slack on loopback: stateful and strict, for tests and for the demo.

It speaks wire formats only and knows nothing of the bot, so that a misunderstanding cannot agree
with itself:

- `slack`: the object that everybody uses; built up from `core` (state), `cast` (who is there),
  `people` and `talk` (what people and other bots do), `expect` (what tests wait for).
- `webapi`, `methods`: what the bot calls.
- `arguments`, `inspection`, `strict`, `blockkit`, `shapes`: what is refused.
- `delivery`, `socket_mode`, `http_mode`, `payloads`, `response_urls`: what the bot gets.
"""

from bot.sandbox.slack.delivery import ACK_TIMEOUT_SECONDS, RETRY_DELAYS_SECONDS
from bot.sandbox.slack.errors import NotPossibleError, NotSeenError, SlackError
from bot.sandbox.slack.expect import all_text
from bot.sandbox.slack.faults import Fault
from bot.sandbox.slack.records import Ack, Call, Channel, Delivery, Message, Refusal, User, View
from bot.sandbox.slack.slack import Slack

__all__ = [
    "ACK_TIMEOUT_SECONDS",
    "RETRY_DELAYS_SECONDS",
    "Ack",
    "Call",
    "Channel",
    "Delivery",
    "Fault",
    "Message",
    "NotPossibleError",
    "NotSeenError",
    "Refusal",
    "Slack",
    "SlackError",
    "User",
    "View",
    "all_text",
]
