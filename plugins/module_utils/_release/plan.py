# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a deploy or a rollback is going to do, decided once, before anything changes.

The invariant: the slot that the ledger calls live serves until every router routes the other one and that was judged; a
slot is never started into while a router still routes it to another release.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._core.errors import InvalidInput, Unavailable
from .._core.plan import Plan, Step
from .._core.text import listed
from . import batches, canary
from .model import SLOTS, Fleet, Journal, Ledger, Release, Spec, other
from .parts import Move, Part, by_host, by_share
from .ready import has_replicas, has_servers, is_routed, leaving_as, most, replicas, rotation, running, serves, services_in

NOTHING, REPAIR, REPLACE = "nothing", "repair", "replace"
RECOVER = "recover"
"""The verb of a run that does nothing unless the one before it was interrupted."""
TRIM = "trim"
"""The phase in which replicas that are too many stop, after no router sends anybody to them any more."""


@dataclass(frozen=True)
class Found:
    """What is there when a run begins."""

    ledger: Ledger
    journal: Journal | None
    fleet: Fleet


@dataclass(frozen=True)
class Order:
    """What a run is to do, with the release already chosen; ``bake`` is how long each batch is watched."""

    verb: str
    strategy: str
    batch: str = "1"
    keep_previous: bool = True
    bake: str = "0s"
    course: canary.Course = canary.USUAL_COURSE
    application: str = ""


@dataclass(frozen=True)
class Rollout:
    """A run as data; the roles read it and decide nothing.

    ``origin`` and ``target`` are (release id, slot); an empty origin means that nothing is in service yet. ``recover`` says that
    an interrupted run left the target's slot in rotation with another release, which is undone before anything else. A batch
    ``leaves`` the hosts of the one before it, and the rollout in the end those of the last. ``surplus`` names the hosts on which
    too many replicas of the release run.
    """

    kind: str
    release: Release
    slot: str
    origin: Release | None
    origin_slot: str
    recover: bool
    batches: tuple[Mapping[str, Any], ...]
    undo: Mapping[str, Any]
    retire: tuple[str, ...]
    leaves: Mapping[str, Any]
    surplus: tuple[str, ...] = ()


def decide(order: Order, release: Release, found: Found) -> Rollout:
    """Turn what is wanted and what was found into a rollout; raises if the fleet does not answer whole."""
    _refuse_silence(found.fleet)
    live = live_slot(found)
    origin = _origin(found, live)
    same = origin is not None and origin.id == release.id
    slot = live if same and live else other(live) if live else SLOTS[0]
    kind = REPLACE if not same else NOTHING if _is_settled(order, release, slot, found) else REPAIR
    retire = _to_retire(order, release, other(slot), found) if kind != NOTHING else ()
    replaced = None if same else origin
    move = Move(release, slot, found.fleet, counts(release, slot, replaced), order.course, order.application)
    parts = _parts(order, replaced, slot, found)
    made = [move.batch(part, is_last=part is parts[-1]) for part in parts]
    left = [_left(number, part.leaves, other(slot), retire) for number, part in enumerate(parts, 1)]
    return Rollout(
        kind=kind,
        release=release,
        slot=slot,
        origin=origin,
        origin_slot=live,
        recover=kind == REPLACE and _is_in_the_way(release, slot, found),
        batches=tuple({**batch, "leaves": before} for batch, before in zip(made, [{}, *left], strict=False)),
        undo=_undo(release, origin, live, slot, found),
        retire=retire,
        leaves=left[-1] if left else {},
        surplus=_with_too_many(release, slot, found.fleet),
    )


def phases(rollout: Rollout, *, migrates: bool) -> tuple[str, ...]:
    """The names of the phases that must be judged before the run may be said to have passed."""
    before = ("migrate",) if migrates else ()
    after = (TRIM,) if rollout.surplus else ()
    each = [(f"start {n}", f"route {n}", leaves.get("phase")) for n, leaves in enumerate(_left_by_each(rollout), 1)]
    return (*before, *(name for names in each for name in names if name), *after)


def live_slot(found: Found) -> str:
    """The slot in service: what the ledger says, else what the routers do, else "" when nothing is."""
    if found.ledger.live:
        return found.ledger.live.slot
    routed = rotation(found.fleet)
    return min(routed) if routed else ""


def steps(rollout: Rollout, order: Order) -> Plan:
    """The rollout as steps for people, the diff and check mode."""
    if rollout.kind == NOTHING:
        return Plan()
    release, slot = rollout.release.id, rollout.slot
    before = f"{rollout.origin.id} in {rollout.origin_slot}" if rollout.origin else "nothing"
    made = [Step("recover", "fleet", "an interrupted run", before)] if rollout.recover else []
    for batch, leaves in zip(rollout.batches, _left_by_each(rollout), strict=True):
        hosts = listed(batch["hosts"])
        moved = hosts if batch["share"] == canary.ALL else f"{batch['share']} % of the traffic"
        made += [Step("start", hosts, "", f"{release} in {slot}"), Step("route", moved, before, f"{release} in {slot}")]
        if rollout.retire and leaves:
            made.append(Step("retire", listed(leaves["hosts"]), f"{listed(rollout.retire)} in {other(slot)}", "stopped"))
    if rollout.surplus:
        made.append(Step(TRIM, listed(rollout.surplus), "replicas that are too many", "stopped"))
    return Plan(tuple(made))


