# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which snapshots go."""

from __future__ import annotations

from collections.abc import Iterable

from .model import Retention, Snapshot
from .ready import is_good, is_of, is_running


def expired(prefix: str, snapshots: Iterable[Snapshot], kept: Retention, now: float) -> list[Snapshot]:
    """Those of this prefix, the oldest first, that neither their number nor their age keeps.

    Never the newest good one, never one that is being taken, never one of another prefix: whatever the clock says.
    """
    ours = sorted((one for one in snapshots if is_of(prefix, one) and not is_running(one)), key=lambda one: (one.begun, one.name))
    newest = {one.name for one in [one for one in ours if is_good(one)][-max(kept.keep, 1) :]}
    return [one for one in ours if one.name not in newest and one.begun < now - kept.seconds]
