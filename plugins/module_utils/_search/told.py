# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A snapshot in a result."""

from __future__ import annotations

from typing import Any

from .._core.text import moment
from .model import Snapshot


def snapshot_told(one: Snapshot) -> dict[str, Any]:
    return {
        "name": one.name,
        "state": one.state,
        "indices": list(one.indices),
        "begun": moment(one.begun) if one.begun else "",
        "seconds": round(max(one.ended - one.begun, 0.0), 1) if one.ended else 0.0,
        "shards": one.shards,
        "failures": [failure.shown for failure in one.failures],
        "documents": dict(one.documents),
    }