def _left_by_each(rollout: Rollout) -> list[Mapping[str, Any]]:
    """What each batch leaves behind, which the next one has beside its own."""
    return [*(batch["leaves"] for batch in rollout.batches[1:]), rollout.leaves]


def _with_too_many(release: Release, slot: str, fleet: Fleet) -> tuple[str, ...]:
    """Hosts on which more replicas of the release run than it has."""
    return tuple(
        host
        for host, there in fleet.replicas.items()
        if any(running(name, release, slot, there) > replicas(name, spec) for name, spec in release.services.items())
    )


def _refuse_silence(fleet: Fleet) -> None:
    if not fleet.replicas and not fleet.silent:
        raise InvalidInput("the group app is empty: list at least one application host in the inventory")
    if fleet.silent:
        whom = "; ".join(f"{host}: {why}" for host, why in sorted(fleet.silent.items()))
        raise Unavailable(f"not every host answered, so nothing was changed. {whom}", hosts=dict(fleet.silent))


def _origin(found: Found, live: str) -> Release | None:
    """What is in service, in the size in which it was found."""
    done = found.ledger.live
    release = found.ledger.releases.get(done.release) if done and live else None
    if release is None:
        return None
    sized = {name: _as_found(name, spec, release, live, found.fleet) for name, spec in release.services.items()}
    return replace(release, services=sized)


def _as_found(name: str, spec: Mapping[str, Any], release: Release, slot: str, fleet: Fleet) -> Mapping[str, Any]:
    size = max((running(name, release, slot, there) for there in fleet.replicas.values()), default=0)
    return {**spec, "replicas": size, "max_replicas": max(size, most(name, spec))} if size else spec


def _is_in_the_way(release: Release, slot: str, found: Found) -> bool:
    """Some router routes the slot, and some host runs another release in it."""
    foreign = any(
        replica["slot"] == slot and replica["release"] != release.id and replica["state"] == "running"
        for replicas_there in found.fleet.replicas.values()
        for replica in replicas_there
    )
    return slot in rotation(found.fleet) and foreign


def _is_settled(order: Order, release: Release, slot: str, found: Found) -> bool:
    fleet = found.fleet
    return (
        found.journal is None
        and all(has_replicas(release, slot, there) for there in fleet.replicas.values())
        and all(has_servers(release, slot, list(fleet.replicas), servers) for servers in fleet.servers.values())
        and not _to_retire(order, release, other(slot), found)
    )


def _to_retire(order: Order, release: Release, slot: str, found: Found) -> tuple[str, ...]:
    """Services that must not go on in the slot that was left: workers always, the rest unless kept for a quick rollback."""
    kept = {name for name, spec in release.services.items() if is_routed(spec)} if order.keep_previous else set()
    return tuple(name for name in services_in(found.fleet, slot) if name not in kept)


def counts(release: Release, slot: str, origin: Release | None) -> dict[str, dict[str, int]]:
    """Replicas per host of every service in each slot."""
    sized = {name: {slot: replicas(name, spec)} for name, spec in release.services.items()}
    for name, spec in (origin.services if origin else {}).items():
        sized.setdefault(name, {}).setdefault(other(slot), replicas(name, spec))
    return sized


def _parts(order: Order, origin: Release | None, slot: str, found: Found) -> list[Part]:
    """Where nothing serves that could be spared, all hosts at once."""
    hosts = list(found.fleet.replicas)
    if order.strategy == "blue_green" or not origin:
        return by_host([hosts], order.bake)
    behind = [host for host in hosts if not serves(origin, other(slot), found.fleet.replicas[host])]
    ready = [host for host in hosts if host not in behind]
    if order.strategy == "canary" and ready:
        return by_share(order.course, ready, behind)
    return by_host(([behind] if behind else []) + batches.split(ready, order.batch), order.bake)


def _left(number: int, hosts: Sequence[str], slot: str, services: tuple[str, ...]) -> dict[str, Any]:
    """What is stopped for good on these hosts: while the next part starts, or at the end."""
    return {"phase": f"retire {number}", "hosts": list(hosts), "slot": slot, "services": list(services)} if hosts else {}


def _undo(release: Release, origin: Release | None, live: str, slot: str, found: Found) -> dict[str, Any]:
    hosts = list(found.fleet.replicas)
    services = {**release.services, **_leaving_as(release, origin)}
    back = {live: hosts, other(live): []} if origin and live else {slot: [], other(slot): []}
    sized = counts(origin, live, None) if origin else {}
    return {
        "route": batches.route(services, {name: sized.get(name, {}) for name in services}, back, len(found.fleet.servers)),
        "retire": sorted(release.services) if slot != live else [],
        "slot": slot,
        "endpoints": batches.endpoints(origin, live, found.fleet.addresses) if origin else [],
    }


def _leaving_as(release: Release, origin: Release | None) -> Mapping[str, Spec]:
    """The services to go back to. Whoever leaves then is with the release, so it says how."""
    known = origin.services if origin else {}
    return {name: leaving_as(spec, release.services.get(name, spec)) for name, spec in known.items()}
