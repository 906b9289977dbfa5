# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queries to Prometheus (https://prometheus.io/docs/prometheus/latest/querying/api/)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from .._core.errors import Unavailable
from .._core.text import shown
from .fetch import Place, get
from .scrapes import Labels, Sample


def value(place: Place, query: str, at: float) -> float:
    """The one number that a query gives, at ``at`` in seconds since 1970; raises ``Unavailable`` if it gives none, or several."""
    body = get(place, "/api/v1/query", {"query": query, "time": f"{at:.3f}"})
    try:
        found = _values(json.loads(body)["data"])
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        raise Unavailable(f"{place.shown} gives no present value for {shown(query, 200)}, but {shown(body[:100])}") from None
    if len(found) != 1:
        count = "nothing" if not found else f"{len(found)} series"
        raise Unavailable(f"{place.shown} has {count} for {shown(query, 200)}, not one number")
    if not math.isfinite(found[0]):
        raise Unavailable(f"{place.shown} says {found[0]} for {shown(query, 200)}")
    return found[0]


def samples(place: Place, selector: str, seconds: float, at: float) -> dict[Labels, tuple[Sample, ...]]:
    """What was scraped in so many seconds until ``at`` of every series that a selector matches, by its labels without the name.

    The samples are raw, so a series that was not scraped in this time is not there. Raises ``Unavailable`` where one is not a
    number, or two series differ in nothing but their names.
    """
    query = f"{selector}\n[{max(1, round(seconds * 1000))}ms]"
    body = get(place, "/api/v1/query", {"query": query, "time": f"{at:.3f}"})
    try:
        series = [(_labels(one["metric"]), _samples(one["values"])) for one in json.loads(body)["data"]["result"]]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise Unavailable(f"{place.shown} gives no counters for {shown(selector, 200)}, but {shown(body[:100])}") from None
    for labels, scraped in series:
        if not all(math.isfinite(sample.value) and sample.value >= 0 for sample in scraped):
            raise Unavailable(f"{place.shown} has a value that counts nothing in {shown(dict(labels), 200)}, such as NaN")
    found = dict(series)
    if len(found) < len(series):
        raise Unavailable(f"{place.shown} has several metrics with the same labels for {shown(selector, 200)}")
    return found


def _labels(metric: Mapping[str, str]) -> Labels:
    return tuple(sorted((name, str(value)) for name, value in metric.items() if name != "__name__"))


def _samples(values: Sequence[Sequence[Any]]) -> tuple[Sample, ...]:
    return tuple(Sample(float(at), float(value)) for at, value in values)


def _values(data: Mapping[str, Any]) -> list[float]:
    if data["resultType"] != "vector":
        raise ValueError("not one value for each series")
    return [float(series["value"][1]) for series in data["result"]]
