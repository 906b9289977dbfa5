"""The worker: takes jobs from Redis and writes their results to PostgreSQL, each exactly once."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import Counter, Gauge
from psycopg import Error as DatabaseError
from psycopg_pool import PoolTimeout
from redis.exceptions import RedisError

from . import queue
from .dependencies import Check, Dependencies
from .logs import now
from .release import Release
from .state import State

BEAT_SECONDS = 2.0
REAP_SECONDS = 5.0
RETRY_SECONDS = 1.0
TROUBLE = (RedisError, DatabaseError, PoolTimeout, OSError)
DONE = Counter("shop_jobs_done", "Jobs whose result was written", ["version"])
FAILED = Counter("shop_jobs_failed", "Jobs that were dropped because they could not be done", ["version"])
BEAT = Gauge("shop_worker_heartbeat_seconds", "When the last heartbeat was written")
WAITING = Gauge("shop_jobs_waiting", "Jobs that nobody has taken yet")
# A result that is already there is left alone: that makes a second delivery of a job harmless.
RECORD = "INSERT INTO receipts (job_id, order_id, worker) VALUES (%s, %s, %s) ON CONFLICT (job_id) DO NOTHING"


class Worker:
    def __init__(self, release: Release, dependencies: Dependencies, state: State, name: str) -> None:
        self.release, self.dependencies, self.state, self.name = release, dependencies, state, name
        for counter in (DONE, FAILED):
            counter.labels(release.version)  # shows 0 before the first job
        self.done = 0
        self.last_beat = 0.0
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self, _application: web.Application) -> None:
        loops = (self.work, self.beat, self.reap)
        self.tasks = [asyncio.create_task(self.repeat(each)) for each in loops]

    async def stop(self, _application: web.Application) -> None:
        """The job in hand is finished, the heart stops last."""
        self.state.stopping = True
        await asyncio.wait(self.tasks[:1], timeout=10)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        try:
            await queue.give_back(self.dependencies.redis, self.name)
            await queue.stop_beating(self.dependencies.redis, self.name)
        except TROUBLE as why:
            logging.warning("jobs in hand are left to the next worker: %s", type(why).__name__)

    async def repeat(self, once: Callable[[], Awaitable[None]]) -> None:
        """A dependency that is away for a while must not end the worker."""
        while not self.state.stopping:
            try:
                await once()
            except TROUBLE as why:
                logging.warning("%s failed, trying again: %s", once.__name__, type(why).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def work(self) -> None:
        """Waits for one job and does it; the wait is short, so that a stop is noticed."""
        job = await queue.take_job(self.dependencies.redis, self.name, timeout=1)
        if job is None:
            return
        try:
            await self.record(job)
        except TROUBLE:
            await queue.give_back(self.dependencies.redis, self.name)
            raise
        await queue.finish_job(self.dependencies.redis, self.name, job)

    async def record(self, job: str) -> None:
        try:
            wanted = json.loads(job)
            row = (str(wanted["id"]), int(wanted["order"]), self.name)
        except (ValueError, KeyError, TypeError):
            logging.error("a job that nobody can read was dropped")
            FAILED.labels(self.release.version).inc()
            return
        if self.release.fault == "drops-jobs":
            FAILED.labels(self.release.version).inc()
            return
        async with self.dependencies.database.connection() as connection:
            written = await connection.execute(RECORD, row)
        if not written.rowcount:
            await queue.count_repeated(self.dependencies.redis)
        self.done += 1
        DONE.labels(self.release.version).inc()

    async def beat(self) -> None:
        seen = {"version": self.release.version, "seen_at": now(), "done": self.done}
        await queue.beat(self.dependencies.redis, self.name, json.dumps(seen))
        WAITING.set(await queue.waiting(self.dependencies.redis))
        BEAT.set_to_current_time()
        self.last_beat = time.monotonic()
        await asyncio.sleep(BEAT_SECONDS)

    async def reap(self) -> None:
        moved = await queue.give_back_of_the_dead(self.dependencies.redis)
        if moved:
            logging.info("gave back %d jobs of workers that died", moved)
        await asyncio.sleep(REAP_SECONDS)

    def heartbeat_check(self) -> Check:
        async def ask() -> None:
            if time.monotonic() - self.last_beat > queue.HEARTBEAT_SECONDS:
                raise RuntimeError("no heartbeat could be written")

        return Check(ask)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/", self.greet)]

    async def greet(self, _request: web.Request) -> web.Response:
        return web.json_response({"service": "worker", "version": self.release.version, "replica": self.name, "done": self.done})
