# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Replicas as the modules return them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from .crew import Outcome
from .model import Replica

Row = dict[str, Any]


def row(replica: Replica) -> Row:
    """What both modules say of a replica."""
    return {
        "service": replica.service,
        "slot": replica.slot,
        "replica": replica.number,
        "name": replica.name,
        "container": replica.id,
        "port": replica.ports[0] if replica.ports else None,
        "release": replica.release,
        "version": replica.version,
        "state": replica.state,
    }


def after(replicas: Iterable[Replica], well: frozenset[str], outcome: Outcome) -> list[Row]:
    """Replicas with what was done to them; ``started_in_s`` is null for those that ran before."""
    seconds = {one.container.name: one.healthy_after for one in outcome.watched if one.healthy_after is not None}
    return [
        {
            **row(replica),
            "healthy": replica.state == "running" and (replica.name in seconds or replica.name in well),
            "started_in_s": round(seconds[replica.name], 3) if replica.name in seconds else None,
            "forced": replica.name in outcome.forced,
        }
        for replica in replicas
    ]


def told(replica: Replica, now: float) -> Row:
    """Everything about a replica that an operator asks for."""
    image, _, digest = replica.image.partition("@")
    is_running = replica.state == "running"
    return {
        **row(replica),
        "image": image,
        "digest": digest,
        "config": replica.config,
        "restart_policy": replica.policy,
        "restarts": replica.restarts,
        "exit_code": replica.exit_code,
        "oom_killed": replica.oom_killed,
        "started_at": _written(replica.started_at),
        "uptime_s": round(max(0.0, now - replica.started_at), 1) if is_running else 0.0,
    }


def _written(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)) if moment else ""
