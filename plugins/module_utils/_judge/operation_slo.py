# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The check of service level objectives and rules put together for the module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.text import reason
from .._edge.run import Reading, Report
from .._edge.spec import into
from .described_slo import Check, Described, check, demand_kept
from .operation_place import PLACE

OBJECTIVE = {
    "name": {"type": "str", "required": True},
    "target": {"type": "float", "required": True},
    "bad": {"type": "str", "required": True},
    "total": {"type": "str", "required": True},
    "period": {"type": "str", "default": "30d"},
}
"""Argument spec of one objective."""

RULE = {
    "name": {"type": "str", "required": True},
    "query": {"type": "str", "required": True},
    "above": {"type": "float"},
    "below": {"type": "float"},
    "lasting": {"type": "str", "default": "5m"},
}
"""Argument spec of one rule."""

PROMISES = {
    "prometheus": {"type": "dict", "required": True, "options": PLACE},
    "objectives": {"type": "list", "elements": "dict", "default": [], "options": OBJECTIVE},
    "rules": {"type": "list", "elements": "dict", "default": [], "options": RULE},
}
"""Argument spec of what users were promised, and of who knows whether they get it."""

WATCHED = {**PROMISES, "every": {"type": "str", "default": "15s"}}
"""The same, for whoever asks again and again."""


@dataclass(frozen=True)
class Asked:
    """The check, whether the module fails unless it passes, and why it shall not."""

    check: Check
    must_pass: bool
    override: str


def _parse(params: Mapping[str, Any]) -> Asked:
    override = params["override"]
    return Asked(check(into(Described, params)), params["must_pass"], "" if override is None else reason(override))


def _read(wanted: Asked) -> Report:
    told = {**wanted.check.look(), "override": wanted.override}
    if wanted.must_pass and not wanted.override:
        demand_kept(told, "To go on in spite of it, give override a reason")
    return told


SLO = Reading(parse=_parse, read=_read)
