# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Predicates over servers and their standbys."""

from __future__ import annotations

from .model import Bounds, Local, Proof, Server, Standby

RECORD = 512
"""More bytes than the record of a checkpoint takes, with the headers of the pages on which it may lie."""


def caught_up(server: Server, slot: str, bounds: Bounds) -> bool:
    """Whoever uses the slot streams, and is no farther behind than allowed."""
    found = connected(server, slot)
    return found is not None and found.state == "streaming" and found.lag_bytes <= bounds.lag


def connected(server: Server, slot: str) -> Standby | None:
    found = server.slot_named(slot)
    return found.standby if found else None


def lag_told(server: Server, slot: str) -> str:
    """How far behind the standby of the slot is, in words."""
    found = connected(server, slot)
    if found is None:
        return f"nobody is connected to the slot {slot}"
    seconds = "" if found.lag_seconds is None else f" and {found.lag_seconds:.1f} s"
    return f"{found.name} is {found.state} and {found.lag_bytes} bytes{seconds} behind"


def has_replayed(server: Server | None, proof: Proof) -> bool:
    """The record of the last checkpoint is replayed: what was replayed ends behind its beginning."""
    return server is not None and server.position > proof.checkpoint


def has_gone_on(server: Server, proof: Proof) -> bool:
    """Somebody was primary behind that end: there is more log than the record of that checkpoint, or a later timeline."""
    return server.timeline > proof.timeline or server.position > proof.checkpoint + RECORD


def follows(local: Local, conninfo: str, slot: str) -> bool:
    """It is a standby that runs, and is told to follow this primary through this slot."""
    runs = local.server is not None and local.server.in_recovery
    return runs and (local.conninfo, local.slot) == (conninfo, slot)
