"""PagerDuty's wire.

- `regions`: the only host names of the code.
- `wire` builds requests, `answers` reads what comes back: both without any I/O.
- `http_errors`: the one function that turns an answer into an exception of `bot.errors`.
- `client`: one HTTP connection pool with its rules (size, time, secrets, retries, paging).
- `incidents`, `directory`: what `bot.ports` asks for; `rest` puts them together.
- `events`: Events API v2; `webhooks`: what PagerDuty sends to us.
"""
