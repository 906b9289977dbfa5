# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters that tell people what a run did, what is wrong, and how an environment is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..module_utils._core.text import moment


def summary(planned: Mapping[str, Any], settled: Mapping[str, Any]) -> list[str]:
    """What a run did, or would do, for people."""
    rollout = planned["rollout"]
    title = f"{rollout['verb']} {rollout['release']['id']}"
    if rollout["kind"] == "nothing":
        return [f"{title}: it is in service already, nothing was to be done"]
    steps = [f"{step['action']} {step['subject']}: {step['before'] or 'nothing'} -> {step['after']}" for step in planned["steps"]]
    if "verdict" not in settled:
        return [f"{title} would:", *steps]
    outcome = f"{title}: {settled['verdict']} after {settled['seconds']} s"
    report = [f"report: {settled['report']} on the operations host"] if settled.get("report") else []
    return [outcome, *steps, *report] if settled["verdict"] == "pass" else [outcome, *report]


def failure(planned: Mapping[str, Any], settled: Mapping[str, Any]) -> str:
    """The sentence that an on-call engineer needs first."""
    rollout = planned["rollout"]
    asked, origin = rollout["release"]["id"], (rollout["origin"] or {}).get("id", "nothing")
    if "verdict" not in settled:
        why = settled.get("msg", "the operations host did not answer")
        return f"{rollout['verb']} of {asked} could not be settled: {why}. Run it again"
    now = (
        f"{origin} serves"
        if settled["undone"]
        else f"going back to {origin} is not complete: bring the hosts named back, then run rollback without a version"
    )
    return f"{rollout['verb']} of {asked} did not pass ({settled['verdict']}): {settled['why']}. Now {now}"


def status(fleet: Mapping[str, Any], known: Mapping[str, Any], health: Mapping[str, Any]) -> list[str]:
    """The state of an environment, a line for each thing that a person asks first."""
    live, holder, journal = known["live"], known["lock"]["holder"], known["journal"]
    lapsed = ", its lease is over" if known["lock"]["lapsed"] else ""
    lines = [
        f"live: {live['release']} in {live['slot']} since {moment(live['when'])}, {live['verb']} by {live['who']}"
        if live
        else "live: nothing yet",
        f"lock: {holder['owner']} for {holder['purpose']} since {moment(holder['since'])}{lapsed}" if holder else "lock: free",
        f"interrupted: {journal['verb']} of {journal['release']}; run it again to finish, or rollback without a version to undo"
        if journal and (lapsed or not holder)
        else "",
        f"health: {health['verdict']}" if "verdict" in health else "health: not asked",
    ]
    lines += [f"{host}: does not answer, {why}" for host, why in fleet["silent"].items()]
    lines += [_replica_line(host, r) for host, there in fleet["replicas"].items() for r in there if r["state"] == "running"]
    lines += [f"{host}: routes {_rotation(servers)}" for host, servers in fleet["servers"].items()]
    lines += [
        f"{moment(o['when'])} {o['verb']} {o['asked']}: {o['verdict']} {o['why'][:200]}".rstrip()
        for o in reversed(known["operations"])
    ]
    return [line for line in lines if line]


def _replica_line(host: str, replica: Mapping[str, Any]) -> str:
    name = f"{replica['service']} {replica['replica']}"
    return f"{host}: {name} of {replica['release']} in {replica['slot']} on port {replica['port']}"


def _rotation(servers: Sequence[Mapping[str, Any]]) -> str:
    pairs = sorted({f"{server['service']} to {server['slot']}" for server in servers if server["in_rotation"]})
    return ", ".join(pairs) or "nothing"


class FilterModule:
    """Names of the filters, see their pages in the collection's documentation."""

    def filters(self) -> dict[str, Any]:
        return {"failure": failure, "status": status, "summary": summary}
