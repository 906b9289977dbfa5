"""Servers and standbys as they may be found, for the tables of the plans."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.mainstay.ops.plugins.module_utils._backup.room import Room
from ansible_collections.mainstay.ops.plugins.module_utils._postgres.model import Database
from ansible_collections.mainstay.ops.plugins.module_utils._replication.joining import Joining, Membership, Rehearsal
from ansible_collections.mainstay.ops.plugins.module_utils._replication.model import (
    Instance,
    Local,
    Proof,
    Record,
    Server,
    Slot,
    Standby,
)

DATA = "/var/lib/postgresql/15/main"
CLUSTER, OTHER = 7710879463839285759, 7710879463839285760
CONNINFO = "host='db1'"
INSTANCE = Instance(DATA)
AT_END = 0x5000000
PROOF = Proof(CLUSTER, 1, AT_END)
ROOM = Room(1, 2)


def server(**changed: Any) -> Server:
    """A primary without standbys."""
    given: dict[str, Any] = {"system_id": CLUSTER, "in_recovery": False, "timeline": 1, "position": AT_END}
    return Server(**{**given, **changed})


def followed(lag: int = 0, state: str = "streaming") -> Server:
    """A primary whose standby is so many bytes behind."""
    standby = Standby("db2", state, "10.0.0.2", AT_END - lag, lag)
    return server(slots=(Slot("db2", True, lag, "reserved", standby),), standbys=(standby,))


def standby(position: int = AT_END, **changed: Any) -> Local:
    """One that runs."""
    seen = Local(DATA, False, 42, CLUSTER, 1, "in archive recovery", AT_END, is_standby=True, conninfo=CONNINFO, slot="db2")
    return replace(seen, **{"server": server(in_recovery=True, position=position), **changed})


def primary(**changed: Any) -> Local:
    """One that runs, with a standby that is up to date."""
    return replace(Local(DATA, False, 42, CLUSTER, 1, "in production", AT_END, server=followed()), **changed)


def stopped(**changed: Any) -> Local:
    """A primary that was shut down."""
    return replace(Local(DATA, False, 0, CLUSTER, 1, "shut down", AT_END), **changed)


def fenced(stage: str = "fenced", proof: Proof | None = PROOF) -> Local:
    return stopped(is_standby=True, record=Record(stage, 1.0, proof))


def member(**changed: Any) -> Membership:
    login = Database("postgres", host="db1", user="follower")
    return replace(Membership(INSTANCE, login, "db2", "production", "db2"), **changed)


def joining(local: Local, upstream: Server | None = None, rehearsal: Rehearsal | None = None, room: Room = ROOM) -> Joining:
    return Joining(local, upstream or server(), "20261122T030809Z", room, rehearsal, CONNINFO)
