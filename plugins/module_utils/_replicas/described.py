# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The services of a release as a user writes them, and the containers that they become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from .._core.errors import InvalidInput
from .._core.text import NAME, VERSION, choice, listed, shown
from . import grammar
from .body import Published, Shape, body, fingerprint, labelled
from .model import EVERYWHERE, SLOTS, Container, Health, Scope, Wanted

HEALTH: Mapping[str, grammar.Parse] = {
    "path": grammar.one(grammar.PATH),
    "status": grammar.statuses,
    "json": grammar.mapping,
    "healthy": grammar.whole(1, 100),
    "interval": grammar.duration(0.01, 60),
    "timeout": grammar.duration(0.01, 600),
    "deadline": grammar.duration(0, 3600),
    "expect_version": grammar.flag,
}
SHAPE: Mapping[str, grammar.Parse] = {
    "image": grammar.image,
    "command": grammar.words,
    "environment": grammar.texts,
    "user": grammar.one(grammar.USER),
    "memory": grammar.memory,
    "cpus": grammar.cpus,
    "pids_limit": grammar.whole(1, 100_000),
    "read_only": grammar.flag,
    "tmpfs": grammar.each(grammar.TMPFS),
    "volumes": grammar.each(grammar.VOLUME),
    "capabilities": grammar.each(grammar.CAPABILITY),
    "ulimits": grammar.numbers,
    "network": grammar.network,
    "init": grammar.flag,
    "stop_timeout": grammar.patience,
}
SERVICE: Mapping[str, grammar.Parse] = {
    **SHAPE,
    "count": grammar.whole(0, 100),
    "container_port": grammar.whole(1, 65535),
    "ports": grammar.port_list,
    "first_port": grammar.whole(1, 65535),
    "health": lambda value, noun: grammar.options(value, HEALTH, noun),
}


@dataclass(frozen=True)
class Release:
    """What the replicas are of, and how they are told apart from those of other releases."""

    scope: Scope
    slot: str
    id: str
    version: str
    bind_address: str = EVERYWHERE
    secrets_fingerprint: str = ""

    def __post_init__(self) -> None:
        choice(self.slot, dict.fromkeys(SLOTS), "slot")
        VERSION.check(self.id)
        VERSION.check(self.version)
        grammar.address(self.bind_address, "bind_address")

    @property
    def labels(self) -> dict[str, str]:
        whose = {"environment": self.scope.environment, "application": self.scope.application}
        return {**whose, "slot": self.slot, "release": self.id, "version": self.version}


@dataclass(frozen=True)
class Service:
    """One service, with a port of the host for each of its replicas."""

    name: str
    shape: Shape
    container_port: int
    ports: Sequence[int]
    health: Health
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def scope(environment: str, application: str) -> Scope:
    return Scope(NAME.check(environment), NAME.check(application))


def wanted(release: Release, services: Mapping[str, Any], secrets: Mapping[str, Any]) -> Wanted:
    """The replicas that the description asks for; raises ``InvalidInput``."""
    if not services:
        raise InvalidInput("services is empty: describe at least one, or leave the task out")
    described = {NAME.check(name): grammar.options(given, SERVICE, f"service {name}") for name, given in services.items()}
    hidden = _secrets(release, described, secrets)
    several = [_service(release, name, given, hidden.get(name, {})) for name, given in described.items()]
    made = [_container(release, service, n, port) for service in several for n, port in enumerate(service.ports, 1)]
    _refuse_shared_ports(made)
    return Wanted(release.scope, release.slot, tuple(described), tuple(made))


def shape(given: Mapping[str, Any]) -> Shape:
    """What is common to every replica of a service that was parsed with ``SHAPE``."""
    return Shape(**{one.name: given[one.name] for one in fields(Shape) if one.name in given})


def secrets_of(given: Any, environment: Mapping[str, str], noun: str) -> dict[str, str]:
    """Secret variables; raises ``InvalidInput`` for one that the environment sets too."""
    values = grammar.texts(given, noun)
    twice = sorted(set(values) & set(environment))
    if twice:
        raise InvalidInput(f"{noun}: {listed(twice)} is in environment too; keep it in one of them")
    return values


def secret_values(secrets: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of all services, to be hidden; who stops replicas must not fail for a value that makes no sense."""
    given = (values for values in secrets.values() if isinstance(values, Mapping))
    return tuple(str(value) for values in given for value in values.values())


def _secrets(release: Release, described: Mapping[str, Any], secrets: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    unknown = sorted(str(name) for name in secrets if name not in described)
    if unknown:
        raise InvalidInput(f"secrets names services that are not described: {listed(map(shown, unknown))}")
    hidden = {
        name: secrets_of(values, described[name].get("environment", {}), f"secrets of {name}") for name, values in secrets.items()
    }
    if any(hidden.values()) and not release.secrets_fingerprint:
        raise InvalidInput("secrets need secrets_fingerprint: without it nobody notices that a value changed")
    return hidden


def _service(release: Release, name: str, given: Mapping[str, Any], secrets: Mapping[str, str]) -> Service:
    for needed in ("image", "container_port"):
        if needed not in given:
            raise InvalidInput(f"service {name} lacks {needed}")
    return Service(name, shape(given), given["container_port"], _ports(name, given), _health(release, given), secrets)


def _ports(name: str, given: Mapping[str, Any]) -> Sequence[int]:
    count = given.get("count", 1)
    if ("ports" in given) == ("first_port" in given):
        raise InvalidInput(f"service {name} needs either ports, one for each replica, or first_port")
    ports: Sequence[int] = given["ports"] if "ports" in given else range(given["first_port"], given["first_port"] + count)
    if len(ports) < count or max((*ports[:count], 0)) > 65535:
        raise InvalidInput(f"service {name} has {count} replicas, but not a port from 1 to 65535 for each")
    return ports[:count]


def _health(release: Release, given: Mapping[str, Any]) -> Health:
    terms = dict(given.get("health", {}))
    expects_version = terms.pop("expect_version", True)
    return Health(**terms, version=release.version if expects_version else "")


def _container(release: Release, service: Service, number: int, port: int) -> Container:
    made = body(service.shape, Published(service.container_port, port, release.bind_address))
    config = fingerprint(made, service.secrets, release.secrets_fingerprint)
    own = {"service": service.name, "replica": str(number), "config": config}
    return Container(
        name=f"{release.scope.application}-{service.name}-{release.slot}-{number}",
        service=service.name,
        number=number,
        port=port,
        image=service.shape.image,
        release=release.id,
        config=config,
        body=labelled(made, {**release.labels, **own}),
        health=service.health,
        bind_address=release.bind_address,
        secrets=service.secrets,
    )


def _refuse_shared_ports(containers: Sequence[Container]) -> None:
    taken: dict[int, str] = {}
    for container in containers:
        if container.port in taken:
            raise InvalidInput(f"{taken[container.port]} and {container.name} both want port {container.port}: move one of them")
        taken[container.port] = container.name
