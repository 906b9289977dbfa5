# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters with which the roles hand what hosts registered to the modules that decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

FACTS_OF_A_RESULT = ("failed", "unreachable", "skipped", "msg", "error", "phase")


def registered(hosts: Sequence[str], hostvars: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What each host registered under this name, as far as a verdict needs it; a host without it is left out."""
    found = {host: hostvars[host].get(name) for host in hosts if host in hostvars}
    return {host: {k: result[k] for k in FACTS_OF_A_RESULT if k in result} for host, result in found.items() if result}


def fleet(hostvars: Mapping[str, Any], groups: Mapping[str, Sequence[str]], platform: str, phase: str) -> dict[str, Any]:
    """What every application host and router answered, as release_plan takes it."""
    looked: dict[str, Any] = {"replicas": {}, "servers": {}, "addresses": {}, "entrances": {}, "silent": {}}
    for group, key in (("app", "replicas"), ("proxy", "servers")):
        for host in groups[group]:
            result = hostvars[host].get(f"platform_{platform}_{key}") or {}
            if result.get("phase") == phase and not result.get("failed") and not result.get("unreachable"):
                looked[key][host] = result[key]
            else:
                looked["silent"][host] = result.get("msg", "it was not looked at")
    looked["addresses"] = {host: _address(hostvars, host) for host in groups["app"]}
    looked["entrances"] = {host: _entrance(hostvars, host) for host in groups["proxy"]}
    return looked


def secrets_of(services: Mapping[str, Sequence[str]], values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The secrets that each service names, with their values."""
    missing = sorted({name for names in services.values() for name in names} - set(values))
    if missing:
        raise AnsibleFilterError(f"mainstay_secrets lacks {', '.join(missing)}: add them to vault.yml")
    return {service: {name: values[name] for name in names} for service, names in services.items()}


def passed(hostvars: Mapping[str, Any], operations: str, phase: str) -> bool:
    """Whether the judge on the operations host let the run go on after this phase, and no other."""
    judged = hostvars[operations].get("release_judged") or {}
    return judged.get("judged") == phase and judged.get("verdict") == "pass"


def _address(hostvars: Mapping[str, Any], host: str) -> str:
    return str(hostvars[host].get("mainstay_address") or hostvars[host].get("ansible_host") or host)


def _entrance(hostvars: Mapping[str, Any], host: str) -> str:
    return str(hostvars[host].get("mainstay_entrance") or f"http://{_address(hostvars, host)}")


class FilterModule:
    """Names of the filters, see their pages in the collection's documentation."""

    def filters(self) -> dict[str, Any]:
        return {"registered": registered, "fleet": fleet, "secrets_of": secrets_of, "passed": passed}
