# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps a name in a directory through a loss of power."""

from __future__ import annotations

import os


def sync(directory: str | os.PathLike[str]) -> None:
    """Have the disk keep which names the directory holds: a rename alone may be gone after a crash. Raises ``OSError``."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
