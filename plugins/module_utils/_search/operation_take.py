# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Taking a snapshot and letting old ones go, put together for the module search_snapshot_take."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .._core.errors import NotFound
from .._core.plan import Plan, Step
from .._core.text import listed, seconds
from .._core.wait import Pace, demand
from .._edge.run import Operation, Report
from .._judge.fetch import Place
from . import elasticsearch
from .model import RUNNING, Retention, Snapshot, SnapshotNotGood, Taking
from .operation_place import patience, place
from .plan import TAKE, plan_taken
from .ready import held, is_good, newest_good
from .told import snapshot_told

INTERVAL_S = 1.0


@dataclass(frozen=True)
class Request:
    """What is taken where, and by when it must be done."""

    place: Place
    taking: Taking
    pace: Pace


@dataclass(frozen=True)
class Found:
    """The snapshots of the repository, and the indices that the new one shall hold with the attributes that they have."""

    snapshots: tuple[Snapshot, ...]
    indices: Mapping[str, tuple[str, ...]]


def _parse(params: Mapping[str, Any]) -> Request:
    retention = Retention(params["keep"], seconds(params["keep_for"], noun="keep_for"))
    taking = Taking(
        params["repository"],
        params["prefix"],
        tuple(params["indices"]),
        retention,
        seconds(params["fresh"], noun="fresh"),
        params["include_global_state"],
    )
    deadline = patience(params["deadline"])
    return Request(place(params["server"]), taking, Pace(deadline, min(INTERVAL_S, deadline / 20)))


def _read(wanted: Request) -> Found:
    catalogue = elasticsearch.catalogue(wanted.place)
    meant, missing = held(wanted.taking.indices, catalogue)
    if missing:
        raise NotFound(f"no index of {wanted.place.shown} is called {listed(missing)}, so the snapshot would lack what it is for")
    snapshots = elasticsearch.snapshots(wanted.place, wanted.taking.repository)
    return Found(tuple(snapshots), {name: catalogue.indices[name] for name in meant})


def _apply(wanted: Request, found: Found, planned: Plan) -> Report:
    """What is old goes only after the new one is good."""
    waited = 0.0
    taken = None
    patient = replace(wanted.place, timeout=max(wanted.place.timeout, wanted.pace.timeout))  # it answers when files are gone
    for step in planned.steps:
        if step.action == TAKE:
            waited, taken = _taken(wanted, found, step)
        else:
            elasticsearch.delete(patient, wanted.taking.repository, step.data.name)
    left = elasticsearch.snapshots(wanted.place, wanted.taking.repository)
    return {**_report(wanted, left), "waited": round(waited, 1), **({"snapshot": snapshot_told(taken)} if taken else {})}


def _taken(wanted: Request, found: Found, step: Step) -> tuple[float, Snapshot]:
    begin = time.monotonic()
    _turn(wanted)
    waited = time.monotonic() - begin
    made = replace(step.data, documents=_counted(wanted.place, found.indices))
    elasticsearch.take(wanted.place, wanted.taking.repository, made, global_state=wanted.taking.global_state)
    return waited, _ended(wanted, made.name)


def _turn(wanted: Request) -> None:
    """Two at once into one repository would share its bandwidth, and each would count the other's failure as its own."""
    demand(
        lambda: elasticsearch.running(wanted.place, wanted.taking.repository),
        lambda names: not names,
        wanted.pace,
        waiting_for=f"the turn of a snapshot into {wanted.taking.repository}",
        describe=lambda names: f"{listed(names)} is still being taken",
    )


def _counted(place: Place, indices: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Documents of each index that is open; a closed one cannot be counted, and can be saved."""
    return {name: elasticsearch.count(place, name) for name, attributes in indices.items() if "closed" not in attributes}


def _ended(wanted: Request, name: str) -> Snapshot:
    repository = wanted.taking.repository
    demand(
        lambda: elasticsearch.state(wanted.place, repository, name),
        lambda seen: seen[0] not in RUNNING,
        wanted.pace,
        waiting_for=f"the end of the snapshot {repository}/{name}, which goes on,",
        describe=lambda seen: f"{seen[0]}, {seen[1]} of {seen[2]} shards done",
    )
    return _demand_good(wanted, elasticsearch.snapshot(wanted.place, repository, name))


def _demand_good(wanted: Request, made: Snapshot) -> Snapshot:
    if is_good(made):
        return made
    why = listed(failure.shown for failure in made.failures[:5])
    raise SnapshotNotGood(
        f"the snapshot {wanted.taking.repository}/{made.name} ended as {made.state}: {why}. No older one was deleted. Look at "
        "the cluster's health, and take another",
        snapshot=snapshot_told(made),
    )


def _report(wanted: Request, snapshots: list[Snapshot] | tuple[Snapshot, ...]) -> Report:
    newest = newest_good(wanted.taking.prefix, snapshots)
    return {"snapshot": snapshot_told(newest) if newest else {}, "waited": 0.0}


TAKING = Operation(
    parse=_parse,
    read=_read,
    plan=lambda wanted, found: plan_taken(wanted.taking, found.snapshots, found.indices, time.time()),
    apply=_apply,
    predict=lambda wanted, found: _report(wanted, found.snapshots),
)
