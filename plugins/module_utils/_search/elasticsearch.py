# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The REST API of Elasticsearch 8 and OpenSearch 2, as far as snapshots and aliases go; see docs/search.md."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from .._core.errors import Unavailable
from .._judge.fetch import Place, get, send
from . import described
from .model import Catalogue, Repository, Restored, Restoring, ServerRefused, Snapshot, Swap

T = TypeVar("T")
NOT_FOUND = 404


def repositories(place: Place) -> list[Repository]:
    found = _asked(place, "GET", "/_snapshot")
    return _shaped(place, lambda: [described.repository(name, one) for name, one in sorted(found.items())])


def repository(place: Place, name: str) -> Repository | None:
    found = _there(place, f"/_snapshot/{name}")
    return _shaped(place, lambda: described.repository(name, found[name])) if found is not None else None


def register(place: Place, wanted: Repository) -> None:
    """Without the verification that the server would do, because that one leaves a repository behind that is none."""
    _asked(place, "PUT", f"/_snapshot/{wanted.name}?verify=false", {"type": wanted.type, "settings": dict(wanted.settings)})


def verify(place: Place, name: str) -> list[str]:
    """The names of the nodes that can write there, which are all, or the server refuses."""
    found = _asked(place, "POST", f"/_snapshot/{name}/_verify")
    return _shaped(place, lambda: sorted(str(node["name"]) for node in found["nodes"].values()))


def unregister(place: Place, name: str) -> None:
    _asked(place, "DELETE", f"/_snapshot/{name}")


def snapshots(place: Place, repository: str) -> list[Snapshot]:
    """All of a repository, those that are being taken too."""
    found = _asked(place, "GET", f"/_snapshot/{repository}/_all")
    return _shaped(place, lambda: [described.snapshot(one) for one in found["snapshots"]])


def snapshot(place: Place, repository: str, name: str) -> Snapshot:
    found = _asked(place, "GET", f"/_snapshot/{repository}/{quote(name, safe='')}")
    return _shaped(place, lambda: described.snapshot(found["snapshots"][0]))


def running(place: Place, repository: str) -> list[str]:
    """The names of the snapshots that are being taken into this repository."""
    found = _asked(place, "GET", "/_snapshot/_status")
    return _shaped(place, lambda: [str(one["snapshot"]) for one in found["snapshots"] if one["repository"] == repository])


def state(place: Place, repository: str, name: str) -> tuple[str, int, int]:
    """The state of one that is being taken, how many of its shards are done, and how many there are."""
    found = _asked(place, "GET", f"/_snapshot/{repository}/{quote(name, safe='')}/_status")
    return _shaped(place, lambda: _progress(found["snapshots"][0]))


def _progress(one: Mapping[str, Any]) -> tuple[str, int, int]:
    return str(one["state"]), int(one["shards_stats"]["done"]), int(one["shards_stats"]["total"])


def size(place: Place, repository: str, name: str) -> int:
    """Bytes of all files that a snapshot refers to. The server reads a file for each shard to tell."""
    found = _asked(place, "GET", f"/_snapshot/{repository}/{quote(name, safe='')}/_status")
    return _shaped(place, lambda: int(found["snapshots"][0]["stats"]["total"]["size_in_bytes"]))


def take(place: Place, repository: str, made: Snapshot, *, global_state: bool) -> None:
    """Begin; an index that is missing or a shard that is not there makes the server refuse, or the snapshot FAILED."""
    document = {
        "indices": ",".join(made.indices),
        "ignore_unavailable": False,
        "include_global_state": global_state,
        "partial": False,
        "metadata": {"mainstay": {"documents": dict(made.documents)}},
    }
    _asked(place, "PUT", f"/_snapshot/{repository}/{made.name}", document)


def delete(place: Place, repository: str, name: str) -> None:
    """Gone afterwards, whoever deleted it."""
    try:
        _asked(place, "DELETE", f"/_snapshot/{repository}/{quote(name, safe='')}")
    except ServerRefused as error:
        if error.details.get("status") != NOT_FOUND:
            raise


def catalogue(place: Place) -> Catalogue:
    found = _asked(place, "GET", "/_resolve/index/*?expand_wildcards=all")
    return _shaped(place, lambda: described.catalogue(found))


def count(place: Place, index: str) -> int:
    found = _asked(place, "GET", f"/{quote(index, safe='')}/_count")
    return _shaped(place, lambda: int(found["count"]))


def restore(place: Place, wanted: Restoring, name: str, back: Iterable[Restored]) -> None:
    """Under other names, without aliases and global state, so that nothing that is used changes."""
    document = {
        "indices": ",".join(one.source for one in back),
        "ignore_unavailable": False,
        "include_global_state": False,
        "include_aliases": False,
        "partial": False,
        "rename_pattern": "^(.+)$",
        "rename_replacement": f"$1{wanted.suffix}",
        "ignore_index_settings": list(wanted.ignore_settings),
    }
    _asked(place, "POST", f"/_snapshot/{wanted.repository}/{quote(name, safe='')}/_restore", document)


def came_from(place: Place, index: str) -> tuple[str, str, str]:
    """The repository, the snapshot and the index that an index was restored from, as long as the server remembers."""
    found = _asked(place, "GET", f"/{quote(index, safe='')}/_recovery")
    return _shaped(place, lambda: described.came_from(found, index) if index in found else ("", "", ""))


def started(place: Place) -> dict[str, tuple[int, int]]:
    """For each index how many primary shards are started, and how many there are."""
    found = _asked(place, "GET", "/_cluster/health?level=indices")
    return _shaped(place, lambda: described.started(found))


def holders(place: Place, alias: str) -> dict[str, Mapping[str, Any]]:
    found = _there(place, f"/_alias/{quote(alias, safe='')}")
    return _shaped(place, lambda: described.holders(alias, found)) if found is not None else {}


def swap(place: Place, wanted: Swap) -> None:
    """One call, which the server does as one change: nobody ever sees the alias lead to both, or nowhere."""
    leave = [{"remove": {"index": name, "alias": wanted.alias, "must_exist": True}} for name in wanted.leaves]
    lead = [{"add": {**properties, "index": name, "alias": wanted.alias}} for name, properties in wanted.leads.items()]
    _asked(place, "POST", "/_aliases", {"actions": [*leave, *lead]})


def drop(place: Place, index: str) -> None:
    _asked(place, "DELETE", f"/{quote(index, safe='')}")


def _there(place: Place, path: str) -> Any:
    """What is there, or None."""
    try:
        return _asked(place, "GET", path)
    except ServerRefused as error:
        if error.details.get("status") == NOT_FOUND:
            return None
        raise


def _asked(place: Place, method: str, path: str, document: Any = None) -> Any:
    """The answer; ``ServerRefused`` tells what was asked, and has the ``status``."""
    try:
        answer = get(place, path) if method == "GET" else send(place, method, path, document)
    except Unavailable as error:
        if "status" not in error.details:
            raise
        raise ServerRefused(f"{method} {path}: {error.message}", **error.details) from None
    return _shaped(place, lambda: json.loads(answer))


def _shaped(place: Place, look: Callable[[], T]) -> T:
    try:
        return look()
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError):
        raise Unavailable(
            f"{place.shown} does not answer as Elasticsearch or OpenSearch does: give the address below which its _snapshot is"
        ) from None
