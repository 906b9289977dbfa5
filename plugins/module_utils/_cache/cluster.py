# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The primaries of a Redis cluster, read from CLUSTER NODES."""

from __future__ import annotations

from dataclasses import replace

from .._core.errors import Refused, Unavailable
from .._core.text import listed
from .._redis.model import Server

SLOTS = 16384


def primaries(table: str, known: Server) -> tuple[Server, ...]:
    """The servers that own slots, reached with the credentials of the one that is known.

    Raises ``Unavailable`` if a part of the keys has no living owner, and ``Refused`` while slots move from one to another:
    a key that moves to a server that was already flushed would be missed.
    """
    rows = [line.split(" ") for line in table.splitlines() if line.strip()]
    owners = [row for row in rows if "master" in row[2].split(",") and len(row) > 8]
    moving = [row[1] for row in owners if any(slot.startswith("[") for slot in row[8:])]
    if moving:
        raise Refused(f"the cluster moves slots of {listed(map(_address, moving))}: wait until that is done, then flush")
    dead = [row[1] for row in owners if {"fail", "fail?", "noaddr"} & set(row[2].split(","))]
    owned = sum(_width(slot) for row in owners for slot in row[8:])
    if dead or owned < SLOTS:
        raise Unavailable(
            f"the cluster is not whole: {owned} of {SLOTS} slots have an owner, dead are {listed(map(_address, dead))}; "
            "mend it, then flush"
        )
    return tuple(_server(row[1], row[2], known) for row in owners)


def _address(column: str) -> str:
    """From ``10.0.0.1:6379@16379,name``; a node that knows no address of its own leaves it empty."""
    return column.partition("@")[0]


def _server(column: str, flags: str, known: Server) -> Server:
    host, _colon, port = _address(column).rpartition(":")
    is_self = "myself" in flags.split(",")
    return known if is_self else replace(known, host=host or known.host, port=int(port))


def _width(slots: str) -> int:
    first, _dash, last = slots.partition("-")
    return int(last or first) - int(first) + 1
