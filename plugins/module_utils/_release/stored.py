# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state of an environment, written only by the run that holds its lock."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from pathlib import Path

from .._core.errors import FencedOff
from .._core.text import NAME
from .._lock import stored as lock
from .._lock.model import Claim, Lease, Surrender
from .._lock.plan import plan_claim, plan_surrender
from .._lock.ready import is_held_by
from .._store.directory import DirectoryStore
from .._store.model import Store

SALT = "salt"


def open_store(directory: str, environment: str) -> DirectoryStore:
    return DirectoryStore(Path(directory) / NAME.check(environment))


def demand_lock(store: Store, run: str, token: int) -> Lease:
    """Raise ``FencedOff`` unless this run still has the lock under this token.

    A lease that ended, and that nobody took since, is still this run's: whoever takes it gets another token.
    """
    lease = lock.read(store)
    if not is_held_by(lease, run, token):
        whose = f"{lease.holder.owner} has it for {lease.holder.purpose}" if lease.holder else "nobody has it"
        raise FencedOff(f"this run no longer holds the lock ({whose}): its lease ended. Run it again to go on")
    return lease


def renew(store: Store, run: str, token: int, seconds: float) -> None:
    """Give the lock as long as the next phase may take."""
    lease = demand_lock(store, run, token)
    holder = lease.holder
    if holder is None:
        raise AssertionError("a lock that was demanded has a holder")
    claim = Claim(run, holder.owner, holder.purpose, seconds, holder.claimant)
    lock.write(store, lease, plan_claim(claim, lease, time.time()))


def give_back(store: Store, run: str) -> None:
    """Free the lock if this run has it."""
    lease = lock.read(store)
    plan = plan_surrender(Surrender(run), lease)
    if plan.changed:
        lock.write(store, lease, plan)


def fingerprint(store: Store, values: Mapping[str, str], *, create: bool) -> str:
    """Tells one set of secrets from another without telling anything else: keyed with a salt that never leaves this host."""
    salt = store.read(SALT)
    if salt is None:
        salt = secrets.token_bytes(32)
        if create:
            store.replace(SALT, salt, None)
    text = "\0".join(f"{name}={values[name]}" for name in sorted(values))
    return hmac.new(salt, text.encode(), hashlib.sha256).hexdigest()[:16]
