# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters with which the roles hand what hosts registered to the modules that decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._core.errors import InvalidInput
from ..module_utils._core.text import VERSION
from ..module_utils._migration import spoken
from ..module_utils._release import verdict
from ..module_utils._release.model import PASS

STATISTICS = 8404
"""The port on which the role router_haproxy has HAProxy show its counters."""
FACTS_OF_A_RESULT = ("failed", "unreachable", "skipped", "msg", "error", "phase", "last_words", "accepted")


def registered(hosts: Sequence[str], did: Mapping[str, Any], phase: str, any_will_do: bool = False) -> dict[str, Any]:
    """What each host made of this phase, as release_judge takes it, from what on_hosts or one module returned.

    A host without a result is left out. When on_hosts itself failed, every host did.
    """
    found = dict.fromkeys(hosts, did) if "phases" not in did else did["phases"].get(phase, {})
    results = {host: {k: result[k] for k in FACTS_OF_A_RESULT if k in result} for host, result in found.items() if result}
    return {"phase": phase, "hosts": list(hosts), "results": results, "any_will_do": any_will_do}


def told_by_command(did: Mapping[str, Any], phase: str, command: Sequence[str]) -> dict[str, Any]:
    """What on_hosts returned of a migration by a command, with the verdict lines that db_migrate would return."""
    phases = did.get("phases", {})
    told = {
        host: {**one, "accepted": spoken.accepted(command, one.get("output") or ())}
        for host, one in phases.get(phase, {}).items()
    }
    return {**did, "phases": {**phases, phase: told}} if told else dict(did)


def all_did(part: Mapping[str, Any]) -> bool:
    """Whether every host that had to take part in the phase did well, by the rule of the judge who writes it down later."""
    outcomes = [verdict.outcome(host, part["phase"], part["results"].get(host)) for host in part["hosts"]]
    return verdict.of_hosts(outcomes, any_will_do=part["any_will_do"]).verdict == PASS


def fleet(hostvars: Mapping[str, Any], groups: Mapping[str, Sequence[str]], looked: Mapping[str, Any]) -> dict[str, Any]:
    """What every application host and router answered, as release_plan takes it."""
    seen: dict[str, Any] = {"replicas": {}, "servers": {}, "silent": {}}
    for group, key in (("app", "replicas"), ("proxy", "servers")):
        results = looked.get("phases", {}).get(f"look at {key}", {})
        for host in groups[group]:
            result = results.get(host, {"failed": True, "msg": looked.get("msg", "it was not looked at")})
            if result.get("failed") or result.get("unreachable"):
                seen["silent"][host] = result.get("msg", "it did not say why")
            else:
                seen[key][host] = result[key] if key == "replicas" else _servers(result["services"])
    return {
        **seen,
        "addresses": addresses(hostvars, groups["app"]),
        "entrances": entrances(hostvars, groups["proxy"]),
        "statistics": statistics(hostvars, groups["proxy"]),
    }


def _servers(services: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            **{key: row[key] for key in ("slot", "host", "n")},
            "service": name,
            "in_rotation": row["state"] == "ready" and row["weight"] > 0,
        }
        for name, told in services.items()
        for row in told["servers"]
    ]


