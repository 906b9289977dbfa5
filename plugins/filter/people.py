# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters that tell people what a run did, what is wrong, and how an environment is."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..module_utils._core.text import moment, seconds


def summary(planned: Mapping[str, Any], settled: Mapping[str, Any]) -> list[str]:
    """What a run did, or would do, for people."""
    rollout = planned["rollout"]
    title = f"{rollout['verb']} {rollout['release']['id']}"
    if rollout["kind"] == "nothing" and rollout["verb"] == "recover":
        return ["recover: no run was interrupted, nothing was to be done"]
    if rollout["kind"] == "nothing":
        return [f"{title}: it is in service already, nothing was to be done"]
    steps = _steps(planned)
    if "verdict" not in settled:
        return [f"{title} would:", *steps]
    outcome = f"{title}: {settled['verdict']} after {settled['seconds']} s"
    report = [f"report: {settled['report']} on the operations host"] if settled.get("report") else []
    return [outcome, *steps, *report] if settled["verdict"] == "pass" else [outcome, *report]


def failure(planned: Mapping[str, Any], settled: Mapping[str, Any]) -> str:
    """The sentence that an on-call engineer needs first."""
    rollout = planned["rollout"]
    asked, origin = rollout["release"]["id"], _origin(rollout)
    if "verdict" not in settled:
        why = settled.get("msg", "the operations host did not answer")
        return f"{rollout['verb']} of {asked} could not be settled: {why}. Run it again"
    now = (
        f"{origin} serves"
        if settled["undone"]
        else f"going back to {origin} is not complete: bring the hosts named back, then run recover"
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
        f"interrupted: {journal['verb']} of {journal['release']}; run it again to finish, or recover to undo"
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
    lines += [_work_line(work) for work in reversed(known.get("works", ()))]
    return [line for line in lines if line]


def _work_line(work: Mapping[str, Any]) -> str:
    when = moment(work["when"] or work["started"])
    return f"{when} {work['verb']} of {work['host']}: {work['state']} {work['why'][:200]}".rstrip()


def _replica_line(host: str, replica: Mapping[str, Any]) -> str:
    name = f"{replica['service']} {replica['replica']}"
    return f"{host}: {name} of {replica['release']} in {replica['slot']} on port {replica['port']}"


def _rotation(servers: Sequence[Mapping[str, Any]]) -> str:
    pairs = sorted({f"{server['service']} to {server['slot']}" for server in servers if server["in_rotation"]})
    return ", ".join(pairs) or "nothing"


def began(planned: Mapping[str, Any], place: Mapping[str, Any]) -> dict[str, Any]:
    """What people are told when a run begins to change something."""
    rollout = planned["rollout"]
    lines = [f"started by {place['who']}, {_origin(rollout)} serves until then", *_steps(planned)]
    return _news("begun", f"begins ({rollout['strategy']})", lines, rollout, place)


def asks(ask: Mapping[str, Any]) -> bool:
    """Whether this step of a canary waits for a person, or does so if it proves nothing."""
    return any(seconds(ask.get(key, 0)) > 0 for key in ("promotion", "inconclusive"))


def asking(planned: Mapping[str, Any], place: Mapping[str, Any], part: Mapping[str, Any], number: int) -> dict[str, Any]:
    """What people are told before a step of a canary for which a person is going to be waited for, or may be."""
    rollout, ask = planned["rollout"], part["ask"]
    pauses = seconds(ask["promotion"]) > 0
    waits = (
        f"waits {ask['promotion']} for a person" if pauses else f"waits {ask['inconclusive']} for a person if it proves nothing"
    )
    earliest = moment(time.time() + seconds(part["watch"]))
    lines = [
        f"Step {number} gives it {part['share']} % of the traffic and watches it for {part['watch']}. From {earliest} on "
        f"it {waits}, and is undone if nobody comes. It can be aborted at any time.",
        f"go on: {_command('promote', place)} -e reason='...'",
        f"end it: {_command('abort', place)} -e reason='...'",
        *(["whoever promotes it must be another than who started it"] if ask.get("another") else []),
    ]
    details = {
        "number": number,
        "share": part["share"],
        "waits": ask["promotion" if pauses else "inconclusive"],
        "earliest": earliest,
    }
    return _news("asks", f"{waits} in step {number}", lines, rollout, place, details)


def ended(planned: Mapping[str, Any], place: Mapping[str, Any], settled: Mapping[str, Any]) -> dict[str, Any]:
    """What people are told in the end: what became of the run, what serves now, and where its report is."""
    rollout = planned["rollout"]
    if rollout["kind"] == "nothing":
        return _news("nothing", "found nothing to do", summary(planned, settled), rollout, place)
    report = f"report: {settled['report']} on {place['operations']}" if settled.get("report") else ""
    details = {key: settled[key] for key in ("verdict", "why", "undone", "seconds", "report") if key in settled}
    if settled.get("verdict") == "pass":
        lines = [f"{rollout['release']['id']} serves, after {settled['seconds']} s, started by {place['who']}", report]
        return _news("passed", "passed", lines, rollout, place, details)
    now = f"{_origin(rollout)} serves" if settled.get("undone") else "it is not undone completely"
    lines = [failure(planned, settled), f"started by {place['who']}", report]
    return _news("failed", f"did not pass, {now}", lines, rollout, place, details)


def _news(
    event: str,
    what: str,
    lines: Sequence[str],
    rollout: Mapping[str, Any],
    place: Mapping[str, Any],
    details: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    asked = rollout["release"]["id"]
    known = {"verb": rollout["verb"], "release": asked, "origin": (rollout["origin"] or {}).get("id", ""), "who": place["who"]}
    return {
        "event": event,
        "subject": f"{place['environment']} {place['application']}: {rollout['verb']} of {asked} {what}",
        "body": "\n".join(line for line in lines if line),
        "details": {**known, **(details or {})},
    }


def _steps(planned: Mapping[str, Any]) -> list[str]:
    return [f"{step['action']} {step['subject']}: {step['before'] or 'nothing'} -> {step['after']}" for step in planned["steps"]]


def _origin(rollout: Mapping[str, Any]) -> str:
    return str((rollout["origin"] or {}).get("id", "nothing"))


def _command(playbook: str, place: Mapping[str, Any]) -> str:
    """What a person types; the inventories as whoever started the run named them, from the directory where that was."""
    here = Path.cwd()
    named = [Path(path).relative_to(here) if Path(path).is_relative_to(here) else path for path in place["inventories"]]
    return shlex.join(["ansible-playbook", f"mainstay.ops.{playbook}", *(part for path in named for part in ("-i", str(path)))])


class FilterModule:
    """Names of the filters, see their pages in the collection's documentation."""

    def filters(self) -> dict[str, Any]:
        return {
            "asking": asking,
            "asks": asks,
            "began": began,
            "ended": ended,
            "failure": failure,
            "status": status,
            "summary": summary,
        }
