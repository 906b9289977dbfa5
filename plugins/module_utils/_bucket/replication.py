# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rule by which all objects of a bucket are copied to another one, beside the rules of others, which stay.

A server takes all rules at once, with one role for all of them. So what is written is what was read, but for the one rule.
docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._core.errors import InvalidInput, Refused
from .._core.plan import Plan, Step
from .._core.text import Grammar, listed
from . import answers
from .model import REPLICA, Replication
from .verdict import is_replica

RULE = Grammar("name of a rule", r"[A-Za-z0-9_.\-]{1,255}", "1 to 255 letters, digits and any of _ . -", 255)
ARN = Grammar(
    "name in AWS (an ARN)",
    r"arn:[a-z0-9\-]+:[a-z0-9\-]+:[a-z0-9\-]*:[A-Za-z0-9\-]*:[A-Za-z0-9_+=,.@/:\-]+",
    "such as arn:aws:iam::123456789012:role/copy",
    300,
)
CLASS = Grammar("storage class", r"[A-Z_]{1,40}", "capital letters such as STANDARD_IA", 40)
ON = {"Status": "Enabled"}
OFF = {"Status": "Disabled"}


@dataclass(frozen=True)
class Copies:
    """Where all objects go, and as whom. An empty ``storage_class`` or ``kms_key`` leaves that part of a rule as it is."""

    replica: str
    role: str
    delete_markers: bool = False
    storage_class: str = ""
    kms_key: str = ""

    def __post_init__(self) -> None:
        REPLICA.check(self.replica)
        ARN.check(self.role)
        if self.storage_class:
            CLASS.check(self.storage_class)
        if self.kms_key:
            ARN.check(self.kms_key)

    @property
    def to(self) -> str:
        """The bucket's ARN, in the role's part of AWS where only its name is given."""
        return self.replica if ":" in self.replica else f"arn:{self.role.split(':')[1]}:s3:::{self.replica}"


@dataclass(frozen=True)
class Rules:
    """What the server has: whether versions are kept, whether KMS encrypts, the role, and the rules in its own words."""

    versioning: str = ""
    sealed: bool = False
    role: str = ""
    rules: tuple[Mapping[str, Any], ...] = ()

    @property
    def configuration(self) -> dict[str, Any]:
        return {"Role": self.role, "Rules": [dict(rule) for rule in self.rules]}


def plan_copied(bucket: str, name: str, wanted: Copies, found: Rules) -> Plan:
    """Have the rule ``name`` copy everything; nothing is to be done where any rule does. Raises ``Refused`` where none could."""
    if not is_replica(wanted.to, "", bucket):
        raise InvalidInput(f"the bucket {bucket} cannot be copied to itself: give another bucket as replica")
    if copying(name, wanted, found) not in ("", name):
        return Plan()
    others = [rule for rule in found.rules if rule.get("ID") != name]
    before = next((rule for rule in found.rules if rule.get("ID") == name), {})
    demand_copyable(bucket, wanted, found, others)
    priority = _priority(bucket, wanted, before, others)
    after = _rule(name, wanted, before, priority)
    demand_unsealed(bucket, found, after)
    if before == after and found.role == wanted.role:
        return Plan()
    rules = replace(found, role=wanted.role, rules=(*others, after))
    return Plan((Step("copy", f"{bucket}/{name}", described(before, found.role), described(after, wanted.role), rules),))


def demand_copyable(bucket: str, wanted: Copies, found: Rules, others: Sequence[Mapping[str, Any]]) -> None:
    """There are versions to copy, and nobody else's rules would go by another role."""
    if found.versioning != "Enabled":
        raise Refused(
            f"versioning of the bucket {bucket} is {found.versioning or 'off'}, and only versions are copied: have them kept "
            "first, here and in the bucket of the copies"
        )
    if others and found.role != wanted.role:
        raise Refused(
            f"the other rules of the bucket {bucket} ({listed(_name(rule) for rule in others)}) go by the role {found.role}, "
            "and a server has one for all: give that role, or remove these rules"
        )


def demand_unsealed(bucket: str, found: Rules, rule: Mapping[str, Any]) -> None:
    """What KMS encrypts is left out by a rule that names no key, without a word of the server's."""
    if found.sealed and not _read(rule).sealed:
        raise Refused(
            f"objects of the bucket {bucket} are encrypted by KMS, and these are copied only with a key for the copies: "
            "give kms_key"
        )


