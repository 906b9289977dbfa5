# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Instant queries to Prometheus (https://prometheus.io/docs/prometheus/latest/querying/api/)."""

from __future__ import annotations

import json
import math
from typing import Any

from .._core.errors import Unavailable
from .._core.text import shown
from .fetch import Place, get
from .model import Labels


def series(place: Place, query: str, at: float) -> dict[Labels, float]:
    """The value of every series that a query gives, at ``at`` in seconds since 1970; raises ``Unavailable`` if it gives none."""
    found = {_labels(one): _value(place, query, one) for one in _result(place, query, at)}
    if not found:
        raise Unavailable(f"{place.shown} has nothing for {shown(query, 200)}")
    return found


def value(place: Place, query: str, at: float) -> float:
    """The one number that a query gives; raises ``Unavailable`` if it gives none, or several."""
    found = series(place, query, at)
    if len(found) != 1:
        raise Unavailable(f"{place.shown} has {len(found)} series for {shown(query, 200)}: sum them up to one")
    return next(iter(found.values()))


def _result(place: Place, query: str, at: float) -> list[dict[str, Any]]:
    body = get(place, "/api/v1/query", {"query": query, "time": f"{at:.3f}"})
    try:
        data = json.loads(body)["data"]
        found = list(data["result"])
    except (ValueError, KeyError, TypeError):
        raise Unavailable(f"{place.shown} does not answer as Prometheus does: {shown(body[:100])}") from None
    if data["resultType"] != "vector":
        raise Unavailable(f"{shown(query, 200)} gives a {data['resultType']}, and not the present value of each series")
    return found


def _labels(one: dict[str, Any]) -> Labels:
    return tuple(sorted((str(name), str(value)) for name, value in one["metric"].items()))


def _value(place: Place, query: str, one: dict[str, Any]) -> float:
    value = float(one["value"][1])
    if not math.isfinite(value):
        raise Unavailable(f"{place.shown} says {value} for {shown(query, 200)}")
    return value
