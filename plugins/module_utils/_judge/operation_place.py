# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option that says where metrics are, which the checks share."""

from __future__ import annotations

PLACE = {
    "url": {"type": "str", "required": True},
    "username": {"type": "str", "no_log": False},
    "password": {"type": "str", "no_log": True},
    "ca_path": {"type": "path"},
    "validate_certs": {"type": "bool", "default": True},
}
"""Argument spec of a server that is asked for metrics."""
