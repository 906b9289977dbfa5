# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what was read to a verdict on the backups. No data is never a pass.

pass          every repository has fresh, whole and protected backups of this cluster, and all that it was to archive arrived
fail          something of it is not so
inconclusive  nothing speaks against them, but something could not be read
"""

from __future__ import annotations

from collections.abc import Iterator

from .archiving import archiving
from .completeness import complete
from .evidence import Finding, Limits, Seen
from .freshness import fresh
from .model import Storage
from .protection import protected
from .ready import is_readable


def findings(seen: Seen, limits: Limits, repositories: tuple[int, ...]) -> tuple[Finding, ...]:
    """What was found of the server, and then of each of these repositories."""
    storages = [one for one in seen.settings.repositories if one.number in repositories]
    return (*archiving(seen, limits), *(found for one in storages for found in _of(seen, limits, one)))


def _of(seen: Seen, limits: Limits, storage: Storage) -> Iterator[Finding]:
    """Of a repository that cannot be read nothing else is said: what is not seen is neither good nor bad."""
    yield from protected(seen, limits, storage)
    if is_readable(seen.stanza.repository(storage.number)):
        yield from fresh(seen, limits, storage.number)
        yield from complete(seen, limits, storage.number)
