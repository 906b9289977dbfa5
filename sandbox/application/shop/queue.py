"""The job queue in Redis: a job is in one list or another at every moment, so a killed worker loses none.

The reliable-queue pattern of the Redis documentation: BLMOVE from the common list to the worker's own, LREM when it is done.
"""

from __future__ import annotations

from typing import Any

JOBS = "shop:jobs"
TAKEN = "shop:taken:"
HEARTBEAT = "shop:worker:"
REPEATED = "shop:repeated"
HEARTBEAT_SECONDS = 10


async def take_job(redis: Any, worker: str, timeout: float) -> str | None:
    job: str | None = await redis.blmove(JOBS, TAKEN + worker, timeout, "RIGHT", "LEFT")
    return job


async def waiting(redis: Any) -> int:
    return int(await redis.llen(JOBS))


async def finish_job(redis: Any, worker: str, job: str) -> None:
    await redis.lrem(TAKEN + worker, 1, job)


async def count_repeated(redis: Any) -> None:
    """A job was done whose result was there already."""
    await redis.incr(REPEATED)


async def give_back(redis: Any, worker: str) -> int:
    """Returns the jobs that a worker took and did not finish, oldest first in line."""
    moved = 0
    while await redis.lmove(TAKEN + worker, JOBS, "LEFT", "RIGHT") is not None:
        moved += 1
    return moved


async def give_back_of_the_dead(redis: Any) -> int:
    """A worker without a heartbeat is dead; doing its job a second time is harmless, because jobs are idempotent."""
    moved = 0
    async for key in redis.scan_iter(match=f"{TAKEN}*"):
        worker = key.removeprefix(TAKEN)
        if not await redis.exists(HEARTBEAT + worker):
            moved += await give_back(redis, worker)
    return moved


async def beat(redis: Any, worker: str, text: str) -> None:
    await redis.set(HEARTBEAT + worker, text, ex=HEARTBEAT_SECONDS)


async def stop_beating(redis: Any, worker: str) -> None:
    await redis.delete(HEARTBEAT + worker)
