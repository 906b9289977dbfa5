# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who gets the lock. A lease that ended is free; a token is never given out twice."""

from __future__ import annotations

from .._core.errors import LockHeld
from .._core.plan import Plan, Step
from .._core.text import moment
from .model import Claim, Holder, Lease, Surrender
from .ready import is_free


def plan_claim(wanted: Claim, found: Lease, now: float) -> Plan:
    """Take the lock, or renew it if this run has it; raises ``LockHeld`` naming the owner."""
    holder = found.holder
    if holder and holder.run == wanted.run:
        return Plan((_renewed(wanted, found, holder, now),))
    if holder is None or is_free(found, now) or wanted.evict == found.token:
        return Plan((_taken(wanted, found, now),))
    raise LockHeld(refusal(holder, now), token=found.token, claimant=dict(holder.claimant), owner=holder.owner)


def plan_surrender(wanted: Surrender, found: Lease) -> Plan:
    """Free the lock if this run has it or force is used; a lock that somebody else took meanwhile is left alone."""
    holder = found.holder
    if holder is None or not (wanted.force or holder.run == wanted.run):
        return Plan()
    return Plan((Step("release", "lock", f"held by {holder.owner} for {holder.purpose}", "free", Lease(found.token)),))


def refusal(holder: Holder, now: float) -> str:
    """The sentence for whoever came second."""
    return (
        f"{holder.owner} holds the lock for {holder.purpose} since {moment(holder.since)}; its lease ends in "
        f"{max(0, holder.expires - now):.0f} s unless renewed. Wait for it, or if that run is dead, run the unlock playbook"
    )


def _taken(wanted: Claim, found: Lease, now: float) -> Step:
    holder = Holder(wanted.run, wanted.owner, wanted.purpose, now, now + wanted.lease, wanted.claimant)
    before = f"lease of {found.holder.owner} over" if found.holder else "free"
    return Step("take", "lock", before, f"held by {wanted.owner} for {wanted.purpose}", Lease(found.token + 1, holder))


def _renewed(wanted: Claim, found: Lease, holder: Holder, now: float) -> Step:
    renewed = Holder(holder.run, holder.owner, wanted.purpose, holder.since, now + wanted.lease, holder.claimant)
    return Step(
        "renew",
        "lock",
        f"until {moment(holder.expires)}",
        f"until {moment(now + wanted.lease)}",
        Lease(found.token, renewed),
    )
