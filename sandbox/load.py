"""Customers of the shop: keep-alive and closing clients, GET and POST, at a steady rate over every router.

A line on standard input begins a phase with that name; its end ends the load, and one JSON object tells of every phase how many
requests there were, which failed and why, how long they took, and which versions answered. Whatever is not a 2xx answer counts
as failed: another status, a reset, a refusal, a timeout. A client that finds its idle connection closed before it sends opens
another one, as browsers do; one that is closed on after it has sent counts.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

TIMEOUT_S = 10.0
CLIENTS_PER_ROUTER = 16
ORDER = b'{"item": "book", "quantity": 1}'
GET = b"GET / HTTP/1.1\r\nHost: shop\r\n%s\r\n"
POST = b"POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: 31\r\n%s\r\n" + ORDER
CLOSING = b"Connection: close\r\n"
KINDS = ((GET, b""), (POST, b""), (GET, CLOSING), (GET, b""), (GET, b""), (POST, CLOSING), (GET, b""), (GET, b""))
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
VERSION = re.compile(rb'"version": *"([^"]+)"')


@dataclass
class Phase:
    """What became of the requests that were begun in a phase."""

    took: list[float] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0

    def fail(self, why: str) -> None:
        self.reasons[why] += 1
        if len(self.failures) < 20:
            self.failures.append(f"{time.strftime('%H:%M:%S')} {why}")

    def told(self) -> dict[str, object]:
        took = sorted(self.took) or [0.0]
        return {
            "count": len(self.took),
            "failed": sum(self.reasons.values()),
            "reasons": self.reasons,
            "failures": self.failures,
            "versions": self.versions,
            "rate": round(len(self.took) / max(self.ended - self.began, 0.001), 1),
            "p50_ms": round(took[len(took) // 2] * 1000, 1),
            "p99_ms": round(took[len(took) * 99 // 100] * 1000, 1),
            "slowest_ms": round(took[-1] * 1000, 1),
        }


class Load:
    """All clients together."""

    def __init__(self, routers: list[str], rate: float) -> None:
        self.phases: dict[str, Phase] = {}
        self.phase = self.begin("start")
        self.routers, self.pause = routers, CLIENTS_PER_ROUTER * len(routers) / rate

    def begin(self, name: str) -> Phase:
        for phase in self.phases.values():
            phase.ended = phase.ended or time.monotonic()
        self.phase = self.phases.setdefault(name, Phase())
        return self.phase

    async def run(self) -> None:
        customers = [Customer(self, router, *KINDS[n % len(KINDS)]) for router in self.routers for n in range(CLIENTS_PER_ROUTER)]
        tasks = [asyncio.create_task(each.shop(self.pause * n / len(customers))) for n, each in enumerate(customers)]
        while line := await asyncio.to_thread(sys.stdin.readline):
            self.begin(line.strip())
        for customer in customers:
            customer.goes_on = False
        await asyncio.gather(*tasks)
        self.begin("end")


class Customer:
    """One client, which sends one request after the other; late ones catch up, so the rate holds."""

    def __init__(self, load: Load, router: str, request: bytes, header: bytes) -> None:
        self.load, self.router, self.request, self.closes = load, router, request % header, bool(header)
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None
        self.goes_on = True

    async def shop(self, delay: float) -> None:
        due = time.monotonic() + delay
        while self.goes_on:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due = max(due + self.load.pause, time.monotonic() - 1)
            await self.ask()
        self.leave()

    async def ask(self) -> None:
        phase, began = self.load.phase, time.monotonic()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await self.exchange(phase)
        except (OSError, EOFError, TimeoutError) as error:
            phase.fail(f"{type(error).__name__} on {self.router}: {error}"[:120])
            self.leave()
        phase.took.append(time.monotonic() - began)

    async def exchange(self, phase: Phase) -> None:
        reader, writer = await self.connection()
        writer.write(self.request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        body = await reader.readexactly(int(length[1]) if length else 0)
        if head[9:10] != b"2":
            phase.fail(f"status {head[9:12].decode()} on {self.router}: {body[:120].decode(errors='replace')!r}")
        phase.versions.update(match.decode() for match in VERSION.findall(body))
        if self.closes or b"connection: close" in head.lower():
            self.leave()

    async def connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.reader is None or self.writer is None or self.reader.at_eof():
            self.leave()
            host, _, port = self.router.rpartition(":")
            self.reader, self.writer = await asyncio.open_connection(host, int(port))
        return self.reader, self.writer

    def leave(self) -> None:
        if self.writer:
            self.writer.close()
        self.reader = self.writer = None


if __name__ == "__main__":
    load = Load(sys.argv[2:], float(sys.argv[1]))
    asyncio.run(load.run())
    print(json.dumps({name: phase.told() for name, phase in load.phases.items() if phase.took}))
