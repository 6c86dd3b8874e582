"""pdbot: a self-hosted Slack bot for PagerDuty.

Where things live, and who may know whom:

- `model`, `ports`, `errors`, `clock`, `tasks`, `telemetry`, `waits`, `forwarding`: shared by
  everybody; standard library only.
- `actions`: what a responder can do. Knows neither Slack nor HTTP.
- `conversation`: one invocation from parse to answer: identity, policy, action, audit;
  `recollection`: what it has seen of each incident before changing it; `failures`: what the
  caller reads when something was not done.
- `identity`, `policy`: who is this person, and may they do this here?
- `slack`: Slack's wire. `pagerduty`: PagerDuty's wire.
- `cards`: keeps cards true. `notifier`: job messages become alerts. `store`: what must survive.
- `ops`: running it. `sandbox`: a Slack and a PagerDuty on loopback; imports nothing of the bot.
- `app` introduces them to one another; `cli` starts it.

`slack`, `pagerduty`, `notifier`, `cards`, `store` and `sandbox` are strangers to one another.
"""

__version__ = "0.1.0"
