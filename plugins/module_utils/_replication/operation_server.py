# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Argument spec of the server of this host, and how it becomes ours; every module of replication takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._backup.wal import lsn_text
from .._core.text import choice, seconds, within
from .model import MANAGERS, PROMOTING, REMOVED, Bounds, Instance, Local, ManagedElsewhere, Server, Slot, Standby

SERVER = {
    "data": {"type": "path", "required": True},
    "unit": {"type": "str", "default": ""},
    "config": {"type": "path", "default": ""},
    "binaries": {"type": "path", "default": ""},
    "user": {"type": "str", "default": "postgres"},
    "superuser": {"type": "str", "default": "postgres"},
    "timeout": {"type": "str", "default": "5m"},
}
ACTING = {
    "environment": {"type": "str", "required": True},
    "host": {"type": "str", "required": True},
    "managed_by": {"type": "str", "choices": ["none", "patroni"], "default": "none"},
    "slot": {"type": "str", "required": True},
    "lag_bytes": {"type": "int", "default": 16777216},
    "within": {"type": "str", "default": "10m"},
    "confirm": {"type": "str", "default": ""},
}


def instance_of(params: Mapping[str, Any]) -> Instance:
    """The server that the options name."""
    return Instance(
        data=(params["data"] or "").rstrip("/"),
        unit=params["unit"] or "",
        config=params["config"] or "",
        binaries=params["binaries"] or "",
        user=params["user"] or "",
        superuser=params["superuser"] or "",
        timeout=within("timeout in seconds", seconds(params["timeout"], noun="timeout"), 1, 86400),
    )


def bounds_of(params: Mapping[str, Any]) -> Bounds:
    lag = params["lag_bytes"]
    return Bounds(Bounds.lag if lag is None else lag, seconds(params["within"], noun="within"))


def demand_ours(params: Mapping[str, Any]) -> None:
    """Two that decide who is primary are one too many."""
    if choice(params["managed_by"] or "none", dict.fromkeys(MANAGERS), "manager of the cluster") != "none":
        raise ManagedElsewhere(
            "Patroni manages this cluster: it makes standbys and switches the primary itself, and would undo what is done here. "
            "Use patronictl; nothing was touched"
        )


def described(local: Local) -> dict[str, Any]:
    """The server as a module reports it."""
    seen = local.server
    proof = local.record.proof if local.record else None
    return {
        "role": local.role,
        "system_id": str(local.system_id) if local.system_id else "",
        "timeline": seen.timeline if seen else local.timeline,
        "state": local.state,
        "lsn": lsn_text(seen.position if seen else local.checkpoint),
        "fenced": local.fenced or local.armed,
        "removed": local.stage == REMOVED,
        "promoting": local.stage == PROMOTING,
        "proof": {"system_id": str(proof.system_id), "timeline": proof.timeline, "checkpoint": lsn_text(proof.checkpoint)}
        if proof
        else {},
        **_running(seen),
    }


def _running(seen: Server | None) -> dict[str, Any]:
    return {
        "received": lsn_text(seen.received) if seen else "",
        "streaming": bool(seen and seen.streaming),
        "follows": seen.upstream if seen else "",
        "slot": seen.slot if seen and seen.in_recovery else "",
        "delay_s": seen.delay if seen else None,
        "standbys": [_standby(one) for one in seen.standbys] if seen else [],
        "slots": [_slot(one) for one in seen.slots] if seen else [],
    }


def _standby(one: Standby) -> dict[str, Any]:
    return {
        "name": one.name,
        "state": one.state,
        "address": one.address,
        "replayed": lsn_text(one.replayed),
        "lag_bytes": one.lag_bytes,
        "lag_s": one.lag_seconds,
        "sync": one.sync,
    }


def _slot(one: Slot) -> dict[str, Any]:
    return {"name": one.name, "active": one.active, "kept_bytes": one.kept, "wal_status": one.wal_status}
