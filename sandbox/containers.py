"""The containers, volumes and network of the fleet: made when they are missing, removed by their label."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from docker.errors import APIError, NotFound
from docker.types import IPAMConfig, IPAMPool, Mount

from .errors import SandboxError
from .fleet import Host
from .identity import made_by
from .images import BY_NAME
from .parcel import pack, parcel
from .settings import Settings
from .targets import targets
from .terminal import step

# systemd and a nested Docker Engine mount, make devices and change network settings.
PRIVILEGED: dict[str, Any] = {"privileged": True}
# Where the engine itself lacks a capability, "privileged" asks for more than there is to give. This is the rest of it.
CAPABLE: dict[str, Any] = {"cap_add": ["ALL"], "cap_drop": ["SYS_RESOURCE"]}


def ensure_network(client: Any, settings: Settings) -> None:
    if find_network(client, settings):
        return
    pool = IPAMPool(subnet=str(settings.subnet), gateway=settings.address(1))
    try:
        client.networks.create(
            settings.name, driver="bridge", ipam=IPAMConfig(pool_configs=[pool]), labels=settings.labels, check_duplicate=True
        )
    except APIError as why:
        raise SandboxError(
            f"The network {settings.name} ({settings.subnet}) cannot be made: {why.explanation}. "
            "Choose another with MAINSTAY_SANDBOX_SUBNET and MAINSTAY_SANDBOX_NAME"
        ) from None


def find_network(client: Any, settings: Settings) -> Any | None:
    found = client.networks.list(names=[f"^{settings.name}$"], filters=settings.owned)
    return found[0] if found else None


def ensure_hosts(client: Any, settings: Settings, hosts: tuple[Host, ...]) -> None:
    """Create what is missing, start what is stopped, leave alone what runs."""
    there = {container.name: container for container in owned_containers(client, settings)}
    missing = [host for host in hosts if container_name(settings, host) not in there]
    with ThreadPoolExecutor(max_workers=4) as pool:
        rights = find_rights(client, settings) if missing else {}
        list(pool.map(lambda host: create(client, settings, host, rights), missing))
        stopped = [container for container in there.values() if container.status != "running"]
        list(pool.map(lambda container: container.start(), stopped))


def owned_containers(client: Any, settings: Settings) -> list[Any]:
    containers: list[Any] = client.containers.list(all=True, filters=settings.owned)
    return containers


def container_name(settings: Settings, host: Host) -> str:
    return f"{settings.name}-{host.name}"


def find_rights(client: Any, settings: Settings) -> dict[str, Any]:
    """Privileged where the engine can do that, otherwise every capability that it has."""
    trial = client.containers.create(
        BY_NAME["host"].tag, ["/bin/true"], labels=settings.labels, network_mode="none", **PRIVILEGED
    )
    try:
        trial.start()
    except APIError:
        return CAPABLE
    finally:
        trial.remove(force=True)
    return PRIVILEGED


def tell_monitoring(client: Any, settings: Settings, hosts: tuple[Host, ...]) -> None:
    """Prometheus notices by itself that the files with its targets were replaced."""
    watcher = next(host for host in hosts if host.image == "monitoring")
    client.containers.get(container_name(settings, watcher)).put_archive("/", pack(targets(hosts)))


def create(client: Any, settings: Settings, host: Host, rights: dict[str, Any]) -> None:
    with step(f"started {host.name} ({host.address})"):
        try:
            container = client.containers.create(**options(client, settings, host), **rights)
            container.put_archive("/", pack(parcel(settings, host)))
            container.start()
        except APIError as why:
            raise SandboxError(f"The host {host.name} cannot be started: {why.explanation}") from None


def options(client: Any, settings: Settings, host: Host) -> dict[str, Any]:
    endpoint = client.api.create_endpoint_config(ipv4_address=host.address, aliases=[host.name])
    return {
        "image": BY_NAME[host.image].tag,
        "name": container_name(settings, host),
        "hostname": host.name,
        "labels": {**settings.labels, **made_by(settings)},
        "network": settings.name,
        "networking_config": {settings.name: endpoint},
        "ports": {f"{inner}/tcp": ("127.0.0.1", outer) for inner, outer in host.publishes.items()},
        "mounts": [
            *(Mount(path, None, labels=settings.labels) for path in host.volumes),
            *(Mount(path, f"{settings.name}-{name}", labels=settings.labels) for path, name in host.shares.items()),
        ],
        "extra_hosts": neighbours(settings, host),
        "security_opt": ["seccomp=unconfined", "apparmor=unconfined"],
        "cgroupns": "private",
        "tmpfs": {"/run": "", "/run/lock": ""},
    }


def neighbours(settings: Settings, host: Host) -> dict[str, str]:
    """Names that must resolve even while the engine's name server is busy; a host's own name is there already."""
    known = {
        "ops1": settings.address(10),
        "db1": settings.address(41),
        "db2": settings.address(42),
        "cache1": settings.address(51),
        "store1": settings.address(71),
    }
    return {name: address for name, address in known.items() if name != host.name}


def remove_all(client: Any, settings: Settings) -> None:
    """Everything with this fleet's label, whatever made it."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(remove, owned_containers(client, settings)))
    for volume in client.volumes.list(filters=settings.owned):
        volume.remove(force=True)
    for network in client.networks.list(filters=settings.owned):
        network.remove()


def remove(container: Any) -> None:
    try:
        container.remove(force=True, v=True)
    except NotFound:
        return  # somebody else was faster, and the aim is reached


def remove_images(client: Any, settings: Settings) -> None:
    """Children before their parents: an image that others stand on cannot be removed."""
    tags = [tag for image in client.images.list(filters=settings.owned) for tag in image.tags]
    for tag in tags:
        client.images.remove(tag, force=True)
    client.images.prune(filters={**settings.owned, "dangling": True})
