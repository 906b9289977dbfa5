# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Handing writes from one server to another: never two that take them, and nothing that was acknowledged is lost.

The old primary is fenced first: from then on it comes up in recovery however it is started. Shut down in fast mode it sends
all of its log to whoever follows, the record of its last checkpoint at the end. Only a standby that has replayed just that
record is promoted. Where the old primary cannot be asked, a program must prove that it is gone, and somebody must say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from .._backup.wal import lsn_text
from .._core.errors import InvalidInput
from .._core.plan import Plan, Step
from .._core.text import NAME, listed
from .._postgres.model import Database
from .model import (
    FENCED,
    HOST_NAME,
    PRIMARY,
    PROMOTING,
    SHUT_DOWN,
    SLOT,
    STANDBY,
    STOPPED_PRIMARY,
    Bounds,
    Instance,
    Local,
    NotAPrimary,
    NotAStandby,
    NotConfirmed,
    NotFenced,
    NotThisCluster,
    PrimaryRuns,
    Proof,
    ReplicaTooFarBehind,
    Server,
)
from .ready import caught_up, has_gone_on, has_replayed, lag_told

FLUSH, FENCE, STOP, PROVE, HOOK, PROMOTE, SETTLE, RELEASE, RESUME = (
    "checkpoint", "fence", "stop", "prove", "fence from outside", "promote", "settle", "release", "start",
)  # fmt: skip


UNKNOWN = 2**64
"""Where the log of a primary ended that was not shut down: no position is behind that."""


@dataclass(frozen=True)
class Switch:
    """What a primary shall be. ``slot`` is the candidate's, ``lost`` the host of an old primary that nobody can ask.

    ``primary`` is how the old one is reached, ``peers`` how the others are, ``hook`` the program that fences from outside.
    """

    instance: Instance
    environment: str
    host: str
    state: str
    slot: str = ""
    bounds: Bounds = field(default_factory=Bounds)
    proof: Proof | None = None
    primary: Database | None = None
    peers: tuple[Database, ...] = ()
    lost: str = ""
    hook: tuple[str, ...] = ()
    confirm: str = ""

    def __post_init__(self) -> None:
        NAME.check(self.environment)
        for host in filter(None, (self.host, self.lost)):
            HOST_NAME.check(host)
        if not self.host:
            raise InvalidInput("host is empty: give the name of this host")
        if self.slot:
            SLOT.check(self.slot)
        if any("\0" in word for word in self.hook) or (self.hook and not self.hook[0].startswith("/")):
            raise InvalidInput("fence_command must begin with the whole path of a program")

    @property
    def word(self) -> str:
        """What somebody must type who stops a primary without a successor, or gives one up."""
        return f"{self.environment} {self.lost} is lost" if self.lost else f"{self.environment} {self.host}"


@dataclass(frozen=True)
class Scene:
    """What is found. ``is_end`` is True where the candidate's log holds the record of a shutdown at the proof's LSN.

    ``rival`` is what the old primary said when it was asked, None where it did not answer; so are ``peers``.
    """

    local: Local
    is_end: bool = False
    rival: Server | None = None
    peers: tuple[Server | None, ...] = ()


def plan_fenced(wanted: Switch, found: Scene) -> Plan:
    """A primary refuses writes, ends its sessions, is shut down, and cannot come back as one."""
    local = found.local
    if local.role == PRIMARY:
        demand_candidate(wanted, local)
    elif local.stage != FENCED and local.role != STOPPED_PRIMARY:
        raise NotAPrimary(f"{local.data} is that of no primary ({local.role}): there is nothing to fence on {wanted.host}")
    return Plan(tuple(_fencing(local)))


def plan_promoted(wanted: Switch, found: Scene) -> Plan:
    """A standby becomes the primary, if it is proven that there is no other."""
    local = found.local
    if wanted.proof and local.system_id != wanted.proof.system_id:
        raise NotThisCluster(f"{local.data} belongs to another cluster than the primary that was fenced; nothing was promoted")
    if local.role == PRIMARY:
        is_done = local.stage != PROMOTING
        return Plan() if is_done else Plan((Step(SETTLE, local.data, "promoted", "its timeline on disk"),))
    if local.role != STANDBY:
        raise NotAStandby(f"no standby runs on {local.data} ({local.role}): only one that runs can be promoted")
    if found.rival and not found.rival.in_recovery:
        raise PrimaryRuns("the old primary answers and takes writes: fence it first; nothing was promoted")
    if any(peer and not peer.in_recovery for peer in found.peers):
        raise PrimaryRuns("one of peers takes writes, so it is the primary: nothing was promoted")
    (_demand_proof if wanted.proof else _demand_loss)(wanted, found)
    last = lsn_text(local.server.position if local.server else 0)
    hook = () if wanted.proof else (Step(HOOK, wanted.lost, "cannot be asked", "fenced by the program"),)
    promote = Step(PROMOTE, local.data, f"a standby at {last}", "the primary")
    return Plan((*hook, promote, Step(SETTLE, local.data, "promoted", "its timeline on disk")))


