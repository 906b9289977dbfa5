# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Registering where snapshots are kept, put together for the module search_snapshot_repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.plan import Plan
from .._edge.run import Operation, Report
from .._judge.fetch import Place
from . import elasticsearch
from .model import REPOSITORY, Repository, ServerRefused
from .operation_place import place
from .plan import plan_registered, plan_unregistered
from .ready import written


@dataclass(frozen=True)
class Request:
    """The registration that is wanted, or none under this name."""

    place: Place
    name: str
    wanted: Repository | None
    confirm: str


@dataclass(frozen=True)
class Found:
    """The registration that is there, and how many snapshots it shows, None if it cannot say."""

    repository: Repository | None
    holds: int | None = 0


def _parse(params: Mapping[str, Any]) -> Request:
    name = REPOSITORY.check(params["repository"])
    present = params["state"] == "present"
    wanted = Repository(name, params["type"], written(params["settings"] or {})) if present else None
    return Request(place(params["server"]), name, wanted, params["confirm"] or "")


def _read(wanted: Request) -> Found:
    repository = elasticsearch.repository(wanted.place, wanted.name)
    return Found(repository, _holds(wanted) if repository else 0)


def _holds(wanted: Request) -> int | None:
    try:
        return len(elasticsearch.snapshots(wanted.place, wanted.name))
    except ServerRefused:
        return None


def _plan(wanted: Request, found: Found) -> Plan:
    guard = (found.holds, wanted.place.shown, wanted.confirm)
    if wanted.wanted is None:
        return plan_unregistered(wanted.name, found.repository, *guard)
    return plan_registered(wanted.wanted, found.repository, *guard)


def _apply(wanted: Request, found: Found, _planned: Plan) -> Report:
    if wanted.wanted is None:
        elasticsearch.unregister(wanted.place, wanted.name)
        return _report(None, ())
    elasticsearch.register(wanted.place, wanted.wanted)
    return _report(wanted.wanted, _verified(wanted.place, wanted.wanted, found.repository))


def _verified(place: Place, made: Repository, before: Repository | None) -> list[str]:
    """One to which not every node can write is taken back at once, because its first snapshot would fail at night."""
    try:
        return elasticsearch.verify(place, made.name)
    except ServerRefused as error:
        if before:
            elasticsearch.register(place, before)
        else:
            elasticsearch.unregister(place, made.name)
        raise ServerRefused(f"the nodes cannot use it, so all is as it was: {error.message}", **error.details) from None


def _report(repository: Repository | None, nodes: list[str] | tuple[str, ...]) -> Report:
    described = {"name": repository.name, "type": repository.type, "settings": dict(repository.settings)} if repository else {}
    return {"repository": described, "nodes": list(nodes)}


REGISTRATION = Operation(
    parse=_parse,
    read=_read,
    plan=_plan,
    apply=_apply,
    predict=lambda wanted, found: _report(found.repository, ()),
)
