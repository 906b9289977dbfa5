# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Silencing alerts, put together for the module alert_silence."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import Failed, InvalidInput
from .._core.plan import Plan
from .._core.text import moment, seconds
from .._edge.run import Operation, Report
from .._edge.spec import into
from .._judge.fetch import Place
from . import alertmanager
from .model import KEY, Matcher, Silence, Silencing
from .plan import plan_absent, plan_present
from .ready import matches_everything

MATCHER = {
    "name": {"type": "str", "required": True},
    "value": {"type": "str", "required": True},
    "regex": {"type": "bool", "default": False},
    "equal": {"type": "bool", "default": True},
}
"""Argument spec of one matcher."""


@dataclass(frozen=True)
class Request:
    """Of which Alertmanager what is asked under this key; None where no silence is wanted."""

    place: Place
    key: str
    silencing: Silencing | None


def _parse(params: Mapping[str, Any]) -> Request:
    place, key = into(Place, params["alertmanager"]), KEY.check(params["key"])
    return Request(place, key, _silencing(params) if params["state"] == "present" else None)


def _silencing(params: Mapping[str, Any]) -> Silencing:
    matchers = tuple(into(Matcher, one) for one in params["matchers"] or ())
    if matches_everything(matchers):
        raise InvalidInput(
            "these matchers would silence every alert, or nearly: give at least one label a value that it must have, such as "
            "alertname, or a regex that not everything matches"
        )
    lasting = seconds(params["duration"])
    return Silencing(params["key"], tuple(sorted(set(matchers))), lasting, params["comment"] or "", params["creator"] or "")


def _plan(wanted: Request, found: Iterable[Silence]) -> Plan:
    if wanted.silencing is None:
        return plan_absent(wanted.key, found)
    return plan_present(wanted.silencing, found, time.time())


def _apply(wanted: Request, _found: Iterable[Silence], plan: Plan) -> Report:
    """Alertmanager is asked again what it has now."""
    alertmanager.carry_out(wanted.place, plan)
    report = _report(wanted, alertmanager.live(wanted.place))
    if bool(report["silence"]) != (wanted.silencing is not None):
        raise Failed(f"{wanted.place.shown} took the changes of the silence {wanted.key}, and does not show them")
    return report


def _report(wanted: Request, found: Iterable[Silence]) -> Report:
    ours = [silence for silence in found if silence.key == wanted.key]
    return {"silence": _described(ours[-1]) if ours else {}}


def _described(silence: Silence) -> Mapping[str, Any]:
    return {"id": silence.id, "state": silence.state, "ends": moment(silence.ends), "comment": silence.comment}


ALERT_SILENCE = Operation(
    parse=_parse,
    read=lambda wanted: alertmanager.live(wanted.place),
    plan=_plan,
    apply=_apply,
    predict=_report,
)
