# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The check of a bucket, put together for the module bucket_check."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.errors import MainstayError
from .._edge.require import BOTO3
from .._edge.run import Reading, Report
from .._edge.spec import Seconds, into
from .._store import textfile
from . import report, s3
from .model import Bucket, Limits
from .operation_place import BUCKET, place
from .verdict import Finding, findings

CHECK = {
    "bucket": {"type": "dict", "required": True, "options": BUCKET},
    "replication": {"type": "bool", "default": True},
    "replica": {"type": "str"},
    "lifecycle": {"type": "bool", "default": True},
    "versions_least": {"type": "str", "default": "7d"},
    "versions_most": {"type": "str", "default": "400d"},
    "uploads_most": {"type": "str", "default": "7d"},
    "encryption": {"type": "bool", "default": True},
    "public_access": {"type": "bool", "default": True},
    "locked": {"type": "str", "default": "0d"},
    "metrics": {"type": "path"},
    "must_pass": {"type": "bool", "default": True, "no_log": False},
}


@dataclass(frozen=True)
class Times:
    """Durations as a user writes them."""

    versions_least: Seconds
    versions_most: Seconds
    uploads_most: Seconds
    locked: Seconds


@dataclass(frozen=True)
class Asked:
    """Which bucket, what it must be like, and what becomes of the verdict."""

    bucket: Bucket
    limits: Limits
    metrics: str = ""
    must_pass: bool = True


def _parse(params: Mapping[str, Any]) -> Asked:
    limits = into(Limits, {**params, **vars(into(Times, params))})
    metrics = textfile.PAGE.check(params["metrics"]) if params["metrics"] else ""
    return Asked(place(params["bucket"]), limits, metrics, params["must_pass"])


def _read(wanted: Asked) -> Report:
    """A check that cannot be made is told to Prometheus too, so that no older verdict stands."""
    try:
        found = _found(wanted)
    except MainstayError:
        _tell(wanted, ())
        raise
    _tell(wanted, found)
    return _judged(wanted, found)


def _rehearse(wanted: Asked) -> Report:
    return _judged(wanted, _found(wanted))


def _found(wanted: Asked) -> Sequence[Finding]:
    return findings(s3.seen(wanted.bucket), wanted.limits, wanted.bucket.name)


def _tell(wanted: Asked, found: Sequence[Finding]) -> None:
    if wanted.metrics:
        page = textfile.page(report.samples(wanted.bucket.name, found, time.time()), report.HELP)
        textfile.write(Path(wanted.metrics), page)


def _judged(wanted: Asked, found: Sequence[Finding]) -> Report:
    told = report.checked(wanted.bucket.name, found)
    if wanted.must_pass:
        report.demand_pass(told)
    return told


BUCKET_CHECK = Reading(parse=_parse, read=_read, rehearse=_rehearse, requires=(BOTO3,))
