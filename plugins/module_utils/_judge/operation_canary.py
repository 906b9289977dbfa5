# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The check of a canary put together for the module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from .._core.errors import InvalidInput
from .._core.text import NAME, seconds, within
from .._edge.run import Reading, Report
from .._edge.spec import Seconds, into
from .fetch import Place
from .haproxy_page import sides
from .model import Demand
from .names import different
from .report import Timeline, demand_pass, report
from .watch import Look, Metric, Patience, watch

METRIC = {
    "name": {"type": "str", "required": True},
    "critical": {"type": "bool", "default": True},
    "backends": {"type": "list", "elements": "str", "required": True},
}
"""Argument spec of one metric."""


@dataclass(frozen=True)
class Check:
    """What is compared, how surely, how patiently, and whether the module fails unless it passes."""

    metrics: tuple[Metric, ...]
    demand: Demand
    patience: Patience
    must_pass: bool


@dataclass(frozen=True)
class Pacing:
    """How long to watch, as a user writes it."""

    duration: Seconds
    longer: Seconds
    interval: Seconds
    stale: Seconds

    def __post_init__(self) -> None:
        within("interval", self.interval, 0.1, 300)
        within("duration", self.duration, 0, seconds("2d"))
        within("extension", self.longer, 0, seconds("2d"))
        within("age of what is stale", self.stale, self.interval, 3600)


def _parse(params: Mapping[str, Any]) -> Check:
    slots = (params["canary"], params["live"])
    if slots[0] == slots[1]:
        raise InvalidInput(f"canary and live are both {slots[0]}, and would be compared with themselves: give each its slot")
    places = tuple(into(Place, one) for one in params["haproxy"])
    if not places:
        raise InvalidInput("haproxy is empty: name the page of statistics of every router")
    pacing = into(Pacing, params)
    return Check(
        metrics=tuple(_metrics(params["metrics"], places, slots)),
        demand=into(Demand, params),
        patience=Patience(pacing.duration, pacing.longer, pacing.interval, pacing.stale),
        must_pass=params["must_pass"],
    )


def _metrics(described: list[Mapping[str, Any]], places: tuple[Place, ...], slots: tuple[str, str]) -> list[Metric]:
    different([one["name"] for one in described], "metrics")
    if not any(one["critical"] for one in described):
        raise InvalidInput("no metric is critical, so nothing could ever fail the canary: leave critical out of at least one")
    return [_metric(one, places, slots) for one in described]


def _metric(described: Mapping[str, Any], places: tuple[Place, ...], slots: tuple[str, str]) -> Metric:
    name, backends = NAME.check(described["name"]), tuple(NAME.check(backend) for backend in described["backends"])
    if not backends:
        raise InvalidInput(f"metric {name} has no backends, such as shop_api: name at least one")
    return Metric(name, partial(_look, places, backends, slots), described["critical"])


def _look(places: tuple[Place, ...], backends: tuple[str, ...], slots: tuple[str, str]) -> Look:
    return {name: counted for place in places for name, counted in sides(place, backends, slots).items()}


def _read(wanted: Check) -> Report:
    timeline = Timeline()
    last = watch(wanted.metrics, wanted.demand, wanted.patience, timeline.keep)
    told = report(last, timeline, wanted.patience.stale)
    if wanted.must_pass:
        demand_pass(told)
    return told


CANARY = Reading(parse=_parse, read=_read)
