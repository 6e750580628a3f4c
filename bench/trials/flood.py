"""Send gates bad tokens at a pace, over many connections.

`RATE PORT …`; ends with standard input. Prints how many were sent, how many were refused, and
the seconds that it took. What a gate does not keep up with waits here, as it would in a network.
"""

import asyncio
import json
import sys
import time

from bench.trials.world import token

LINES_EACH = 64
# A gate hangs up on who sends more ahead of its answers; those who flood it know that.
MOST_AHEAD = 6
TICK_SECONDS = 0.01
BODY = json.dumps({"program": "measured-1", "status": "running"})


class _Line(asyncio.Protocol):
    def __init__(self) -> None:
        self.sent = self.refused = 0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.refused += data.count(b"HTTP/1.1 4")

    def send(self, most: int) -> int:
        """Send so many, or as many as it may; return how many."""
        if self.transport is None or self.transport.is_closing():
            return 0
        count = min(most, MOST_AHEAD - (self.sent - self.refused))
        self.transport.write("".join(_question() for _ in range(count)).encode())
        self.sent += count
        return count


def _question() -> str:
    return (
        f"POST /v1/lease HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer {token()}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n{BODY}"
    )


async def _run(rate: int, ports: list[int]) -> None:
    loop = asyncio.get_running_loop()
    lines = [
        (await loop.create_connection(_Line, "127.0.0.1", port))[1]
        for _ in range(LINES_EACH)
        for port in ports
    ]
    ended = loop.run_in_executor(None, sys.stdin.read)
    began, sent = time.monotonic(), 0
    while not ended.done():
        due = int((time.monotonic() - began) * rate) - sent
        share = -(-due // len(lines))
        for line in lines:
            due -= (count := line.send(max(0, min(share, due))))
            sent += count
        await asyncio.sleep(TICK_SECONDS)
    refused = sum(line.refused for line in lines)
    print(sent, refused, round(time.monotonic() - began, 2))


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1]), [int(port) for port in sys.argv[2:]]))
