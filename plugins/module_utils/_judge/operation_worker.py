# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The check of workers put together for the module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._edge.require import PROMETHEUS
from .._edge.run import Reading, Report
from .._edge.spec import into
from .described_workers import Check, Described, check
from .model import WorkerAtFault
from .operation_place import PLACE
from .report import demand_pass

PROOF = {
    "workers": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {"name": {"type": "str", "required": True}, **PLACE},
    },
    "done": {"type": "str", "required": True},
    "failed": {"type": "str"},
    "heartbeat": {"type": "str"},
    "waiting": {"type": "str"},
    "jobs": {"type": "int", "default": 1},
    "failures": {"type": "float", "default": 0.05},
    "lag": {"type": "int"},
    "stale": {"type": "str", "default": "30s"},
    "longer": {"type": "str", "default": "1m"},
    "interval": {"type": "str", "default": "1s"},
}
"""Argument spec of a proof; how long it is watched at least is for whoever asks for it."""


@dataclass(frozen=True)
class Asked:
    """The proof, and whether the module fails unless it is given."""

    check: Check
    must_pass: bool


def _parse(params: Mapping[str, Any]) -> Asked:
    return Asked(check(into(Described, params)), params["must_pass"])


def _read(wanted: Asked) -> Report:
    told = wanted.check.run()
    if wanted.must_pass:
        demand_pass(told, WorkerAtFault)
    return told


WORKER = Reading(parse=_parse, read=_read, requires=(PROMETHEUS,))
