# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an S3 server answers, in the words of the model: docs.aws.amazon.com/AmazonS3/latest/API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .model import Lifecycle, Lock, Replication, Uploads

Answer = Mapping[str, Any]
DAYS_OF_A_YEAR = 365


def versioning(answer: Answer) -> str:
    return str(answer.get("Status") or "")


def replication(answer: Answer) -> tuple[Replication, ...]:
    rules = answer.get("ReplicationConfiguration", {}).get("Rules", [])
    return tuple(_replication(rule) for rule in rules)


def lifecycle(answer: Answer) -> tuple[Lifecycle, ...]:
    return tuple(_lifecycle(rule) for rule in answer.get("Rules", []))


def encryption(answer: Answer) -> tuple[str, ...]:
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    kinds = (rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm") for rule in rules)
    return tuple(str(kind) for kind in kinds if kind)


def public_access(answer: Answer) -> dict[str, bool]:
    return {str(name): value is True for name, value in answer.get("PublicAccessBlockConfiguration", {}).items()}


def lock(answer: Answer) -> Lock | None:
    given = answer.get("ObjectLockConfiguration", {})
    if given.get("ObjectLockEnabled") != "Enabled":
        return None
    rule = given.get("Rule", {}).get("DefaultRetention", {})
    return Lock(int(rule.get("Days") or 0) + DAYS_OF_A_YEAR * int(rule.get("Years") or 0), str(rule.get("Mode", "")))


def uploads(answer: Answer, now: float) -> Uploads:
    """The server lists them by key, so the oldest may be the last; where it says that more follow, not all are known."""
    begun = [one["Initiated"].timestamp() for one in answer.get("Uploads", [])]
    return Uploads(len(begun), max(0.0, now - min(begun)) if begun else 0.0, answer.get("IsTruncated") is not True)


def _replication(rule: Answer) -> Replication:
    return Replication(
        name=str(rule.get("ID", "")),
        enabled=_enabled(rule),
        whole=_whole(rule),
        to=str(rule.get("Destination", {}).get("Bucket", "")),
        sealed=rule.get("SourceSelectionCriteria", {}).get("SseKmsEncryptedObjects", {}).get("Status") == "Enabled",
    )


def _lifecycle(rule: Answer) -> Lifecycle:
    old = rule.get("NoncurrentVersionExpiration", {})
    return Lifecycle(
        str(rule.get("ID", "")),
        _enabled(rule),
        _whole(rule),
        old.get("NoncurrentDays"),
        rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation"),
        int(old.get("NewerNoncurrentVersions") or 0),
    )


def _enabled(rule: Answer) -> bool:
    return rule.get("Status") == "Enabled"


def _whole(rule: Answer) -> bool:
    """A rule with a prefix, a tag or a size is for some objects only; so are several of these under ``And``."""
    return not rule.get("Prefix") and not any(value for value in rule.get("Filter", {}).values())
