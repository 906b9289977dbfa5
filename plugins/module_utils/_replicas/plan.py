# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which replicas are kept, started, made and removed.

Every image is pulled before the first container is touched, every container that is in the way is gone before the first
new one starts, and nothing counts as done before it answered rightly. A container that is not ours is never in a plan.
"""

from __future__ import annotations

from collections.abc import Iterable

from .._core.plan import Plan, Step
from .model import STAY_DOWN, Container, Found, Holder, NameTaken, PortTaken, Replica, Retired, Wanted
from .ready import is_armed, is_proven, is_retired, is_running_of, is_up, is_wanted

PULL, REMOVE, CREATE, START, REARM, AWAIT, RETIRE = "pull", "remove", "create", "start", "rearm", "await", "retire"


def plan_running(wanted: Wanted, found: Found) -> Plan:
    """Steps to the wanted replicas; raises ``NameTaken`` and ``PortTaken`` where somebody else is in the way."""
    kept = _kept(wanted, found)
    stale = [r for r in _of(wanted, found) if r.name not in kept and not _is_welcome(wanted, r)]
    fresh = [c for c in wanted.containers if c.name not in kept]
    needing_port = [c for c in wanted.containers if c.name not in kept or not is_up(kept[c.name])]
    _refuse_taken_names(fresh, found)
    _refuse_taken_ports(needing_port, found, {replica.name for replica in stale})
    return Plan(
        (
            *_pulls(fresh, found),
            *(Step(REMOVE, r.name, described(r), "absent", r) for r in stale),
            *(step for c in wanted.containers for step in _steps(c, kept.get(c.name), found)),
        )
    )


def plan_retired(wanted: Retired, found: Found) -> Plan:
    """Steps after which no replica of the services runs in the slot or comes back by itself."""
    there = _of(wanted, found)
    if wanted.remove:
        return Plan(tuple(Step(REMOVE, r.name, described(r), "absent", r) for r in there))
    after = f"stopped, restart {STAY_DOWN}"
    return Plan(tuple(Step(RETIRE, r.name, described(r), after, r) for r in there if not is_retired(r)))


def described(replica: Replica) -> str:
    """A replica as a diff shows it."""
    return f"release {replica.release}, {replica.state}, restart {replica.policy}, config {replica.config[:8]}"


def _of(wanted: Wanted | Retired, found: Found) -> list[Replica]:
    return [r for r in found.replicas if r.slot == wanted.slot and r.service in wanted.services]


def _kept(wanted: Wanted, found: Found) -> dict[str, Replica]:
    there = {replica.name: replica for replica in found.replicas}
    named = [(c, there[c.name]) for c in wanted.containers if c.name in there]
    return {c.name: r for c, r in named if is_wanted(r, c) or (wanted.keep_running and is_running_of(r, c.release))}


def _is_welcome(wanted: Wanted, replica: Replica) -> bool:
    """One more than there must be, which may go on."""
    named, releases = {c.name for c in wanted.containers}, {c.release for c in wanted.containers}
    surplus = replica.name not in named and any(is_running_of(replica, release) for release in releases)
    return wanted.keep_surplus and surplus


def _pulls(fresh: Iterable[Container], found: Found) -> list[Step]:
    missing = dict.fromkeys(c.image for c in fresh if c.image not in found.images)
    return [Step(PULL, image, "absent", "present", image) for image in missing]


def _steps(container: Container, kept: Replica | None, found: Found) -> list[Step]:
    after = f"release {container.release}, running, port {container.port}, config {container.config[:8]}"
    if kept is None:
        return [Step(CREATE, container.name, "absent", after, container)]
    if not is_up(kept):
        return [Step(START, container.name, described(kept), after, container)]
    rearm = [] if is_armed(kept) else [Step(REARM, container.name, f"restart {kept.policy}", "restart unless-stopped", container)]
    proven = is_proven(kept, container, found.well, found.now)
    return rearm if proven else [*rearm, Step(AWAIT, container.name, "not proven healthy", "healthy", container)]


def _refuse_taken_names(fresh: Iterable[Container], found: Found) -> None:
    for container in fresh:
        if container.name in found.strangers:
            raise NameTaken(
                f"a container named {container.name} exists, but its labels are not those of this application and "
                "environment, so it is left alone: look whose it is (docker inspect), then rename or remove it"
            )


def _refuse_taken_ports(needing: Iterable[Container], found: Found, leaving: set[str]) -> None:
    holders = {holder.port: holder for holder in found.holders if not holder.container or holder.container not in leaving}
    for container in needing:
        if container.port in holders:
            raise port_taken(container, holders[container.port])


def port_taken(container: Container, holder: Holder) -> PortTaken:
    """The error that names who has the port."""
    who = f"the container {holder.container}" if holder.container else "a process that is no container of this Engine"
    return PortTaken(
        f"port {container.port}, which {container.name} needs, is taken by {who}: free it "
        f"(ss -ltnp 'sport = :{container.port}' names the process), or give the service other ports",
        port=container.port,
        container=holder.container,
    )
