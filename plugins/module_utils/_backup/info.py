# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ``pgbackrest info --output=json`` says, decoded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .._core.errors import Corrupt
from .model import Archive, Backup, Identity, Repository, Stanza

OK = 0


def stanza(name: str, text: str) -> Stanza:
    """The stanza of this name; raises ``Corrupt`` where the text is not what pgBackRest 2.x writes."""
    try:
        [found] = [one for one in json.loads(text) if one["name"] == name]
        return _stanza(found)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Corrupt(
            f"pgbackrest info did not describe the stanza {name} as pgBackRest 2.x does ({type(error).__name__}): "
            "see what it writes, and which version is installed"
        ) from None


def _stanza(found: Mapping[str, Any]) -> Stanza:
    return Stanza(
        name=found["name"],
        repositories=tuple(_repository(one) for one in found["repo"]),
        backups=tuple(sorted(map(_backup, found["backup"]), key=lambda one: (one.stop, one.repository))),
        archives=tuple(_archives(found["archive"])),
        identities=tuple(_identity(one) for one in found["db"]),
        busy=bool(found["status"]["lock"]["backup"]["held"]),
    )


def _repository(one: Mapping[str, Any]) -> Repository:
    code, message = one["status"]["code"], " ".join(str(one["status"]["message"]).split())
    return Repository(one["key"], one["cipher"], "" if code == OK else message, code)


def _identity(one: Mapping[str, Any]) -> Identity:
    return Identity(one["repo-key"], one["id"], one["system-id"], one["version"])


def _archives(found: Iterable[Mapping[str, Any]]) -> list[Archive]:
    """A folder without a segment says nothing."""
    return [
        Archive(one["database"]["repo-key"], one["database"]["id"], one["id"], one["min"], one["max"])
        for one in found
        if one["min"] and one["max"]
    ]


def _backup(one: Mapping[str, Any]) -> Backup:
    sizes, wal, lsn = one["info"], one["archive"], one.get("lsn") or {}
    return Backup(
        repository=one["database"]["repo-key"],
        label=one["label"],
        kind=one["type"],
        identity=one["database"]["id"],
        start=one["timestamp"]["start"],
        stop=one["timestamp"]["stop"],
        wal_start=wal["start"] or "",
        wal_stop=wal["stop"] or "",
        lsn_start=lsn.get("start") or "",
        lsn_stop=lsn.get("stop") or "",
        size=sizes["size"],
        copied=sizes["delta"],
        stored=sizes["repository"]["delta"],
        references=tuple(one["reference"] or ()),
        damaged=bool(one["error"]),
        annotations={str(key): str(value) for key, value in (one.get("annotation") or {}).items()},
    )
