# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A look at a cluster, put together for the module patroni_info."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.text import within
from .._edge.run import Reading, Report
from . import rest
from .findings import findings
from .model import MOST_LAG, Cluster
from .operation_place import places
from .ready import behind, leaders
from .rest import Places
from .told import cluster_told


@dataclass(frozen=True)
class Asked:
    """Which cluster, and from how many bytes on a replica that is behind is a finding."""

    places: Places
    max_lag: int


def _parse(params: Mapping[str, Any]) -> Asked:
    within("max_lag in bytes", params["max_lag"], 0, MOST_LAG)
    return Asked(places(params["patroni"]), params["max_lag"])


def _read(wanted: Asked) -> Report:
    found = rest.cluster(wanted.places)
    return {**cluster_told(found, lags(found)), "findings": findings(found, wanted.max_lag)}


def lags(cluster: Cluster) -> dict[str, int | None]:
    """Bytes that each replica has yet to replay."""
    first = leaders(cluster)[:1]
    return {one.name: behind(one, first[0]) if first and one is not first[0] else None for one in cluster.members}


PATRONI_INFO = Reading(parse=_parse, read=_read)
