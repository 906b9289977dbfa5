# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything that is said to Redis for a flush."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

with suppress(ImportError):
    from redis.exceptions import ConnectionError as RedisConnectionError
    from redis.exceptions import NoPermissionError, ReadOnlyError, RedisError
    from redis.exceptions import TimeoutError as RedisTimeoutError

from .._core.errors import Failed, MainstayError, Unavailable
from .._redis.connection import connect, is_shut_out
from .._redis.model import Server
from .glob import glob, may_share
from .model import Flush, NotAPrimary, Primary, Standing, Tally, printable
from .pace import Stride
from .script import COUNT, FLUSH, FLUSH_SINGLY, SAMPLES, SLICE, guards

RIGHTS = "INFO, PING, SCAN, UNLINK, EVAL, EVALSHA and SCRIPT LOAD"


def standing(server: Server, timeout: float) -> Standing:
    """Role, mode and version of a server."""
    with _said(server), connect(server, timeout) as client:
        told: dict[str, Any] = {**client.info("server"), **client.info("replication")}
    primary = f"{told.get('master_host')}:{told.get('master_port')}" if "master_host" in told else ""
    return Standing(told["role"], told.get("redis_mode", "standalone"), str(told["redis_version"]), primary)


def members(server: Server, timeout: float) -> str:
    """The table of a cluster's nodes, as any of them tells it."""
    with _said(server), connect(server, timeout) as client:
        client.set_response_callback("CLUSTER NODES", lambda told, **_: told)
        table: bytes = client.execute_command("CLUSTER NODES")
    return table.decode()


def counted(wanted: Flush, primary: Primary) -> Primary:
    """The primary with what it holds of the pattern."""
    return replace(primary, tally=_swept(wanted, primary, COUNT, lambda: None))


def flushed(wanted: Flush, primary: Primary, before_slice: Callable[[], None]) -> Tally:
    """Delete what matches; ``before_slice`` may raise to stop it."""
    return _swept(wanted, primary, FLUSH_SINGLY if primary.is_sharded else FLUSH, before_slice)


def _swept(wanted: Flush, primary: Primary, mode: str, before_slice: Callable[[], None]) -> Tally:
    tally, cursor = Tally(), b"0"
    with connect(primary.server, wanted.timeout) as client:
        with _said(primary.server):
            run, stride = _prepared(client, wanted, mode), Stride(_round_trip(client))
        while True:
            before_slice()
            begin = time.perf_counter()
            with _said(primary.server, tally):
                cursor, more = run(cursor, stride.count)
            tally, stride = tally.plus(more), stride.after(time.perf_counter() - begin)
            if cursor == b"0":
                return tally


def _prepared(client: Any, wanted: Flush, mode: str) -> Callable[[bytes, int], tuple[bytes, Tally]]:
    script = client.register_script(SLICE)
    protected = guards([glob(other) for other in wanted.protected if may_share(wanted.pattern, other)])
    samples = SAMPLES if mode == COUNT else 0

    def run(cursor: bytes, count: int) -> tuple[bytes, Tally]:
        after, matched, kept, gone, some = script(args=[cursor, wanted.pattern, count, mode, samples, *protected])
        return after, Tally(matched, kept, gone, tuple(printable(key) for key in some))

    return run


def _round_trip(client: Any) -> float:
    """The quickest of a few."""
    times = []
    for _attempt in range(3):
        begin = time.perf_counter()
        client.ping()
        times.append(time.perf_counter() - begin)
    return min(times)


@contextmanager
def _said(server: Server, done: Tally | None = None) -> Iterator[None]:
    """Turns what the library raises into an error of ours, which tells how far the flush got."""
    try:
        yield
    except RedisError as error:
        raise _fault(error, server, {"deleted": done.deleted} if done else {}) from error


def _fault(error: RedisError, server: Server, details: dict[str, Any]) -> MainstayError:
    text = " ".join(str(error).split())[:300]
    if isinstance(error, ReadOnlyError) or "READONLY" in text:
        return NotAPrimary(f"{server.address} has become a replica and takes no writes: flush its primary", **details)
    if is_shut_out(error):
        return Failed(f"{server.address} let us not in ({text}): check username and password", **details)
    if isinstance(error, RedisConnectionError | RedisTimeoutError):
        return Unavailable(f"{server.address} did not answer ({text}); see whether it runs, then run it again", **details)
    if isinstance(error, NoPermissionError):
        return Failed(f"{server.address} refused ({text}): the user needs {RIGHTS}", **details)
    return Failed(f"{server.address} refused ({text}); look at its log, then run it again", **details)
