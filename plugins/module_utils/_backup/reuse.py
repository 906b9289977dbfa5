# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kept data of an earlier restore, used up for this one: files of it that are as in the backup need not be copied.

What would be written into is never the data that is replaced, which is kept whole, but what the operator names, and so tells
to go. A copy or a snapshot of the data itself is no way: without reflinks it costs what it saves, and hard links would have
pgBackRest and the server write into the old data.
"""

from __future__ import annotations

from .._core.text import listed
from .restoration import DONE, Data, Found, NotOurData, Restoration, ServerRuns


def to_reuse(wanted: Restoration, found: Found) -> str:
    """The directory that is used up, "" for none; where a killed run had begun to use it up, everything is copied."""
    if not wanted.reuse or _is_spent(wanted, found):
        return ""
    if wanted.reuse not in found.old or found.reuse is None:
        kept = f"kept are {listed(found.old)}" if found.old else "nothing is kept"
        raise NotOurData(f"{wanted.reuse} cannot be reused: beside {found.data.path} {kept}; nothing was touched")
    if not found.data.system_id:
        raise NotOurData(
            f"{found.data.path} holds no data, so {wanted.reuse} may be the last there is: restore without reuse; "
            "nothing was touched"
        )
    _demand_plain(wanted.reuse, found.reuse, found.data.system_id)
    return wanted.reuse


def _demand_plain(path: str, kept: Data, system_id: int) -> None:
    if kept.pid:
        raise ServerRuns(f"a server runs on {path} (pid {kept.pid}), which is to be reused: stop it first; nothing was touched")
    if kept.system_id != system_id:
        raise NotOurData(f"{path} holds another cluster (system identifier {kept.system_id}): it was not reused, and not touched")
    if kept.tablespaces or kept.links or kept.is_mount:
        raise NotOurData(
            f"{path} leads to other places by links: it cannot be reused; restore without reuse. Nothing was touched"
        )


def _is_spent(wanted: Restoration, found: Found) -> bool:
    journal = found.journal
    return wanted.reuse not in found.old and journal is not None and journal.stage != DONE and journal.reused == wanted.reuse
