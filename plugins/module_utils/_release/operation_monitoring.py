# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option that says which alerts a run silences, and where it marks itself; three modules share it."""

from __future__ import annotations

from .._judge.operation_place import PLACE

MONITORING = {
    "alertmanager": {"type": "dict", "options": PLACE},
    "silences": {"type": "list", "elements": "dict", "default": []},
    "lingers": {"type": "str", "default": "0s"},
    "metrics": {"type": "path"},
}
"""Argument spec of the monitoring of a run."""
