# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option that says in which steps a canary goes, and how it is compared."""

from __future__ import annotations

from .._judge.operation_place import PLACE

STEP = {
    "share": {"type": "int", "required": True},
    "watch": {"type": "str", "default": "5m"},
    "pause": {"type": "str", "default": "0s"},
}
METRIC = {
    "name": {"type": "str", "required": True},
    "services": {"type": "list", "elements": "str"},
    "critical": {"type": "bool", "default": True},
    "dry_run": {"type": "bool", "default": False},
    "requests": {"type": "str"},
    "bad": {"type": "str"},
    "latency": {"type": "str"},
}
SYNTHETIC = {"path": {"type": "str", "required": True}, "rate": {"type": "float", "default": 5.0}}
COURSE = {
    "steps": {"type": "list", "elements": "dict", "options": STEP},
    "metrics": {
        "type": "list",
        "elements": "dict",
        "options": METRIC,
        "mutually_exclusive": [("services", "requests", "latency"), ("services", "bad", "latency")],
        "required_one_of": [("services", "requests", "latency")],
        "required_together": [("requests", "bad")],
    },
    "prometheus": {"type": "dict", "options": PLACE},
    "ask": {"type": "str", "default": "0s"},
    "another": {"type": "bool", "default": False},
    "longer": {"type": "str", "default": "10m"},
    "interval": {"type": "str", "default": "1s"},
    "stale": {"type": "str", "default": "30s"},
    "false_alarms": {"type": "float", "default": 0.01},
    "detects": {"type": "float", "default": 0.05},
    "power": {"type": "float", "default": 0.95},
    "slower": {"type": "float", "default": 4.0},
    "synthetic": {"type": "dict", "options": SYNTHETIC},
}
"""Argument spec of the steps of a canary."""
