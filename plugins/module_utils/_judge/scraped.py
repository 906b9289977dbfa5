# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at both sides of a metric by what Prometheus scraped of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate

from .._core.errors import Unavailable
from .._core.text import shown
from . import prometheus
from .fetch import Place
from .model import Histogram, Seen, Sides, Times
from .scrapes import Found, Key, Labels, Sample, Tally

SLOT = "$slot"
LE = "le"
REQUESTS, BAD = "requests", "bad"


@dataclass(frozen=True)
class Source:
    """A Prometheus; what was not scraped within ``stale`` seconds is not there."""

    place: Place
    slots: tuple[str, str]
    stale: float
    now: Callable[[], float] = time.time


class Answers:
    """Looks at counters of answers and of bad ones."""

    def __init__(self, source: Source, requests: str, bad: str) -> None:
        self._source, self._requests, self._bad = source, requests, bad
        self._tallies = (Tally(), Tally())
        self._has_counted_bad = False

    def __call__(self) -> dict[str, Sides]:
        """Both sides as of one moment; raises ``Unavailable``."""
        at = self._source.now()
        found = [self._found(slot, at) for slot in self._source.slots]
        self._has_counted_bad |= any(key.what == BAD for side in found for key in side)
        if not self._has_counted_bad:
            raise Unavailable(
                f"{self._source.place.shown} has nothing for {shown(self._bad, 200)} in either slot; a counter that is not there "
                "cannot be told from one with another name: have the application show it with 0 from its start"
            )
        self._tallies = _after(self._tallies, found)
        canary, live = (_seen(tally) for tally in self._tallies)
        return {self._source.place.shown: (canary, live)}

    def _found(self, slot: str, at: float) -> Found:
        requests, bad = (_samples(self._source, selector, slot, at) for selector in (self._requests, self._bad))
        _demand(requests, self._source, self._requests, slot)
        return {
            **{Key(REQUESTS, labels): scraped for labels, scraped in requests.items()},
            **{Key(BAD, labels): scraped for labels, scraped in bad.items()},
        }


class Latency:
    """Looks at the buckets of a histogram."""

    def __init__(self, source: Source, latency: str) -> None:
        self._source, self._latency = source, latency
        self._tallies = (Tally(), Tally())

    def __call__(self) -> dict[str, Times]:
        """Both sides as of one moment; raises ``Unavailable``."""
        at = self._source.now()
        self._tallies = _after(self._tallies, [self._found(slot, at) for slot in self._source.slots])
        canary, live = (_histogram(tally) for tally in self._tallies)
        return {self._source.place.shown: (canary, live)}

    def _found(self, slot: str, at: float) -> Found:
        series = _samples(self._source, self._latency, slot, at)
        _demand(series, self._source, self._latency, slot)
        try:
            found = {_bucket(dict(labels)): scraped for labels, scraped in series.items()}
        except (KeyError, ValueError):
            raise Unavailable(
                f"{shown(self._latency, 200)} has series without a bound as {LE}: name the _bucket series"
            ) from None
        bounds = _in_all(found)
        if str(math.inf) not in bounds:
            raise Unavailable(f"not every series of {shown(self._latency, 200)} has the bucket +Inf, which counts all answers")
        return {key: scraped for key, scraped in found.items() if key.what in bounds}


def _samples(source: Source, selector: str, slot: str, at: float) -> dict[Labels, tuple[Sample, ...]]:
    return prometheus.samples(source.place, selector.replace(SLOT, slot), source.stale, at)


def _demand(series: Mapping[Labels, object], source: Source, selector: str, slot: str) -> None:
    if not series:
        raise Unavailable(
            f"{source.place.shown} has scraped nothing within {source.stale:g} s for {shown(selector.replace(SLOT, slot), 200)}"
        )


def _after(tallies: tuple[Tally, Tally], found: Iterable[Found]) -> tuple[Tally, Tally]:
    """Both sides, or neither: where one is in trouble, the other waits."""
    canary, live = (tally.after(side) for tally, side in zip(tallies, found, strict=True))
    return canary, live


def _bucket(labels: dict[str, str]) -> Key:
    bound = float(labels.pop(LE))
    if math.isnan(bound):
        raise ValueError("no bound")
    return Key(str(bound), tuple(labels.items()))


def _in_all(found: Found) -> set[str]:
    """The bounds that every histogram has."""
    by_labels: dict[object, set[str]] = {}
    for key in found:
        by_labels.setdefault(key.labels, set()).add(key.what)
    return set.intersection(*by_labels.values())


def _seen(tally: Tally) -> Seen:
    return Seen({"": tally.counted.get(REQUESTS, 0.0)}, {"": tally.counted.get(BAD, 0.0)}, tally.scrapes)


def _histogram(tally: Tally) -> Histogram:
    """Of a scrape that fell into an answer, the buckets are put right: no bucket holds fewer than one within it."""
    counts = sorted((float(bound), round(count)) for bound, count in tally.counted.items())
    sound = list(accumulate((count for _bound, count in counts), max))
    within = {bound: count for (bound, _count), count in zip(counts, sound, strict=True) if math.isfinite(bound)}
    return Histogram(sound[-1] if sound else 0, within, tally.scrapes)
