# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The comparison of a canary as a user writes it, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import InvalidInput
from .._core.text import seconds, within
from .described_metric import Asked, checked, metric
from .fetch import Place
from .model import Demand
from .names import different
from .report import Timeline, report
from .scraped import Source
from .synthetic import Synthetic, sending
from .watch import Metric, Patience, watch


@dataclass(frozen=True)
class Described:
    """What is compared, how surely and how patiently; durations as a user writes them."""

    canary: str
    live: str
    metrics: tuple[Asked, ...]
    haproxy: tuple[Place, ...] = ()
    prometheus: Place | None = None
    duration: str = "5m"
    longer: str = "0s"
    interval: str = "1s"
    stale: str = "30s"
    false_alarms: float = 0.01
    detects: float = 0.05
    power: float = 0.95
    slower: float = 4.0
    synthetic: Synthetic | None = None


@dataclass(frozen=True)
class Check:
    """A comparison that is ready to be made."""

    metrics: tuple[Metric, ...]
    demand: Demand
    patience: Patience
    synthetic: Synthetic | None = None

    def run(self, is_over: Callable[[], bool] = lambda: False) -> Mapping[str, Any]:
        """Watch until something is known or ``is_over``; verdict, numbers and timeline as ``report`` gives them."""
        timeline = Timeline()
        with sending(self.synthetic):
            last = watch(self.metrics, self.demand, self.patience, timeline.keep, is_over=is_over)
        return report(last, timeline, self.patience.stale)


def check(one: Described) -> Check:
    """The comparison that is described; raises ``InvalidInput``."""
    if one.canary == one.live:
        raise InvalidInput(f"canary and live are both {one.canary}, and would be compared with themselves: give each its slot")
    different([asked.name for asked in one.metrics], "metrics")
    for asked in one.metrics:
        checked(asked)
    if not one.haproxy and not all(asked.is_scraped for asked in one.metrics):
        raise InvalidInput("haproxy is empty: name the page of statistics of every router")
    if not any(asked.critical and not asked.dry_run for asked in one.metrics):
        raise InvalidInput(
            "no metric is critical, so nothing could ever fail the canary: leave critical and dry_run out of at least one"
        )
    demand, patience, slots = Demand(one.false_alarms, one.detects, one.power, one.slower), _patience(one), (one.canary, one.live)
    source = Source(one.prometheus, slots, patience.stale) if one.prometheus else None
    metrics = tuple(metric(asked, one.haproxy, slots, source) for asked in one.metrics)
    return Check(metrics, demand, patience, one.synthetic)


def _patience(one: Described) -> Patience:
    interval = within("interval", seconds(one.interval, noun="interval"), 0.1, 300)
    return Patience(
        duration=within("duration", seconds(one.duration, noun="duration"), 0, seconds("2d")),
        longer=within("extension", seconds(one.longer, noun="longer"), 0, seconds("2d")),
        interval=interval,
        stale=within("age of what is stale", seconds(one.stale, noun="stale"), interval, 3600),
    )
