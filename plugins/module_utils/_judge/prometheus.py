# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Instant queries to Prometheus (https://prometheus.io/docs/prometheus/latest/querying/api/)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from .._core.errors import Unavailable
from .._core.text import shown
from .fetch import Place, get


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


def _values(data: Mapping[str, Any]) -> list[float]:
    if data["resultType"] != "vector":
        raise ValueError("not one value for each series")
    return [float(series["value"][1]) for series in data["result"]]
