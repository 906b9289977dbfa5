# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A directory that is gone afterwards, whatever happens; what a killed run left, the next one removes.

Who works in a directory holds a lock on a file in it, which the kernel frees with the process. So a directory of ours whose
lock is free belongs to nobody any more.
"""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from .._core.errors import Unavailable
from .owner import give
from .stray import clear

PREFIX = "mainstay-verify-"
LOCK, DATA, RUN = "mainstay.lock", "data", "run"


@contextmanager
def throwaway(workspace: Path, stanza: str, user: str) -> Iterator[Path]:
    """A fresh directory of the user's in the workspace, for one verification of the stanza."""
    try:
        made = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{stanza}.", dir=workspace))
    except OSError as error:
        raise Unavailable(f"could not make a directory in {workspace}: {error.strerror}; give another workspace") from None
    with open(made / LOCK, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            (made / RUN).mkdir(mode=0o700)
            for path in (made, made / RUN):
                give(path, user)
            yield made
        finally:
            clear(made, made / DATA)


def dead(workspace: Path, stanza: str) -> list[Path]:
    """Directories of verifications of this stanza that did not end."""
    return [path for path in sorted(workspace.glob(f"{PREFIX}{stanza}.*")) if _is_abandoned(path)]


def remove(path: Path) -> None:
    """What a dead run left, its server included; not if somebody took it meanwhile."""
    if _is_abandoned(path):
        clear(path, path / DATA)


def _is_abandoned(path: Path) -> bool:
    """Not a link, and the lock is free. One without a lock is not ours to judge."""
    if path.is_symlink():
        return False
    with suppress(OSError), open(path / LOCK, "r+") as file:
        return _is_free(file)
    return False


def _is_free(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
