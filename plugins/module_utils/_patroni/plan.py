# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is to be done about a cluster. What Patroni would refuse late, or let pass, is refused before anything is asked of it.

One invariant holds in every plan that switches: exactly one member leads and says so itself, nobody else takes writes, and the
new leader has all but ``max_lag`` bytes already. Patroni then stops the old leader cleanly, and the new one replays all of it.
"""

from __future__ import annotations

from .._core.errors import NotFound
from .._core.plan import Plan, Step
from .._core.text import listed
from .model import Cluster, ClusterPaused, Member, NoSingleLeader, NotFit, Switching, SwitchScheduled, Unconfirmed
from .ready import behind, hindrances, leaders, primaries

SWITCH, PAUSE, RESUME, REBUILD = "switch", "pause", "resume", "rebuild"


def plan_switch(wanted: Switching, cluster: Cluster) -> Plan:
    """One step, or none where the wanted leader leads already, or another than the one that it shall be taken from."""
    for name in filter(None, (wanted.candidate, wanted.leader)):
        _named(cluster, name)
    leader = the_leader(cluster)
    if leader.name == wanted.candidate or wanted.leader not in ("", leader.name):
        return Plan()
    _demand_unhindered(cluster)
    candidate = _fit(wanted, cluster, leader) if wanted.candidate else _fittest(wanted, cluster, leader)
    step = Step(SWITCH, cluster.scope, f"{leader.name} leads", f"{candidate.name} leads", (leader, candidate))
    return Plan((step,))


def _named(cluster: Cluster, name: str) -> Member:
    found = cluster.member(name)
    if not found:
        raise NotFound(f"the cluster {cluster.scope} has no member {name}: it has {listed(one.name for one in cluster.members)}")
    return found


def the_leader(cluster: Cluster) -> Member:
    """The one member that leads, provably."""
    holding, writing = leaders(cluster), primaries(cluster)
    if len(holding) != 1:
        told = listed(f"{one.name} ({one.state})" for one in cluster.members)
        raise NoSingleLeader(
            f"{len(holding)} members lead the cluster, and one is needed. Its members are {told}. Wait until Patroni has elected "
            "one, or look into its log"
        )
    leader = holding[0]
    if leader.role == "standby_leader":
        raise NoSingleLeader(f"{leader.name} leads a standby cluster, which takes no writes: switch the cluster that it follows")
    if not leader.said:
        raise NoSingleLeader(
            f"the REST API of {leader.name}, at {leader.api_url}, does not answer, so whether it leads is unproven"
        )
    if writing != [leader.name]:
        raise NoSingleLeader(
            f"{leader.name} holds the leader's key, and what takes writes by its own word is {listed(writing)}. Change nothing "
            "until one member does both"
        )
    return leader


def _demand_unhindered(cluster: Cluster) -> None:
    if cluster.is_paused:
        raise ClusterPaused(
            f"the cluster {cluster.scope} is paused, so somebody works on it by hand. Once that is over, resume it: "
            "patroni_maintenance with state: running"
        )
    if cluster.scheduled:
        told = ", ".join(f"{key} {value}" for key, value in cluster.scheduled.items())
        raise SwitchScheduled(
            f"Patroni is going to switch by itself ({told}): wait for that, or delete it with patronictl flush {cluster.scope} "
            "switchover"
        )


def _fit(wanted: Switching, cluster: Cluster, leader: Member) -> Member:
    candidate = _named(cluster, wanted.candidate)
    found = list(hindrances(wanted, candidate, leader, synchronous=cluster.is_synchronous))
    if found:
        raise NotFit(f"{candidate.name} cannot take over from {leader.name}: {listed(found)}. Nothing was changed")
    return candidate


def _fittest(wanted: Switching, cluster: Cluster, leader: Member) -> Member:
    """Of those that could take over the one with the highest priority, then the least behind."""
    others = [one for one in cluster.members if one.name != leader.name]
    found = {one.name: list(hindrances(wanted, one, leader, synchronous=cluster.is_synchronous)) for one in others}
    fit = [one for one in others if not found[one.name]]
    if not fit:
        told = "; ".join(f"{name}: {listed(why)}" for name, why in found.items()) or "it is the only member"
        raise NotFit(f"no member can take over from {leader.name}: {told}. Nothing was changed")
    return min(fit, key=lambda one: (-one.priority, behind(one, leader) or 0, one.name))


def plan_maintenance(cluster: Cluster, *, paused: bool) -> Plan:
    """Paused or not. Resuming while two take writes would have Patroni throw away what one of them was told."""
    if cluster.is_paused == paused:
        return Plan()
    writing = primaries(cluster)
    if not paused and len(writing) > 1:
        raise NoSingleLeader(
            f"{listed(writing)} take writes, each by its own word: resumed, Patroni would throw away what all but one were told. "
            "Save what is needed, stop all but one, and resume then"
        )
    states = ("running", "paused") if paused else ("paused", "running")
    return Plan((Step(PAUSE if paused else RESUME, cluster.scope, *states),))


def plan_rebuild(name: str, cluster: Cluster, confirm: str) -> Plan:
    """One replica anew from a copy of another member; its own data goes."""
    member, leader = _named(cluster, name), the_leader(cluster)
    if member.name == leader.name:
        raise NotFit(
            f"{name} leads the cluster {cluster.scope}, so its data is the one that counts: switch to another member first"
        )
    word = f"{cluster.scope}/{name}"
    if confirm != word:
        raise Unconfirmed(
            f"the data of {name} would be thrown away and copied anew. If that is meant, give confirm: {word}", confirm=word
        )
    return Plan(
        (Step(REBUILD, name, f"{member.state}, on timeline {member.timeline}", f"a copy that follows {leader.name}", member),)
    )
