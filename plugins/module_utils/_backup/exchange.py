# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two directories change places, so that there is a whole one under the name at every moment."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

from .._core.errors import Failed
from .._store.durable import sync

HERE = -100
EXCHANGE = 2
"""AT_FDCWD and RENAME_EXCHANGE of Linux (renameat2(2))."""
CANNOT = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}


def exchange(one: Path, other: Path) -> bool:
    """Whether they changed places; False where the filesystem cannot do that in one step."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(HERE, os.fsencode(one), HERE, os.fsencode(other), EXCHANGE) == 0:
        sync(one.parent)
        return True
    code = ctypes.get_errno()
    if code in CANNOT:
        return False
    if code == errno.EXDEV:
        raise Failed(
            f"{other} cannot be moved: it comes from the layer of a container's image. Put the data on a volume of its own; "
            "what was there is untouched"
        )
    raise OSError(code, os.strerror(code), str(one), None, str(other))


def rename(old: Path, new: Path) -> None:
    """Never onto anything; whoever calls knows that ``new`` is not there."""
    if new.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(new))
    old.rename(new)
    sync(old.parent)
