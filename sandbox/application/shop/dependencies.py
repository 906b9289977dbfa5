"""PostgreSQL and Redis, and a cheap answer to whether they work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, OperationalError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool
from redis.asyncio import Redis

from .configuration import Configuration

TIMEOUT = 0.8
PATIENCE = TIMEOUT / 2
"""For a connection of the pool: shorter than the whole check, as a pool whose caller is cancelled loses connections for good."""
CONNECT_S = 2
"""For one host: one that is switched off does not even refuse."""
RECONNECT = 5.0
"""After that the next caller makes the pool try afresh, instead of a pause that doubles for as long as the server is away."""
FRESH_FOR = 1.0
HEALTHY, UNHEALTHY, TIMED_OUT = "healthy", "unhealthy", "timeout"


class Writer(AsyncConnection[Any]):
    """A connection to whichever host of several takes writes.

    They are tried one by one: psycopg 3.1.7, which Debian 12 has, gives up where the first of them has no route.
    """

    @classmethod
    async def connect(cls, conninfo: str = "", **given: Any) -> AsyncConnection[Any]:  # type: ignore[override]  # takes them all
        *others, last = _each(conninfo)
        for one in others:
            with suppress(OperationalError):
                return await super().connect(one, **given)
        return await super().connect(last, **given)


def _each(conninfo: str) -> list[str]:
    """The same for each host alone; an address that names no ports has as many empty ones."""
    named = conninfo_to_dict(conninfo)
    hosts, ports = (str(named.get(name) or "").split(",") for name in ("host", "port"))
    paired = zip(hosts, ports * len(hosts) if len(ports) == 1 else ports, strict=True)
    return [make_conninfo(**{**named, "host": host, "port": port or None}) for host, port in paired]


@dataclass(frozen=True)
class Dependencies:
    """Both are connected in the background: a service starts, and says that it is unhealthy, while they are away."""

    database: AsyncConnectionPool
    redis: Any

    async def close(self) -> None:
        await self.database.close(timeout=2)
        await self.redis.close()


async def connect(configuration: Configuration) -> Dependencies:
    pool = AsyncConnectionPool(
        configuration.database_url,
        connection_class=Writer,
        kwargs={"connect_timeout": CONNECT_S},
        min_size=1,
        max_size=6,
        timeout=3,
        open=False,
        max_idle=60,
        reconnect_timeout=RECONNECT,
    )
    await pool.open(wait=False)
    return Dependencies(pool, Redis.from_url(configuration.redis_url, socket_connect_timeout=TIMEOUT, decode_responses=True))


class Check:
    """One dependency's state, asked at most once a second however often the health page is read."""

    def __init__(self, ask: Callable[[], Awaitable[object]]) -> None:
        self.ask = ask
        self.state = UNHEALTHY
        self.fresh_until = 0.0
        self.busy = asyncio.Lock()

    async def read(self) -> str:
        async with self.busy:
            if time.monotonic() >= self.fresh_until:
                self.state = await self.look()
                self.fresh_until = time.monotonic() + FRESH_FOR
        return self.state

    async def look(self) -> str:
        try:
            await asyncio.wait_for(self.ask(), TIMEOUT)
        except TimeoutError:
            return TIMED_OUT
        except Exception:  # whatever a driver raises, the dependency does not work
            return UNHEALTHY
        return HEALTHY


def checks_of(dependencies: Dependencies) -> dict[str, Check]:
    async def ask_database() -> None:
        async with dependencies.database.connection(timeout=PATIENCE) as connection:
            await connection.execute("SELECT 1")

    return {"database": Check(ask_database), "redis": Check(dependencies.redis.ping)}
