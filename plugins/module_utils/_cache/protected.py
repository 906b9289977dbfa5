# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keys that are no cache."""

from __future__ import annotations

from .._core.text import shown
from .glob import lies_within
from .model import Flush, KeysProtected


def refuse_protected(wanted: Flush) -> None:
    """Raise ``KeysProtected`` if the pattern can match protected keys only: then the operator wants something else."""
    for pattern in wanted.protected:
        if lies_within(wanted.pattern, pattern):
            raise KeysProtected(
                f"all keys that {shown(wanted.pattern)} matches are protected by {shown(pattern)}: queues and sessions are no "
                "cache. If they shall go, give override_protected and a reason"
            )
