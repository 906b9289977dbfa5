# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lock in the store."""

from __future__ import annotations

from .._core.errors import LockHeld
from .._core.plan import Plan
from .._store.model import Changed, Store
from .model import Lease, decode, encode

DOCUMENT = "lock.json"


def read(store: Store) -> Lease:
    return decode(store.read(DOCUMENT))


def write(store: Store, found: Lease, plan: Plan) -> Lease:
    """Store the lease that the plan's last step carries; somebody who was quicker is an error."""
    lease: Lease = plan.steps[-1].data
    before = store.read(DOCUMENT)
    if decode(before) != found:
        raise LockHeld("another run took the lock at the same moment")
    try:
        store.replace(DOCUMENT, encode(lease), before)
    except Changed as error:
        raise LockHeld("another run took the lock at the same moment") from error
    return lease
