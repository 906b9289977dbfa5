# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a running server says of its archiving.

PostgreSQL counts failures of its archive command only where that ended by itself and was found: one that hangs, that was
killed, or that is not there leaves no count. What always stays is the mark of each segment that waits to be archived.
The end of one segment is the beginning of the next, which pg_walfile_name ascribes to the first; so it is asked for one byte on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .evidence import Server, Waiting
from .model import Cluster

if TYPE_CHECKING:
    from .._postgres.postgres import Connection

READ = r"""
SELECT (SELECT system_identifier FROM pg_control_system()),
       current_setting('server_version_num')::int,
       pg_is_in_recovery(),
       CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_lsn() + 1) END,
       current_setting('archive_mode'),
       (SELECT setting::int FROM pg_settings WHERE name = 'archive_timeout'),
       (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size'),
       (SELECT max(left(name, 24)) FROM pg_ls_archive_statusdir() WHERE name ~ '^[0-9A-F]{24}\.done$')
"""
WAITING = r"""
SELECT left(name, -6), extract(epoch FROM clock_timestamp() - modification)::float
FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'
"""


def server(connection: Connection) -> Server:
    """Everything at once; its rights are those of pg_monitor."""
    ((system_id, number, standby, current, mode, timeout, size, archived),) = connection.execute(READ.encode()).fetchall()
    waiting = connection.execute(WAITING.encode()).fetchall()
    return Server(
        cluster=Cluster(system_id % 2**64, str(number // 10000), True, standby),
        waiting=tuple(Waiting(name, age) for name, age in waiting),
        archived=archived or "",
        current=current or "",
        mode=mode,
        timeout=timeout,
        segment_size=size,
    )
