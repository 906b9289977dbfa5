# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the control file of a data directory says of its cluster, by pg_controldata."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .._core.errors import Corrupt
from .owner import said

SETTINGS = {
    "max_connections": "max_connections setting",
    "max_worker_processes": "max_worker_processes setting",
    "max_wal_senders": "max_wal_senders setting",
    "max_prepared_transactions": "max_prepared_xacts setting",
    "max_locks_per_transaction": "max_locks_per_xact setting",
    "wal_level": "wal_level setting",
}
"""Which of a server's settings a copy must not fall below, and how pg_controldata calls them."""
LOOK_S = 60.0
CLEAN = "shut down"


@dataclass(frozen=True)
class Control:
    """The cluster's system identifier, its state, its last checkpoint, and settings that a copy needs."""

    system_id: int
    state: str
    checkpoint: str
    timeline: int
    segment_size: int
    checksums: bool
    settings: Mapping[str, str]


def read_control(binaries: Path, data: Path, user: str) -> Control:
    """Raises ``Corrupt`` where there is none that this version can read."""
    code, text = said(user, [str(binaries / "pg_controldata"), str(data)], LOOK_S)
    try:
        return _control(dict(re.findall(r"^([^:\n]+):[ ]*(.*)$", text, re.M)))
    except (KeyError, ValueError):
        raise Corrupt(
            f"pg_controldata could not read the control file of {data} (it ended with {code}): {' '.join(text.split())[:300]}"
        ) from None


def _control(fields: Mapping[str, str]) -> Control:
    return Control(
        system_id=int(fields["Database system identifier"]),
        state=fields["Database cluster state"],
        checkpoint=fields["Latest checkpoint location"],
        timeline=int(fields["Latest checkpoint's TimeLineID"]),
        segment_size=int(fields["Bytes per WAL segment"]),
        checksums=fields["Data page checksum version"] != "0",
        settings={name: fields[called] for name, called in SETTINGS.items()},
    )
