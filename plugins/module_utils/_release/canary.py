# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps of a canary as data: which share of the traffic goes to the new release, and how it is compared meanwhile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .._core.errors import InvalidInput
from .._core.text import NAME, seconds, shown, within
from .batches import IN_ROTATION, evenly
from .model import Fleet, Spec, other
from .ready import is_routed

ALL = 100
"""Percent of the traffic."""


@dataclass(frozen=True)
class Step:
    """A share of the traffic in percent, how long it is watched, and how long a person may take to let it go on, if one must."""

    share: int
    watch: str = "5m"
    pause: str = "0s"

    def __post_init__(self) -> None:
        if isinstance(self.share, bool) or not isinstance(self.share, int) or not 1 <= self.share <= ALL:
            raise InvalidInput(f"{shown(self.share)} is not a share of the traffic: allowed are whole percents from 1 to {ALL}")
        within("watch of a step of the canary", seconds(self.watch, noun="watch"), 0, seconds("2d"))
        within("pause of a step of the canary", seconds(self.pause, noun="pause"), 0, seconds("2d"))


@dataclass(frozen=True)
class Synthetic:
    """Requests of our own to a path that may be asked at any time: how many a second over all routers."""

    path: str
    rate: float = 5.0

    def __post_init__(self) -> None:
        if not re.fullmatch(r"/[!-~]{0,500}", self.path):
            raise InvalidInput(f"{shown(self.path)} is not a path for synthetic requests: it begins with / and has no spaces")


USUAL = (Step(10, "30m"), Step(50, "10m"), Step(ALL, "5m"))


@dataclass(frozen=True)
class Metric:
    """The errors of these services, or what Prometheus scraped; the rest as canary_check takes it."""

    name: str
    services: tuple[str, ...] | None = None
    critical: bool = True
    dry_run: bool = False
    requests: str | None = None
    bad: str | None = None
    latency: str | None = None


@dataclass(frozen=True)
class Course:
    """All steps, and how surely and patiently the canary is compared; the rest as canary_check takes it.

    What could not be judged waits ``ask`` for a person before it is undone. With ``another`` that person, and whoever lets a
    pause end, is not the one who started the run.
    """

    steps: tuple[Step, ...] = USUAL
    metrics: tuple[Metric, ...] = ()
    ask: str = "0s"
    another: bool = False
    longer: str = "10m"
    interval: str = "1s"
    stale: str = "30s"
    false_alarms: float = 0.01
    detects: float = 0.05
    power: float = 0.95
    slower: float = 4.0
    synthetic: Synthetic | None = None

    def __post_init__(self) -> None:
        shares = [step.share for step in self.steps]
        if not shares or shares[-1] != ALL or sorted(set(shares)) != shares:
            raise InvalidInput(f"the steps of a canary must grow and end with all traffic, such as 10, 50 and 100, not {shares}")
        within("time to ask for in a canary", seconds(self.ask, noun="ask"), 0, seconds("2d"))

    @property
    def comparisons(self) -> int:
        """How often the canary is compared at most; while a person is waited for, it is compared again."""
        compared = [step for step in self.steps if step.share < ALL]
        return sum(1 + bool(seconds(step.pause) or seconds(self.ask)) for step in compared)


USUAL_COURSE = Course()


def weights(slot: str, share: int, servers: Mapping[str, int]) -> dict[str, int]:
    """The weight of each server, by slot, so that ``share`` percent go to the slot. Whichever is heavier has its usual weight."""
    if not all(servers.get(side) for side in (slot, other(slot))):
        return evenly(servers)
    each = {slot: share / servers[slot], other(slot): (ALL - share) / servers[other(slot)]}
    heaviest = max(each.values())
    return {side: max(1, round(IN_ROTATION * part / heaviest)) for side, part in each.items()}


def comparison(course: Course, services: Mapping[str, Spec], application: str, fleet: Fleet, slot: str) -> dict[str, Any]:
    """How a step is judged, as release_judge takes it, of the ``services`` that both sides have; steps share the false alarms.

    Where Prometheus is stays out of it, and goes from the inventory to the judge: a password is no part of what a run decides.
    """
    metrics = course.metrics or _usual_metrics(services)
    if unknown := sorted({name for metric in metrics for name in metric.services or () if not _is_routed(services, name)}):
        raise InvalidInput(
            f"mainstay_canary.metrics names {shown(unknown[0])}, which is not a service that this release and the one before it "
            "have, and that routers send traffic to"
        )
    kept = {key: value for key, value in asdict(course).items() if key not in ("steps", "metrics", "ask", "another", "synthetic")}
    return {
        **kept,
        "false_alarms": course.false_alarms / max(1, course.comparisons),
        "canary": slot,
        "live": other(slot),
        "metrics": [_metric(metric, application) for metric in metrics],
        "haproxy": [{"url": url} for url in fleet.statistics.values()],
        **({"synthetic": _synthetic(course.synthetic, fleet.entrances)} if course.synthetic else {}),
    }


def _synthetic(asked: Synthetic, entrances: Mapping[str, str]) -> dict[str, Any]:
    return {"places": [{"url": f"{url.rstrip('/')}{asked.path}"} for url in entrances.values()], "rate": asked.rate}


def _usual_metrics(services: Mapping[str, Spec]) -> tuple[Metric, ...]:
    """The errors of everything that answers requests, each by itself; long connections are too few to tell anything.

    Of services that are counted together, one with little traffic would pass without having been seen.
    """
    web = tuple(name for name, spec in services.items() if spec["kind"] == "web")
    if not web:
        raise InvalidInput("no service of the kind web answers requests in both releases, so a canary has nothing to compare")
    return tuple(Metric(f"{name}_errors", (name,)) for name in web)


def _is_routed(services: Mapping[str, Spec], name: str) -> bool:
    return name in services and is_routed(services[name])


def _metric(metric: Metric, application: str) -> dict[str, Any]:
    """As canary_check takes it, without what was not given."""
    backends = None if metric.services is None else [f"{NAME.check(application)}_{name}" for name in metric.services]
    asked = {**asdict(metric), "name": NAME.check(metric.name), "backends": backends}
    return {key: value for key, value in asked.items() if key != "services" and value is not None}
