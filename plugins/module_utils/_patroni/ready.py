# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Predicates over a cluster and its members."""

from __future__ import annotations

from collections.abc import Iterator

from .model import LEADERS, SYNCHRONOUS, UP, Cluster, Member, Switching


def leaders(cluster: Cluster) -> list[Member]:
    """Those that hold the leader's key, which are one or none."""
    return [one for one in cluster.members if one.role in LEADERS]


def primaries(cluster: Cluster) -> list[str]:
    """Those that say themselves that they take writes, whoever holds the key."""
    return [one.name for one in cluster.members if one.said and one.said.is_primary]


def silent(cluster: Cluster) -> list[str]:
    return [one.name for one in cluster.members if not one.said]


def streams(member: Member, leader: Member) -> bool:
    """Whether WAL comes to it, as its leader sees it, or as it says itself where it follows another replica."""
    from_leader = leader.said is not None and member.name in leader.said.followers
    return member.said is not None and (from_leader or member.said.is_streaming)


def behind(member: Member, leader: Member) -> int | None:
    """Bytes that it has yet to replay before it can lead; None if nobody can tell."""
    if not member.said or not leader.said or not leader.said.written or not member.said.replayed:
        return None
    return max(leader.said.written - member.said.replayed, 0)


def hindrances(wanted: Switching, member: Member, leader: Member, *, synchronous: bool) -> Iterator[str]:
    """Why it could not take over from the leader without loss, in words; nothing if it could."""
    if not member.priority:
        yield "it is tagged never to lead (nofailover)"
    if not member.said:
        yield "its own REST API does not answer"
    elif not {member.state, member.said.state} <= UP:
        yield f"its state is {member.state if member.state not in UP else member.said.state}"
    else:
        yield from _remoteness(wanted, member, leader)
    if synchronous and member.role not in SYNCHRONOUS:
        yield "commits do not wait for it, and the cluster is synchronous"


def _remoteness(wanted: Switching, member: Member, leader: Member) -> Iterator[str]:
    theirs, ours = (one.said.timeline if one.said else 0 for one in (leader, member))
    if ours != theirs:
        yield f"it is on timeline {ours}, and the leader on {theirs}"
    if not streams(member, leader):
        yield "it does not stream from the leader"
    lag = behind(member, leader)
    if lag is None:
        yield "how far it is behind cannot be told"
    elif lag > wanted.max_lag:
        yield f"it is {lag} bytes behind, and {wanted.max_lag} are allowed"


def leads(cluster: Cluster, name: str) -> bool:
    """Whether it holds the key and takes writes, and nobody else does."""
    return [one.name for one in leaders(cluster)] == [name] and primaries(cluster) == [name]


def follows(cluster: Cluster, name: str, leader: str) -> bool:
    """Whether it streams from the leader on the leader's timeline."""
    one, first = cluster.member(name), cluster.member(leader)
    if not one or not one.said or not first or not first.said:
        return False
    return one.said.state in UP and one.said.timeline == first.said.timeline and streams(one, first)


def has_switched(cluster: Cluster, old: str, new: str) -> bool:
    return leads(cluster, new) and follows(cluster, old, new)


def is_led_elsewhere(cluster: Cluster, old: str, new: str) -> bool:
    return any(one.name not in (old, new) for one in leaders(cluster))


def heeds(cluster: Cluster, *, paused: bool) -> bool:
    """Whether the pause, or its end, is written down, and every member that answers has seen it."""
    return cluster.is_paused == paused and all(one.said.is_paused == paused for one in cluster.members if one.said)


def is_rebuilt(cluster: Cluster, name: str, leader: str, before: str) -> bool:
    """Whether its PostgreSQL was started since ``before`` and follows."""
    one = cluster.member(name)
    return one is not None and one.said is not None and one.said.started not in ("", before) and follows(cluster, name, leader)
