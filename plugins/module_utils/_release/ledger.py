# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger and the journal in the store: every record carries a checksum that includes the one before it.

The ledger has two streams. Timers write into that of works many times a day, and no deploy has to read it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, TypeAlias

from .._core.errors import Corrupt
from .._store.model import Store
from .model import Journal, Ledger, Mark, Performed, Phase, Release, Work

STREAM = "ledger.jsonl"
WORKS = "works.jsonl"
JOURNAL = "journal.json"
Record: TypeAlias = "Release | Mark | Performed | Work"
_KINDS: Mapping[str, type[Release] | type[Mark] | type[Performed] | type[Work]] = {
    "release": Release,
    "mark": Mark,
    "operation": Performed,
    "work": Work,
}


def load(store: Store) -> Ledger:
    """Read and verify every record; raises ``Corrupt`` naming the first that does not match its checksum."""
    releases: dict[str, Release] = {}
    marks: dict[str, Mark] = {}
    operations: list[Performed] = []
    for record in _verified(store, STREAM):
        if isinstance(record, Release):
            releases.setdefault(record.id, record)
        elif isinstance(record, Mark):
            marks[record.release] = record
        elif isinstance(record, Performed):
            operations.append(record)
    return Ledger(releases, marks, tuple(operations))


def works(store: Store) -> tuple[Work, ...]:
    """Every work on the data, in the order of what was heard of each last; ``Corrupt`` is raised as by ``load``."""
    found: dict[tuple[str, str], Work] = {}
    for record in _verified(store, WORKS):
        if isinstance(record, Work):
            found.pop((record.run, record.host), None)
            found[record.run, record.host] = record
    return tuple(found.values())


def append(store: Store, *records: Record) -> None:
    """Write records to the end of the ledger; each is on stable storage before the next is begun."""
    for record in records:
        kind = next(kind for kind, cls in _KINDS.items() if isinstance(record, cls))
        body = json.dumps({"kind": kind, **asdict(record)}, sort_keys=True)
        stream = WORKS if isinstance(record, Work) else STREAM
        store.append(stream, partial(_chained, stream, body))


def _chained(stream: str, body: str, previous: bytes) -> bytes:
    """The record as a line, with a checksum over itself and the one before."""
    checksum = _checksum(_checksum_of(stream, previous) if previous else "", body)
    return json.dumps({"sha256": checksum, "record": body}).encode()


def open_journal(store: Store) -> Journal | None:
    """The journal of the operation under way, or of one that was killed; None if the last one was settled."""
    content = store.read(JOURNAL)
    if not content:
        return None
    try:
        document: dict[str, Any] = json.loads(content)
        phases = tuple(Phase(**phase) for phase in document.pop("phases"))
        several = {name: tuple(document.get(name, ())) for name in ("expected", "tolerated")}
        return Journal(**{**document, **several, "phases": phases})
    except (ValueError, TypeError, KeyError) as error:
        raise Corrupt(f"the journal cannot be read ({error}): move {JOURNAL} away and deploy again") from error


def write_journal(store: Store, journal: Journal | None) -> None:
    """Replace the journal; None closes it."""
    content = json.dumps(asdict(journal), sort_keys=True).encode() if journal else b""
    store.replace(JOURNAL, content, store.read(JOURNAL))


def _verified(store: Store, stream: str) -> list[Record]:
    previous, records = "", []
    for number, line in enumerate(store.records(stream), 1):
        try:
            document = json.loads(line)
            checksum, body = document["sha256"], document["record"]
            fields = json.loads(body)
            record = _KINDS[fields.pop("kind")](**fields)
        except (ValueError, TypeError, KeyError) as error:
            raise _corrupt(stream, number, str(error)) from error
        if checksum != _checksum(previous, body):
            raise _corrupt(stream, number, "its checksum does not match")
        records.append(record)
        previous = checksum
    return records


def _corrupt(stream: str, number: int, why: str) -> Corrupt:
    return Corrupt(
        f"record {number} of the ledger cannot be trusted: {why}. Restore {stream} of the operations host from its backup, "
        "or cut the file before that record and accept the loss of what follows"
    )


def _checksum(previous: str, body: str) -> str:
    return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()


def _checksum_of(stream: str, line: bytes) -> str:
    try:
        return str(json.loads(line)["sha256"])
    except (ValueError, KeyError) as error:
        raise _corrupt(stream, 0, f"the last one is unreadable ({error})") from error
