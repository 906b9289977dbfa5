# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The check of a canary put together for the module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import InvalidInput
from .._core.text import listed, seconds, within
from .._edge.run import Reading, Report
from .._edge.spec import Seconds, into
from .described import Described, Sources, metric
from .fetch import Place
from .model import Demand
from .report import demand_pass, report
from .watch import Metric, Patience, watch

METRIC = {
    "name": {"type": "str", "required": True},
    "critical": {"type": "bool", "default": True},
    "backends": {"type": "list", "elements": "str"},
    "requests": {"type": "str"},
    "bad": {"type": "str"},
    "bad_label": {"type": "str", "default": "status"},
    "bad_values": {"type": "str"},
    "buckets": {"type": "str"},
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
    sources = into(Sources, {**params, "haproxy": [into(Place, one) for one in params["haproxy"]]})
    described = tuple(into(Described, one) for one in params["metrics"])
    _check_names([one.name for one in described])
    if not any(one.critical for one in described):
        raise InvalidInput("no metric is critical, so nothing could ever fail the canary: leave critical out of at least one")
    sides = (_side(params["canary"]), _side(params["live"]))
    if sides[0] == sides[1]:
        raise InvalidInput("canary and live are the same, and would be compared with themselves: give them different slots")
    pacing = into(Pacing, params)
    patience = Patience(pacing.duration, pacing.longer, pacing.interval, pacing.stale)
    metrics = tuple(metric(one, sources, sides) for one in described)
    return Check(metrics, into(Demand, params), patience, params["must_pass"])


def _side(given: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in given.items()}


def _check_names(names: list[str]) -> None:
    if not names:
        raise InvalidInput("there is nothing to compare: metrics is empty, and no data is never a pass")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInput(f"metrics need different names; given more than once: {listed(twice)}")


def _read(wanted: Check) -> Report:
    told = report(watch(wanted.metrics, wanted.demand, wanted.patience), wanted.patience.stale)
    if wanted.must_pass:
        demand_pass(told)
    return told


CANARY = Reading(parse=_parse, read=_read)