def plan_not_copied(bucket: str, name: str, found: Rules) -> Plan:
    """Remove the rule ``name``; what was copied stays where it is."""
    before = next((rule for rule in found.rules if rule.get("ID") == name), None)
    if before is None:
        return Plan()
    rules = replace(found, rules=tuple(rule for rule in found.rules if rule is not before))
    return Plan((Step("stop copying", f"{bucket}/{name}", described(before, found.role), "", rules),))


def copying(name: str, wanted: Copies, found: Rules) -> str:
    """The rule that copies everything there: the one of this name if it does, or another as it is wanted; "" if none does."""
    good = [
        str(rule.get("ID", ""))
        for rule in found.rules
        if _copies(rule, wanted) and (rule.get("ID") == name or _fits(rule, wanted, found))
    ]
    return name if name in good else next(iter(good), "")


def _copies(rule: Mapping[str, Any], wanted: Copies) -> bool:
    read = _read(rule)
    return read.enabled and read.whole and is_replica(read.to, wanted.replica, "")


def _fits(rule: Mapping[str, Any], wanted: Copies, found: Rules) -> bool:
    """It has what is given besides, and copies also what KMS encrypts; what is not given may be as it is."""
    if found.sealed and not _read(rule).sealed:
        return False
    to = rule.get("Destination", {})
    key = to.get("EncryptionConfiguration", {}).get("ReplicaKmsKeyID") if _read(rule).sealed else ""
    removals = rule.get("DeleteMarkerReplication") == ON
    return (
        wanted.kms_key in ("", key) and wanted.storage_class in ("", to.get("StorageClass")) and removals >= wanted.delete_markers
    )


def described(rule: Mapping[str, Any], role: str) -> str:
    """In a line, for people; "" for no rule."""
    if not rule:
        return ""
    read, to = _read(rule), rule.get("Destination", {})
    more = (to.get("StorageClass"), to.get("EncryptionConfiguration", {}).get("ReplicaKmsKeyID"))
    removals = "removals too" if rule.get("DeleteMarkerReplication") == ON else "no removals"
    objects = "all objects" if read.whole else "some objects"
    return ", ".join(("on" if read.enabled else "off", objects, removals, f"to {read.to}", *filter(None, more), f"as {role}"))


def _rule(name: str, wanted: Copies, before: Mapping[str, Any], priority: int) -> dict[str, Any]:
    """The rule as it was, such as with metrics that somebody switched on, with what is wanted in it."""
    there = before.get("Destination", {})
    is_there = is_replica(str(there.get("Bucket", "")), wanted.replica, "")
    to = dict(there) if is_there else {"Bucket": wanted.to}  # an account or a key of another bucket is none of this one's
    after = {key: value for key, value in before.items() if key != "Prefix"}
    if wanted.storage_class:
        to["StorageClass"] = wanted.storage_class
    if wanted.kms_key:
        to["EncryptionConfiguration"] = {"ReplicaKmsKeyID": wanted.kms_key}
        criteria = before.get("SourceSelectionCriteria", {})
        after["SourceSelectionCriteria"] = {**criteria, "SseKmsEncryptedObjects": ON}
    is_whole = before.get("Filter") in ({}, {"Prefix": ""})
    return {
        **after,
        "ID": name,
        "Priority": priority,
        "Filter": before["Filter"] if is_whole else {"Prefix": ""},
        **ON,
        "DeleteMarkerReplication": ON if wanted.delete_markers else OFF,
        "Destination": to,
    }


def _priority(bucket: str, wanted: Copies, before: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> int:
    """Of rules to one bucket the server follows the one with the highest, and those of others shall go on as they were."""
    taken = {int(rule.get("Priority", 0)) for rule in others}
    beside = [rule for rule in others if is_replica(str(rule.get("Destination", {}).get("Bucket", "")), wanted.replica, "")]
    lowest = min((int(rule.get("Priority", 0)) for rule in beside), default=None)
    if "Priority" in before and (lowest is None or int(before["Priority"]) < lowest):
        return int(before["Priority"])
    if lowest is None:
        return max(taken, default=0) + 1
    free = next((number for number in range(lowest - 1, -1, -1) if number not in taken), None)
    if free is None:
        raise Refused(
            f"{listed(_name(rule) for rule in beside)} of the bucket {bucket} copy to the same bucket, and no priority is free "
            "below theirs: give them higher ones, or they would have no effect any more"
        )
    return free


def _read(rule: Mapping[str, Any]) -> Replication:
    [read] = answers.replication({"ReplicationConfiguration": {"Rules": [rule]}})
    return read


def _name(rule: Mapping[str, Any]) -> str:
    return str(rule.get("ID") or "one without a name")