def secrets_of(services: Mapping[str, Sequence[str]], values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The secrets that each service names, with their values."""
    missing = sorted({name for names in services.values() for name in names} - set(values))
    if missing:
        raise AnsibleFilterError(f"mainstay_secrets lacks {', '.join(missing)}: add them to vault.yml")
    return {service: {name: values[name] for name in names} for service, names in services.items()}


def passed(judged: Mapping[str, Any], phase: str) -> bool:
    """Whether the judge let the run go on after this phase, and no other."""
    return judged.get("judged") == phase and judged.get("verdict") == "pass"


def refused(judged: Mapping[str, Any], phase: str) -> bool:
    """Whether this phase was judged last, and the run must not go on after it."""
    return judged.get("judged") == phase and judged.get("verdict") != "pass"


def version(value: object) -> str:
    """The version if it is well-formed or empty; asked before the lock is taken, so that a typing error holds up nobody."""
    try:
        return "" if value == "" else VERSION.check(value)
    except InvalidInput as error:
        raise AnsibleFilterError(error.message) from error


def migrates(migration: Mapping[str, Any], verb: str) -> str:
    """When release_plan shall have the database migrated: ``no``, ``always`` (it knows what was done), ``once`` a release."""
    kinds = [key for key in ("kind", "command") if key in migration]
    if len(kinds) > 1:
        raise AnsibleFilterError("mainstay_migration has a kind and a command: keep one, or put one of them into the other")
    if migration and not kinds:
        raise AnsibleFilterError("mainstay_migration has neither a kind (sql or alembic) nor a command: see docs/migrations.md")
    return "no" if verb != "deploy" or not kinds else "always" if kinds == ["kind"] else "once"


def newest_migration(directory: str) -> str:
    """The name of the newest migration in a directory of the controller, so that a release knows its schema; "" for none."""
    if directory and not Path(directory).is_absolute():
        raise AnsibleFilterError("mainstay_migration.src must be a whole path, such as {{ inventory_dir }}/../../migrations")
    names = [path.name.removesuffix(".up.sql") for path in Path(directory).glob("*.up.sql")] if directory else []
    return max(names, key=_number, default="")


def _number(name: str) -> tuple[int, str]:
    digits = name.partition("_")[0]
    return (int(digits) if digits.isdecimal() else 0, name)


def succeeded(hosts: Sequence[str], did: Mapping[str, Any], phase: str) -> list[str]:
    """The hosts that did well in this phase; all of them if it was not run, because there was nothing to start."""
    results = did.get("phases", {}).get(phase)
    if results is None:
        return list(hosts)
    return [host for host, result in results.items() if not result.get("failed") and not result.get("unreachable")]


def routed_to(routes: Mapping[str, Any], hosts: Sequence[str]) -> dict[str, Any]:
    """The routes, restricted to these hosts: one that is down gets no traffic until a later run finds it well."""
    return {
        name: {**route, "slots": {slot: _on(share, hosts) for slot, share in route["slots"].items()}}
        for name, route in routes.items()
    }


def _on(share: Mapping[str, Any], hosts: Sequence[str]) -> dict[str, Any]:
    return {**share, "hosts": [host for host in share["hosts"] if host in hosts]}


def schema(history: Sequence[Mapping[str, Any]]) -> dict[str, bool]:
    """Applied migrations, oldest first, and whether each is declared compatible with older code.

    A contract migration ran later than it came: it stands where its number does, for the release that brought it knows it.
    """
    rows = [row for row in history if row["state"] == "applied"]
    placed = [row for row in rows if not row.get("contract")]
    for row in (row for row in rows if row.get("contract")):
        later = (place for place, other in enumerate(placed) if _number(other["version"]) > _number(row["version"]))
        placed.insert(next(later, len(placed)), row)
    return {f"{row['version']}_{row['name']}": bool(row["compatible"]) for row in placed}


def addresses(hostvars: Mapping[str, Any], hosts: Sequence[str]) -> dict[str, str]:
    """Where the operations host reaches these hosts: mainstay_address, else ansible_host, else their name."""
    return {host: str(hostvars[host].get("mainstay_address") or hostvars[host].get("ansible_host") or host) for host in hosts}


def entrances(hostvars: Mapping[str, Any], hosts: Sequence[str]) -> dict[str, str]:
    """The URL of each router as users reach it: mainstay_entrance, else http on its address."""
    return {
        host: str(hostvars[host].get("mainstay_entrance") or f"http://{address}")
        for host, address in addresses(hostvars, hosts).items()
    }


def statistics(hostvars: Mapping[str, Any], hosts: Sequence[str]) -> dict[str, str]:
    """The page of statistics of each router: mainstay_statistics, else the role's own port on its address."""
    return {
        host: str(hostvars[host].get("mainstay_statistics") or f"http://{address}:{STATISTICS}")
        for host, address in addresses(hostvars, hosts).items()
    }


class FilterModule:
    """Names of the filters, see their pages in the collection's documentation."""

    def filters(self) -> dict[str, Any]:
        return {
            "addresses": addresses,
            "all_did": all_did,
            "entrances": entrances,
            "fleet": fleet,
            "migrates": migrates,
            "newest_migration": newest_migration,
            "passed": passed,
            "refused": refused,
            "registered": registered,
            "routed_to": routed_to,
            "schema": schema,
            "secrets_of": secrets_of,
            "succeeded": succeeded,
            "told_by_command": told_by_command,
            "version": version,
        }
