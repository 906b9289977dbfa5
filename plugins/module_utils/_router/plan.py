# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which servers enter rotation, which change their weight and which leave, in this order.

No service ends without a server in rotation unless it is declared ``unrouted`` and the application is typed as ``confirm``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._core.errors import NotFound, Refused
from .._core.plan import Plan, Step
from .._core.text import listed, shown
from .model import MAINT, READY, Change, Found, Mark, NoServerLeft, Route, Server, Service, Slot, mark
from .ready import is_in_rotation

ADMIT, WEIGH, RETIRE, SAVE = "admit", "weigh", "retire", "save"
_ORDER = (ADMIT, WEIGH, RETIRE)


def plan(wanted: Route, found: Found) -> Plan:
    """Every step of all services; raises ``NotFound``, ``NoServerLeft`` or ``Refused`` before any."""
    steps = [step for service in wanted.services for step in _service_steps(wanted, service, found)]
    steps.sort(key=lambda step: _ORDER.index(step.action))
    return Plan((*steps, *_save(wanted, found, steps)))


def members(service: Service, found: Found) -> tuple[Server, ...]:
    """The servers of a service, as found."""
    return tuple(server for server in found.servers if server.key.backend == service.backend)


def _service_steps(wanted: Route, service: Service, found: Found) -> list[Step]:
    if service.backend not in found.backends:
        raise NotFound(
            f"the router has no backend {service.backend} for {service.name}: it has {listed(sorted(found.backends))}; "
            "configure it with the role router_haproxy first"
        )
    servers = members(service, found)
    for name, slot in service.slots.items():
        _demand_servers(service, name, slot, servers)
    changes = [Change(service, server, _after(service, server)) for server in servers]
    _demand_rotation(wanted, service, changes)
    return [step for change in changes for step in _step(change)]


def _after(service: Service, server: Server) -> Mark:
    slot = service.slots.get(server.slot)
    if slot and slot.takes(server.host, server.n):
        return Mark(READY, slot.weight)
    return Mark(MAINT, server.weight)


def _step(change: Change) -> Iterator[Step]:
    before = mark(change.server)
    if before == change.after:
        return
    entering = change.server.state != READY
    action = RETIRE if change.after.state == MAINT else ADMIT if entering else WEIGH
    yield Step(action, str(change.server.key), str(before), str(change.after), change)


def _demand_servers(service: Service, name: str, slot: Slot, servers: Iterable[Server]) -> None:
    there = [server for server in servers if server.slot == name]
    known = sorted({server.host for server in there})
    missing = sorted(set(slot.hosts or ()) - set(known))
    if missing:
        raise NotFound(f"{service.backend} has no {name} server on {listed(map(shown, missing))}: it has them on {listed(known)}")
    for host in known if slot.weight else ():
        _demand_count(service, name, slot, [server for server in there if server.host == host])


def _demand_count(service: Service, name: str, slot: Slot, servers: list[Server]) -> None:
    host, numbers = servers[0].host, {server.n for server in servers}
    absent = [n for n in range(1, slot.count + 1) if n not in numbers]
    if slot.takes(host, 1) and absent:
        raise NotFound(
            f"{service.backend} has no server {host}-{name}-{absent[0]}: it has {host}-{name}-1 to {max(numbers)}; "
            "raise router_haproxy_max_replicas and run the role router_haproxy"
        )


def _demand_rotation(wanted: Route, service: Service, changes: Iterable[Change]) -> None:
    stays = any(change.after.state == READY for change in changes)
    if service.routed and not stays:
        raise NoServerLeft(
            f"{service.name} would be left without a server in {service.backend}: give a slot weight, count and hosts, "
            "or declare the service state unrouted"
        )
    loses = any(is_in_rotation(change.server) for change in changes)
    if not service.routed and loses and wanted.confirm != wanted.application:
        raise Refused(f"{service.name} is declared unrouted and would answer nobody: give confirm: {wanted.application} to do it")


def _save(wanted: Route, found: Found, steps: list[Step]) -> Iterator[Step]:
    backends = {service.backend for service in wanted.services}
    stale = [s for s in found.servers if s.key.backend in backends and found.saved.get(s.key) != mark(s)]
    if steps or stale:
        yield Step(SAVE, "server state", f"{len(stale)} servers stale" if stale else "as before", "as running")
