# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Metrics as a user writes them, and how each is read."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from .._core.errors import InvalidInput, Unavailable
from .._core.text import NAME, choice, listed, shown
from .._router.model import SLOTS
from . import haproxy_page, prometheus
from .counters import slower
from .fetch import Place
from .model import Counters, Seen
from .watch import Metric, Sides

T = TypeVar("T")
Side = Mapping[str, str]
"""What a query says of a side, such as its slot and its version."""

FORMS = {
    "backends": "errors of the servers of HAProxy's backends",
    "bad": "a query of bad answers beside requests",
    "bad_values": "a pattern of bad values of bad_label beside requests",
    "buckets": "a query of a histogram",
}


@dataclass(frozen=True)
class Described:
    """A metric as a user writes it: of HAProxy with ``backends``, of Prometheus with one of the other forms."""

    name: str
    critical: bool = True
    backends: tuple[str, ...] = ()
    requests: str = ""
    bad: str = ""
    bad_label: str = "status"
    bad_values: str = ""
    buckets: str = ""

    def __post_init__(self) -> None:
        NAME.check(self.name)
        given = [form for form in FORMS if getattr(self, form)]
        if len(given) != 1:
            forms = "; ".join(f"{form}, {what}" for form, what in FORMS.items())
            raise InvalidInput(f"metric {self.name} has {listed(given)}: give it one of {forms}")
        if (given[0] in ("bad", "bad_values")) != bool(self.requests):
            raise InvalidInput(f"metric {self.name}: requests is the query of all answers, and goes with bad or bad_values")
        _pattern(self)


@dataclass(frozen=True)
class Sources:
    """Where the numbers are: every router's page of statistics, and Prometheus."""

    haproxy: tuple[Place, ...] = ()
    prometheus: Place | None = None


def metric(described: Described, sources: Sources, sides: tuple[Side, Side]) -> Metric:
    """The metric, ready to be read, of the canary and the live side; raises ``InvalidInput`` if it cannot be."""
    read = _by_haproxy if described.backends else _by_prometheus
    return Metric(described.name, read(described, sources, sides), described.critical)


def _by_haproxy(described: Described, sources: Sources, sides: tuple[Side, Side]) -> Callable[[], Sides]:
    _demand_source(described, "haproxy", sources.haproxy)
    for side in sides:
        choice(side.get("slot", ""), dict.fromkeys(SLOTS), "slot")
    return partial(_of_haproxy, described.backends, sources.haproxy, (sides[0]["slot"], sides[1]["slot"]))


def _by_prometheus(described: Described, sources: Sources, sides: tuple[Side, Side]) -> Callable[[], Sides]:
    place = _demand_source(described, "prometheus", sources.prometheus)
    for side in sides:
        _filled(described.requests + described.bad + described.buckets, side)
    return partial(_of_prometheus, described, place, sides)


def _demand_source(described: Described, option: str, source: T | None) -> T:
    if not source:
        raise InvalidInput(f"metric {described.name} needs the option {option}, which says where to ask")
    return source


def _of_haproxy(backends: tuple[str, ...], places: tuple[Place, ...], slots: tuple[str, str]) -> Sides:
    """What all routers counted, together; the series of each have its name."""
    read = [haproxy_page.errors(place, backends, slots) for place in places]
    canary, live = ([one[side] for one in read] for side in (0, 1))
    return _joined(canary), _joined(live)


def _joined(seen: list[Seen]) -> Seen:
    requests = {labels: value for one in seen for labels, value in one.requests.items()}
    return Seen(requests, ({labels: value for one in seen for labels, value in one.bad[0].items()},))


def _of_prometheus(described: Described, place: Place, sides: tuple[Side, Side]) -> Sides:
    at = time.time()
    canary, live = (_side(described, place, side, at) for side in sides)
    return canary, live


def _side(described: Described, place: Place, side: Side, at: float) -> Seen:
    def ask(query: str) -> Counters:
        return prometheus.series(place, _filled(query, side), at)

    if described.buckets:
        return slower(ask(described.buckets))
    requests = ask(described.requests)
    return Seen(requests, (ask(described.bad) if described.bad else _bad_of(described, requests),))


def _bad_of(described: Described, requests: Counters) -> Counters:
    """The series whose label says so; a label that none of them has would say that all is well, whatever happens."""
    if not any(described.bad_label in dict(labels) for labels in requests):
        raise Unavailable(f"no series of {shown(described.requests, 200)} has the label {described.bad_label}")
    pattern = _pattern(described)
    return {labels: value for labels, value in requests.items() if pattern.fullmatch(dict(labels).get(described.bad_label, ""))}


def _pattern(described: Described) -> re.Pattern[str]:
    try:
        return re.compile(described.bad_values)
    except re.error as error:
        raise InvalidInput(f"bad_values of {described.name} is no regular expression ({error}): write one such as 5..") from None


def _filled(query: str, side: Side) -> str:
    """The query with $name replaced by what the side says; PromQL itself has a dollar at the end of a pattern only."""
    missing = sorted(set(re.findall(r"\$([a-z_]+)", query)) - set(side))
    if missing:
        raise InvalidInput(
            f"the query {shown(query, 200)} names ${missing[0]}, which canary and live do not have: {listed(sorted(side))}"
        )
    return re.sub(r"\$([a-z_]+)", lambda found: side[found[1]].replace("\\", r"\\").replace('"', r"\""), query)
