# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What recoveries took and came to, and where restore points lie: streams of records that only grow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .._core.text import NAME
from .._store.directory import DirectoryStore
from .forecast import Measured

RECOVERIES, POINTS = "recoveries.jsonl", "points.jsonl"
RESTORE, VERIFY = "restore", "verify"
MEASURES = ("bytes", "segments", "restore_s", "replay_s", "other_s")


def open_store(directory: str, environment: str) -> DirectoryStore:
    return DirectoryStore(Path(directory) / NAME.check(environment))


def remember(store: DirectoryStore, stream: str, record: Mapping[str, Any]) -> None:
    line = json.dumps(record, sort_keys=True).encode()
    store.append(stream, lambda _before: line)


def recorded(store: DirectoryStore, stream: str, stanza: str) -> Iterator[Mapping[str, Any]]:
    """The records of the stanza, oldest first; what nobody can read is left out, for it only foretells."""
    for line in store.records(stream):
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict) and record.get("stanza") == stanza:
            yield record


def measured(store: DirectoryStore, stanza: str, *, reused: bool = False) -> list[Measured]:
    """What earlier recoveries of the stanza took that foretell one like this.

    One that reused kept data is foretold from others that did, or where there are none from those that copied everything; of
    these from restores, or where there are none from verifications, which share their machine with the server that they prove.
    """
    complete = [
        one for one in recorded(store, RECOVERIES, stanza) if all(isinstance(one.get(name), int | float) for name in MEASURES)
    ]
    copied = [one for one in complete if not one.get("reused")]
    restored = [one for one in copied if one.get("kind") == RESTORE] or copied
    chosen = [one for one in complete if one.get("reused")] or restored if reused else restored
    return [Measured(**{name: one[name] for name in MEASURES}) for one in chosen]


def point(store: DirectoryStore, stanza: str, name: str) -> Mapping[str, Any] | None:
    """The record of the restore point, None where it is not known here."""
    return next((one for one in recorded(store, POINTS, stanza) if one.get("name") == name), None)
