# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the operations host knows, put together for the module release_info."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .._core.errors import MainstayError
from .._edge.run import Reading, Report
from .._edge.spec import into
from .._lock import stored as lock
from .._lock.ready import is_free
from .._store.model import Store
from . import ledger, stored
from .batches import Endpoint, endpoints, entrances
from .model import Journal, Ledger
from .works import UNDER_WAY, UNFINISHED, unfinished


@dataclass(frozen=True)
class Query:
    """Which environment, and how many of the last operations, and works on the data, are of interest."""

    environment: str
    operations: int = 10
    works: int = 0
    addresses: Mapping[str, str] = field(default_factory=dict)
    entrances: Mapping[str, str] = field(default_factory=dict)
    directory: str = "/var/lib/mainstay"


def _read(wanted: Query) -> Report:
    store = stored.open_store(wanted.directory, wanted.environment)
    known, lease, journal = ledger.load(store), lock.read(store), ledger.open_journal(store)
    return {
        "live": asdict(known.live) if known.live else {},
        "releases": _releases(known),
        "endpoints": _endpoints(wanted, known),
        "operations": [asdict(done) for done in known.operations[-wanted.operations :]] if wanted.operations else [],
        **(_works(store, wanted.works) if wanted.works else {"works": []}),
        "journal": _under_way(journal) if journal else {},
        "lock": {
            "token": lease.token,
            "holder": asdict(lease.holder) if lease.holder else {},
            "lapsed": lease.holder is not None and is_free(lease, time.time()),
        },
    }


def _works(store: Store, most: int) -> Mapping[str, Any]:
    """The stream is read for who wants it only: it is long. One that nobody can trust takes nothing else from who looks."""
    try:
        known = ledger.works(store)
    except MainstayError as error:
        return {"works": [], "warnings": [f"the works on the data are not told: {error.message}"]}
    dead = unfinished(known, time.time())
    told = [{**asdict(one), "state": one.verdict or (UNFINISHED if one in dead else UNDER_WAY)} for one in known[-most:]]
    return {"works": told}


def _under_way(journal: Journal) -> Mapping[str, Any]:
    """The journal without the numbers of a canary, which are for its report."""
    phases = [{key: value for key, value in asdict(phase).items() if key != "numbers"} for phase in journal.phases]
    return {**asdict(journal), "phases": phases, "verdict": journal.verdict, "why": journal.why}


def _endpoints(wanted: Query, known: Ledger) -> list[Endpoint]:
    """What to ask whether the live release is well: its replicas on these hosts, and its entrances."""
    release = known.releases.get(known.live.release) if known.live else None
    if known.live is None or release is None:
        return []
    return endpoints(release, known.live.slot, wanted.addresses) + entrances(release, wanted.entrances)


def _releases(known: Ledger) -> list[Mapping[str, Any]]:
    return [
        {
            "id": release.id,
            "version": release.version,
            "images": dict(release.images),
            "schema": release.schema,
            "who": release.who,
            "when": release.when,
            "mark": asdict(known.marks[release.id]) if release.id in known.marks else {},
        }
        for release in known.releases.values()
    ]


RELEASE_INFO = Reading(parse=lambda params: into(Query, params), read=_read)
