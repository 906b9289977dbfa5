# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking at the server of this host, put together for the module replication_info."""

from __future__ import annotations

from .._edge.run import Reading, Report
from .instance import local
from .model import Instance
from .operation_server import described, instance_of


def _read(wanted: Instance) -> Report:
    return described(local(wanted))


REPLICATION_INFO = Reading(parse=instance_of, read=_read)
