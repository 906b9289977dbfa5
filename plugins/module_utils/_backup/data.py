# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What lies where the data shall be, and beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from .._core.errors import NotFound, Unavailable
from .control import Control
from .restoration import Data

BEFORE = re.compile(r"\.before-[0-9]{8}T[0-9]{6}Z")
SERVERS = {"postgres", "postmaster"}


def look(data: Path, control: Callable[[Path], Control]) -> Data:
    """The directory as it is. ``control`` reads the control file of one."""
    if not os.path.lexists(data):
        _demand_parent(data)
        return Data(str(data))
    try:
        links = {entry.name: entry.is_symlink() for entry in data.iterdir()}
    except OSError as error:
        raise Unavailable(f"could not look into {data}: {error.strerror}; run as root or as the owner of the data") from None
    is_cluster = {"PG_VERSION", "global"} <= set(links) and (data / "global" / "pg_control").exists()
    known = control(data) if is_cluster else None
    return Data(
        path=str(data),
        is_there=True,
        is_empty=not links,
        pid=running_pid(data),
        system_id=known.system_id if known else 0,
        checkpoint=known.checkpoint if known else "",
        inode=data.stat().st_ino,
        is_mount=data.is_mount() or data.is_symlink(),
        is_standby=is_cluster and "standby.signal" in links,
        tablespaces=len(list((data / "pg_tblspc").glob("*"))) if is_cluster else 0,
        links=sum(links.values()),
    )


def running_pid(data: Path) -> int:
    """The process of the server that runs on it, or 0. After a crash the number may be another program's by now."""
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
        return pid if Path(f"/proc/{pid}/comm").read_text().strip() in SERVERS else 0
    except (FileNotFoundError, ProcessLookupError, NotADirectoryError, IndexError, ValueError):
        return 0
    except OSError as error:
        raise Unavailable(f"could not tell whether a server runs on {data}: {error.strerror}") from None


def kept(data: Path) -> tuple[str, ...]:
    """The old data that earlier restores put aside, oldest first."""
    found = data.parent.glob(f"{data.name}.before-*")
    return tuple(sorted(str(path) for path in found if BEFORE.fullmatch(path.name.removeprefix(data.name))))


def free_bytes(directory: Path) -> int:
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize


def disk_bytes(directory: Path) -> int:
    """Of the whole filesystem."""
    found = os.statvfs(directory)
    return found.f_blocks * found.f_frsize


def _demand_parent(data: Path) -> None:
    if not data.parent.is_dir():
        raise NotFound(f"there is no directory {data.parent}: create it with the rights that PostgreSQL needs, then run again")
