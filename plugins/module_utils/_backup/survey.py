# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads all that a check of backups goes by. What cannot be read is told, and leaves the rest to be checked."""

from __future__ import annotations

import os
import time

from .._core.errors import MainstayError
from .._postgres.model import Database, Limits
from .._postgres.postgres import session
from . import cluster, contents, info, pgbackrest, server
from .evidence import Contents, Seen, Server
from .model import DIRECTORY, Place, Settings, Stanza, Storage
from .ready import is_open
from .take import stored

ASKING = Limits(lock=1.0, statement=10.0, deadline=20.0)


def seen(place: Place, database: Database | None, repositories: tuple[Storage, ...], probe: float | None) -> Seen:
    """The server is read before the repositories, so that what it archived by then must be there.

    ``probe`` is how many seconds a segment that is ended for this may take to arrive; None asks for none.
    """
    settings = pgbackrest.settings(place)
    probed = _probe(place, probe) if probe is not None else ""
    asked, trouble = _server(settings, database)
    stanza = info.stanza(place.stanza, pgbackrest.info(place))
    return Seen(
        now=time.time(),
        settings=settings,
        stanza=stanza,
        contents={one.number: _contents(place, stanza, one) for one in repositories},
        server=asked,
        trouble=trouble,
        probed=probe is not None,
        probe=probed,
    )


def _probe(place: Place, within: float) -> str:
    try:
        pgbackrest.check(place, within)
    except MainstayError as error:
        return error.message
    return ""


def _server(settings: Settings, database: Database | None) -> tuple[Server | None, str]:
    """By its login where there is one, else by its directory."""
    if database is None:
        found = cluster.server(settings.data) if settings.data else None
        return found, "" if found else f"the directory {settings.data or 'of the cluster'} cannot be read here: give database"
    try:
        with session(database, ASKING) as connection:
            return server.server(connection), ""
    except MainstayError as error:
        return cluster.server(settings.data) if settings.data else None, error.message


def _contents(place: Place, stanza: Stanza, storage: Storage) -> Contents:
    repository = stanza.repository(storage.number)
    if not is_open(repository):
        return Contents(trouble=f"the repository could not be listed: {repository.problem}")
    try:
        return _listed(place, stanza, storage)
    except MainstayError as error:
        return Contents(trouble=error.message)


def _listed(place: Place, stanza: Stanza, storage: Storage) -> Contents:
    backups, archive = stored(place, storage.number), stanza.archive(storage.number)
    below = f"archive/{place.stanza}/{archive.name}" if archive else ""
    files = contents.files(pgbackrest.listing(place, storage.number, below)) if below else {}
    segments = contents.segments(files)
    free, total = _space(storage)
    return Contents(
        segments={name: file.size for name, file in segments.items()},
        stored=backups.stored,
        manifests=backups.manifests,
        newest=max((file.time for file in segments.values()), default=0),
        free=free,
        total=total,
    )


def _space(storage: Storage) -> tuple[int | None, int | None]:
    """Bytes that are free, and that there are."""
    if storage.kind not in DIRECTORY or not storage.local:
        return None, None
    try:
        disk = os.statvfs(storage.path)
    except OSError:
        return None, None
    return disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
