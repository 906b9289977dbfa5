# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Replicas with what was done to them."""

from __future__ import annotations

from collections.abc import Iterable

from .crew import Outcome
from .model import Replica
from .row import Row, row


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
