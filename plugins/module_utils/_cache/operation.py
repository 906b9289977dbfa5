# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A scoped flush, put together for the module."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from .._core.errors import InvalidInput
from .._core.plan import Plan
from .._core.text import reason, seconds
from .._edge.require import REDIS
from .._edge.run import Operation, Report
from .._edge.spec import into
from .._fence.fence import Fence, check
from .._redis.model import Server
from . import redis
from .cluster import primaries
from .glob import checked, plain
from .model import ALWAYS, Flush, NotAPrimary, Primary, Tally, total
from .plan import plan
from .protected import refuse_protected
from .ready import objection


@dataclass(frozen=True)
class Request:
    """A flush, the fence under which it is done, and why protected keys may go, if they may."""

    flush: Flush
    fence: Fence | None = None
    reason: str = ""


def _parse(params: Mapping[str, Any]) -> Request:
    override = params["override_protected"]
    flush = Flush(
        server=into(Server, params),
        pattern=checked(params["pattern"]),
        protected=() if override else (*ALWAYS, *map(plain, params["protected"])),
        largest=params["largest"],
        confirm=params["confirm"] or "",
        timeout=seconds(params["timeout"], noun="timeout"),
    )
    refuse_protected(flush)
    return Request(
        flush, into(Fence, params["fence"]) if params["fence"] else None, reason(params["reason"] or "") if override else ""
    )


def _read(wanted: Request) -> tuple[Primary, ...]:
    return tuple(redis.counted(wanted.flush, primary) for primary in _found(wanted.flush))


def _found(flush: Flush) -> tuple[Primary, ...]:
    """The servers that hold the keys: the one that is named, or all primaries of its cluster."""
    standing = redis.standing(flush.server, flush.timeout)
    if standing.mode != "cluster":
        _demand_primary(flush.server, objection(standing))
        return (Primary(flush.server),)
    if flush.server.database:
        raise InvalidInput(f"a cluster has database 0 only, not {flush.server.database}")
    servers = primaries(redis.members(flush.server, flush.timeout), flush.server)
    for server in servers:
        _demand_primary(server, objection(redis.standing(server, flush.timeout)))
    return tuple(Primary(server, is_sharded=True) for server in servers)


def _demand_primary(server: Server, reason: str) -> None:
    if reason:
        raise NotAPrimary(f"{server.address} {reason}")


def _apply(wanted: Request, found: tuple[Primary, ...], planned: Plan) -> Report:
    done, begin = Tally(), time.monotonic()
    for step in planned.steps:
        done = done.plus(redis.flushed(wanted.flush, step.data, partial(_check, wanted.fence)))
    return _report(wanted, found, done, time.monotonic() - begin)


def _check(fence: Fence | None) -> None:
    if fence:
        check(fence)


def _report(wanted: Request, found: tuple[Primary, ...], done: Tally, took: float) -> Report:
    whole = total(found)
    return {
        "matched": whole.matched,
        "protected": whole.protected,
        "samples": list(whole.samples),
        "deleted": done.deleted,
        "seconds": round(took, 3),
        "keys_per_second": round(done.deleted / took) if took else 0,
        "primaries": [primary.server.address for primary in found],
        "reason": wanted.reason,
    }


FLUSH = Operation(
    parse=_parse,
    read=_read,
    plan=lambda wanted, found: plan(wanted.flush, found),
    apply=_apply,
    predict=lambda wanted, found: _report(wanted, found, Tally(), 0.0),
    requires=(REDIS,),
)
