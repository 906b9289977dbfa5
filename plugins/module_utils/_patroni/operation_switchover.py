# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Having another member lead, put together for the module patroni_switchover."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import TimedOut, Unavailable
from .._core.plan import Plan
from .._core.text import listed
from .._core.wait import Pace, wait_until
from .._edge.run import Operation, Report
from .._edge.spec import into
from . import rest
from .crossing import Crossing, cross
from .model import Cluster, LedElsewhere, Member, PatroniRefused, Switching
from .operation_place import pace, places
from .plan import plan_switch
from .ready import follows, has_switched, is_led_elsewhere, leads, primaries
from .rest import Places
from .told import leader_told


@dataclass(frozen=True)
class Request:
    """Which cluster, who shall lead, and by when it must be done."""

    places: Places
    switching: Switching
    pace: Pace


def _parse(params: Mapping[str, Any]) -> Request:
    return Request(places(params["patroni"]), into(Switching, params), pace(params))


def _apply(wanted: Request, found: Cluster, planned: Plan) -> Report:
    """Patroni's answer alone proves nothing; the members are asked until they say the same."""
    old, new = planned.steps[0].data
    try:
        crossing = cross(rest.speaker(wanted.places), old, new, wanted.pace.timeout)
    except PatroniRefused as error:
        raise _refused(wanted, error, old) from None
    done, seen = wait_until(lambda: _seen(wanted, found), lambda seen: _is_over(seen, old, new), wanted.pace)
    if not done or not has_switched(seen, old.name, new.name):
        raise _unfinished(wanted, seen, crossing, old, new)
    return {**_report(seen), "pause": crossing.pause, "switched": True, "old_leader": old.name, "answer": crossing.answer}


def _refused(wanted: Request, error: PatroniRefused, old: Member) -> PatroniRefused:
    return PatroniRefused(f"{error.message}. {_who_leads(wanted, old)}. Patroni's log on both members says why", **error.details)


def _who_leads(wanted: Request, old: Member) -> str:
    try:
        now = leader_told(rest.cluster(wanted.places)) or "nobody"
    except Unavailable:
        return f"Who leads now is not known, because no member answers; {old.name} led before"
    return f"{old.name} leads as before" if now == old.name else f"{now} leads now, and {old.name} led before"


def _seen(wanted: Request, before: Cluster) -> Cluster:
    """The cluster now, or as it was before where a moment has no answer: while members restart, one may be missing."""
    try:
        return rest.cluster(wanted.places)
    except Unavailable:
        return before


def _is_over(seen: Cluster, old: Member, new: Member) -> bool:
    return has_switched(seen, old.name, new.name) or is_led_elsewhere(seen, old.name, new.name)


def _unfinished(wanted: Request, seen: Cluster, crossing: Crossing, old: Member, new: Member) -> LedElsewhere | TimedOut:
    report = {**_report(seen), "pause": crossing.pause, "answer": crossing.answer}
    said = f"Patroni said: {crossing.answer}"
    if is_led_elsewhere(seen, old.name, new.name):
        return LedElsewhere(f"{leader_told(seen)} leads now, and {new.name} was to take over from {old.name}. {said}", **report)
    within = f"within {wanted.pace.timeout:g} s"
    if leads(seen, new.name):
        way = "" if follows(seen, old.name, new.name) else f"{old.name} does not stream from it"
        return TimedOut(f"{new.name} leads, but {within} {way}: look at Patroni's log on {old.name}. {said}", **report)
    told = f"{leader_told(seen) or 'nobody'} holds the leader's key, and {listed(primaries(seen))} takes writes"
    return TimedOut(f"{new.name} did not take over from {old.name} {within}; last seen: {told}. {said}", **report)


def _report(seen: Cluster) -> dict[str, Any]:
    leader = next((one for one in seen.members if one.name == leader_told(seen)), None)
    timeline = leader.said.timeline if leader and leader.said else 0
    return {"leader": leader_told(seen), "timeline": timeline, "synchronous": seen.is_synchronous, "scope": seen.scope}


def _predict(_wanted: Request, found: Cluster) -> Report:
    return {**_report(found), "pause": None, "switched": False, "old_leader": "", "answer": ""}


SWITCHOVER = Operation(
    parse=_parse,
    read=lambda wanted: rest.cluster(wanted.places),
    plan=lambda wanted, found: plan_switch(wanted.switching, found),
    apply=_apply,
    predict=_predict,
)
