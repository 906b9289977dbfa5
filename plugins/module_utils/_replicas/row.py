# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A replica as both modules return it."""

from __future__ import annotations

import time
from typing import Any

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


def told(replica: Replica, now: float) -> Row:
    """Everything about a replica that an operator asks for."""
    image, _at, digest = replica.image.partition("@")
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
