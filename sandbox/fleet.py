"""The hosts of the fleet: their names, addresses, images and published ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .errors import SandboxError
from .settings import Settings

MOST_APPS = 19


@dataclass(frozen=True)
class Host:
    """One container that stands for a server.

    ``publishes`` maps a port of the container to one on loopback, ``shares`` a path to the name of a volume that other hosts
    have too, like a file system that a third machine lends.
    """

    name: str
    image: str
    address: str
    publishes: Mapping[int, int] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()
    shares: Mapping[str, str] = field(default_factory=dict)


def fleet(settings: Settings, apps: int) -> tuple[Host, ...]:
    """The whole fleet with so many application hosts."""
    if not 1 <= apps <= MOST_APPS:
        raise SandboxError(f"--apps {apps}: the fleet has addresses for 1 to {MOST_APPS} application hosts")
    return (
        Host("ops1", "operations", settings.address(10)),
        *(app(settings, number) for number in range(1, apps + 1)),
        *(proxy(settings, number) for number in (1, 2)),
        database(settings, 1, "database"),
        database(settings, 2, "standby"),
        Host("cache1", "cache", settings.address(51)),
        monitoring(settings),
        Host("store1", "store", settings.address(71), volumes=("/var/lib/seaweedfs",)),
    )


def database(settings: Settings, number: int, image: str) -> Host:
    """Both write their backups to the same place, whichever of them takes the application's writes."""
    data, backups = ("/var/lib/postgresql",), {"/var/lib/pgbackrest": "backups"}
    return Host(f"db{number}", image, settings.address(40 + number), volumes=data, shares=backups)


def app(settings: Settings, number: int) -> Host:
    return Host(f"app{number}", "app", settings.address(10 + number), volumes=("/var/lib/docker",))


def proxy(settings: Settings, number: int) -> Host:
    ports = {80: settings.http_port + number - 1, 8404: settings.stats_port + number - 1}
    return Host(f"proxy{number}", "proxy", settings.address(30 + number), ports)


def monitoring(settings: Settings) -> Host:
    ports = {9090: settings.prometheus_port, 9093: settings.alertmanager_port}
    return Host("mon1", "monitoring", settings.address(61), ports)
