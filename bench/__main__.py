"""`make bench`: the figures, each beside its reference. `python -m bench ack store`: some."""

import asyncio
import importlib
import inspect
import platform
import sys
import time

PARTS = (
    "ack",
    "start",
    "http_transport",
    "recognize",
    "rules",
    "store",
    "notifier",
    "postgres",
    "growth",
    "replicas",
    "cards",
)


def main() -> None:
    """Run the parts named, or all."""
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}")
    names = sys.argv[1:] or PARTS
    del sys.argv[1:]  # some parts take arguments of their own when run alone
    for name in names:
        print(f"\n== {name}", flush=True)
        started = time.monotonic()
        part = importlib.import_module(f"bench.{name}").main
        if inspect.iscoroutinefunction(part):
            asyncio.run(part())
        else:
            part()
        print(f"   ({time.monotonic() - started:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
