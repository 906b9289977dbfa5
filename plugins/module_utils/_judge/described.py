# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The comparison of a canary as a user writes it, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from .._core.errors import InvalidInput
from .._core.text import NAME, seconds, within
from .fetch import Place
from .haproxy_page import sides
from .model import Demand
from .names import different
from .report import Timeline, report
from .watch import Look, Metric, Patience, watch


@dataclass(frozen=True)
class Backends:
    """A metric: the errors of some backends of HAProxy."""

    name: str
    backends: tuple[str, ...]
    critical: bool = True


@dataclass(frozen=True)
class Described:
    """What is compared, how surely and how patiently; durations as a user writes them."""

    canary: str
    live: str
    metrics: tuple[Backends, ...]
    haproxy: tuple[Place, ...]
    duration: str = "5m"
    longer: str = "0s"
    interval: str = "1s"
    stale: str = "30s"
    false_alarms: float = 0.01
    detects: float = 0.05
    power: float = 0.95


@dataclass(frozen=True)
class Check:
    """A comparison that is ready to be made."""

    metrics: tuple[Metric, ...]
    demand: Demand
    patience: Patience

    def run(self, is_over: Callable[[], bool] = lambda: False) -> Mapping[str, Any]:
        """Watch until something is known or ``is_over``; verdict, numbers and timeline as ``report`` gives them."""
        timeline = Timeline()
        last = watch(self.metrics, self.demand, self.patience, timeline.keep, is_over=is_over)
        return report(last, timeline, self.patience.stale)


def check(one: Described) -> Check:
    """The comparison that is described; raises ``InvalidInput``."""
    if one.canary == one.live:
        raise InvalidInput(f"canary and live are both {one.canary}, and would be compared with themselves: give each its slot")
    if not one.haproxy:
        raise InvalidInput("haproxy is empty: name the page of statistics of every router")
    different([metric.name for metric in one.metrics], "metrics")
    if not any(metric.critical for metric in one.metrics):
        raise InvalidInput("no metric is critical, so nothing could ever fail the canary: leave critical out of at least one")
    demand = Demand(one.false_alarms, one.detects, one.power)
    return Check(tuple(_metric(metric, one) for metric in one.metrics), demand, _patience(one))


def _patience(one: Described) -> Patience:
    interval = within("interval", seconds(one.interval, noun="interval"), 0.1, 300)
    return Patience(
        duration=within("duration", seconds(one.duration, noun="duration"), 0, seconds("2d")),
        longer=within("extension", seconds(one.longer, noun="longer"), 0, seconds("2d")),
        interval=interval,
        stale=within("age of what is stale", seconds(one.stale, noun="stale"), interval, 3600),
    )


def _metric(metric: Backends, one: Described) -> Metric:
    backends = tuple(NAME.check(backend) for backend in metric.backends)
    if not backends:
        raise InvalidInput(f"metric {metric.name} has no backends, such as shop_api: name at least one")
    return Metric(metric.name, partial(_look, one.haproxy, backends, (one.canary, one.live)), metric.critical)


def _look(places: tuple[Place, ...], backends: tuple[str, ...], slots: tuple[str, str]) -> Look:
    return {name: counted for place in places for name, counted in sides(place, backends, slots).items()}
