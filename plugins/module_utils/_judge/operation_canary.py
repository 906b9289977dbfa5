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
    "dry_run": {"type": "bool", "default": False},
    "backends": {"type": "list", "elements": "str"},
    "requests": {"type": "str"},
    "bad": {"type": "str"},
    "latency": {"type": "str"},
}
"""Argument spec of one metric."""

SYNTHETIC = {
    "places": {"type": "list", "elements": "dict", "required": True, "options": PLACE},
    "rate": {"type": "float", "default": 5.0},
}
"""Argument spec of requests of our own."""

COMPARISON = {
    "canary": {"type": "str", "choices": ["blue", "green"], "required": True},
    "live": {"type": "str", "choices": ["blue", "green"], "required": True},
    "metrics": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": METRIC,
        "mutually_exclusive": [("backends", "requests", "latency"), ("backends", "bad", "latency")],
        "required_one_of": [("backends", "requests", "latency")],
        "required_together": [("requests", "bad")],
    },
    "haproxy": {"type": "list", "elements": "dict", "default": [], "options": PLACE},
    "prometheus": {"type": "dict", "options": PLACE},
    "longer": {"type": "str", "default": "0s"},
    "interval": {"type": "str", "default": "1s"},
    "stale": {"type": "str", "default": "30s"},
    "false_alarms": {"type": "float", "default": 0.01},
    "detects": {"type": "float", "default": 0.05},
    "power": {"type": "float", "default": 0.95},
    "slower": {"type": "float", "default": 4.0},
    "synthetic": {"type": "dict", "options": SYNTHETIC},
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
