# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what a bucket says of itself to a verdict on it. No data is never a pass.

pass          all that is wanted of the bucket was read, and is so
fail          something of it is not so
inconclusive  nothing speaks against it, but the server does not know or does not tell something
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .._core.text import listed, shown
from .._core.verdict import Verdict
from .model import DAY, Lifecycle, Limits, Lock, Replication, Seen, Unknown, Uploads

FIRM = "COMPLIANCE"
"""The mode of a lock that nobody can lift, not even the owner of the account."""
SWITCHES = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@dataclass(frozen=True)
class Finding:
    """The verdict on one thing, in words and where it can be in a number, of days but for counts."""

    check: str
    verdict: Verdict
    told: str
    value: float | None = None
    limit: float | None = None


def findings(seen: Seen, limits: Limits, name: str) -> tuple[Finding, ...]:
    return tuple(_findings(seen, limits, name))


def _findings(seen: Seen, limits: Limits, name: str) -> Iterator[Finding]:
    yield _versioning(seen.versioning)
    if limits.replication:
        yield _replication(seen, limits.replica, name)
    if limits.lifecycle:
        yield _old_versions(seen.lifecycle, limits)
        yield _unfinished(seen.lifecycle, limits)
        yield _uploads(seen.uploads, limits)
    if limits.encryption:
        yield _encryption(seen.encryption)
    if limits.public_access:
        yield _public_access(seen.public_access)
    if limits.locked:
        yield _lock(seen.lock, limits)


def _versioning(status: str | Unknown) -> Finding:
    if isinstance(status, Unknown):
        return _unknown("versioning", status)
    told = "every version of an object is kept"
    return _finding("versioning", status == "Enabled", told if status == "Enabled" else f"versioning is {status or 'off'}")


def _replication(seen: Seen, replica: str, name: str) -> Finding:
    """A rule to the bucket itself is no second place. What KMS encrypted a rule leaves out, unless it says otherwise."""
    rules = seen.replication
    if isinstance(rules, Unknown):
        return _unknown("replication", rules)
    good = [rule for rule in rules if rule.enabled and rule.whole and is_replica(rule.to, replica, name)]
    if good and is_sealed(seen.encryption) and not any(rule.sealed for rule in good):
        told = f"new objects are encrypted by KMS, and what that encrypted {good[0].name or 'the rule'} does not copy"
        return _finding("replication", False, told, value=0, limit=1)
    if good:
        return _finding("replication", True, f"all objects are copied to {listed(rule.to for rule in good)}", value=len(good))
    where = replica or "another bucket"
    return _finding("replication", False, f"no rule that is on copies all objects to {where}: {_told(rules)}", value=0, limit=1)


def is_sealed(kinds: tuple[str, ...] | Unknown) -> bool:
    """Whether KMS encrypts new objects."""
    return not isinstance(kinds, Unknown) and any(kind.startswith("aws:kms") for kind in kinds)


def is_replica(to: str, replica: str, name: str) -> bool:
    bucket = to.rpartition(":")[2]
    return bucket != name and bool(bucket) and (not replica or replica in (to, bucket))


def _told(rules: tuple[Replication, ...]) -> str:
    said = [
        f"{rule.name or 'a rule'} is {'on' if rule.enabled else 'off'}, {'all' if rule.whole else 'some'} objects, to {rule.to}"
        for rule in rules[:3]
    ]
    return "; ".join(said) or "there is no rule"


