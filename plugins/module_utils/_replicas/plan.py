# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which containers are pulled, removed, created, started, retired. Other slots and other people's containers are never in it."""

from __future__ import annotations

from .._core.plan import Plan, Step
from .model import ABSENT, LABEL, RUNNING, Creation, Found, Replica, Service, Wanted

PULL, REMOVE, CREATE, START, RETIRE = "pull", "remove", "create", "start", "retire"


def plan(wanted: Wanted, found: Found) -> Plan:
    """The steps to the wanted state of the slot, images first, so that nothing is touched while they are fetched."""
    mine = [r for r in found.replicas if r.slot == wanted.slot and (wanted.state == RUNNING or r.service in wanted.names)]
    if wanted.state == RUNNING:
        return Plan((*_pulls(wanted, found), *_to_running(wanted, mine)))
    if wanted.state == ABSENT:
        return Plan(tuple(_remove(replica) for replica in mine))
    return Plan(tuple(_retire(replica) for replica in mine if replica.restarts or replica.is_running))


def _pulls(wanted: Wanted, found: Found) -> list[Step]:
    images = dict.fromkeys(service.image for service in wanted.services if service.count)
    return [Step(PULL, image, "absent", "present", image) for image in images if image not in found.images]


def _to_running(wanted: Wanted, mine: list[Replica]) -> list[Step]:
    services = {service.name: service for service in wanted.services}
    kept = {replica.name: replica for replica in mine if _fits(wanted, services.get(replica.service), replica)}
    steps = [_remove(replica) for replica in mine if replica.name not in kept]
    for service in wanted.services:
        for number in range(1, service.count + 1):
            there = kept.get(wanted.container(service.name, number))
            if there is None:
                steps.append(_create(wanted, service, number))
            elif not (there.is_running and there.restarts):
                steps.append(Step(START, there.name, there.state, "running", there))
    return steps


def _fits(wanted: Wanted, service: Service | None, replica: Replica) -> bool:
    return (
        service is not None
        and replica.number <= service.count
        and replica.release == wanted.release
        and replica.configuration == service.configuration(wanted.secrets_fingerprint)
    )


def _remove(replica: Replica) -> Step:
    return Step(REMOVE, replica.name, f"{replica.release} {replica.state}", "absent", replica)


def _retire(replica: Replica) -> Step:
    return Step(RETIRE, replica.name, f"{replica.release} {replica.state}", "stopped for good", replica)


def _create(wanted: Wanted, service: Service, number: int) -> Step:
    name = wanted.container(service.name, number)
    creation = Creation(service, number, name, labels(wanted, service, number))
    return Step(CREATE, name, "absent", f"{wanted.release} on port {creation.port}", creation)


def labels(wanted: Wanted, service: Service, number: int) -> dict[str, str]:
    """By which a container is known as ours; none of them holds a secret."""
    facts = {
        "environment": wanted.environment,
        "application": wanted.application,
        "service": service.name,
        "slot": wanted.slot,
        "replica": str(number),
        "port": str(service.first_port + number - 1),
        "release": wanted.release,
        "version": wanted.version,
        "configuration": service.configuration(wanted.secrets_fingerprint),
    }
    return {f"{LABEL}{key}": value for key, value in facts.items()}
