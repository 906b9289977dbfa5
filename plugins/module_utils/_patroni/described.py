# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Patroni says of a cluster and its members, as our own words; another shape is an error of the address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .model import Cluster, Member, Said

PRIMARY = frozenset({"master", "primary"})


def cluster(document: Mapping[str, Any]) -> Cluster:
    """An answer to ``GET /cluster``."""
    return Cluster(
        members=tuple(member(one) for one in sorted(document["members"], key=lambda one: str(one["name"]))),
        is_paused=bool(document.get("pause", False)),
        scheduled={str(key): str(value) for key, value in document.get("scheduled_switchover", {}).items()},
    )


def member(document: Mapping[str, Any]) -> Member:
    return Member(
        name=str(document["name"]),
        role=str(document["role"]),
        state=str(document["state"]),
        api_url=str(document.get("api_url") or ""),
        host=str(document.get("host", "")),
        port=int(document.get("port", 0)),
        timeline=int(document.get("timeline", 0)),
        tags=dict(document.get("tags", {})),
        pending_restart=bool(document.get("pending_restart", False)),
    )


def said(document: Mapping[str, Any]) -> Said:
    """An answer to ``GET /patroni``. One that is not running still calls itself what it was last, so that does not count."""
    wal = document.get("xlog") or {}
    state = str(document["state"])
    return Said(
        state=state,
        is_primary=state == "running" and document["role"] in PRIMARY,
        timeline=int(document.get("timeline") or 0),
        written=int(wal.get("location") or 0),
        received=int(wal.get("received_location") or 0),
        replayed=int(wal.get("replayed_location") or 0),
        followers=frozenset(
            str(one["application_name"]) for one in document.get("replication") or () if one["state"] == "streaming"
        ),
        is_streaming=document.get("replication_state") == "streaming",
        is_paused=bool(document.get("pause", False)),
        started=str(document.get("postmaster_start_time") or ""),
        scope=str(document["patroni"]["scope"]),
        system=str(document.get("database_system_identifier", "")),
        version=str(document["patroni"]["version"]),
    )