def _old_versions(rules: tuple[Lifecycle, ...] | Unknown, limits: Limits) -> Finding:
    """The first rule that takes them decides how long they stay; one for some objects cannot keep all from growing.

    A rule that keeps the newest few removes the next one as early as any other, and those few it never removes.
    """
    if isinstance(rules, Unknown):
        return _unknown("old_versions", rules)
    least, most = limits.versions_least / DAY, limits.versions_most / DAY
    soon = [rule.old_versions for rule in rules if rule.enabled and rule.old_versions is not None]
    if soon and min(soon) < least:
        told = f"a rule removes old versions after {min(soon)} days, and they should stay for {least:g}"
        return _finding("old_versions", False, told, value=min(soon), limit=least)
    whole = [one.old_versions for one in rules if one.enabled and one.whole and one.old_versions is not None and not one.kept]
    if not whole:
        return _finding("old_versions", False, "no rule that is on removes old versions of all objects", limit=most)
    told = f"old versions go after {min(whole)} days; {least:g} to {most:g} are expected"
    return _finding("old_versions", min(whole) <= most, told, value=min(whole), limit=most)


def _unfinished(rules: tuple[Lifecycle, ...] | Unknown, limits: Limits) -> Finding:
    if isinstance(rules, Unknown):
        return _unknown("unfinished_uploads", rules)
    most = limits.uploads_most / DAY
    days = [rule.uploads for rule in rules if rule.enabled and rule.whole and rule.uploads is not None]
    if not days:
        return _finding(
            "unfinished_uploads", False, "no rule that is on removes the parts of uploads that never ended", limit=most
        )
    told = f"parts of uploads that never ended go after {min(days)} days; at most {most:g} are expected"
    return _finding("unfinished_uploads", min(days) <= most, told, value=min(days), limit=most)


def _uploads(uploads: Uploads | Unknown, limits: Limits) -> Finding:
    """What a rule says is one thing, whether the server does it another; it may take a day longer."""
    if isinstance(uploads, Unknown):
        return _unknown("uploads", uploads)
    age, most = uploads.oldest / DAY, limits.uploads_most / DAY + 1
    told = (
        f"{uploads.count} uploads are not ended, the oldest for {age:.1f} days" if uploads.count else "no upload is left unended"
    )
    if age <= most and not uploads.whole:
        return _unknown("uploads", Unknown(f"only the first {uploads.count} uploads were listed, and an older one may follow"))
    return _finding("uploads", age <= most, told, value=round(age, 3), limit=most)


def _encryption(kinds: tuple[str, ...] | Unknown) -> Finding:
    if isinstance(kinds, Unknown):
        return _unknown("encryption", kinds)
    told = f"new objects are encrypted with {listed(kinds)}" if kinds else "new objects are not encrypted"
    return _finding("encryption", bool(kinds), told)


def _public_access(switches: object) -> Finding:
    if isinstance(switches, Unknown):
        return _unknown("public_access", switches)
    off = [name for name in SWITCHES if not (isinstance(switches, dict) and switches.get(name))]
    told = f"the public may be let in: {listed(off)} {'is' if len(off) == 1 else 'are'} off" if off else "the public is kept out"
    return _finding("public_access", not off, told, value=len(SWITCHES) - len(off), limit=len(SWITCHES))


def _lock(lock: Lock | Unknown | None, limits: Limits) -> Finding:
    if isinstance(lock, Unknown):
        return _unknown("object_lock", lock)
    days, least = lock.days if lock and lock.mode == FIRM else 0, limits.locked / DAY
    return _finding("object_lock", days >= least, _told_lock(lock, least), value=days, limit=least)


def _told_lock(lock: Lock | None, least: float) -> str:
    if lock is None:
        return "objects are not locked"
    if not lock.days or lock.mode == FIRM:
        return f"new objects cannot be removed for {lock.days} days; {least:g} are expected"
    return (
        f"new objects are locked for {lock.days} days in mode {shown(lock.mode)}, in which who has the right can remove them; "
        f"{least:g} in mode {FIRM} are expected"
    )


def _finding(check: str, is_good: bool, told: str, value: float | None = None, limit: float | None = None) -> Finding:
    return Finding(check, Verdict.PASS if is_good else Verdict.FAIL, told, value, limit)


def _unknown(check: str, unknown: Unknown) -> Finding:
    return Finding(check, Verdict.INCONCLUSIVE, unknown.why)
