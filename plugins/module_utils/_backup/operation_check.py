# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The check of backups, put together for the module backup_check."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.errors import MainstayError
from .._edge.require import PSYCOPG, require
from .._edge.run import Reading, Report
from .._edge.spec import Seconds, into
from .._postgres.model import Database
from .._postgres.operation_database import DATABASE
from .._store import textfile
from . import pgbackrest, report
from .evidence import Finding, Limits
from .model import Place
from .operation_place import PLACE
from .plan import chosen
from .survey import seen
from .verdict import findings

CHECK = {
    **PLACE,
    "repositories": {"type": "list", "elements": "int", "default": []},
    "database": {"type": "dict", "options": DATABASE},
    "full_age": {"type": "str", "default": "8d"},
    "backup_age": {"type": "str", "default": "26h"},
    "wal_age": {"type": "str", "default": "5m"},
    "archive_within": {"type": "str", "default": "30s"},
    "least_size": {"type": "int", "default": 1048576},
    "shrinks": {"type": "float", "default": 0.5},
    "least_fulls": {"type": "int", "default": 1},
    "least_free": {"type": "float", "default": 0.1},
    "encrypted": {"type": "bool", "default": True},
    "probe": {"type": "bool", "default": False},
    "metrics": {"type": "path"},
    "must_pass": {"type": "bool", "default": True, "no_log": False},
}
AGES = ("full_age", "backup_age", "wal_age", "archive_within")


@dataclass(frozen=True)
class Ages:
    """Durations as a user writes them."""

    full_age: Seconds
    backup_age: Seconds
    wal_age: Seconds
    archive_within: Seconds


@dataclass(frozen=True)
class Asked:
    """Whose backups, what they must be like, and what becomes of the verdict."""

    place: Place
    limits: Limits
    repositories: tuple[int, ...] = ()
    database: Database | None = None
    probe: bool = False
    metrics: str = ""
    must_pass: bool = True


def _parse(params: Mapping[str, Any]) -> Asked:
    ages = into(Ages, params)
    limits = into(Limits, {**params, **{name: getattr(ages, name) for name in AGES}})
    database = into(Database, params["database"]) if params["database"] else None
    metrics = textfile.PAGE.check(params["metrics"]) if params["metrics"] else ""
    numbers = tuple(params["repositories"])
    return Asked(into(Place, params), limits, numbers, database, params["probe"], metrics, params["must_pass"])


def _read(wanted: Asked) -> Report:
    """A check that cannot be made is told to Prometheus too, so that no older verdict stands."""
    try:
        found = _found(wanted, probe=wanted.probe)
    except MainstayError:
        _tell(wanted, ())
        raise
    _tell(wanted, found)
    return _judged(wanted, found)


def _tell(wanted: Asked, found: Sequence[Finding]) -> None:
    if wanted.metrics:
        page = textfile.page(report.samples(wanted.place.stanza, found, time.time()), report.HELP)
        textfile.write(Path(wanted.metrics), page)


def _rehearse(wanted: Asked) -> Report:
    """Nothing is written, no segment ended."""
    return _judged(wanted, _found(wanted, probe=False))


def _found(wanted: Asked, *, probe: bool) -> Sequence[Finding]:
    if wanted.database:
        require((PSYCOPG,))
    storages = chosen(wanted.repositories, pgbackrest.settings(wanted.place))
    looked = seen(wanted.place, wanted.database, storages, wanted.limits.archive_within if probe else None)
    return findings(looked, wanted.limits, tuple(one.number for one in storages))


def _judged(wanted: Asked, found: Sequence[Finding]) -> Report:
    told = report.checked(found)
    if wanted.must_pass:
        report.demand_pass(told)
    return told


BACKUP_CHECK = Reading(parse=_parse, read=_read, rehearse=_rehearse)
