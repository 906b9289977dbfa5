"""What Prometheus scrapes: one file of targets a job, made from the fleet and from the inventory that describes the shop."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from .fleet import Host
from .parcel import Item
from .settings import ROOT

INVENTORY = ROOT / "inventories" / "development" / "group_vars" / "all" / "config.yml"
EXPORTERS = {
    "node": ((), 9100),
    "haproxy": (("proxy",), 8404),
    "postgresql": (("database", "standby"), 9187),
    "redis": (("cache",), 9121),
}
"""By job: the images of the hosts that have this exporter, none being all, and its port."""

Group = Mapping[str, Any]


def targets(hosts: tuple[Host, ...]) -> tuple[Item, ...]:
    """Files for ``file_sd_configs``; the name of a file is that of its job."""
    services: Mapping[str, Any] = yaml.safe_load(INVENTORY.read_text())["mainstay_services"]
    jobs = {"shop": [group for host in hosts if host.image == "app" for group in replicas(host, services)]}
    jobs |= {
        job: [exporter(host, port) for host in hosts if not images or host.image in images]
        for job, (images, port) in EXPORTERS.items()
    }
    return tuple(Item(f"etc/prometheus/targets/{job}.json", json.dumps(groups, indent=1)) for job, groups in jobs.items())


def replicas(host: Host, services: Mapping[str, Any]) -> list[Group]:
    """Both slots of each service: Prometheus finds out by itself which of them runs."""
    return [
        {
            "targets": [f"{host.address}:{first + n}" for n in range(spec["replicas"])],
            "labels": {"host": host.name, "application": "shop", "service": name, "slot": slot},
        }
        for name, spec in services.items()
        for slot, first in spec["ports"].items()
    ]


def exporter(host: Host, port: int) -> Group:
    return {"targets": [f"{host.address}:{port}"], "labels": {"host": host.name}}
