# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A look at repositories and snapshots, put together for the module search_snapshot_info."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import NotFound
from .._core.text import listed, seconds
from .._core.verdict import Verdict
from .._edge.run import Reading, Report
from .._judge.fetch import Place
from . import elasticsearch
from .age import judged
from .model import PREFIX, REPOSITORY, Repository, Snapshot, SnapshotTooOld
from .operation_place import place
from .ready import is_good, is_of
from .told import snapshot_told


@dataclass(frozen=True)
class Asked:
    """Which repository, or all, whose snapshots, and how old the newest good one may be; None where that is not judged."""

    place: Place
    repository: str
    prefix: str
    max_age: float | None
    sizes: bool
    must_pass: bool


def _parse(params: Mapping[str, Any]) -> Asked:
    repository, prefix = params["repository"] or "", params["prefix"] or ""
    if repository:
        REPOSITORY.check(repository)
    if prefix:
        PREFIX.check(prefix)
    most = seconds(params["max_age"], noun="max_age") if params["max_age"] else None
    return Asked(place(params["server"]), repository, prefix, most, params["sizes"], params["must_pass"])


def _read(wanted: Asked) -> Report:
    now = time.time()
    repositories = _repositories(wanted)
    held = {one.name: _snapshots(wanted, one.name) for one in repositories}
    verdict, told = judged([one for found in held.values() for one in found], wanted.max_age, now)
    shown = [_shown(wanted, name, one, now) for name, found in held.items() for one in found]
    report = {"repositories": [_registration(one) for one in repositories], "snapshots": shown, "verdict": verdict, "told": told}
    if wanted.must_pass and wanted.max_age is not None and verdict != Verdict.PASS:
        raise SnapshotTooOld(told, **report)
    return report


def _repositories(wanted: Asked) -> list[Repository]:
    found = elasticsearch.repositories(wanted.place)
    if wanted.repository and wanted.repository not in {one.name for one in found}:
        there = listed(one.name for one in found)
        raise NotFound(f"{wanted.place.shown} knows no snapshot repository {wanted.repository}; it has {there}")
    return [one for one in found if wanted.repository in ("", one.name)]


def _snapshots(wanted: Asked, repository: str) -> list[Snapshot]:
    found = elasticsearch.snapshots(wanted.place, repository)
    return [one for one in found if not wanted.prefix or is_of(wanted.prefix, one)]


def _shown(wanted: Asked, repository: str, one: Snapshot, now: float) -> dict[str, Any]:
    weighed = {"bytes": elasticsearch.size(wanted.place, repository, one.name)} if wanted.sizes and is_good(one) else {}
    return {"repository": repository, **snapshot_told(one), "age": round(max(now - one.begun, 0.0), 1), **weighed}


def _registration(one: Repository) -> dict[str, Any]:
    return {"name": one.name, "type": one.type, "settings": dict(one.settings)}


SNAPSHOTS = Reading(parse=_parse, read=_read)
