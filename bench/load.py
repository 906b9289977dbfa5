# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests at a steady, modest rate until the input is closed; prints as JSON how many there were and how many failed.

Half of the clients keep their connection, half close it after each answer; half of the requests are orders. Whatever is no answer
of status 2xx counts as failed, and nothing is tried again.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ORDER = b'{"customer": "bench", "item": "book", "quantity": 1}'
PATIENCE = 10.0


@contextmanager
def load(addresses: list[str], rate: float) -> Iterator[Callable[[], dict[str, float]]]:
    """Load from a process of its own; afterwards the result tells ``requests``, ``failed`` and ``slowest``."""
    command = [sys.executable, __file__, str(rate), *addresses]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    told: dict[str, float] = {}
    try:
        yield lambda: told
    finally:
        told.update(json.loads(process.communicate()[0]))


class Client:
    """One customer at one entrance."""

    def __init__(self, address: str, keeps: bool, orders: bool) -> None:
        self.host, port = address.split(":")
        self.port, self.keeps = int(port), keeps
        self.request = self._request(orders)
        self.connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def _request(self, orders: bool) -> bytes:
        body = ORDER if orders else b""
        head = [
            f"{'POST /orders' if orders else 'GET /'} HTTP/1.1",
            "Host: shop",
            f"Connection: {'keep-alive' if self.keeps else 'close'}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join([*head, "", ""]).encode() + body

    async def ask(self) -> bool:
        """Whether it was answered well."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._exchange()
        except (OSError, EOFError, ValueError):
            self._leave()
            return False

    async def _exchange(self) -> bool:
        reader, writer = await self._connected()
        writer.write(self.request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        if not self.keeps or b"connection: close" in head:
            self._leave()
        return head.split()[1].startswith(b"2")

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.connection and self.connection[0].at_eof():
            self._leave()
        if not self.connection:
            self.connection = await asyncio.open_connection(self.host, self.port)
        return self.connection

    def _leave(self) -> None:
        if self.connection:
            self.connection[1].close()
        self.connection = None


async def run(rate: float, addresses: list[str]) -> dict[str, float]:
    clients = [Client(at, keeps, orders) for at in addresses for keeps in (True, False) for orders in (True, False)]
    stop, took, failed = asyncio.Event(), list[float](), list[float]()

    async def shop(client: Client) -> None:
        clock = asyncio.get_running_loop().time
        while not stop.is_set():
            began = clock()
            (failed, took)[await client.ask()].append(clock() - began)
            await asyncio.sleep(max(0.0, began + len(clients) / rate - clock()))

    tasks = [asyncio.create_task(shop(client)) for client in clients]
    await asyncio.to_thread(sys.stdin.read)
    stop.set()
    await asyncio.gather(*tasks)
    return {"requests": len(took) + len(failed), "failed": len(failed), "slowest": max(took, default=0.0)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(float(sys.argv[1]), sys.argv[2:]))))
