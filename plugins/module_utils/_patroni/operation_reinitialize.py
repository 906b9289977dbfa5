# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Building one replica anew, put together for the module patroni_reinitialize."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .._core.errors import InvalidInput, Unavailable
from .._core.plan import Plan
from .._core.wait import Pace, demand
from .._edge.run import Operation, Report
from .._judge.fetch import Place
from . import rest
from .model import MEMBER, Cluster, Member
from .operation_place import pace, places
from .plan import plan_rebuild
from .ready import is_rebuilt
from .rest import Places
from .told import leader_told, member_told


@dataclass(frozen=True)
class Request:
    """Which member of which cluster, the word of whoever means it, and by when it must follow again."""

    places: Places
    member: str
    confirm: str
    pace: Pace


def _parse(params: Mapping[str, Any]) -> Request:
    return Request(places(params["patroni"]), MEMBER.check(params["member"]), params["confirm"] or "", pace(params))


def _apply(wanted: Request, _found: Cluster, planned: Plan) -> Report:
    member = planned.steps[0].data
    rest.rebuild(_own(wanted.places, member))
    before = member.said.started if member.said else ""
    return _report(
        wanted,
        demand(
            lambda: _seen(wanted),
            lambda seen: seen is not None and is_rebuilt(seen, member.name, leader_told(seen), before),
            wanted.pace,
            waiting_for=f"that {member.name} is rebuilt, which goes on,",
            describe=lambda seen: _described(seen, member.name),
        ),
    )


def _own(places: Places, member: Member) -> Place:
    """The place in the inventory that is this member's, because only there may we log in."""
    own = [place for place in places if place.shown == urlsplit(member.api_url).netloc]
    if not own:
        announced = member.api_url.removesuffix("/patroni")
        raise InvalidInput(
            f"{member.name} has to be told itself, and {announced} is not among the urls: name it there as it is written here"
        )
    return own[0]


def _seen(wanted: Request) -> Cluster | None:
    try:
        return rest.cluster(wanted.places)
    except Unavailable:
        return None


def _described(seen: Cluster | None, name: str) -> str:
    found = seen.member(name) if seen else None
    return (found.said.state if found.said else found.state) if found else "nobody answers"


def _report(wanted: Request, seen: Cluster | None) -> Report:
    found = seen.member(wanted.member) if seen else None
    return {"leader": leader_told(seen) if seen else "", "member": member_told(found, None) if found else {}}


REINITIALIZE = Operation(
    parse=_parse,
    read=lambda wanted: rest.cluster(wanted.places),
    plan=lambda wanted, found: plan_rebuild(wanted.member, found, wanted.confirm),
    apply=_apply,
    predict=_report,
)
