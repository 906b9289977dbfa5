# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that say which cluster is asked, which the modules share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.text import seconds, within
from .._edge.spec import into
from .._judge.fetch import Place
from .._judge.operation_place import PLACE

SERVER = {
    **PLACE,
    "api_key": {"type": "str", "no_log": True},
    "timeout": {"type": "str", "default": "30s"},
}
"""Argument spec of a cluster."""


def place(params: Mapping[str, Any]) -> Place:
    patience = within("timeout in seconds", seconds(params["timeout"], noun="timeout"), 0.1, 600)
    return into(Place, {**params, "timeout": patience})


def patience(text: object) -> float:
    """How long a snapshot or a restore may take."""
    return within("deadline in seconds", seconds(text, noun="deadline"), 0.1, 7 * 86400)
