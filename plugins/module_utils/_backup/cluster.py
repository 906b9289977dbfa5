# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the data directory says of its server without asking it: nothing of this needs a login, nor that it runs."""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path

from .evidence import Server, Waiting
from .model import Cluster
from .wal import NAME, SEGMENT_SIZE

STANDBY = ("standby.signal", "recovery.signal")


def cluster(data: str) -> Cluster | None:
    """The cluster whose directory this is, None where there is none or it may not be read."""
    root = Path(data)
    try:
        # PostgreSQL, src/include/catalog/pg_control.h: the identifier comes first, so that any version can read it.
        with open(root / "global" / "pg_control", "rb") as file:
            [system_id] = struct.unpack("=Q", file.read(8))
        version = (root / "PG_VERSION").read_text().strip()
        standby = any((root / name).exists() for name in STANDBY)
        return Cluster(system_id, version, _runs(root / "postmaster.pid"), standby)
    except (OSError, struct.error, ValueError):
        return None


def server(data: str) -> Server | None:
    """What the directory says of archiving, None where it may not be read."""
    found = cluster(data)
    if found is None:
        return None
    try:
        states = [(path.name, path.stat().st_mtime) for path in (Path(data) / "pg_wal" / "archive_status").iterdir()]
        return Server(found, waiting=_waiting(states), archived=_archived(states), segment_size=_segment_size(Path(data)))
    except OSError:
        return Server(found)


def _runs(pid_file: Path) -> bool:
    """The first line is the server's process id."""
    try:
        os.kill(int(pid_file.read_text().split("\n", 1)[0]), 0)
    except PermissionError:
        return True
    except (OSError, ValueError, OverflowError):
        return False
    return True


def _waiting(states: list[tuple[str, float]]) -> tuple[Waiting, ...]:
    now = time.time()
    ready = [(name.removesuffix(".ready"), now - since) for name, since in states if name.endswith(".ready")]
    return tuple(Waiting(name, age) for name, age in ready)


def _archived(states: list[tuple[str, float]]) -> str:
    done = [name.removesuffix(".done") for name, _since in states if name.endswith(".done")]
    return max((name for name in done if NAME.fullmatch(name)), default="")


def _segment_size(root: Path) -> int:
    sizes = [path.stat().st_size for path in (root / "pg_wal").iterdir() if NAME.fullmatch(path.name)]
    return max(sizes, default=SEGMENT_SIZE) or SEGMENT_SIZE
