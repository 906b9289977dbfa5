# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server says of its repositories, snapshots and indices, as our own words; another shape is an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .model import Catalogue, Failure, Repository, Snapshot


def repository(name: str, document: Mapping[str, Any]) -> Repository:
    return Repository(name, str(document["type"]), {str(key): str(value) for key, value in document["settings"].items()})


def snapshot(document: Mapping[str, Any]) -> Snapshot:
    """One of ``snapshots``; what a snapshot that is being taken does not have yet is 0 or empty."""
    ours = (document.get("metadata") or {}).get("mainstay") or {}
    return Snapshot(
        name=str(document["snapshot"]),
        state=str(document["state"]),
        indices=tuple(str(name) for name in document.get("indices", ())),
        begun=document.get("start_time_in_millis", 0) / 1000,
        ended=document.get("end_time_in_millis", 0) / 1000,
        shards=int(document.get("shards", {}).get("total", 0)),
        failures=tuple(failure(one) for one in document.get("failures", ())),
        documents={str(name): int(number) for name, number in ours.get("documents", {}).items()},
    )


def failure(document: Mapping[str, Any]) -> Failure:
    return Failure(str(document["index"]), int(document["shard_id"]), str(document.get("reason", document.get("status", ""))))


def catalogue(document: Mapping[str, Any]) -> Catalogue:
    return Catalogue(
        indices={str(one["name"]): tuple(one.get("attributes", ())) for one in document["indices"]},
        aliases={str(one["name"]): _names(one["indices"]) for one in document["aliases"]},
        streams=tuple(str(one["name"]) for one in document.get("data_streams", ())),
    )


def _names(found: Any) -> tuple[str, ...]:
    """One name or several, which servers write as a text or as a list."""
    return (found,) if isinstance(found, str) else tuple(str(name) for name in found)


def holders(alias: str, document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The indices of an alias, with its properties as a call that adds it takes them."""
    return {str(index): dict(found["aliases"][alias]) for index, found in document.items()}


def started(document: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """For each index how many primary shards are started, and how many there are."""
    found = document["indices"]
    return {name: (int(one["active_primary_shards"]), int(one["number_of_shards"])) for name, one in found.items()}


def came_from(document: Mapping[str, Any], index: str) -> tuple[str, str, str]:
    """The repository, the snapshot and the index that all primary shards of an index were restored from, or nothing."""
    primaries = [shard for shard in document[index]["shards"] if shard["primary"]]
    sources = {_origin(shard) for shard in primaries}
    return sources.pop() if len(sources) == 1 else ("", "", "")


def _origin(shard: Mapping[str, Any]) -> tuple[str, str, str]:
    if shard["type"] != "SNAPSHOT":
        return "", "", ""
    return str(shard["source"]["repository"]), str(shard["source"]["snapshot"]), str(shard["source"]["index"])
