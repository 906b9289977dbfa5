"""WebSockets by hand, RFC 6455: replicas that keep them open, and clients that connect again at once when they are cut."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
UPGRADE = (
    "GET /ws HTTP/1.1\r\nHost: shop\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\n\r\n"
)
BROKEN = (OSError, asyncio.IncompleteReadError, ValueError, IndexError)


def accepted(key: str) -> str:
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def frame(payload: bytes) -> bytes:
    """A short text that is not masked, as servers send it."""
    return bytes((0x81, len(payload))) + payload


async def header(reader: asyncio.StreamReader) -> dict[str, str]:
    """Header fields in lower case, and the first line under no name."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    return {"": lines[0], **{name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}}


async def serve(name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Health, short requests, and WebSockets that say who they are and stay until somebody ends them."""
    with suppress(*BROKEN):
        while True:
            asked = await header(reader)
            if key := asked.get("sec-websocket-key"):
                writer.write(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    f"Sec-WebSocket-Accept: {accepted(key)}\r\n\r\n".encode()
                    + frame(name.encode())
                )
                await reader.read()
                break
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(name)}\r\n\r\n{name}".encode())
    writer.close()


@dataclass
class Crowd:
    """Clients of one port. ``welcomes`` are (moment, client, server) in order, ``cuts`` are (moment, client).

    ``late`` is by how many seconds a moment may have been noticed too late, as the machine was busy.
    """

    port: int
    welcomes: list[tuple[float, int, str]] = field(default_factory=list)
    cuts: list[tuple[float, int]] = field(default_factory=list)
    requests: int = 0
    failed: list[str] = field(default_factory=list)
    late: float = 0.0
    over: bool = False

    @property
    def now_on(self) -> dict[int, str]:
        """The server on which each client was last welcomed."""
        return {client: server for _moment, client, server in self.welcomes}

    async def stay(self, client: int) -> None:
        while not self.over:
            try:
                await self._connected(client)
            except BROKEN as error:
                self.failed.append(f"client {client}: {error!r}")
                await asyncio.sleep(0.1)

    async def _connected(self, client: int) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(UPGRADE.format(key).encode())
        told = await header(reader)
        if told.get("sec-websocket-accept") != accepted(key):
            raise ValueError(told[""])
        size = (await reader.readexactly(2))[1]
        self.welcomes.append((time.monotonic(), client, (await reader.readexactly(size)).decode()))
        with suppress(ConnectionError):
            await reader.read()
        if not self.over:
            self.cuts.append((time.monotonic(), client))
        writer.close()

    async def watch(self) -> None:
        while not self.over:
            began = time.monotonic()
            await asyncio.sleep(0.01)
            self.late = max(self.late, time.monotonic() - began - 0.01)

    async def ask(self) -> None:
        """Short requests beside them, each on a connection of its own."""
        while not self.over:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(b"GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
                told = await reader.read()
                if not told.startswith(b"HTTP/1.1 200 "):
                    self.failed.append(f"request: {told[:40]!r}")
                writer.close()
            except OSError as error:
                self.failed.append(f"request: {error!r}")
            self.requests += 1
            await asyncio.sleep(0.02)


class Loop:
    """An event loop in a thread of its own, which holds its tasks: asyncio itself would let go of those that only wait."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def start(self, *works: Coroutine[None, None, None]) -> None:
        for work in works:
            self._loop.call_soon_threadsafe(self._hold, work)

    def _hold(self, work: Coroutine[None, None, None]) -> None:
        self._tasks.add(self._loop.create_task(work))

    def listen(self, name: str, port: int) -> None:
        def serve_held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._hold(serve(name, reader, writer))

        listening = asyncio.start_server(serve_held, "127.0.0.1", port, backlog=2048)
        self._listening = asyncio.run_coroutine_threadsafe(listening, self._loop).result(5)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@contextmanager
def crowd(port: int, replicas: dict[str, int], size: int, route: Callable[[], object]) -> Iterator[Crowd]:
    """Replicas at these ports, and so many clients of this port that ``route`` leads there, connected when the block begins."""
    servers, clients, made = Loop(), Loop(), Crowd(port)
    for name, own in replicas.items():
        servers.listen(name, own)
    try:
        route()
        clients.start(*(made.stay(number) for number in range(size)))
        ends = time.monotonic() + 60
        while len(made.now_on) < size and time.monotonic() < ends:
            time.sleep(0.02)
        assert len(made.now_on) == size, made.failed[:5]
        clients.start(made.watch(), made.ask())
        yield made
    finally:
        made.over = True
        clients.stop()
        servers.stop()
