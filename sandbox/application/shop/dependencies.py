"""PostgreSQL and Redis, and a cheap answer to whether they work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from psycopg_pool import AsyncConnectionPool
from redis.asyncio import Redis

from .configuration import Configuration

TIMEOUT = 0.8
PATIENCE = TIMEOUT / 2
"""For a connection of the pool: shorter than the whole check, as a pool whose caller is cancelled loses connections for good."""
RECONNECT = 5.0
"""After that the next caller makes the pool try afresh, instead of a pause that doubles for as long as the server is away."""
FRESH_FOR = 1.0
HEALTHY, UNHEALTHY, TIMED_OUT = "healthy", "unhealthy", "timeout"


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
        configuration.database_url, min_size=1, max_size=6, timeout=3, open=False, max_idle=60, reconnect_timeout=RECONNECT
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
