"""Lines from a terminal, a pipe or a file, without a thread that outlives the program."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import TextIO

_AT_ONCE = 65_536


async def typed_lines(stream: TextIO) -> AsyncIterator[str]:
    """Give lines as they are typed, until the end of the input."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[bytes] = asyncio.Queue()
    descriptor = stream.fileno()

    def take() -> None:
        arrived.put_nowait(os.read(descriptor, _AT_ONCE))

    try:
        loop.add_reader(descriptor, take)
    except PermissionError:  # a regular file: it is never waited for
        for written in stream:
            yield written
        return
    rest = b""
    try:
        while data := await arrived.get():
            *whole, rest = (rest + data).split(b"\n")
            for line in whole:
                yield line.decode(errors="replace")
        if rest:
            yield rest.decode(errors="replace")
    finally:
        loop.remove_reader(descriptor)
