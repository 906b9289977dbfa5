# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What modules return of a cluster."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .model import LEADERS, Cluster, Member

SECRET = re.compile(r"pass(word|phrase|wd)|secret|token|credential|(access|private|api)_?key", re.IGNORECASE)
IN_TEXT = re.compile(
    r"((?:pass(?:word|phrase|wd)|secret|token)\w*\s*[=:]\s*)('[^']*'|\S+)|(://[^/\s:@]*:)[^@\s]+(?=@)", re.IGNORECASE
)
HIDDEN = "********"


def cluster_told(cluster: Cluster, lags: Mapping[str, int | None]) -> dict[str, Any]:
    return {
        "scope": cluster.scope,
        "leader": leader_told(cluster),
        "members": [member_told(one, lags.get(one.name)) for one in cluster.members],
        "paused": cluster.is_paused,
        "scheduled_switchover": dict(cluster.scheduled),
        "synchronous": cluster.is_synchronous,
        "configuration": masked(cluster.configuration),
    }


def leader_told(cluster: Cluster) -> str:
    return next((one.name for one in cluster.members if one.role in LEADERS), "")


def member_told(one: Member, lag: int | None) -> dict[str, Any]:
    """``state`` and ``timeline`` are the member's own word where it answers."""
    return {
        "name": one.name,
        "role": one.role,
        "state": one.said.state if one.said else one.state,
        "timeline": one.said.timeline if one.said else one.timeline,
        "lag": lag,
        "host": one.host,
        "port": one.port,
        "tags": masked(one.tags),
        "pending_restart": one.pending_restart,
        "answers": one.said is not None,
        "version": one.said.version if one.said else "",
    }


def masked(value: Any) -> Any:
    """The same with whatever looks like a secret hidden: a setting is free to hold one, such as in a connection string."""
    if isinstance(value, Mapping):
        return {str(key): HIDDEN if SECRET.search(str(key)) and one else masked(one) for key, one in value.items()}
    if isinstance(value, list):
        return [masked(one) for one in value]
    return IN_TEXT.sub(lambda found: f"{found[1] or found[3]}{HIDDEN}", value) if isinstance(value, str) else value
