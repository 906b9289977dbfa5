# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Making, keeping and taking away a standby, put together for the module replication_standby."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._backup.room import room
from .._core.plan import Plan
from .._core.text import choice
from .._core.wait import Pace, demand
from .._edge.require import PSYCOPG
from .._edge.run import Operation, Report
from .._edge.spec import FENCE, into
from .._fence.fence import Fence, check
from .._postgres.model import Database
from .._postgres.operation_database import DATABASE
from . import markers
from .copying import rehearse
from .instance import local
from .joiner import Joiner
from .joining import Joining, Membership, Rehearsal
from .model import Local, Server
from .operation_server import ACTING, SERVER, bounds_of, demand_ours, described, instance_of
from .plan import REJOINED, plan_absent, plan_forgotten, plan_rejoined, plan_standby
from .replicated import remote

PRESENT, ABSENT, FORGOTTEN = "present", "absent", "forgotten"
STANDBY = {
    **SERVER,
    **ACTING,
    "primary": {"type": "dict", "required": True, "options": DATABASE},
    "state": {"type": "str", "choices": [PRESENT, REJOINED, ABSENT, FORGOTTEN], "default": PRESENT},
    "members": {"type": "list", "elements": "str", "default": []},
    "fence": {"type": "dict", "options": FENCE},
}
PLANS: Mapping[str, Callable[[Membership, Joining], Plan]] = {
    PRESENT: plan_standby,
    REJOINED: plan_rejoined,
    ABSENT: plan_absent,
    FORGOTTEN: plan_forgotten,
}


@dataclass(frozen=True)
class Request:
    """The standby, and the lock under which it is worked on."""

    membership: Membership
    fence: Fence | None


def _parse(params: Mapping[str, Any]) -> Request:
    demand_ours(params)
    membership = Membership(
        instance=instance_of(params),
        primary=into(Database, params["primary"]),
        slot=params["slot"] or "",
        environment=params["environment"],
        host=params["host"],
        state=choice(params["state"] or PRESENT, PLANS, "state"),
        bounds=bounds_of(params),
        confirm=params["confirm"] or "",
        members=tuple(params["members"] or ()),
    )
    return Request(membership, into(Fence, params["fence"]) if params.get("fence") else None)


def _read(request: Request) -> Joining:
    wanted = request.membership
    seen = Local(wanted.instance.data) if wanted.state == FORGOTTEN else local(wanted.instance)
    upstream = _settled(wanted)
    return Joining(
        local=seen,
        upstream=upstream,
        stamp=time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
        room=room(upstream.size, 0, seen.free),
        rehearsal=_rehearsal(wanted, seen, upstream),
        desired=markers.conninfo(wanted.primary, wanted.slot, Path(wanted.instance.data)),
    )


def _settled(wanted: Membership) -> Server:
    """The primary, once its control file knows the timeline on which it writes."""
    return demand(
        lambda: remote(wanted.primary),
        lambda seen: seen.settled or wanted.state != REJOINED,
        Pace(wanted.bounds.within, 0.5),
        waiting_for=f"the checkpoint of {wanted.primary.host} after its promotion",
        describe=lambda seen: f"timeline {seen.timeline}, not on disk yet; a CHECKPOINT there helps",
    )


def _rehearsal(wanted: Membership, seen: Local, upstream: Server) -> Rehearsal | None:
    """Only data that can follow no further by itself has to be rewound."""
    ours = seen.system_id == upstream.system_id and not upstream.in_recovery
    joins = wanted.state in (PRESENT, REJOINED) and seen.timeline != upstream.timeline
    return rehearse(wanted.instance, wanted.primary, seen) if ours and joins else None


def _apply(request: Request, found: Joining, plan: Plan) -> Report:
    Joiner(request.membership, found, lambda: check(request.fence) if request.fence else None).perform(plan)
    return _report(request, local(request.membership.instance), remote(request.membership.primary))


def _predict(request: Request, found: Joining) -> Report:
    return _report(request, found.local, found.upstream)


def _report(request: Request, seen: Local, upstream: Server) -> Report:
    slot = upstream.slot_named(request.membership.slot)
    return {
        **{name: value for name, value in described(seen).items() if name in ("role", "timeline", "lsn", "follows")},
        "lag_bytes": slot.standby.lag_bytes if slot and slot.standby else None,
        "confirm": request.membership.word,
    }


REPLICATION_STANDBY = Operation(
    parse=_parse,
    read=_read,
    plan=lambda request, found: PLANS[request.membership.state](request.membership, found),
    apply=_apply,
    predict=_predict,
    requires=(PSYCOPG,),
)
