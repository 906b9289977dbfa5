"""Everything about the sandbox that can be chosen, with the environment variables that choose it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import SandboxError

ROOT = Path(__file__).resolve().parents[1]
LABEL = "ops.mainstay.sandbox"
INPUTS_LABEL = "ops.mainstay.sandbox.inputs"
KEY_LABEL = "ops.mainstay.sandbox.key"
STATE_LABEL = "ops.mainstay.sandbox.state"
SUITE = "bookworm"
SUBNET = ipaddress.IPv4Network("172.30.77.0/24")


@dataclass(frozen=True)
class Settings:
    """One fleet. Two fleets on one machine need different names, subnets, ports and state directories."""

    name: str = "mainstay"
    subnet: ipaddress.IPv4Network = SUBNET
    http_port: int = 18081
    stats_port: int = 18091
    prometheus_port: int = 18095
    alertmanager_port: int = 18096
    state: Path = ROOT / ".sandbox"
    cache: Path = ROOT / ".cache"

    def address(self, number: int) -> str:
        return str(self.subnet[number])

    @property
    def labels(self) -> dict[str, str]:
        return {LABEL: self.name}

    @property
    def owned(self) -> dict[str, str]:
        """The filter by which the engine finds what belongs to this fleet, and nothing else."""
        return {"label": f"{LABEL}={self.name}"}

    @property
    def registry(self) -> str:
        """How images are named: every host of the fleet resolves it, whatever the subnet."""
        return "ops1:5000"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings, with what ``MAINSTAY_SANDBOX_*`` variables override."""

    def chosen(name: str, default: object) -> str:
        return environment.get(f"MAINSTAY_SANDBOX_{name}") or str(default)

    usual = Settings()
    return Settings(
        name=read_name(chosen("NAME", usual.name)),
        subnet=read_subnet(chosen("SUBNET", usual.subnet)),
        http_port=read_port(chosen("HTTP_PORT", usual.http_port)),
        stats_port=read_port(chosen("STATS_PORT", usual.stats_port)),
        prometheus_port=read_port(chosen("PROMETHEUS_PORT", usual.prometheus_port)),
        alertmanager_port=read_port(chosen("ALERTMANAGER_PORT", usual.alertmanager_port)),
        state=Path(chosen("STATE", usual.state)).absolute(),
        cache=Path(chosen("CACHE", usual.cache)).absolute(),
    )


def read_name(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,20}", text):
        raise SandboxError(f"MAINSTAY_SANDBOX_NAME {text!r}: use lower-case letters, digits and dashes, 21 at most")
    return text


def read_subnet(text: str) -> ipaddress.IPv4Network:
    try:
        subnet = ipaddress.IPv4Network(text)
    except ValueError as why:
        raise SandboxError(f"MAINSTAY_SANDBOX_SUBNET {text!r}: {why}; use something like 172.30.77.0/24") from None
    if subnet.num_addresses < 64:
        raise SandboxError(f"MAINSTAY_SANDBOX_SUBNET {text!r} is too small for the fleet; use a /26 or larger")
    return subnet


def read_port(text: str) -> int:
    if not text.isdigit() or not 1024 <= int(text) <= 65000:
        raise SandboxError(f"Port {text!r}: use a number from 1024 to 65000")
    return int(text)
