# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bringing indices back under other names, put together for the module search_snapshot_restore."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .._core.errors import InvalidInput
from .._core.plan import Plan
from .._core.text import listed
from .._core.wait import Pace, demand
from .._edge.run import Operation, Report
from .._edge.spec import into
from .._judge.fetch import Place
from . import elasticsearch
from .model import Catalogue, DocumentsMissing, Restored, Restoring, Snapshot
from .operation_place import patience, place
from .swap import DROP, RESTORE, SWAP, Holders, chosen, plan_restored, refuse_taken, short, taken, targets

INTERVAL_S = 1.0


@dataclass(frozen=True)
class Request:
    """What comes back at which cluster, and by when it must be there."""

    place: Place
    restoring: Restoring
    pace: Pace


@dataclass(frozen=True)
class Found:
    """The snapshot, what comes back or has come back from it, and what there is besides."""

    snapshot: Snapshot
    restored: tuple[Restored, ...]
    catalogue: Catalogue
    holders: Holders


def _parse(params: Mapping[str, Any]) -> Request:
    restoring, deadline = into(Restoring, params), patience(params["deadline"])
    if bool(restoring.snapshot) == bool(restoring.prefix):
        raise InvalidInput("give either snapshot or prefix, which means the newest good one of it")
    return Request(place(params["server"]), restoring, Pace(deadline, min(INTERVAL_S, deadline / 20)))


def _read(wanted: Request) -> Found:
    asked = wanted.restoring
    snapshot = chosen(asked, elasticsearch.snapshots(wanted.place, asked.repository))
    catalogue = elasticsearch.catalogue(wanted.place)
    restored = tuple(_looked(wanted, snapshot, one, catalogue) for one in targets(asked, snapshot))
    holders = elasticsearch.holders(wanted.place, asked.alias) if asked.alias in catalogue.aliases else {}
    return Found(snapshot, restored, catalogue, holders)


def _looked(wanted: Request, snapshot: Snapshot, one: Restored, catalogue: Catalogue) -> Restored:
    """An index of that name is what a run before brought back, or refused."""
    if not taken(one, catalogue):
        return one
    origin = (wanted.restoring.repository, snapshot.name, one.source)
    is_ours = one.target in catalogue.indices and elasticsearch.came_from(wanted.place, one.target) == origin
    found = replace(one, there=is_ours)
    refuse_taken(found)
    return found


def _apply(wanted: Request, found: Found, planned: Plan) -> Report:
    """What came back is whole before the alias leads to it, and what goes goes last."""
    back = [step.data for step in planned.steps if step.action == RESTORE]
    if back:
        elasticsearch.restore(wanted.place, wanted.restoring, found.snapshot.name, back)
    counted = _proven(wanted, found)
    for step in planned.steps:
        if step.action == SWAP:
            elasticsearch.swap(wanted.place, step.data)
        elif step.action == DROP:
            elasticsearch.drop(wanted.place, step.data)
    return _report(found, counted)


def _predict(wanted: Request, found: Found) -> Report:
    """What a run before brought back is proven again, because that run may have given up waiting for it."""
    is_back = found.restored and all(one.there for one in found.restored)
    return _report(found, _proven(wanted, found) if is_back else {})


def _proven(wanted: Request, found: Found) -> dict[str, int]:
    """The documents of what came back. What the alias leads to already may have changed since, and is not compared."""
    names = [one.target for one in found.restored]
    demand(
        lambda: elasticsearch.started(wanted.place),
        lambda seen: not _waiting(names, seen),
        wanted.pace,
        waiting_for="that all primary shards of what was restored are started; it stays as it is, and",
        describe=lambda seen: listed(_waiting(names, seen)),
    )
    counted = {name: elasticsearch.count(wanted.place, name) for name in names}
    unused = [one for one in found.restored if one.target not in found.holders]
    lacking = short(unused, found.snapshot, counted, wanted.restoring.shrinkage)
    if lacking:
        raise DocumentsMissing(
            f"{listed(lacking[:5])}: no alias was changed. Choose another snapshot, or raise shrinkage if that is right"
        )
    return counted


def _waiting(names: list[str], seen: Mapping[str, tuple[int, int]]) -> list[str]:
    """Indices whose primary shards are not all started, in words."""
    late = {name: seen.get(name, (0, 0)) for name in names}
    return [f"{name} has {done} of {total} started" for name, (done, total) in late.items() if done < total or not total]


def _report(found: Found, counted: Mapping[str, int]) -> Report:
    return {
        "snapshot": found.snapshot.name,
        "restored": {one.source: one.target for one in found.restored},
        "documents": dict(counted),
        "kept": sorted(set(found.holders) - {one.target for one in found.restored}),
    }


def _plan(wanted: Request, found: Found) -> Plan:
    return plan_restored(wanted.restoring, found.restored, found.catalogue, found.holders, wanted.place.shown)


RESTORING = Operation(
    parse=_parse,
    read=_read,
    plan=_plan,
    apply=_apply,
    predict=_predict,
)