def plan_resumed(wanted: Switch, found: Scene) -> Plan:
    """What was fenced takes writes again, because nobody has taken its place."""
    local = found.local
    if local.role == PRIMARY and not local.armed:
        return Plan()
    if local.role == PRIMARY:
        return Plan((Step(RELEASE, local.data, "would come up as a standby", "the primary"),))
    if local.stage != FENCED:
        raise NotAPrimary(f"{local.data} was not fenced as a primary ({local.role}): nothing was started")
    demand_nobody_else(found)
    stop = (Step(STOP, local.data, "came up as a standby", "stopped"),) if local.pid else ()
    release = Step(RELEASE, local.data, "fenced", "free to start as the primary")
    return Plan((*stop, release, Step(RESUME, local.data, "stopped", "the primary")))


PLANS: Mapping[str, Callable[[Switch, Scene], Plan]] = {
    "fenced": plan_fenced,
    "promoted": plan_promoted,
    "resumed": plan_resumed,
}


def demand_candidate(wanted: Switch, local: Local) -> None:
    """The write pause is as long as the candidate is behind; without one, somebody means to do without a primary."""
    server = local.server
    if not wanted.slot:
        if wanted.confirm != wanted.word:
            raise NotConfirmed(
                "no slot of a candidate is given, so nobody would take writes any more. Nothing was touched. If you mean that, "
                f'give confirm: "{wanted.word}"',
                confirm=wanted.word,
            )
    elif server and not caught_up(server, wanted.slot, wanted.bounds):
        raise ReplicaTooFarBehind(
            f"the candidate is too far behind to take over: {lag_told(server, wanted.slot)}; allowed are {wanted.bounds.lag} "
            "bytes. Nothing was touched"
        )


def demand_nobody_else(found: Scene) -> None:
    """Each of the others answers, follows, and is where the log was left."""
    if not found.peers:
        raise NotFenced("peers is empty: without asking the others nobody knows that none of them is the primary")
    if None in found.peers:
        raise NotFenced("one of the others does not answer, and may be the primary by now; nothing was started")
    others, proof = [peer for peer in found.peers if peer], found.local.record.proof if found.local.record else None
    left = proof or Proof(found.local.system_id, found.local.timeline, UNKNOWN)
    if taken := [peer for peer in others if not peer.in_recovery or has_gone_on(peer, left)]:
        lines = listed(f"timeline {peer.timeline}" for peer in taken)
        raise PrimaryRuns(
            f"another server has taken over ({lines}): bring this one back with replication_standby, state: rejoined"
        )


def _demand_proof(wanted: Switch, found: Scene) -> None:
    proof, server = wanted.proof, found.local.server
    if proof is None or server is None or not has_replayed(server, proof):
        raise ReplicaTooFarBehind(
            f"the old primary wrote until {lsn_text(proof.checkpoint if proof else 0)}, and this standby has replayed until "
            f"{lsn_text(server.position if server else 0)}: what is between would be lost; nothing was promoted"
        )
    if has_gone_on(server, proof):
        raise NotFenced(
            f"the log goes on behind {lsn_text(proof.checkpoint)} of timeline {proof.timeline}: this standby is at "
            f"{lsn_text(server.position)} of timeline {server.timeline}. Another server has been the primary since then: fence "
            "that one, and give its proof; nothing was promoted"
        )
    if not found.is_end:
        raise NotFenced(
            f"there is no shutdown in the log at {lsn_text(proof.checkpoint)} of timeline {proof.timeline}, where the old "
            "primary is said to have ended: nothing was promoted"
        )


def _demand_loss(wanted: Switch, _found: Scene) -> None:
    if not wanted.lost:
        raise NotFenced(
            "nothing proves that the old primary takes no more writes: fence it with replication_primary, state: fenced, and "
            "give its proof; or, if it cannot be reached, name it with lost and give a fence_command"
        )
    if not wanted.hook:
        raise NotFenced(
            f"{wanted.lost} cannot be asked and may go on taking writes from those who reach it: give a fence_command that cuts "
            "it off for certain, such as one that switches it off; nothing was promoted"
        )
    if wanted.confirm != wanted.word:
        raise NotConfirmed(
            f"what {wanted.lost} acknowledged and this standby did not get is lost by this. Nothing was promoted. If you mean "
            f'that, give confirm: "{wanted.word}"',
            confirm=wanted.word,
        )


def _fencing(local: Local) -> Iterator[Step]:
    runs = bool(local.pid)
    if local.role == PRIMARY:
        yield Step(FLUSH, local.data, "", "little to write when it stops")
    if not (local.fenced and local.is_standby) or local.role == PRIMARY:
        yield Step(FENCE, local.data, local.role, "comes up in recovery, however it is started")
    if runs:
        yield Step(STOP, local.data, "takes writes", "stopped, its sessions ended")
    proven = local.fenced and local.record is not None and local.record.proof is not None
    if runs or (local.state in SHUT_DOWN and not proven):
        yield Step(PROVE, local.data, "", "where its log ends")
