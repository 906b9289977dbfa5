# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is not as it should be with a cluster, the worst first."""

from __future__ import annotations

from collections.abc import Iterator

from .._core.text import listed
from .model import UP, Cluster, Member
from .ready import behind, leaders, primaries, streams


def findings(cluster: Cluster, max_lag: int) -> list[str]:
    """One sentence each; ``max_lag`` is bytes."""
    return [*_of_leaders(cluster), *_of_members(cluster, max_lag), *_of_settings(cluster)]


def _of_leaders(cluster: Cluster) -> Iterator[str]:
    holding, writing = leaders(cluster), primaries(cluster)
    if not holding:
        yield "no member leads the cluster"
    if len(writing) > 1:
        yield f"{listed(writing)} take writes, each by its own word"
    elif holding and holding[0].role == "leader" and holding[0].said and not writing:
        yield f"{holding[0].name} leads, and takes no writes by its own word"


def _of_members(cluster: Cluster, max_lag: int) -> Iterator[str]:
    for one in cluster.members:
        if not one.said:
            yield f"the REST API of {one.name} does not answer at {one.api_url}"
        elif not {one.state, one.said.state} <= UP:
            yield f"{one.name} is {one.state if one.state not in UP else one.said.state}"
        else:
            yield from _of_replica(one, leaders(cluster), max_lag)
        if one.pending_restart:
            yield f"{one.name} waits for a restart, so that changed settings take effect"


def _of_replica(one: Member, holding: list[Member], max_lag: int) -> Iterator[str]:
    if not holding or not holding[0].said or one is holding[0] or not one.said:
        return
    leader, lag = holding[0], behind(one, holding[0])
    if not streams(one, leader):
        yield f"{one.name} does not stream from {leader.name}"
    elif leader.said and one.said.timeline != leader.said.timeline:
        yield f"{one.name} is on timeline {one.said.timeline}, and {leader.name} on {leader.said.timeline}"
    if lag is not None and lag > max_lag:
        yield f"{one.name} is {lag} bytes behind"


def _of_settings(cluster: Cluster) -> Iterator[str]:
    if cluster.is_paused:
        yield "the cluster is paused: if the leader fails, nobody takes over"
    if cluster.scheduled:
        yield f"Patroni is going to switch by itself: {', '.join(f'{key} {value}' for key, value in cluster.scheduled.items())}"
    if sum(1 for one in cluster.members if one.priority and one.said) < 2:
        yield "fewer than two members that answer may lead: if the leader fails, nobody takes over"
