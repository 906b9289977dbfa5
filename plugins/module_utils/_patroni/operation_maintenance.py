# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Telling Patroni to leave a cluster alone, and to look after it again, put together for the module patroni_maintenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.plan import Plan
from .._core.text import listed
from .._core.wait import Pace, demand
from .._edge.run import Operation, Report
from . import rest
from .model import Cluster
from .operation_place import pace, places
from .plan import plan_maintenance
from .ready import heeds, silent
from .rest import Places
from .told import leader_told


@dataclass(frozen=True)
class Request:
    """Which cluster, whether it shall be paused, and by when all members must have seen it."""

    places: Places
    is_paused: bool
    pace: Pace


def _parse(params: Mapping[str, Any]) -> Request:
    return Request(places(params["patroni"]), params["state"] == "paused", pace(params))


def _apply(wanted: Request, _found: Cluster, _plan: Plan) -> Report:
    rest.pause(rest.speaker(wanted.places), paused=wanted.is_paused)
    return _report(
        demand(
            lambda: rest.cluster(wanted.places),
            lambda seen: heeds(seen, paused=wanted.is_paused),
            wanted.pace,
            waiting_for=f"that every member has seen the {'pause' if wanted.is_paused else 'end of the pause'}",
            describe=_described,
        )
    )


def _described(seen: Cluster) -> str:
    told = {one.name: "paused" if one.said.is_paused else "running" for one in seen.members if one.said}
    return ", ".join(f"{name} {state}" for name, state in told.items()) or "no member answers"


def _report(seen: Cluster) -> Report:
    deaf = silent(seen)
    warnings = [f"{listed(deaf)} did not answer, so whether it heeds the pause or its end is not known"] if deaf else []
    return {"paused": seen.is_paused, "leader": leader_told(seen), "scope": seen.scope, "silent": deaf, "warnings": warnings}


MAINTENANCE = Operation(
    parse=_parse,
    read=lambda wanted: rest.cluster(wanted.places),
    plan=lambda wanted, found: plan_maintenance(found, paused=wanted.is_paused),
    apply=_apply,
    predict=lambda _wanted, found: _report(found),
)
