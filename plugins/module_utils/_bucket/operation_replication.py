# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copying all objects of a bucket to another one, put together for the module bucket_replication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.plan import Plan
from .._edge.require import BOTO3
from .._edge.run import Operation, Report
from .._edge.spec import into
from . import s3
from .model import Bucket
from .operation_place import BUCKET, place
from .replication import RULE, Copies, Rules, copying, plan_copied, plan_not_copied

REPLICATION = {
    "bucket": {"type": "dict", "required": True, "options": BUCKET},
    "rule": {"type": "str", "default": "mainstay"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "replica": {"type": "str"},
    "role": {"type": "str"},
    "delete_markers": {"type": "bool", "default": False},
    "storage_class": {"type": "str"},
    "kms_key": {"type": "str", "no_log": False},
}


@dataclass(frozen=True)
class Request:
    """The rule of a bucket that is meant, and what it does; None if there shall be none."""

    bucket: Bucket
    rule: str
    copies: Copies | None


def _parse(params: Mapping[str, Any]) -> Request:
    copies = into(Copies, params) if params["state"] == "present" else None
    return Request(place(params["bucket"]), RULE.check(params["rule"]), copies)


def _plan(wanted: Request, found: Rules) -> Plan:
    if wanted.copies is None:
        return plan_not_copied(wanted.bucket.name, wanted.rule, found)
    return plan_copied(wanted.bucket.name, wanted.rule, wanted.copies, found)


def _apply(wanted: Request, _found: Rules, planned: Plan) -> Report:
    [step] = planned.steps
    s3.copy(wanted.bucket, step.data)
    return _report(wanted, step.data)


def _report(wanted: Request, found: Rules) -> Report:
    return {"rule": copying(wanted.rule, wanted.copies, found) if wanted.copies else ""}


BUCKET_REPLICATION = Operation(
    parse=_parse,
    read=lambda wanted: s3.rules(wanted.bucket),
    plan=_plan,
    apply=_apply,
    predict=_report,
    requires=(BOTO3,),
)
