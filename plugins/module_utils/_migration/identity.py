# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which server answers, asked in the very session that is about to write.

An address is no proof: a standby may be promoted behind it, and another cluster be put there. The system identifier tells
clusters apart, and the timeline who was promoted since. pg_control_checkpoint() would tell the timeline only after the first
checkpoint, so a primary is asked for the name of the segment that it writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .model import Server
from .refused import WrongServer

if TYPE_CHECKING:
    from .._postgres.postgres import Connection

READ = b"""
SELECT system_identifier::text, CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
  ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END
FROM pg_control_system()
"""


def read(connection: Connection) -> Server:
    [(system, timeline)] = connection.execute(READ).fetchall()
    return Server(system, timeline)


def demand(connection: Connection, expected: Server) -> None:
    """Raises ``WrongServer`` unless it is the one that the plan was made for."""
    found = read(connection)
    if found != expected:
        raise WrongServer(
            f"the plan was made for {expected}, but {found} answers now: a standby was promoted, or another cluster is behind "
            "this address. Nothing more was written. See which of them is the primary, then run again",
            expected=str(expected),
            found=str(found),
        )
