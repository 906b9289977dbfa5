# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The check of a canary put together for the module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._edge.run import Reading, Report
from .._edge.spec import into
from .described import Check, Described, check
from .model import CanaryWorse
from .operation_place import PLACE
from .report import demand_pass

METRIC = {
    "name": {"type": "str", "required": True},
    "critical": {"type": "bool", "default": True},
    "backends": {"type": "list", "elements": "str", "required": True},
}
"""Argument spec of one metric."""

COMPARISON = {
    "canary": {"type": "str", "choices": ["blue", "green"], "required": True},
    "live": {"type": "str", "choices": ["blue", "green"], "required": True},
    "metrics": {"type": "list", "elements": "dict", "required": True, "options": METRIC},
    "haproxy": {"type": "list", "elements": "dict", "required": True, "options": PLACE},
    "longer": {"type": "str", "default": "0s"},
    "interval": {"type": "str", "default": "1s"},
    "stale": {"type": "str", "default": "30s"},
    "false_alarms": {"type": "float", "default": 0.01},
    "detects": {"type": "float", "default": 0.05},
    "power": {"type": "float", "default": 0.95},
}
"""Argument spec of a comparison; how long it takes is for whoever makes it."""


@dataclass(frozen=True)
class Asked:
    """The comparison, and whether the module fails unless it passes."""

    check: Check
    must_pass: bool


def _parse(params: Mapping[str, Any]) -> Asked:
    return Asked(check(into(Described, params)), params["must_pass"])


def _read(wanted: Asked) -> Report:
    told = wanted.check.run()
    if wanted.must_pass:
        demand_pass(told, CanaryWorse)
    return told


CANARY = Reading(parse=_parse, read=_read)
