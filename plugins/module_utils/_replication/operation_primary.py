# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fencing, promoting and resuming a primary, put together for the module replication_primary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._backup.wal import lsn
from .._core.errors import InvalidInput
from .._core.plan import Plan
from .._core.text import choice, moment, shown
from .._edge.require import PSYCOPG
from .._edge.run import Operation, Report
from .._edge.spec import FENCE, into
from .._fence.fence import Fence, check
from .._postgres.model import Database
from .._postgres.operation_database import DATABASE
from .handover import PLANS, Scene, Switch
from .instance import local
from .model import Local, Proof
from .operation_server import ACTING, SERVER, bounds_of, demand_ours, described, instance_of
from .switcher import Switcher, answer, is_end, replayed

PRIMARY = {
    **SERVER,
    **ACTING,
    "slot": {"type": "str", "default": ""},
    "state": {"type": "str", "choices": ["fenced", "promoted", "resumed"], "required": True},
    "proof": {
        "type": "dict",
        "options": {
            "system_id": {"type": "str", "required": True},
            "timeline": {"type": "int", "required": True},
            "checkpoint": {"type": "str", "required": True},
        },
    },
    "primary": {"type": "dict", "options": DATABASE},
    "peers": {"type": "list", "elements": "dict", "options": DATABASE, "default": []},
    "lost": {"type": "str", "default": ""},
    "fence_command": {"type": "list", "elements": "str", "default": []},
    "fence": {"type": "dict", "options": FENCE},
}


@dataclass(frozen=True)
class Request:
    """The handover, and the lock under which it is done."""

    switch: Switch
    fence: Fence | None


def _parse(params: Mapping[str, Any]) -> Request:
    demand_ours(params)
    switch = Switch(
        instance=instance_of(params),
        environment=params["environment"],
        host=params["host"],
        state=choice(params["state"], PLANS, "state"),
        slot=params["slot"] or "",
        bounds=bounds_of(params),
        proof=_proof(params.get("proof")),
        primary=into(Database, params["primary"]) if params.get("primary") else None,
        peers=tuple(into(Database, one) for one in params["peers"] or ()),
        lost=params["lost"] or "",
        hook=tuple(params["fence_command"] or ()),
        confirm=params["confirm"] or "",
    )
    return Request(switch, into(Fence, params["fence"]) if params.get("fence") else None)


def _proof(given: Mapping[str, Any] | None) -> Proof | None:
    if not given:
        return None
    if not (given["system_id"].isascii() and given["system_id"].isdigit() and len(given["system_id"]) <= 20):
        raise InvalidInput(f"{shown(given['system_id'])} is not a system identifier: take the proof that state: fenced returned")
    if not 1 <= given["timeline"] < 2**31:
        raise InvalidInput(f"{given['timeline']} is not a timeline: they count from 1")
    return Proof(int(given["system_id"]), given["timeline"], lsn(given["checkpoint"]))


def _read(request: Request) -> Scene:
    wanted = request.switch
    seen, peers = local(wanted.instance), tuple(answer(peer) for peer in wanted.peers)
    if wanted.state == "promoted":
        seen = replayed(wanted, seen)
        return Scene(seen, is_end(wanted) if seen.system_id else False, answer(wanted.primary), peers)
    return Scene(seen, peers=peers)


def _apply(request: Request, found: Scene, plan: Plan) -> Report:
    switcher = Switcher(request.switch, found, lambda: check(request.fence) if request.fence else None)
    switcher.perform(plan)
    return _report(request, local(request.switch.instance), switcher.at)


def _report(request: Request, seen: Local, at: float = 0.0) -> Report:
    when = at or (seen.record.at if seen.record else 0.0)
    told = {name: value for name, value in described(seen).items() if name in ("role", "timeline", "lsn", "proof")}
    return {**told, "at": round(when, 3), "time": moment(when) if when else "", "confirm": request.switch.word}


REPLICATION_PRIMARY = Operation(
    parse=_parse,
    read=_read,
    plan=lambda request, found: PLANS[request.switch.state](request.switch, found),
    apply=_apply,
    predict=lambda request, found: _report(request, found.local),
    requires=(PSYCOPG,),
)
