# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the Engine is asked to create, as its own JSON, and the hash by which a replica is recognised.

Safe by default: no capabilities, no new privileges, a read-only root, limits on processes and logs. Each has its option;
none gives a container the rights of the host.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .model import KEEP, LABEL

DOTENV = "{}={}".format
LOGS = {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}
PERIOD = 1_000_000_000


@dataclass(frozen=True)
class Shape:
    """What a container is made of, the same for every replica; memory is bytes, ``stop_timeout`` seconds."""

    image: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    memory: int = 0
    cpus: float = 0.0
    pids_limit: int = 512
    read_only: bool = True
    tmpfs: tuple[str, ...] = ("/tmp:size=64m",)  # noqa: S108  (a path in the container)
    volumes: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    ulimits: Mapping[str, int] = field(default_factory=dict)
    network: str = "default"
    init: bool = True
    stop_timeout: int = 10


@dataclass(frozen=True)
class Published:
    """A port of the container, and where on the host it is reached."""

    container_port: int
    port: int
    address: str


def body(shape: Shape, published: Published | None = None, policy: str = KEEP) -> dict[str, Any]:
    """The Engine's description of a container of this shape, without labels and secret values."""
    inside = f"{published.container_port}/tcp" if published else ""
    bound = {inside: [{"HostIp": published.address, "HostPort": str(published.port)}]} if published else {}
    return {
        "Image": shape.image,
        "Env": sorted(DOTENV(name, value) for name, value in shape.environment.items()),
        "StopTimeout": shape.stop_timeout,
        "ExposedPorts": {port: {} for port in bound},
        **({"Cmd": list(shape.command)} if shape.command else {}),
        **({"User": shape.user} if shape.user else {}),
        "HostConfig": {**_confinement(shape), **_limits(shape), "PortBindings": bound, "RestartPolicy": {"Name": policy}},
    }


def fingerprint(described: Mapping[str, Any], secrets: Mapping[str, str], secrets_fingerprint: str) -> str:
    """Hash of everything that makes the container; of the secrets it knows the names, and the values by their fingerprint."""
    text = json.dumps([described, sorted(secrets), secrets_fingerprint if secrets else ""], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def labelled(described: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    """The body with labels under our prefix."""
    return {**described, "Labels": {f"{LABEL}{name}": value for name, value in labels.items()}}


def with_secrets(described: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    """The body as the Engine gets it, and nobody else."""
    return {**described, "Env": [*described["Env"], *(DOTENV(name, value) for name, value in sorted(secrets.items()))]}


def _confinement(shape: Shape) -> dict[str, Any]:
    return {
        "CapDrop": ["ALL"],
        "CapAdd": list(shape.capabilities),
        "SecurityOpt": ["no-new-privileges:true"],
        "ReadonlyRootfs": shape.read_only,
        "Tmpfs": {path: options for path, _colon, options in (entry.partition(":") for entry in shape.tmpfs)},
        "Mounts": [_mount(volume) for volume in shape.volumes],
        "NetworkMode": shape.network,
        "Init": shape.init,
    }


def _limits(shape: Shape) -> dict[str, Any]:
    return {
        "Memory": shape.memory,
        "MemorySwap": shape.memory,
        "NanoCpus": round(shape.cpus * PERIOD),
        "PidsLimit": shape.pids_limit,
        "Ulimits": [{"Name": name, "Soft": limit, "Hard": limit} for name, limit in sorted(shape.ulimits.items())],
        "LogConfig": LOGS,
    }


def _mount(volume: str) -> dict[str, Any]:
    name, path, *mode = volume.split(":")
    return {"Type": "volume", "Source": name, "Target": path, "ReadOnly": mode == ["ro"]}
