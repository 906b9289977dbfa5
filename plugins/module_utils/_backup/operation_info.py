# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What lies in the repositories of a stanza, put together for the module backup_info."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._edge.run import Reading, Report
from .._edge.spec import into
from . import info, pgbackrest, report
from .model import Place


def _parse(params: Mapping[str, Any]) -> Place:
    return into(Place, params)


def _read(place: Place) -> Report:
    settings = pgbackrest.settings(place)
    return report.stanza(info.stanza(place.stanza, pgbackrest.info(place)), settings)


BACKUP_INFO = Reading(parse=_parse, read=_read)
